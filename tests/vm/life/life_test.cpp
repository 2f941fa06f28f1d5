// A cluster's life with the real programs, libvirt, QEMU, kernel and kubectl.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "core/pki/pki.h"
#include "tests/vm/life/cluster_fixture.h"
#include "vm/forward/forward.h"

namespace cove::test {
namespace {

using namespace std::chrono_literals;

using ClusterLife = ClusterTest;

TEST_F(ClusterLife, StartStopStartDelete) {
  start();
  const auto running = status();
  EXPECT_EQ(text(running, "Phase"), "Running");
  EXPECT_EQ(text(running, "Kubeconfig"), "Configured");

  const std::string row =
      computer().run({kubectl(), "get", "nodes", "--no-headers"}).standard_output;
  EXPECT_NE(row.find("cove   Ready"), std::string::npos) << row;
  const std::vector<std::string> uid_query{kubectl(), "get", "node",
                                           "cove",    "-o",  "jsonpath={.metadata.uid}"};
  const std::string uid = computer().run(uid_query).standard_output;
  EXPECT_EQ(uid.size(), 36U) << uid;
  const std::string certificate =
      value(read_file(computer().cluster("cove") / "pki/server.crt", 65536));
  EXPECT_EQ(computer().run({kubectl(), "config", "current-context"}).standard_output, "cove\n");

  computer().cove({"stop"});
  EXPECT_EQ(phase(), "Stopped");
  EXPECT_EQ(qemu("cove"), 0);

  auto with_two = start_command();
  *(std::find(with_two.begin(), with_two.end(), "--cpus") + 1) = "2";
  computer().cove(with_two);
  EXPECT_EQ(computer().run(uid_query).standard_output, uid);
  // Processors that the start goes without count from the beginning and come after it.
  EXPECT_EQ(computer()
                .run({kubectl(), "get", "node", "cove", "-o", "jsonpath={.status.capacity.cpu}"})
                .standard_output,
            "2");
  std::string online;
  for (int i = 0; i < 200 && online != "2\n"; ++i)
    online = computer().cove({"ssh", "--", "/bin/busybox", "nproc"});
  EXPECT_EQ(online, "2\n");
  EXPECT_EQ(value(read_file(computer().cluster("cove") / "pki/server.crt", 65536)), certificate);
  const std::string server = text(status(), "Server");
  EXPECT_EQ(server, text(running, "Server"));

  computer().cove({"delete"});
  EXPECT_EQ(phase(), "NotCreated");
  EXPECT_EQ(qemu("cove"), 0);
  EXPECT_FALSE(std::filesystem::exists(computer().home() / ".local/share/cove"));
  EXPECT_FALSE(std::filesystem::exists(computer().home() / "run/cove"));
  EXPECT_FALSE(std::filesystem::exists(computer().home() / ".cache/libvirt/qemu/log/cove.log"));
  EXPECT_TRUE(machines_of_libvirt().empty()) << machines_of_libvirt();
  EXPECT_EQ(computer().run({kubectl(), "config", "get-contexts", "-o", "name"}).standard_output,
            "");
  const auto port = static_cast<std::uint16_t>(std::stoi(server.substr(server.rfind(':') + 1)));
  EXPECT_FALSE(vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", port));
}

TEST_F(ClusterLife, PauseKeepsProcessesAndMemory) {
  start();
  computer().cove({"ssh", "--", "/bin/busybox", "sh", "-c", "echo kept > /run/kept"});
  const std::string boot =
      computer().cove({"ssh", "--", "/bin/busybox", "cat", "/proc/sys/kernel/random/boot_id"});
  computer().cove({"pause"});
  EXPECT_EQ(phase(), "Paused");
  EXPECT_EQ(qemu("cove"), 0);
  start();
  EXPECT_EQ(phase(), "Running");
  EXPECT_EQ(computer().cove({"ssh", "--", "/bin/busybox", "cat", "/run/kept"}), "kept\n");
  EXPECT_EQ(
      computer().cove({"ssh", "--", "/bin/busybox", "cat", "/proc/sys/kernel/random/boot_id"}),
      boot);
  // The guest's clock stood still meanwhile and was set again.
  const auto guest_seconds =
      std::stoll(computer().cove({"ssh", "--", "/bin/busybox", "date", "+%s"}));
  EXPECT_LE(std::llabs(guest_seconds - static_cast<long long>(::time(nullptr))), 30);
}

TEST_F(ClusterLife, ShellPassesInputOutputAndExitCode) {
  start();
  const Completed failed = computer().try_cove(
      {"ssh", "--", "/bin/busybox", "sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(failed.exit_code, 7);
  EXPECT_EQ(failed.standard_output, "out\n");
  EXPECT_EQ(failed.standard_error, "err\n");
  Command command = computer().command({"ssh", "--", "/bin/busybox", "sha256sum"});
  command.standard_input = std::string(3 << 20, 'x');
  const Completed sum = value(make_spawner()->run(command, 120s));
  Command local{{"sha256sum"}, {}, {}, command.standard_input};
  EXPECT_EQ(sum.standard_output, value(make_spawner()->run(local, 60s)).standard_output);
}

TEST_F(ClusterLife, ProfilesRunSideBySide) {
  start();
  start("team-a");
  EXPECT_EQ(phase("cove"), "Running");
  EXPECT_EQ(phase("team-a"), "Running");
  EXPECT_NE(text(status("cove"), "Server"), text(status("team-a"), "Server"));
  for (const char* context : {"cove", "team-a"}) {
    const std::string nodes =
        computer()
            .run({kubectl(), "--context", context, "get", "nodes", "-o", "name"})
            .standard_output;
    EXPECT_EQ(nodes, std::string("node/") + context + "\n");
  }
  computer().cove({"delete", "-p", "team-a"});
  EXPECT_EQ(phase("cove"), "Running");
}

// Somebody on this computer who listens on a port.
class Listener {
 public:
  explicit Listener(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int one = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listens_ = ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
               ::listen(fd_.get(), 1) == 0;
  }
  bool listens() const { return listens_; }

 private:
  Fd fd_;
  bool listens_ = false;
};

TEST_F(ClusterLife, ATakenPortIsNamedWithItsHolderAndAnotherChosen) {
  const Listener listener(6443);
  const Completed done = computer().try_cove(start_command());
  ASSERT_EQ(done.exit_code, 0) << done.standard_error;
  if (listener.listens()) {
    const std::string said = done.standard_output + done.standard_error;
    EXPECT_NE(said.find(fmt::format("(process {})", ::getpid())), std::string::npos) << said;
  }
  EXPECT_NE(text(status(), "Server"), "https://127.0.0.1:6443");
  EXPECT_EQ(phase(), "Running");
}

TEST_F(ClusterLife, KilledQemuIsBrokenWithTheReasonAndStartHeals) {
  start();
  const pid_t machine = qemu("cove");
  ASSERT_GT(machine, 0);
  ASSERT_EQ(::kill(machine, SIGKILL), 0);
  auto after = status();
  // Until libvirt has heard of it, the machine runs and its API is silent.
  for (int round = 0; text(after, "Phase") != "Broken" && round < 200; ++round) after = status();
  EXPECT_EQ(text(after, "Phase"), "Broken");
  EXPECT_NE(text(after, "Reason").find("killed or crashed"), std::string::npos)
      << text(after, "Reason");
  EXPECT_NE(text(after, "Remedy").find("cove start"), std::string::npos);
  start();
  EXPECT_EQ(phase(), "Running");
}

// `cove start` on this computer changed by a shell command in a mount namespace of its own; nothing
// when the kernel forbids such namespaces to users.
std::optional<Completed> start_after(const Computer& computer, const std::string& change) {
  const std::vector<std::string> isolate{
      "unshare", "--map-current-user", "--mount", "--keep-caps", "sh", "-c"};
  auto probe = isolate;
  probe.push_back("mount -t tmpfs none /tmp");
  if (computer.run(probe).exit_code != 0) return std::nullopt;
  auto argv = isolate;
  argv.push_back(fmt::format("{} && exec {} start", change, Computer::program("cove").string()));
  return computer.run(argv);
}

TEST_F(ClusterLife, AFullDiskIsSaidBeforeAnythingIsMade) {
  std::filesystem::create_directories(computer().home() / ".local");
  const auto done = start_after(computer(), "mount -t tmpfs -o size=100m none $HOME/.local");
  if (!done) GTEST_SKIP() << "this account may not make mount namespaces";
  EXPECT_NE(done->exit_code, 0);
  EXPECT_NE(done->standard_error.find("Free some disk space"), std::string::npos)
      << done->standard_error;
  EXPECT_EQ(phase(), "NotCreated");
}

TEST_F(ClusterLife, WithoutLibvirtTheSentenceNamesThePackage) {
  // The programs of the system are away, and so is a session daemon that runs already.
  const auto done =
      start_after(computer(),
                  "mkdir -m 0700 $HOME/other && export XDG_RUNTIME_DIR=$HOME/other && "
                  "mount -t tmpfs none /usr/sbin");
  if (!done) GTEST_SKIP() << "this account may not make mount namespaces";
  EXPECT_NE(done->exit_code, 0);
  EXPECT_NE(done->standard_error.find("libvirt-daemon"), std::string::npos) << done->standard_error;
  EXPECT_EQ(phase(), "Broken");
}

TEST_F(ClusterLife, AKilledCovedComesBack) {
  start();
  computer().cove({"ssh", "--", "/bin/busybox", "killall", "-9", "coved"});
  auto after = status();
  for (int round = 0; text(after, "Phase") != "Running" && round < 200; ++round) after = status();
  EXPECT_EQ(text(after, "Phase"), "Running");
  EXPECT_EQ(computer().run({kubectl(), "get", "nodes", "-o", "name"}).standard_output,
            "node/cove\n");
}

TEST_F(ClusterLife, ALogIsKeptOnThisComputer) {
  start();
  const std::string log = computer().cove({"logs"});
  EXPECT_NE(log.find("coved"), std::string::npos) << log;
}

}  // namespace
}  // namespace cove::test
