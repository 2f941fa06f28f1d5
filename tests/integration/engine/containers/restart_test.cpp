// What a container with a restart policy is between two runs, and who is heard then.
#include <future>

#include "tests/integration/engine/containers/fixture.h"

namespace cove::engine::test {
namespace {

// Ends once, and then stays.
constexpr const char* kEndsOnce = "test -e /been && exec sleep 1000; touch /been; exit 3";

// Lets the first start through and holds those after it until it is told to let them go.
class Gate final : public network::PortGate {
 public:
  Result<void> open(const network::PortMapping&) override {
    std::unique_lock lock(mutex_);
    if (++asked_ > 1) changed_.wait(lock, [&] { return open_; });
    return {};
  }
  void close(const network::PortMapping&) override {}
  int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  bool open_ = false;
};

class RestartTest : public EngineTest {
 protected:
  void SetUp() override {
    gate_ = &held_;
    EngineTest::SetUp();
  }
  void TearDown() override {
    held_.let_go();
    EngineTest::TearDown();
  }
  // A container whose policy starts it again just now, and cannot go on.
  std::string restarting() {
    std::string id = run(kEndsOnce, R"({"HostConfig": {"RestartPolicy": {"Name": "always"},
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1"}]}}})");
    EXPECT_TRUE(eventually([&] { return held_.asked() == 2; }));
    return id;
  }
  void expect_restarting(const std::string& id) {
    const auto now = state(id);
    EXPECT_EQ(text_of(now, "Status"), "restarting");
    EXPECT_TRUE(flag_of(now, "Restarting"));
    EXPECT_TRUE(flag_of(now, "Running"));
    EXPECT_EQ(integer_of(now, "ExitCode"), 3);
  }
  void expect_ended(const std::string& id, int code) {
    const auto now = state(id);
    EXPECT_EQ(text_of(now, "Status"), "exited");
    EXPECT_FALSE(flag_of(now, "Restarting"));
    EXPECT_FALSE(flag_of(now, "Running"));
    EXPECT_EQ(integer_of(now, "ExitCode"), code);
  }
  // Asks while the start is held, and lets that go on once the engine has to do with the request.
  int meanwhile(const std::function<Reply()>& ask) {
    auto asking = std::async(std::launch::async, ask);
    EXPECT_EQ(asking.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout);
    held_.let_go();
    return asking.get().status;
  }

  Gate held_;
};

TEST_F(RestartTest, AContainerThatIsStartedAgainHasNotEnded) {
  const std::string id = restarting();
  expect_restarting(id);
  auto waiting = std::async(std::launch::async, [&] { return wait(id); });
  held_.let_go();
  EXPECT_TRUE(eventually([&] { return text_of(state(id), "Status") == "running"; }));
  EXPECT_EQ(integer_of(inspect(id), "RestartCount"), 1);
  EXPECT_EQ(api_->post("/containers/" + id + "/kill").status, 204);
  // Of the end that is one.
  EXPECT_EQ(waiting.get(), 137);
}

TEST_F(RestartTest, AKillOnTheWayIntoTheNextRunEndsThat) {
  const std::string id = restarting();
  EXPECT_EQ(meanwhile([&] { return api_->post("/containers/" + id + "/kill"); }), 204);
  expect_ended(id, 137);
  EXPECT_EQ(integer_of(inspect(id), "RestartCount"), 1);
}

TEST_F(RestartTest, AStopOnTheWayIntoTheNextRunEndsThat) {
  const std::string id = restarting();
  EXPECT_EQ(meanwhile([&] { return api_->post("/containers/" + id + "/stop?t=0"); }), 204);
  expect_ended(id, 137);
}

TEST_F(RestartTest, ARemovalOnTheWayIntoTheNextRunTakesAllAway) {
  const std::string id = restarting();
  EXPECT_EQ(api_->remove("/containers/" + id).status, 409);
  EXPECT_EQ(meanwhile([&] { return api_->remove("/containers/" + id + "?force=1"); }), 204);
  EXPECT_EQ(api_->get("/containers/" + id + "/json").status, 404);
}

TEST_F(RestartTest, WhoeverIsHeardBetweenTwoRunsLeavesTheLastCode) {
  const std::vector<std::string> ways{"/kill", "/kill?signal=HUP", "/stop"};
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    ids.push_back(run("exit 3", R"({"HostConfig": {"NetworkMode": "none",
        "RestartPolicy": {"Name": "always"}}})"));
  }
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const ContainerPtr container = *containers_->find(ids[i]);
    // Its next start is long to come.
    ASSERT_TRUE(eventually([&] {
      return container->look([&](const ContainerRecord& record) {
        return container->exits >= 5 && record.state.restarting && !container->starting;
      });
    }));
    EXPECT_EQ(api_->post("/containers/" + ids[i] + ways[i]).status, 204);
    EXPECT_EQ(wait(ids[i]), 3) << ways[i];
    expect_ended(ids[i], 3);
  }
}

TEST_F(RestartTest, ARestartThatFailsIsTriedAgain) {
  const Path source = host_->folder() / "source";
  std::filesystem::create_directory(source);
  const std::string id = create(kEndsOnce, fmt::format(R"({{"HostConfig": {{"NetworkMode": "none",
      "RestartPolicy": {{"Name": "always"}}, "Mounts": [
      {{"Type": "bind", "Source": "{}", "Target": "/bound"}}]}}}})",
                                                       source.string()));
  const ContainerPtr container = *containers_->find(id);
  {
    // Nobody starts it again before its folder is away.
    std::unique_lock operation(container->operation, std::defer_lock);
    start(id);
    operation.lock();
    std::filesystem::remove(source);
  }
  auto waiting = std::async(std::launch::async, [&] { return wait(id); });
  ASSERT_TRUE(eventually([&] { return integer_of(inspect(id), "RestartCount") >= 2; }));
  EXPECT_EQ(text_of(state(id), "Status"), "restarting");
  EXPECT_NE(text_of(state(id), "Error"), "");
  std::filesystem::create_directory(source);
  EXPECT_TRUE(eventually([&] { return text_of(state(id), "Status") == "running"; }));
  EXPECT_EQ(api_->post("/containers/" + id + "/kill").status, 204);
  EXPECT_EQ(waiting.get(), 137);
}

TEST_F(RestartTest, APolicyThatHasEnoughEndsTheWait) {
  const Path source = host_->folder() / "source";
  std::filesystem::create_directory(source);
  const std::string id =
      create("sleep 1000", fmt::format(R"({{"HostConfig": {{"NetworkMode": "none",
      "RestartPolicy": {{"Name": "on-failure", "MaximumRetryCount": 2}}, "Mounts": [
      {{"Type": "bind", "Source": "{}", "Target": "/bound"}}]}}}})",
                                       source.string()));
  start(id);
  std::filesystem::remove(source);
  const auto pid = static_cast<pid_t>(integer_of(state(id), "Pid"));
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  EXPECT_EQ(wait(id), 137);
  expect_ended(id, 137);
  EXPECT_EQ(integer_of(inspect(id), "RestartCount"), 2);
}

}  // namespace
}  // namespace cove::engine::test
