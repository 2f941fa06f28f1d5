// Two daemons on one machine, in networks of their own, share the tree of control groups: neither
// touches the other's containers, and who has gone leaves nothing there.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "core/os/cgroup.h"
#include "tests/integration/docker/host.h"
#include "tests/support/container_traces.h"
#include "tests/support/containers.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using test::ContainerTraces;

constexpr const char* kPodRun =
    "kubectl get pod one -o jsonpath='{.status.containerStatuses[0].containerID} "
    "{.status.containerStatuses[0].restartCount}'";
constexpr const char* kContainerRun = "docker inspect -f '{{.Id}} {{.State.StartedAt}}' two";

class Neighbour {
 public:
  std::string ok(const std::string& command) {
    const Completed done = host.shell("docker", command, 120s);
    EXPECT_EQ(done.exit_code, 0) << command << "\n" << done.standard_output << done.standard_error;
    return done.standard_output;
  }
  void run() {
    ASSERT_TRUE(host.start()) << host.trouble();
    ok("kubectl run one --image=busybox:1.35 -- sleep 1000000");
    ok("kubectl wait --for=condition=Ready pod/one --timeout=60s");
    ok("docker run -d --name two busybox:1.35 sleep 1000000");
    before = runs();
  }
  std::string runs() { return ok(kPodRun) + ok(kContainerRun); }
  void restart(int signal) {
    ASSERT_TRUE(host.restart(signal)) << host.trouble();
    ok("kubectl wait --for=condition=Ready pod/one --timeout=60s");
  }
  void expect_unharmed() {
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(host.log().find("remove the control group"), std::string::npos) << host.log();
  }
  void remove() {
    ok("kubectl delete pod one --now");
    ok("docker rm -f two");
  }
  ContainerTraces look() const { return ContainerTraces::look(host.folder().parent_path()); }
  std::string id() const { return ContainerTraces::identity(host.folder().parent_path()); }

  EngineHost host;
  std::string before;
};

// Runs `work` with a network of its own; what it starts lives in it, no longer than `work` runs.
template <class Work>
void elsewhere(const Work& work) {
  std::thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    test::output_of({"ip", "link", "set", "lo", "up"});
    work();
  }).join();
}

// Runs it in the network of this process' first thread.
template <class Work>
void at_home(const Work& work) {
  std::thread([&] {
    const Fd home(::open(fmt::format("/proc/{}/ns/net", ::getpid()).c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::setns(home.get(), CLONE_NEWNET), 0);
    work();
  }).join();
}

TEST(NeighboursTest, NeitherTouchesWhatTheOtherRuns) {
  ContainerTraces last;
  Path folder;
  Neighbour first;
  first.run();
  elsewhere([&] {
    Neighbour second;
    folder = second.host.folder().parent_path();
    second.run();
    for (const int signal : {SIGTERM, SIGKILL}) {
      second.restart(signal);
      at_home([&] { first.expect_unharmed(); });
      second.expect_unharmed();
    }
    EXPECT_FALSE(second.look().groups.empty());
    second.remove();
  });
  EXPECT_EQ(ContainerTraces::look(folder).groups, ContainerTraces::Names());
  first.restart(SIGKILL);
  first.expect_unharmed();
  first.remove();
}

// What a crash left in the daemon's own control groups goes when it starts, processes too.
TEST(NeighboursTest, LeftoversGoAtTheStart) {
  Neighbour one;
  one.run();
  const auto groups = os::Cgroups::find();
  ASSERT_TRUE(groups);
  const std::string container = fmt::format("/cove-{}/{}", one.id(), std::string(64, 'a'));
  const std::string pod = fmt::format("/cove-pods-{}/kubepods/besteffort/podgone", one.id());
  for (const std::string& group : {container, pod}) ASSERT_TRUE((*groups)->make(group));
  auto process = ChildProcess::spawn(Command{{"sleep", "1000000"}, {}, {}, {}}, {});
  ASSERT_TRUE(process);
  const char* const pids = (*groups)->version() == os::CgroupVersion::kV1 ? "/pids" : "";
  one.ok(fmt::format("echo {} >/sys/fs/cgroup{}{}/cgroup.procs", process->pid(), pids, pod));
  one.restart(SIGTERM);
  EXPECT_TRUE(process->wait(20s));
  EXPECT_TRUE(test::eventually(
      [&] { return !(*groups)->processes(container) && !(*groups)->processes(pod); }));
  one.expect_unharmed();
  one.remove();
}

}  // namespace
}  // namespace cove::testing
