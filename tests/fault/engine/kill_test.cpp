// coved is killed while it pulls, builds, creates, starts and removes. Afterwards nothing half-made
// is to be seen, what ran runs on, and what was removed has left nothing behind.
#include <cstdlib>
#include <random>
#include <regex>
#include <set>

#include "tests/fault/engine/fixture.h"

namespace cove::testing {
namespace {

// How often it is killed; COVE_KILLS says another number.
int kills() {
  const char* const wanted = std::getenv("COVE_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : 24;
}

class EngineKillTest : public EngineFaultTest {
 protected:
  // One thing after the other until coved is gone.
  void keep_busy(std::mt19937& random) {
    const EngineApi api(coved_->data() / "engine.sock");
    const std::string dockerfile =
        fmt::format("FROM busybox\nRUN echo {0} > /made\nRUN cat /made\nLABEL a={0}\n", random());
    ASSERT_TRUE(write_file_atomic(folder_.path() / "context/Dockerfile", dockerfile, 0644));
    const std::string context =
        test::output_of({"tar", "-C", (folder_.path() / "context").string(), "-c", "."});
    for (int i = 0;; ++i) {
      const std::string name = fmt::format("c{}-{}", random() % 1000, i);
      const auto made = api.post("/containers/create?name=" + name, command("echo made; sleep 1"));
      if (made.status == 0) return;
      const std::string id = text_of(made.body, {"Id"});
      if (api.post("/containers/" + id + "/start").status == 0) return;
      if (api.send("/build?t=built:" + std::to_string(i), context).status == 0) return;
      if (api.remove("/images/" + pulled_ + "?force=1").status == 0) return;
      if (api.post("/images/create?fromImage=" + pulled_).status == 0) return;
      if (api.remove("/containers/" + id + "?force=1&v=1").status == 0) return;
    }
  }

  // Everything that is listed is whole: it can be looked at, runs, and can be removed.
  void check_what_is_listed() {
    const auto containers = api_->get("/containers/json?all=1");
    for (const json::value& listed : containers.body.as_array()) {
      const std::string id = text_of(listed, {"Id"});
      if (id == keeper_) continue;
      const auto inspected = api_->get("/containers/" + id + "/json");
      EXPECT_EQ(inspected.status, 200) << inspected.text;
      const auto started = api_->post("/containers/" + id + "/start");
      EXPECT_TRUE(started.status == 204 || started.status == 304) << id << " " << started.text;
      const auto removed = api_->remove("/containers/" + id + "?force=1");
      EXPECT_EQ(removed.status, 204) << removed.text;
    }
    const auto every_image = api_->get("/images/json?all=1");
    for (const json::value& listed : every_image.body.as_array()) {
      const std::string id = text_of(listed, {"Id"});
      EXPECT_EQ(api_->get("/images/" + id + "/json").status, 200) << id;
    }
    const auto named_images = api_->get("/images/json");
    for (const json::value& listed : named_images.body.as_array()) {
      const std::string image = text_of(listed, {"Id"});
      json::object body = command("true");
      body["Image"] = image;
      const std::string id = create("probe", body);
      ASSERT_FALSE(id.empty()) << image;
      ASSERT_EQ(api_->post("/containers/" + id + "/start").status, 204) << image;
      const auto ended = api_->post("/containers/" + id + "/wait");
      EXPECT_EQ(text_of(ended.body, {"StatusCode"}), "0") << image << " " << ended.text;
      EXPECT_EQ(api_->remove("/containers/" + id).status, 204);
    }
  }

  std::string keeper_;
  std::string pulled_ = registry_.domain() + "/pulled:1";
};

TEST_F(EngineKillTest, LeavesNothingHalfMadeAndTouchesNothingThatRuns) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  std::filesystem::create_directories(folder_.path() / "context");
  ASSERT_EQ(api_->post("/images/busybox/tag?repo=" + registry_.domain() + "/pulled&tag=1").status,
            201);
  ASSERT_EQ(api_->post("/images/" + registry_.domain() + "/pulled/push?tag=1").status, 200);
  keeper_ = create("keeper", command("while true; do sleep 1; done"));
  ASSERT_EQ(api_->post("/containers/" + keeper_ + "/start").status, 204);
  const auto keeper_pid = [&] {
    return text_of(api_->get("/containers/" + keeper_ + "/json").body, {"State", "Pid"});
  };
  const std::string pid = keeper_pid();
  ASSERT_NE(pid, "0");

  for (int round = 0; round < kills() && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    std::thread busy([&] { keep_busy(random); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 700'000));
    coved_->signal(SIGKILL);
    (void)coved_->wait();
    busy.join();
    start();
    EXPECT_EQ(keeper_pid(), pid);
    check_what_is_listed();
  }

  EXPECT_EQ(api_->remove("/containers/" + keeper_ + "?force=1").status, 204);
  const auto after = test::ContainerTraces::look(folder_.path());
  EXPECT_EQ(after.mounts, before_.mounts);
  EXPECT_EQ(after.groups, before_.groups);
  EXPECT_EQ(after.monitors, before_.monitors);
  coved_->signal(SIGTERM);
  (void)coved_->wait();
  auto stopped = test::ContainerTraces::look(folder_.path());
  EXPECT_EQ(stopped.links, untouched_.links);
  // The cluster's table stays: pods and their traffic outlive the daemon.
  for (auto* tables : {&stopped.tables, &untouched_.tables}) {
    std::erase_if(*tables,
                  [](const std::string& table) { return table.find("cove-svc-") != table.npos; });
  }
  EXPECT_EQ(stopped.tables, untouched_.tables);
  EXPECT_EQ(stopped.mounts, untouched_.mounts);
  EXPECT_EQ(stopped.groups, untouched_.groups);
}

TEST_F(EngineKillTest, AHundredContainersLeaveNoTrace) {
  const auto open_files = [&] {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", coved_->pid())))
      ++count;
    return count;
  };
  const auto listed = [](const std::vector<std::string>& command) {
    const auto lines = split(test::output_of(command), '\n');
    return std::set<std::string>(lines.begin(), lines.end());
  };
  // All but what the listing itself is made of.
  const auto processes = [&] {
    auto all = listed({"ps", "-eo", "pid=,comm="});
    std::erase_if(all, [](const std::string& line) { return line.ends_with(" ps"); });
    return all;
  };
  const auto network_namespaces = [&] { return listed({"lsns", "-nt", "net", "-o", "NS"}); };
  const auto rules = [] {
    // Counters count.
    return std::regex_replace(test::output_of({"nft", "list", "ruleset"}),
                              std::regex("packets [0-9]+ bytes [0-9]+"), "");
  };
  // What the first one sets up (the bridge, its rules) stays until coved ends.
  const auto one = [&](int i) {
    json::object body = command("echo hello");
    body["HostConfig"] = json::object{
        {"PortBindings", json::object{{"80/tcp", json::array{json::object{{"HostPort", "0"}}}}}}};
    body["ExposedPorts"] = json::object{{"80/tcp", json::object{}}};
    const std::string id = create("h" + std::to_string(i), body);
    ASSERT_FALSE(id.empty());
    ASSERT_EQ(api_->post("/containers/" + id + "/start").status, 204);
    ASSERT_EQ(text_of(api_->post("/containers/" + id + "/wait").body, {"StatusCode"}), "0");
    ASSERT_EQ(api_->remove("/containers/" + id + "?v=1").status, 204);
  };
  one(0);
  const auto first = test::ContainerTraces::look(folder_.path());
  const std::size_t files = open_files();
  const auto running = processes();
  const auto namespaces = network_namespaces();
  const std::string rules_before = rules();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1 + t; i <= 100; i += 4) one(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(test::eventually(
      [&] { return test::ContainerTraces::look(folder_.path()).monitors == untouched_.monitors; }));
  const auto last = test::ContainerTraces::look(folder_.path());
  EXPECT_EQ(last.mounts, first.mounts);
  EXPECT_EQ(last.links, first.links);
  EXPECT_EQ(last.tables, first.tables);
  EXPECT_EQ(last.groups, first.groups);
  EXPECT_EQ(processes(), running);
  EXPECT_EQ(network_namespaces(), namespaces);
  EXPECT_EQ(rules(), rules_before);
  // Connections of this test and idle threads' descriptors come and go.
  EXPECT_LE(open_files(), files + 16);
}

}  // namespace
}  // namespace cove::testing
