// The guest's promises, kept by the real image in a real virtual machine.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>

#include "tests/vm/guest/machine.h"
#include "vm/channel/frame.h"

namespace cove::test {
namespace {

using namespace std::chrono_literals;
using channel::NodeConfiguration;

// A certificate that is its own authority: enough for coved to start with.
struct Identity {
  std::string certificate;
  std::string key;
};

Result<Identity> make_identity(const Path& folder) {
  Command command;
  command.argv = {"openssl",
                  "req",
                  "-x509",
                  "-newkey",
                  "ec",
                  "-pkeyopt",
                  "ec_paramgen_curve:P-256",
                  "-nodes",
                  "-days",
                  "30",
                  "-subj",
                  "/CN=cove-test",
                  "-addext",
                  "subjectAltName=IP:127.0.0.1,IP:10.0.2.15",
                  "-keyout",
                  folder / "key.pem",
                  "-out",
                  folder / "certificate.pem"};
  COVE_TRY(const Completed done, make_spawner()->run(command, 60s));
  if (done.exit_code != 0)
    return Error{ErrorCode::kInternal, "make", "a certificate", done.standard_error, ""};
  COVE_TRY(std::string certificate, read_file(folder / "certificate.pem", 1 << 20));
  COVE_TRY(std::string key, read_file(folder / "key.pem", 1 << 20));
  return Identity{std::move(certificate), std::move(key)};
}

NodeConfiguration configuration(const Identity& identity) {
  NodeConfiguration c;
  c.node_name = "cove-test";
  c.address = "10.0.2.15";
  c.prefix_length = 24;
  c.gateway = "10.0.2.2";
  c.name_server = "10.0.2.3";
  c.unix_nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  c.ca_certificate_pem = identity.certificate;
  c.server_certificate_pem = identity.certificate;
  c.server_key_pem = Secret(identity.key);
  c.registry_mirrors = {"https://mirror.example"};
  return c;
}

class GuestTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto image = built_image();
    if (image.has_error()) GTEST_SKIP() << image.error().message();
    image_ = *image;
    ::signal(SIGPIPE, SIG_IGN);
    char name[] = "/tmp/cove-guest-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    data_ = folder_ / "data.qcow2";
    auto identity = make_identity(folder_);
    ASSERT_TRUE(identity.has_value()) << identity.error().message();
    identity_ = std::move(*identity);
  }
  void TearDown() override {
    const std::string console = machine_ ? machine_->console() : "";
    machine_.reset();
    if (HasFailure()) std::cerr << console;
    if (!folder_.empty()) (void)remove_tree(folder_);
  }

  void qemu_img(const std::vector<std::string>& arguments) {
    Command command;
    command.argv = {"qemu-img"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto done = make_spawner()->run(command, 60s);
    ASSERT_TRUE(done.has_value() && done->exit_code == 0);
  }
  void make_disk(const std::string& size = "4G") {
    qemu_img({"create", "-q", "-f", "qcow2", data_.string(), size});
  }

  void boot(Machine::Options options = {}) {
    machine_.reset();
    auto machine = Machine::boot(image_, folder_, data_, options);
    ASSERT_TRUE(machine.has_value()) << machine.error().message();
    machine_ = std::move(*machine);
  }
  // Boots and configures; the control line stays open.
  void start(Machine::Options options = {}) {
    boot(std::move(options));
    connect();
    const auto configured = control_->configure(configuration(identity_), 120s);
    ASSERT_TRUE(configured.has_value()) << configured.error().message();
  }
  void connect() {
    control_.reset();
    auto control = machine_->control();
    ASSERT_TRUE(control.has_value()) << control.error().message();
    control_.emplace(std::move(*control));
  }
  std::string output(const std::string& script) {
    auto ran = machine_->script(script);
    if (ran.has_error()) return ran.error().message();
    EXPECT_EQ(ran->code, 0) << script << ": " << ran->error;
    return ran->output;
  }

  Path image_;
  Identity identity_;
  Path folder_;
  Path data_;
  std::unique_ptr<Machine> machine_;
  std::optional<channel::ControlClient> control_;
};

TEST_F(GuestTest, BootsToAReadyNodeAndItsShellWorks) {
  make_disk();
  const auto start_time = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  };
  boot();
  connect();
  const double answered = elapsed();
  ASSERT_TRUE(control_->configure(configuration(identity_), 120s).has_value());
  const double configured = elapsed();
  const auto ready = control_->wait_ready(120s);
  ASSERT_TRUE(ready.has_value()) << ready.error().message();
  fmt::print(
      "host's clock: hello {:.2f} s, configured {:.2f} s, coved ready {:.2f} s; memory used {} "
      "MiB\n{}",
      answered, configured, elapsed(), ready->memory_used_bytes >> 20, machine_->console());
  EXPECT_TRUE(ready->configured && ready->coved_running && ready->coved_ready);
  EXPECT_EQ(ready->coved_restarts, 0U);
  EXPECT_EQ(ready->boot_id.size(), 36U);
  EXPECT_GT(ready->memory_total_bytes, 900ULL << 20);
  EXPECT_LE(ready->memory_used_bytes, 120ULL << 20);

  // The node is what was asked for.
  EXPECT_EQ(output("hostname"), "cove-test\n");
  EXPECT_EQ(output("cat /etc/resolv.conf"), "nameserver 10.0.2.3\n");
  EXPECT_NE(output("ip -4 addr show eth0").find("10.0.2.15/24"), std::string::npos);
  EXPECT_NE(output("ip route").find("default via 10.0.2.2 dev eth0"), std::string::npos);
  EXPECT_EQ(
      output("stat -c %a /run/cove/pki/ca.crt /run/cove/pki/server.crt /run/cove/pki/server.key"),
      "600\n600\n600\n");
  EXPECT_EQ(output("cat /run/cove/pki/server.key"), identity_.key);
  EXPECT_EQ(output("cat /proc/sys/net/ipv4/ip_forward"), "1\n");
  EXPECT_NE(output("cat /sys/fs/cgroup/cove.slice/cgroup.subtree_control").find("memory"),
            std::string::npos);
  EXPECT_EQ(output("cat /proc/$(pidof coved)/cgroup"), "0::/cove.slice/coved\n");
  EXPECT_LT(std::abs(std::stol(output("date +%s")) - std::time(nullptr)), 30);
  EXPECT_NE(output("mount | grep /var/lib/cove").find("ext4"), std::string::npos);
  // Modules come in when the kernel asks for them.
  EXPECT_EQ(output("ip link add v0 type veth peer name v1 && ip link del v0 && nft add table ip t "
                   "&& nft add chain ip t c "
                   "'{ type nat hook postrouting priority 100; }' && nft add rule ip t c "
                   "masquerade && nft delete table ip t; "
                   "echo done"),
            "done\n");
  EXPECT_EQ(output("mkdir -p /tmp/o/l /tmp/o/u /tmp/o/w /tmp/o/m && mount -t overlay o -o "
                   "lowerdir=/tmp/o/l,upperdir=/tmp/o/u,workdir=/tmp/o/w /tmp/o/m && umount "
                   "/tmp/o/m && echo done"),
            "done\n");

  // Commands: codes, streams, and ten megabytes there and back.
  const auto failed = machine_->script("echo out; echo err >&2; exit 9");
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->code, 9);
  EXPECT_EQ(failed->output, "out\n");
  EXPECT_EQ(failed->error, "err\n");
  std::string input;
  for (std::uint32_t i = 0, x = 1; i < (10U << 20); ++i, x = x * 1664525U + 1013904223U)
    input += static_cast<char>(x >> 24);
  const auto echoed = machine_->run({"cat"}, input);
  ASSERT_TRUE(echoed.has_value());
  EXPECT_TRUE(echoed->output == input);

  // All ports at once.
  std::vector<std::future<Result<Ran>>> shells;
  for (int port = 0; port < channel::kShellPorts; ++port) {
    shells.push_back(std::async(std::launch::async, [&, port] {
      return machine_->run({"cat"}, fmt::format("{}", port), port);
    }));
  }
  for (int port = 0; port < channel::kShellPorts; ++port)
    EXPECT_EQ(shells[port].get()->output, fmt::format("{}", port));
}

TEST_F(GuestTest, TerminalHasItsSizeAndAHostThatLeavesEndsTheSession) {
  make_disk();
  start();
  channel::ShellRequest request;
  request.argv = {"/bin/sh", "-c", "stty size; tty; exec sleep 4242"};
  request.tty = true;
  request.rows = 33;
  request.columns = 99;
  Pipe out = *make_pipe();
  std::stop_source stop;
  auto fd = machine_->connect("shell1.sock");
  auto code = std::async(std::launch::async, [&, line = std::move(*fd)]() mutable {
    return channel::run_shell(std::move(line), request, {-1, out.write.get(), -1, -1, {}},
                              stop.get_token());
  });
  std::string seen;
  char c;
  while (std::count(seen.begin(), seen.end(), '\n') < 2 && ::read(out.read.get(), &c, 1) == 1)
    seen += c;
  EXPECT_TRUE(seen.starts_with("33 99\r\n/dev/pts/")) << seen;
  EXPECT_EQ(output("pidof sleep >/dev/null && echo runs"), "runs\n");
  stop.request_stop();
  EXPECT_EQ(code.get().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(output("for i in $(seq 100); do pidof sleep >/dev/null || break; sleep 0.1; done; "
                   "pidof sleep || echo gone"),
            "gone\n");
}

TEST_F(GuestTest, CovedThatIsKilledStartsAgainAndTheStateSaysSo) {
  make_disk();
  start();
  ASSERT_TRUE(control_->wait_ready(120s).has_value());
  const std::string before = output("pidof coved");
  // What runs in another cgroup stays.
  ASSERT_EQ(output("mkdir /sys/fs/cgroup/pod; sleep 1000 </dev/null >/dev/null 2>&1 & echo $! "
                   ">/sys/fs/cgroup/pod/cgroup.procs"),
            "");
  output("kill -9 $(pidof coved)");
  channel::NodeState state;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  do {
    state = *control_->state(60s);
  } while ((state.coved_restarts < 1 || !state.coved_ready) &&
           std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(state.coved_restarts, 1U);
  EXPECT_TRUE(state.coved_ready);
  EXPECT_EQ(state.coved_last_exit, "killed by signal 9");
  EXPECT_NE(output("pidof coved"), before);
  EXPECT_NE(output("cat /sys/fs/cgroup/pod/cgroup.procs"), "");
  EXPECT_NE(output("cat /var/lib/cove/log/coved.log").find("killed by signal 9"),
            std::string::npos);

  // The same configuration again changes nothing; new certificates restart coved without counting.
  ASSERT_TRUE(control_->configure(configuration(identity_), 60s).has_value());
  EXPECT_TRUE(control_->state(60s)->coved_ready);
  const std::string pid = output("pidof coved");
  const auto renewed = *make_identity(folder_);
  ASSERT_TRUE(control_->configure(configuration(renewed), 60s).has_value());
  ASSERT_TRUE(control_->wait_ready(60s).has_value());
  EXPECT_EQ(output("cat /run/cove/pki/server.crt"), renewed.certificate);
  EXPECT_EQ(
      output(fmt::format(
          "for i in $(seq 100); do [ \"$(pidof coved)\" = {} ] || break; sleep 0.1; done", pid)),
      "");
  ASSERT_TRUE(control_->wait_ready(60s).has_value());
  EXPECT_EQ(control_->state(60s)->coved_restarts, 1U);
}

TEST_F(GuestTest, DataSurvivesPowerOffTheButtonAndPowerCuts) {
  make_disk();
  start();
  output("echo kept >/var/lib/cove/kept");
  ASSERT_TRUE(control_->power_off(60s).has_value());
  EXPECT_TRUE(machine_->wait_off(60s));
  EXPECT_NE(machine_->console().find("power off at"), std::string::npos);

  start();
  EXPECT_EQ(machine_->console().find("was not left clean"), std::string::npos);
  EXPECT_EQ(output("cat /var/lib/cove/kept"), "kept\n");
  output("echo synced >/var/lib/cove/synced; sync");
  machine_->cut();

  start();
  EXPECT_NE(machine_->console().find("was not left clean"), std::string::npos);
  EXPECT_EQ(output("cat /var/lib/cove/kept /var/lib/cove/synced"), "kept\nsynced\n");
  // The button's driver comes in after the start.
  EXPECT_EQ(
      output(
          "for i in $(seq 100); do ls /dev/input/event0 >/dev/null 2>&1 && break; sleep 0.1; done"),
      "");
  ASSERT_TRUE(control_->wait_ready(60s).has_value());
  bool off = false;
  for (int press = 0; press < 10 && !off; ++press) {
    machine_->monitor("system_powerdown");
    off = machine_->wait_off(10s);
  }
  EXPECT_TRUE(off);
  EXPECT_NE(machine_->console().find("powering off: the power button"), std::string::npos);

  start();
  EXPECT_EQ(machine_->console().find("was not left clean"), std::string::npos);
}

TEST_F(GuestTest, DiskThatGrewHasAFileSystemThatGrew) {
  make_disk("1G");
  start();
  const auto size = [&] {
    return std::stol(output("df -k /var/lib/cove | tail -1 | awk '{print $2}'"));
  };
  const long before = size();
  ASSERT_TRUE(control_->power_off(60s).has_value());
  ASSERT_TRUE(machine_->wait_off(60s));
  qemu_img({"resize", "-q", data_.string(), "3G"});
  start();
  EXPECT_GT(size(), 2 * before);
  EXPECT_NE(machine_->console().find("has grown"), std::string::npos);
  ASSERT_TRUE(control_->power_off(60s).has_value());
  ASSERT_TRUE(machine_->wait_off(60s));
  start();
  EXPECT_EQ(machine_->console().find("has grown"), std::string::npos);
}

// Boots with a raw disk of these bytes; expects it refused, its words to have `expected`, and not a
// bit changed.
class ForeignDisk : public GuestTest, public testing::WithParamInterface<const char*> {
 protected:
  void fill(const std::string& kind) {
    data_ = folder_ / "data.raw";
    if (kind == "ext4") {
      std::filesystem::create_directories(folder_);
      std::ofstream(data_).close();
      std::filesystem::resize_file(data_, 256 << 20);
      Command command;
      command.argv = {"mkfs.ext4", "-q", "-F", "-L", "holiday", data_.string()};
      const auto done = make_spawner()->run(command, 60s);
      ASSERT_TRUE(done.has_value() && done->exit_code == 0);
      return;
    }
    std::ofstream file(data_, std::ios::binary);
    std::string noise;
    for (std::uint32_t i = 0, x = 7; i < (2U << 20); ++i, x = x * 1664525U + 1013904223U)
      noise += static_cast<char>(x >> 24);
    file << noise;
    file.close();
    std::filesystem::resize_file(data_, 256 << 20);
  }
};

TEST_P(ForeignDisk, IsRefusedAndUntouched) {
  fill(GetParam());
  const auto before = *read_file(data_, 512 << 20);
  Machine::Options options;
  options.data_format = "raw";
  boot(options);
  connect();
  const auto refused = control_->configure(configuration(identity_), 120s);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(refused.error().cause.find("not a Cove file system"), std::string::npos)
      << refused.error().message();
  const auto waited = control_->wait_ready(60s);
  ASSERT_TRUE(waited.has_error());
  EXPECT_NE(waited.error().cause.find("not a Cove file system"), std::string::npos);
  EXPECT_FALSE(control_->state(60s)->coved_running);
  EXPECT_NE(machine_->console().find("not a Cove file system"), std::string::npos);
  ASSERT_TRUE(control_->power_off(60s).has_value());
  EXPECT_TRUE(machine_->wait_off(60s));
  EXPECT_TRUE(*read_file(data_, 512 << 20) == before);
}
INSTANTIATE_TEST_SUITE_P(Guest, ForeignDisk, testing::Values("ext4", "noise"),
                         [](const auto& param) { return std::string(param.param); });

TEST_F(GuestTest, GarbageOnTheControlPortAndAProgramThatDiedDisturbNobody) {
  make_disk();
  boot();
  {
    auto fd = machine_->connect("control.sock");
    const std::string half =
        channel::encode_frame(channel::FrameType::kRequest, 5, R"({"id":1,"method":"power-off"})");
    const std::string garbage = std::string(100'000, '\xDB') + half.substr(0, half.size() / 2);
    ASSERT_EQ(::write(fd->get(), garbage.data(), garbage.size()),
              static_cast<ssize_t>(garbage.size()));
  }
  connect();
  ASSERT_TRUE(control_->configure(configuration(identity_), 120s).has_value());
  for (int i = 0; i < 3; ++i) {
    connect();
    EXPECT_TRUE(control_->state(60s)->configured);
  }
}

}  // namespace
}  // namespace cove::test
