#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <fstream>
#include <regex>

#include "tests/integration/streams/world.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::size_t kMuch = 6 << 20;

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

bool eventually(const std::function<bool()>& done) {
  for (int i = 0; i < 1000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

StreamsWorld& world() {
  static auto* const shared = [] {
    ::signal(SIGPIPE, SIG_IGN);
    static StreamsWorld made;
    made.make_pod("web", {"main"}, StreamsWorld::running("main"));
    made.make_pod(
        "two", {"a", "b"},
        StreamsWorld::running("a") +
            R"(,{"name":"b","image":"i","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ContainerCreating"}}})");
    made.make_pod("ended", {"dead"}, StreamsWorld::running("dead"));
    return &made;
  }();
  return *shared;
}

// A kubectl that goes on, with its output.
class Background {
 public:
  Background(const std::string& version, std::vector<std::string> arguments) {
    const Command command = world().command(version, std::move(arguments));
    Pipe out = *make_pipe();
    child_.emplace(*ChildProcess::spawn(
        command, {.standard_output = out.write.get(), .standard_error = out.write.get()}));
    output_ = std::move(out.read);
  }
  // Everything up to what matches; the match's first group.
  std::string await(const std::string& pattern) {
    const std::regex wanted(pattern);
    std::smatch match;
    char c = 0;
    while (!std::regex_search(seen_, match, wanted)) {
      if (::read(output_.get(), &c, 1) != 1) {
        ADD_FAILURE() << pattern << " is not in: " << seen_;
        return {};
      }
      seen_ += c;
    }
    return match.size() > 1 ? match[1].str() : match.str();
  }
  std::string rest() { return read_to_end(output_.get()); }
  ChildProcess& child() { return *child_; }

 private:
  std::optional<ChildProcess> child_;
  Fd output_;
  std::string seen_;
};

class KubectlStreams : public ::testing::TestWithParam<std::string> {
 protected:
  Completed run(std::vector<std::string> arguments, std::string input = {}) {
    return world().kubectl(GetParam(), std::move(arguments), std::move(input));
  }
};

TEST_P(KubectlStreams, ExecKeepsOutputsApartAndReturnsTheExitCode) {
  Completed done = run({"exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_EQ(done.standard_output, "out\n");
  EXPECT_EQ(done.standard_error, "err\ncommand terminated with exit code 3\n");
  done = run({"exec", "web", "--", "true"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.standard_error, "");
}

// Else the newest would fall back to what the oldest speaks, and nothing here would see it.
TEST_P(KubectlStreams, SpeaksTheProtocolOfItsTime) {
  const bool newest = GetParam() == "kubectl";
  const Completed done = run({"exec", "-v=8", "web", "--", "true"});
  EXPECT_EQ(done.exit_code, 0);
  const std::string post = newest ? "verb=\"POST\"" : "POST https://";
  EXPECT_EQ(done.standard_error.find(post) == std::string::npos, newest) << done.standard_error;
}

TEST_P(KubectlStreams, ExecTakesInputToItsEnd) {
  const std::string much = noise(kMuch);
  const Completed done = run({"exec", "-i", "web", "--", "cat"}, much);
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_TRUE(done.standard_output == much) << done.standard_output.size();
}

TEST_P(KubectlStreams, ExecEndsThoughItsInputDoesNot) {
  const Completed done = run({"exec", "-i", "web", "--", "head", "-c", "5"}, noise(kMuch));
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_EQ(done.standard_output, noise(5));
}

TEST_P(KubectlStreams, ExecSaysWhatWentWrong) {
  Completed done = run({"exec", "web", "--", "no-such-program"});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_THAT(done.standard_error, HasSubstr("executable file not found in $PATH"));
  done = run({"exec", "web", "-c", "other", "--", "true"});
  EXPECT_THAT(done.standard_error, HasSubstr("container other is not valid for pod web"));
  done = run({"exec", "nothing", "--", "true"});
  EXPECT_THAT(done.standard_error, HasSubstr("pods \"nothing\" not found"));
  done = run({"exec", "ended", "--", "true"});
  EXPECT_EQ(done.standard_error,
            "error: unable to upgrade connection: container not found (\"dead\")\n");
}

TEST_P(KubectlStreams, CpBothWays) {
  const Path outside = world().node().root().parent_path() / ("file-" + GetParam());
  const std::string much = noise(kMuch);
  std::ofstream(outside, std::ios::binary) << much;
  const Path inside = world().node().root() / ("inside-" + GetParam());
  Completed done = run({"cp", outside.filename(), "web:" + inside.string()});
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  auto copy = read_file(inside, 2 * kMuch);
  ASSERT_TRUE(copy) << copy.error().message();
  EXPECT_TRUE(*copy == much);
  done = run({"cp", "web:" + inside.string(), "back-" + GetParam()});
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  copy = read_file(outside.parent_path() / ("back-" + GetParam()), 2 * kMuch);
  ASSERT_TRUE(copy) << copy.error().message();
  EXPECT_TRUE(*copy == much);
}

TEST_P(KubectlStreams, AttachSpeaksWithProcessOne) {
  const Completed done = run({"attach", "-i", "web"}, "some\nlines\n");
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_EQ(done.standard_output, "hello from process 1\nsome\nlines\n");
}

TEST_P(KubectlStreams, Logs) {
  PlayedNode& node = world().node();
  node.set_log("main", {"one", "two", "three"});
  EXPECT_EQ(run({"logs", "web"}).standard_output, "one\ntwo\nthree\n");
  EXPECT_EQ(run({"logs", "web", "--tail=1", "--timestamps"}).standard_output,
            "2023-11-14T22:13:20.005000000Z three\n");
  EXPECT_EQ(run({"logs", "web", "--limit-bytes=5"}).standard_output, "one\nt");
  EXPECT_EQ(run({"logs", "web", "--previous"}).standard_error,
            "Error from server (BadRequest): previous terminated container \"main\" in pod \"web\" "
            "not found\n");
  EXPECT_EQ(run({"logs", "two", "-c", "b"}).standard_error,
            "Error from server (BadRequest): container \"b\" in pod \"two\" is waiting to start: "
            "ContainerCreating\n");
  EXPECT_THAT(run({"get", "--raw", "/api/v1/namespaces/default/pods/two/log"}).standard_error,
              HasSubstr("a container name must be specified for pod two, choose one of: [a b]"));
  EXPECT_THAT(
      run({"get", "--raw", "/api/v1/namespaces/default/pods/web/log?tailLines=-1"}).standard_error,
      HasSubstr("tailLines: Invalid value: -1: must be greater than or equal to 0"));
}

TEST_P(KubectlStreams, LogsAreFollowedToTheEnd) {
  PlayedNode& node = world().node();
  node.set_log("main", {"one"});
  {
    Background follower(GetParam(), {"logs", "-f", "web"});
    follower.await("one\n");
    node.append_log("main", "two");
    follower.await("two\n");
    node.end_log("main");
    EXPECT_EQ(follower.rest(), "");
    EXPECT_EQ(follower.child().wait(20s), 0);
  }
  // One that leaves is noticed though nothing is written.
  node.set_log("main", {"one"});
  {
    Background follower(GetParam(), {"logs", "-f", "web"});
    follower.await("one\n");
    EXPECT_EQ(node.followers(), 1);
    follower.child().signal(SIGKILL);
  }
  EXPECT_TRUE(eventually([&] { return node.followers() == 0; }));
}

TEST_P(KubectlStreams, PortForward) {
  TestServer inside(kMuch);
  world().node().map_port(8080, inside.port());
  Background forward(GetParam(), {"port-forward", "pod/web", ":8080", ":81"});
  const auto port =
      static_cast<std::uint16_t>(std::stoi(forward.await("127\\.0\\.0\\.1:([0-9]+) -> 8080")));
  const auto closed =
      static_cast<std::uint16_t>(std::stoi(forward.await("127\\.0\\.0\\.1:([0-9]+) -> 81\n")));
  // Several at once, each with its own words.
  std::vector<Fd> lines;
  for (int i = 0; i < 5; ++i) lines.push_back(connect_local(port));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(write_to(lines[static_cast<std::size_t>(i)].get(), "line " + std::to_string(i)));
  }
  for (int i = 0; i < 5; ++i) {
    const int fd = lines[static_cast<std::size_t>(i)].get();
    ::shutdown(fd, SHUT_WR);
    EXPECT_EQ(read_to_end(fd), "LINE " + std::to_string(i));
  }
  const Fd large = connect_local(port);
  ASSERT_TRUE(write_to(large.get(), "GET"));
  EXPECT_EQ(read_to_end(large.get()).size(), kMuch);
  // One that nothing listens on says so.
  const Fd nobody = connect_local(closed);
  EXPECT_EQ(read_to_end(nobody.get()), "");
  forward.await(
      "error forwarding port 81 to pod web, uid [-0-9a-f]+: failed to connect to "
      "localhost:81 inside of the pod");
}

// Reading alone is not enough, whichever method the protocol comes with.
TEST_P(KubectlStreams, ExecNeedsTheRightToCreate) {
  const std::string role = "reads-" + GetParam();
  ASSERT_EQ(run({"create", "role", role, "--verb=get", "--resource=pods,pods/exec"}).exit_code, 0);
  ASSERT_EQ(run({"create", "rolebinding", role, "--role=" + role, "--user=" + role}).exit_code, 0);
  const Completed done = run({"exec", "--as=" + role, "web", "--", "true"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.standard_error,
              HasSubstr("pods \"web\" is forbidden: User \"" + role +
                        "\" cannot create resource \"pods/exec\" in API group \"\" in the "
                        "namespace \"default\""));
}

class PlayedUsage final : public server::UsageSource {
 public:
  std::vector<server::UsageReport> nodes() const override {
    return {report("", "node", {250'000'000, 512 << 20, 90'000'000'000}, {})};
  }
  std::vector<server::UsageReport> pods() const override {
    return {report("default", "two", {},
                   {{"a", {1'500'000, 3 << 20, 1'500'000'000}}, {"b", {2'000'000, 4 << 20}}}),
            report("default", "gone", {}, {{"x", {}}})};
  }
  boost::json::object configuration() const override { return {{"kind", "KubeletConfiguration"}}; }

 private:
  static server::UsageReport report(std::string in, std::string name, server::Usage usage,
                                    std::vector<server::ContainerUsage> containers) {
    return {std::move(in), std::move(name), WallTime(1s), 15s, usage, std::move(containers)};
  }
};

TEST_P(KubectlStreams, Top) {
  world().metrics().set_source(std::make_shared<PlayedUsage>());
  EXPECT_THAT(run({"top", "pod", "two"}).standard_output, ::testing::ContainsRegex("two +4m +7Mi"));
  EXPECT_THAT(run({"top", "pod", "--containers", "-A"}).standard_output,
              ::testing::ContainsRegex("two +b +2m +4Mi"));
  EXPECT_THAT(run({"top", "node"}).standard_output, ::testing::ContainsRegex("node +250m"));
  EXPECT_THAT(run({"top", "pod", "web"}).standard_error,
              HasSubstr("podmetrics.metrics.k8s.io \"default/web\" not found"));
  EXPECT_EQ(run({"top", "pod", "-l", "no=such"}).standard_output, "");
  const std::string summary =
      run({"get", "--raw", "/api/v1/nodes/node/proxy/stats/summary"}).standard_output;
  EXPECT_THAT(summary, HasSubstr("\"usageNanoCores\":250000000"));
  EXPECT_THAT(summary, HasSubstr("{\"podRef\":{\"name\":\"two\""));
  const auto page = [&](const std::string& path) {
    return run({"get", "--raw", "/api/v1/nodes/node/proxy/" + path});
  };
  for (const char* health : {"healthz", "healthz/ping", "healthz/log", "healthz/syncloop"})
    EXPECT_EQ(page(health).standard_output, "ok") << health;
  EXPECT_NE(page("healthz/none").exit_code, 0);
  const std::string resources = page("metrics/resource").standard_output;
  EXPECT_THAT(resources, HasSubstr("# TYPE container_cpu_usage_seconds_total counter\n"
                                   "container_cpu_usage_seconds_total{container=\"a\",namespace="
                                   "\"default\",pod=\"two\"} 1.5 1000\n"));
  EXPECT_THAT(resources, HasSubstr("\nnode_cpu_usage_seconds_total 90 1000\n"));
  EXPECT_THAT(resources, HasSubstr("\npod_memory_working_set_bytes{namespace=\"default\","
                                   "pod=\"two\"} 7340032 1000\n"));
  EXPECT_THAT(resources, HasSubstr("\nresource_scrape_error 0\n"));
  EXPECT_THAT(resources, ::testing::Not(HasSubstr("gone")));
  EXPECT_THAT(
      page("metrics/cadvisor").standard_output,
      ::testing::ContainsRegex("container_cpu_usage_seconds_total.container=\"a\",cpu="
                               "\"total\",id=.*namespace=\"default\",pod=\"two\". 1.5 1000"));
  EXPECT_THAT(page("metrics").standard_output, HasSubstr("kubelet_node_name{node=\"node\"} 1\n"));
  EXPECT_THAT(page("metrics").standard_output, HasSubstr("\nkubelet_running_pods "));
  EXPECT_THAT(page("configz").standard_output,
              HasSubstr(R"({"kubeletconfig":{"kind":"KubeletConfiguration"}})"));
  EXPECT_THAT(page("pods").standard_output, HasSubstr("\"kind\":\"PodList\""));
  EXPECT_THAT(page("pods").standard_output, HasSubstr("\"name\":\"two\""));
  // Of what runs alone: neither other containers nor what the pod asked for.
  const std::string running = page("runningpods/").standard_output;
  EXPECT_THAT(running, HasSubstr(R"("spec":{"containers":[{"name":"a",)"));
  for (const char* none : {"\"b\"", "nodeName", "waiting"})
    EXPECT_THAT(running, ::testing::Not(HasSubstr(none)));
  world().node().set_log("a", {"first", "last"});
  EXPECT_THAT(page("containerLogs/default/two/a?tailLines=1").standard_output, HasSubstr("last"));
  for (const char* none : {"containerLogs/default/two", "containerLogs/default/none/a", "rooms"})
    EXPECT_NE(page(none).exit_code, 0) << none;
  EXPECT_THAT(run({"get", "pods.metrics.k8s.io"}).standard_output,
              ::testing::ContainsRegex("two +3500u +7Mi +15s"));
}

INSTANTIATE_TEST_SUITE_P(Clients, KubectlStreams,
                         ::testing::Values(std::string("kubectl"), std::string("kubectl-1.20")),
                         [](const auto& each) {
                           return each.param == "kubectl" ? "Newest" : "V1_20";
                         });

}  // namespace
}  // namespace cove::testing
