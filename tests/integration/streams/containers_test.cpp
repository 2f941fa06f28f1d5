// kubectl against real containers, whose pods this test plays the agent of. Needs root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "app/node/pod_streams.h"
#include "core/node/stats.h"
#include "core/os/namespaces.h"
#include "core/runtime/runtime.h"
#include "tests/integration/streams/heard.h"
#include "tests/support/containers.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class OnePod final : public node::PodsOfNode {
 public:
  explicit OnePod(node::RunningPod pod) : pod_(std::move(pod)) {}
  std::optional<node::RunningPod> find(std::string_view, std::string_view name) const override {
    return name == "web" ? std::optional(pod_) : std::nullopt;
  }
  std::vector<node::RunningPod> list() const override { return {pod_}; }

 private:
  const node::RunningPod pod_;
};

class StreamsOfContainers : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::can_run_containers()) GTEST_SKIP() << "needs root";
    host_ = std::make_unique<test::ContainerHost>();
    runtime_ = *runtime::Runtime::open({.directory = host_->directory(),
                                        .run = host_->run(),
                                        .cgroup_root = host_->cgroup_root(),
                                        .clock = clock_,
                                        .logger = null_logger(),
                                        .spawner = *spawner_});
    const Path pin = host_->folder() / "net";
    ASSERT_TRUE(os::make_network_namespace(pin, {}));
    runtime::ContainerSpec spec = test::busybox_container(
        *host_, "run1",
        {"sh", "-c",
         "ip link set lo up; httpd -p 127.0.0.1:8080 -h /etc; echo started; echo oops >&2; cat"});
    spec.namespaces.network = {runtime::Namespace::From::kPath, pin};
    spec.security.capabilities.emplace_back("CAP_NET_ADMIN");
    spec.process.env.emplace_back("GREETING=hello");
    spec.process.uid = spec.process.gid = 0;
    spec.process.working_dir = "/home";
    spec.open_stdin = spec.stdin_once = true;
    ASSERT_TRUE(runtime_->create(spec));
    ASSERT_TRUE(runtime_->start("run1"));
    world_.make_pod("web", {"main"}, StreamsWorld::running("main"));
    node::RunningPod pod;
    pod.pod = api::Object::make(
        {{"metadata", {{"name", "web"}, {"namespace", "default"}, {"uid", "u"}}}});
    pod.network_namespace = pin;
    node::PodContainer container;
    container.name = "main";
    container.id = "run1";
    container.state = runtime::ContainerState::kRunning;
    container.open_stdin = true;
    pod.containers = {container};
    pods_ = std::make_unique<OnePod>(pod);
    world_.serve(node::make_pod_streams(*pods_, *runtime_, "node", node::NodeLogs({}, {})));
  }
  void TearDown() override {
    if (!host_) return;
    world_.serve(nullptr);
    (void)runtime_->remove("run1", true);
    (void)os::remove_pin(host_->folder() / "net");
    runtime_.reset();
  }
  Completed run(std::vector<std::string> arguments, std::string input = {}) {
    return world_.kubectl(GetParam(), std::move(arguments), std::move(input));
  }

  SystemClock clock_;
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  std::unique_ptr<test::ContainerHost> host_;
  std::unique_ptr<runtime::Runtime> runtime_;
  std::unique_ptr<OnePod> pods_;
  StreamsWorld world_;
};

TEST_P(StreamsOfContainers, All) {
  Completed done =
      run({"exec", "web", "--", "sh", "-c", "echo $GREETING; pwd; echo no >&2; exit 5"});
  EXPECT_EQ(done.exit_code, 5);
  EXPECT_EQ(done.standard_output, "hello\n/home\n");
  EXPECT_THAT(done.standard_error, HasSubstr("no\n"));
  done = run({"exec", "-i", "web", "--", "sha256sum"}, std::string(3 << 20, 'x'));
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_EQ(done.standard_output.size(), 64U + 4U);
  done = run({"exec", "web", "--", "no-such-program"});
  EXPECT_THAT(done.standard_error,
              HasSubstr("OCI runtime exec failed: exec failed: unable to start container process: "
                        "exec: \"no-such-program\": executable file not found in $PATH: unknown"));
  EXPECT_TRUE(test::eventually([&] {
    return run({"logs", "web"}).standard_output == "started\noops\n";
  }));

  // A port of the pod, which listens on its loopback address alone.
  Pipe out = *make_pipe();
  ChildProcess forward =
      *ChildProcess::spawn(world_.command(GetParam(), {"port-forward", "web", ":8080"}),
                           {.standard_output = out.write.get(), .standard_error = out.write.get()});
  std::string said;
  char c = 0;
  while (said.find("-> 8080\n") == std::string::npos && ::read(out.read.get(), &c, 1) == 1)
    said += c;
  const std::size_t at = said.find("127.0.0.1:");
  ASSERT_NE(at, std::string::npos) << said;
  const Fd line = connect_local(static_cast<std::uint16_t>(std::stoi(said.substr(at + 10))));
  ASSERT_TRUE(write_to(line.get(), "GET /passwd HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(read_to_end(line.get()), HasSubstr("root:x:0:0"));
  forward.signal(SIGTERM);
  EXPECT_TRUE(forward.wait(20s));

  node::Statistics statistics({.pods = *pods_,
                               .read = [&](const auto& id) { return runtime_->statistics(id); },
                               .clock = clock_});
  statistics.sample();
  statistics.sample();
  ASSERT_EQ(statistics.pods().size(), 1U);
  EXPECT_GT(statistics.pods()[0].containers[0].amounts.memory_bytes, 0U);

  // The end of its input ends this container, and that what is attached.
  done = run({"attach", "-i", "web"}, "to process 1\n");
  EXPECT_EQ(done.exit_code, 0) << done.standard_error;
  EXPECT_EQ(done.standard_output, "to process 1\n");
  EXPECT_TRUE(test::eventually([&] { return !runtime_->namespaces("run1"); }));
}

// As the desktop's terminal does it.
TEST_P(StreamsOfContainers, AShellOfOurOwnClient) {
  EventLoop loop;
  loop.start();
  auto channels = channels_to(world_, loop);
  Heard shell;
  const auto ask = [&](Heard& heard, const char* program) {
    return channels->open(
        client::exec_request(
            {.namespace_name = "default", .pod = "web", .container = "main", .command = {program}}),
        heard.callbacks());
  };
  const auto stream = ask(shell, "sh");
  EXPECT_TRUE(stream->write(client::kResizeChannel, client::resize_message(101, 37)));
  EXPECT_TRUE(shell.says(client::kOutputChannel, "#"));
  EXPECT_TRUE(stream->write(client::kInputChannel, "stty size; echo $GREETING; exit 3\r"));
  ASSERT_TRUE(shell.ends());
  EXPECT_FALSE(shell.error);
  EXPECT_THAT(shell.bytes[client::kOutputChannel], HasSubstr("37 101"));
  EXPECT_THAT(shell.bytes[client::kOutputChannel], HasSubstr("hello\r\n"));
  EXPECT_EQ(client::read_exec_status(shell.bytes[client::kStatusChannel]).exit_code, 3);
  Heard none;
  const auto missing = ask(none, "no-such-shell");
  ASSERT_TRUE(none.ends());
  EXPECT_THAT(client::read_exec_status(none.bytes[client::kStatusChannel]).message,
              HasSubstr("executable file not found"));
  channels.reset();
  loop.stop();
}

INSTANTIATE_TEST_SUITE_P(Clients, StreamsOfContainers,
                         ::testing::Values(std::string("kubectl"), std::string("kubectl-1.20")),
                         [](const auto& each) {
                           return each.param == "kubectl" ? "Newest" : "V1_20";
                         });

}  // namespace
}  // namespace cove::testing
