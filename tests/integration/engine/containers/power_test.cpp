// What a user was told outlives a loss of power, and a disk that refuses for a while.
#include <gmock/gmock.h>

#include <map>

#include "tests/integration/engine/containers/fixture.h"

namespace cove::engine::test {
namespace {

constexpr const char* kNoNetwork = R"({"HostConfig": {"NetworkMode": "none"}})";

std::string with_policy(const std::string& policy) {
  return R"({"HostConfig": {"NetworkMode": "none", "RestartPolicy": {"Name": ")" + policy +
         R"("}}})";
}

class PowerTest : public EngineTest {
 protected:
  Path records() const { return host_->folder() / "engine/containers"; }
  Path record_file(const std::string& id) const { return records() / (id + ".json"); }
  Path next_file(const std::string& id) const { return records() / (id + ".next"); }

  // What the disk has for sure at this moment; nothing else is left.
  ContainerState on_disk(const std::string& id) const {
    const auto text = read_file(record_file(id), 1 << 20);
    EXPECT_TRUE(text.has_value());
    const auto record = record_from_json(boost::json::parse(text ? *text : "{}").as_object());
    EXPECT_TRUE(record.has_value());
    return record ? record->state : ContainerState();
  }
  void lose_power() {
    std::map<Path, std::string> disk;
    for (const auto& entry : std::filesystem::directory_iterator(records()))
      if (entry.path().extension() == ".json") disk[entry.path()] = *read_file(entry, 1 << 20);
    std::vector<pid_t> running;
    for (const auto& container : containers_->all()) {
      const pid_t pid = container->look([](const auto& record) { return record.state.pid; });
      if (pid > 0) running.push_back(pid);
    }
    close();
    for (const pid_t pid : running) ::kill(pid, SIGKILL);
    EXPECT_TRUE(eventually([&] { return host_->processes().empty(); }));
    for (const auto& [file, text] : disk) {
      ASSERT_TRUE(remove_tree(Path(file).replace_extension(".next")));
      ASSERT_TRUE(write_file_atomic(file, text, 0600));
    }
    open();
  }
  void stop(const std::string& id, const std::string& how) {
    const Reply reply = api_->post("/containers/" + id + how);
    EXPECT_EQ(reply.status, 204) << reply.body;
  }
  // It is decided before the engine answers anybody.
  void expect_to_stay_ended(const std::string& id) {
    EXPECT_TRUE(eventually([&] { return !flag_of(state(id), "Running"); }));
    EXPECT_FALSE(flag_of(state(id), "Restarting")) << text_of(state(id), "Status");
  }
};

TEST_F(PowerTest, AContainerThatWasStartedIsStartedWithTheEngine) {
  const std::string id = run("sleep 1000", with_policy("always"));
  const auto pid = integer_of(state(id), "Pid");
  lose_power();
  EXPECT_TRUE(eventually([&] {
    const auto now = state(id);
    return flag_of(now, "Running") && integer_of(now, "Pid") != pid;
  }));
}

TEST_F(PowerTest, ARestartEndsTheRestOfThePolicy) {
  const std::string id = run("sleep 1000", with_policy("unless-stopped"));
  stop(id, "/restart?t=0");
  const auto pid = integer_of(state(id), "Pid");
  lose_power();
  EXPECT_TRUE(eventually([&] {
    const auto now = state(id);
    return flag_of(now, "Running") && integer_of(now, "Pid") != pid;
  }));
}

TEST_F(PowerTest, WhatWasKilledStaysEnded) {
  const std::string id = run("sleep 1000", with_policy("unless-stopped"));
  stop(id, "/kill");
  EXPECT_FALSE(on_disk(id).running);
  EXPECT_TRUE(on_disk(id).stopped_by_user);
  lose_power();
  expect_to_stay_ended(id);
  // A signal that is taken later, or never.
  const std::string deaf = run("trap '' TERM; sleep 1000", with_policy("unless-stopped"));
  stop(deaf, "/kill?signal=TERM");
  EXPECT_TRUE(on_disk(deaf).stopped_by_user);
}

TEST_F(PowerTest, AKillWhileItWaitsForItsRestartCounts) {
  const std::string id = run("exit 1", with_policy("unless-stopped"));
  // The waits have become long.
  ASSERT_TRUE(eventually([&] {
    return integer_of(inspect(id), "RestartCount") >= 4 && flag_of(state(id), "Restarting");
  }));
  stop(id, "/kill");
  EXPECT_TRUE(on_disk(id).stopped_by_user);
  lose_power();
  expect_to_stay_ended(id);
}

TEST_F(PowerTest, AnExitCodeThatWasToldStays) {
  const std::string id = run("exit 0", with_policy("on-failure"));
  EXPECT_EQ(wait(id), 0);
  const ContainerState told = on_disk(id);
  EXPECT_FALSE(told.running);
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_NE(told.started_at, WallTime{});
  lose_power();
  expect_to_stay_ended(id);
}

TEST_F(PowerTest, WhatTheDiskRefusesIsTriedAgain) {
  const std::string id = create("sleep 1000", kNoNetwork);
  const ContainerPtr container = *containers_->find(id);
  // Nothing can take the place of a folder.
  ASSERT_TRUE(remove_tree(record_file(id)));
  std::filesystem::create_directory(record_file(id));
  start(id);
  ASSERT_TRUE(eventually([&] {
    std::lock_guard file(container->file);
    return !container->file_trouble.empty();
  }));
  ASSERT_TRUE(remove_tree(record_file(id)));
  EXPECT_TRUE(eventually([&] {
    std::lock_guard file(container->file);
    return !container->file_unsettled && container->file_trouble.empty();
  }));
  EXPECT_TRUE(on_disk(id).running);
  EXPECT_FALSE(std::filesystem::exists(next_file(id)));
}

TEST_F(PowerTest, ARecordThatHasTakenItsPlaceWantsOnlyTheFolderSettled) {
  const std::string id = run("sleep 1000", kNoNetwork);
  const ContainerPtr container = *containers_->find(id);
  std::error_code settled_already;
  std::filesystem::rename(next_file(id), record_file(id), settled_already);
  EXPECT_TRUE(eventually([&] {
    std::lock_guard file(container->file);
    return !container->file_unsettled && !container->file_settling;
  }));
  EXPECT_EQ(container->file_trouble, "");
  EXPECT_TRUE(on_disk(id).running);
}

}  // namespace
}  // namespace cove::engine::test
