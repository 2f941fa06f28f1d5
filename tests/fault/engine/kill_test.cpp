// coved is killed while it pulls, builds, creates, starts and removes. Afterwards nothing half-made
// is to be seen, what ran runs on, and what was removed has left nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <random>
#include <set>

#include "core/base/process.h"
#include "tests/integration/coved/harness.h"
#include "tests/support/containers.h"
#include "tests/support/engine_api.h"
#include "tests/support/registry.h"

namespace cove::testing {
namespace {

namespace json = boost::json;
using Names = std::set<std::string>;

// How often it is killed; COVE_KILLS says another number.
int kills() {
  const char* const wanted = std::getenv("COVE_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : 24;
}

std::string output_of(std::vector<std::string> argv) {
  const auto done =
      make_spawner(16 << 20)->run(Command{std::move(argv), {}, {}, {}}, std::chrono::seconds(30));
  return done ? done->standard_output : std::string();
}

std::string text_of(const json::value& value, std::initializer_list<const char*> path) {
  const json::value* at = &value;
  for (const char* name : path) {
    at = at->is_object() ? at->get_object().if_contains(name) : nullptr;
    if (at == nullptr) return {};
  }
  return at->is_string() ? std::string(at->get_string()) : json::serialize(*at);
}

// What a host shows of containers: compared before and after.
struct Host {
  Names mounts, links, tables, groups, monitors;

  static Host look(const Path& data) {
    Host host;
    const auto mountinfo = read_file("/proc/self/mountinfo", 16 << 20);
    for (const std::string& line : split(mountinfo ? *mountinfo : "", '\n')) {
      const auto words = split(line, ' ');
      if (words.size() > 4 &&
          (words[4].starts_with(data.string() + "/") || words[4].starts_with("/run/cove")))
        host.mounts.insert(words[4]);
    }
    // Not /sys/class/net, which is that of the namespace it was mounted in.
    const auto devices = read_file("/proc/self/net/dev", 1 << 20);
    for (const std::string& line : split(devices ? *devices : "", '\n')) {
      const std::size_t colon = line.find(':');
      if (colon != std::string::npos) host.links.insert(std::string(trim(line.substr(0, colon))));
    }
    for (const std::string& table : split(output_of({"nft", "list", "tables"}), '\n'))
      if (!table.empty()) host.tables.insert(table);
    if (auto groups = os::Cgroups::find()) {
      for (const std::string& name : (*groups)->children("/cove")) host.groups.insert(name);
    }
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto name = read_file(entry.path() / "comm", 64);
      if (name && trim(*name) == "conmon") host.monitors.insert(entry.path().filename());
    }
    return host;
  }
};

class EngineKillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_run_containers()) GTEST_SKIP() << "real containers need root";
    // A folder of its own file system: overlays do not stand on every temporary folder.
    ASSERT_EQ(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "mode=0711"), 0);
    untouched_ = Host::look(folder_.path());
    coved_ = std::make_unique<Coved>(folder_.path(), Coved::Runs::kCluster);
    test::make_busybox_layer(folder_.path() / "busybox");
    start();
    const std::string layer =
        output_of({"tar", "-C", (folder_.path() / "busybox").string(), "-c", "."});
    ASSERT_EQ(api_->send("/images/create?fromSrc=-&repo=busybox&tag=latest", layer).status, 200);
    before_ = Host::look(folder_.path());
  }
  void TearDown() override {
    if (coved_) {
      coved_->signal(SIGTERM);
      (void)coved_->wait();
    }
    if (HasFailure()) {
      const std::string log = coved_->log();
      ADD_FAILURE() << log.substr(log.size() - std::min<std::size_t>(log.size(), 8000));
    }
    ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  void start() {
    ASSERT_TRUE(coved_->start({"--insecure-registry", registry_.domain()})) << coved_->log();
    api_ = std::make_unique<EngineApi>(coved_->data() / "engine.sock");
    ASSERT_TRUE(api_->await()) << coved_->log();
  }

  static json::object command(std::string script) {
    return {{"Image", "busybox"},
            {"Cmd", json::array{"sh", "-c", json::string(script)}},
            {"StopTimeout", 0}};
  }
  std::string create(const std::string& name, const json::object& body) {
    const auto made = api_->post("/containers/create?name=" + name, body);
    return made.status == 201 ? text_of(made.body, {"Id"}) : std::string();
  }

  // One thing after the other until coved is gone.
  void keep_busy(std::mt19937& random) {
    const EngineApi api(coved_->data() / "engine.sock");
    const std::string dockerfile =
        fmt::format("FROM busybox\nRUN echo {0} > /made\nRUN cat /made\nLABEL a={0}\n", random());
    ASSERT_TRUE(write_file_atomic(folder_.path() / "context/Dockerfile", dockerfile, 0644));
    const std::string context =
        output_of({"tar", "-C", (folder_.path() / "context").string(), "-c", "."});
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

  test::TestRegistry registry_;
  TempDir folder_;
  std::unique_ptr<Coved> coved_;
  std::unique_ptr<EngineApi> api_;
  std::string keeper_;
  std::string pulled_ = registry_.domain() + "/pulled:1";
  Host untouched_;  // before coved
  Host before_;     // before containers
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
  const Host after = Host::look(folder_.path());
  EXPECT_EQ(after.mounts, before_.mounts);
  EXPECT_EQ(after.groups, before_.groups);
  EXPECT_EQ(after.monitors, before_.monitors);
  coved_->signal(SIGTERM);
  (void)coved_->wait();
  Host stopped = Host::look(folder_.path());
  EXPECT_EQ(stopped.links, untouched_.links);
  // The cluster's table stays: pods and their traffic outlive the daemon.
  std::erase_if(stopped.tables,
                [](const std::string& table) { return table.find("cove-svc-") != table.npos; });
  EXPECT_EQ(stopped.tables, untouched_.tables);
  EXPECT_EQ(stopped.mounts, untouched_.mounts);
}

TEST_F(EngineKillTest, AHundredContainersLeaveNoTrace) {
  const auto open_files = [&] {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", coved_->pid())))
      ++count;
    return count;
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
  const Host first = Host::look(folder_.path());
  const std::size_t files = open_files();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1 + t; i <= 100; i += 4) one(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(test::eventually([&] { return Host::look(folder_.path()).monitors.empty(); }));
  const Host last = Host::look(folder_.path());
  EXPECT_EQ(last.mounts, first.mounts);
  EXPECT_EQ(last.links, first.links);
  EXPECT_EQ(last.tables, first.tables);
  EXPECT_EQ(last.groups, first.groups);
  // Connections of this test and idle threads' descriptors come and go.
  EXPECT_LE(open_files(), files + 16);
}

}  // namespace
}  // namespace cove::testing

int main(int argc, char** argv) {
  cove::test::prepare_container_host();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
