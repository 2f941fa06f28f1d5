// The libvirt backend against real QEMU, in a libvirt session of the test's own.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <set>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "tests/vm/libvirt/test_guest.h"
#include "vm/libvirt/libvirt_backend.h"

namespace cove::vm {
namespace {

using testing::ask;
using testing::await_console;
using testing::console;

std::optional<pid_t> pid_in(const Path& file) {
  const auto text = read_file(file, 64);
  if (!text) return std::nullopt;
  const pid_t pid = static_cast<pid_t>(std::strtol(text->c_str(), nullptr, 10));
  return pid > 0 ? std::optional(pid) : std::nullopt;
}

// A home and a run-time folder for libvirt's session, short enough for socket paths; ends the
// daemon it started.
class Session {
 public:
  Session() {
    char folder[] = "/tmp/cove-vm-XXXXXX";
    folder_ = ::mkdtemp(folder);
    const std::pair<const char*, const char*> places[] = {{"XDG_RUNTIME_DIR", "r"},
                                                          {"HOME", "h"},
                                                          {"XDG_CONFIG_HOME", "h/c"},
                                                          {"XDG_CACHE_HOME", "h/k"},
                                                          {"XDG_DATA_HOME", "h/d"}};
    for (const auto& [name, place] : places) {
      std::filesystem::create_directories(folder_ / place);
      std::filesystem::permissions(folder_ / place, std::filesystem::perms::owner_all);
      ::setenv(name, (folder_ / place).c_str(), 1);
    }
  }
  ~Session() {
    if (const auto pid = daemon()) end(*pid);
    if (const auto pid = pid_in(folder_ / "r/libvirt/virtlogd.pid")) end(*pid);
    (void)remove_tree(folder_);
  }
  const Path& folder() const { return folder_; }
  std::optional<pid_t> daemon() const { return pid_in(folder_ / "r/libvirt/libvirtd.pid"); }
  std::optional<pid_t> qemu(const std::string& machine) const {
    return pid_in(folder_ / "r/libvirt/qemu/run" / (machine + ".pid"));
  }

 private:
  static void end(pid_t pid) {
    ::kill(pid, SIGTERM);
    SystemClock clock;
    for (int i = 0; i < 100 && ::kill(pid, 0) == 0; ++i) clock.sleep(std::chrono::milliseconds(50));
    ::kill(pid, SIGKILL);
  }
  Path folder_;
};

class Changes {
 public:
  std::function<void(const std::string&)> listener() {
    return [this](const std::string& machine) {
      std::lock_guard lock(mutex_);
      names_.insert(machine);
      more_.notify_all();
    };
  }
  bool await(const std::string& machine) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, std::chrono::seconds(60), [&] { return names_.contains(machine); });
  }
  void clear() {
    std::lock_guard lock(mutex_);
    names_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::set<std::string> names_;
};

// Runs one machine "cove-vmtest" per test in a session that all tests share.
class LibvirtVm : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0) {
      skip_ = "virtual machines are not run as root; run this test as an ordinary user";
      return;
    }
    if (!find_program("qemu-system-x86_64") || !find_program("qemu-img")) {
      skip_ = "QEMU is not installed";
      return;
    }
    session_ = new Session;
    const auto guest = testing::make_test_guest(session_->folder());
    if (!guest) {
      skip_ = guest.error().message();
      return;
    }
    guest_ = *guest;
    const auto connected = connect();
    if (!connected) skip_ = connected.error().message();
  }
  static void TearDownTestSuite() {
    delete session_;
    session_ = nullptr;
  }

  void SetUp() override {
    if (!skip_.empty()) GTEST_SKIP() << skip_;
    const auto begin = clock_.steady();
    const auto connected = connect();
    ASSERT_TRUE(connected) << connected.error().message();
    report("connect", begin);
    backend_ = *connected;
    const auto spec = testing::test_machine("cove-vmtest", guest_, session_->folder());
    ASSERT_TRUE(spec) << spec.error().message();
    spec_ = *spec;
  }
  void TearDown() override {
    if (!backend_) return;
    EXPECT_TRUE(backend_->stop("cove-vmtest", StopPolicy::kForce) ||
                backend_->observe("cove-vmtest")->power == Power::kAbsent);
    ok(backend_->undefine("cove-vmtest"));
    EXPECT_TRUE(backend_->machines()->empty());
    (void)remove_tree(spec_.console_log);
  }

  static Result<std::shared_ptr<Backend>> connect() {
    return make_libvirt_backend({.uri = kSessionUri,
                                 .clock = clock_,
                                 .logger = null_logger(),
                                 .cache = session_->folder() / "h/k/cove",
                                 .probe_kernel = guest_.kernel,
                                 .probe = {}});
  }
  static void ok(const Result<void>& result) {
    EXPECT_TRUE(result) << (result ? "" : result.error().message());
  }
  static void report(const std::string& what, SteadyTime begin) {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begin).count();
    std::printf("[   time   ] %s %lld ms\n", what.c_str(), static_cast<long long>(ms));
  }
  void boot() {
    auto begin = clock_.steady();
    ok(backend_->define(spec_));
    report("define", begin);
    begin = clock_.steady();
    ok(backend_->start("cove-vmtest"));
    report("start", begin);
    ASSERT_TRUE(await_console(spec_, "cove-test: ready")) << console(spec_);
    report("guest ready after start", begin);
  }
  bool await_power(Power power) {
    for (int i = 0; i < 600; ++i) {
      if (backend_->observe("cove-vmtest")->power == power) return true;
      clock_.sleep(std::chrono::milliseconds(50));
    }
    return false;
  }
  bool guest_has(const std::string& device) {
    return console(spec_).find(device + " yes") != std::string::npos;
  }

  inline static Session* session_ = nullptr;
  inline static std::string skip_;
  inline static testing::TestGuest guest_;
  inline static SystemClock clock_;
  std::shared_ptr<Backend> backend_;
  MachineSpec spec_;
};

TEST_F(LibvirtVm, DescribesTheHost) {
  const auto info = backend_->describe();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_NE(info->version.find("QEMU "), std::string::npos);
  EXPECT_EQ(info->network, NetworkMode::kUser);
  EXPECT_EQ(info->acceleration_note.empty(), info->acceleration == Acceleration::kKvm);
  std::printf("[   host   ] %s; %s\n", info->version.c_str(), info->acceleration_note.c_str());
}

TEST_F(LibvirtVm, BootsAndLeavesNothingBehind) {
  boot();
  EXPECT_NE(console(spec_).find("Linux version"), std::string::npos);
  ok(backend_->stop("cove-vmtest", StopPolicy::kForce));
  EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kOff);
  EXPECT_EQ(backend_->observe("cove-vmtest")->trouble, "");
  const std::size_t logged = console(spec_).size();
  ok(backend_->start("cove-vmtest"));
  EXPECT_GE(console(spec_).size(), logged) << "the console log was cut";
  ok(backend_->stop("cove-vmtest", StopPolicy::kForce));
  ok(backend_->undefine("cove-vmtest"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(session_->folder())) {
    if (entry.path().parent_path() == session_->folder()) continue;  // what the spec named
    // libvirt keeps QEMU's own log of a machine, as it does for all machines.
    if (entry.path().extension() == ".log") continue;
    EXPECT_EQ(entry.path().filename().string().find("cove-vmtest"), std::string::npos)
        << entry.path();
  }
}

TEST_F(LibvirtVm, ForwardsPortsWhileRunning) {
  boot();
  Forwarding* forwarding = backend_->forwarding();
  ASSERT_NE(forwarding, nullptr);
  const Fd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken.get(), 1), 0);
  ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const auto conflict =
      forwarding->add_forward("cove-vmtest", {Protocol::kTcp, "127.0.0.1", port, 80});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code, ErrorCode::kConflict) << conflict.error().message();

  const ForwardRule tcp{Protocol::kTcp, "127.0.0.2", port, 80};
  const ForwardRule udp{Protocol::kUdp, "127.0.0.2", port, 53};
  for (int i = 0; i < 2; ++i) ok(forwarding->add_forward("cove-vmtest", tcp));
  ok(forwarding->add_forward("cove-vmtest", udp));
  const auto rules = forwarding->forwards("cove-vmtest");
  ASSERT_TRUE(rules) << rules.error().message();
  EXPECT_EQ(rules->size(), 2u);
  EXPECT_TRUE(std::count(rules->begin(), rules->end(), tcp) == 1 &&
              std::count(rules->begin(), rules->end(), udp) == 1);
  const Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  for (int i = 0; i < 2; ++i) ok(forwarding->remove_forward("cove-vmtest", tcp));
  EXPECT_EQ(*forwarding->forwards("cove-vmtest"), std::vector<ForwardRule>{udp});
}

TEST_F(LibvirtVm, CarriesAChannel) {
  boot();
  if (!guest_has("channel")) GTEST_SKIP() << "the initrd has no modules for virtio-serial";
  {
    const auto channel = backend_->open_channel("cove-vmtest", spec_.channels[0]);
    ASSERT_TRUE(channel) << channel.error().message();
    EXPECT_EQ(*ask(channel->get()), 1u);
    const auto second = backend_->open_channel("cove-vmtest", spec_.channels[0]);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kConflict);
    EXPECT_EQ(*ask(channel->get()), 2u);
  }
  const auto again = backend_->open_channel("cove-vmtest", spec_.channels[0]);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*ask(again->get()), 3u);
}

TEST_F(LibvirtVm, NoticesThatQemuWasKilled) {
  boot();
  Changes changes;
  auto subscription = backend_->subscribe(changes.listener());
  ASSERT_TRUE(subscription);
  const auto qemu = session_->qemu("cove-vmtest");
  ASSERT_TRUE(qemu);
  const auto begin = clock_.steady();
  ASSERT_EQ(::kill(*qemu, SIGKILL), 0);
  ASSERT_TRUE(changes.await("cove-vmtest"));
  report("killed QEMU noticed", begin);
  const auto seen = backend_->observe("cove-vmtest");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->power, Power::kOff);
  EXPECT_EQ(seen->trouble, "QEMU was killed or crashed");
  ok(backend_->start("cove-vmtest"));
  EXPECT_EQ(backend_->observe("cove-vmtest")->trouble, "");
}

TEST_F(LibvirtVm, SavesAndContinuesWhereItWas) {
  boot();
  const bool channel = guest_has("channel");
  if (channel) {
    const auto before = backend_->open_channel("cove-vmtest", spec_.channels[0]);
    ASSERT_TRUE(before) << before.error().message();
    EXPECT_EQ(*ask(before->get()), 1u);
  }
  auto begin = clock_.steady();
  ok(backend_->saving()->save("cove-vmtest"));
  report("save", begin);
  EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kSaved);
  begin = clock_.steady();
  ok(backend_->start("cove-vmtest"));
  report("resume", begin);
  EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kRunning);
  if (channel) {
    const auto after = backend_->open_channel("cove-vmtest", spec_.channels[0]);
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_EQ(*ask(after->get()), 2u) << "the guest did not continue";
  }
}

TEST_F(LibvirtVm, ADamagedSavedMemoryIsSaidAndCanBeDiscarded) {
  boot();
  ok(backend_->saving()->save("cove-vmtest"));
  Path image;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(session_->folder())) {
    if (entry.path().extension() == ".save") image = entry.path();
  }
  ASSERT_FALSE(image.empty());
  std::filesystem::resize_file(image, std::filesystem::file_size(image) / 2);
  const auto started = backend_->start("cove-vmtest");
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt) << started.error().message();
  EXPECT_NE(started.error().remedy.find("Discard"), std::string::npos);
  EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kSaved);
  ok(backend_->saving()->discard_saved("cove-vmtest"));
  ok(backend_->start("cove-vmtest"));
  EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kRunning);
}

TEST_F(LibvirtVm, PressesThePowerButton) {
  boot();
  ok(backend_->stop("cove-vmtest", StopPolicy::kGraceful));
  if (!guest_has("power button")) {
    EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kRunning);
    GTEST_SKIP() << "the initrd has no modules for the power button";
  }
  EXPECT_TRUE(await_power(Power::kOff));
  EXPECT_EQ(backend_->observe("cove-vmtest")->trouble, "");
  EXPECT_NE(console(spec_).find("power button pressed"), std::string::npos);
}

TEST_F(LibvirtVm, OutlivesTheDaemon) {
  boot();
  Changes changes;
  auto subscription = backend_->subscribe(changes.listener());
  ASSERT_TRUE(subscription);
  const auto daemon = session_->daemon();
  ASSERT_TRUE(daemon);
  auto begin = clock_.steady();
  ASSERT_EQ(::kill(*daemon, SIGKILL), 0);
  ASSERT_TRUE(changes.await(""));
  const auto seen = backend_->observe("cove-vmtest");
  ASSERT_TRUE(seen) << seen.error().message();
  report("daemon restarted", begin);
  EXPECT_EQ(seen->power, Power::kRunning);
  EXPECT_NE(session_->daemon(), daemon);
  // Answered only once the new daemon has found its way back to QEMU.
  EXPECT_TRUE(backend_->forwarding()->forwards("cove-vmtest"));
  changes.clear();
  const auto qemu = session_->qemu("cove-vmtest");
  ASSERT_TRUE(qemu);
  ASSERT_EQ(::kill(*qemu, SIGKILL), 0);
  EXPECT_TRUE(changes.await("cove-vmtest")) << "events do not come over the new connection";
  EXPECT_TRUE(await_power(Power::kOff));
}

TEST_F(LibvirtVm, KeepsSnapshotsOfItsDisk) {
  ok(backend_->define(spec_));
  Snapshots* snapshots = backend_->snapshots();
  ok(snapshots->take_snapshot("cove-vmtest", "before"));
  ASSERT_EQ(snapshots->snapshots("cove-vmtest")->size(), 1u);
  boot();
  ok(backend_->stop("cove-vmtest", StopPolicy::kForce));
  ok(snapshots->restore_snapshot("cove-vmtest", "before"));
  EXPECT_EQ(backend_->observe("cove-vmtest")->power, Power::kOff);
  ok(snapshots->remove_snapshot("cove-vmtest", "before"));
  EXPECT_TRUE(snapshots->snapshots("cove-vmtest")->empty());
}

TEST_F(LibvirtVm, SaysWhatIsMissing) {
  spec_.kernel = session_->folder() / "no-such-kernel";
  ok(backend_->define(spec_));
  auto started = backend_->start("cove-vmtest");
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kNotFound) << started.error().message();
  std::printf("[  error   ] %s\n", started.error().message().c_str());
  spec_.kernel = guest_.kernel;
  spec_.disks[1].file = session_->folder() / "no-such-disk";
  ok(backend_->define(spec_));
  started = backend_->start("cove-vmtest");
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kNotFound) << started.error().message();
  std::printf("[  error   ] %s\n", started.error().message().c_str());
  spec_.disks.pop_back();
  spec_.memory_mib = 8ULL << 20;
  ok(backend_->define(spec_));
  started = backend_->start("cove-vmtest");
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kResourceExhausted) << started.error().message();
  std::printf("[  error   ] %s\n", started.error().message().c_str());
}

TEST_F(LibvirtVm, LeavesOthersMachinesAlone) {
  Path file = session_->folder() / "other.xml";
  ASSERT_TRUE(write_file_atomic(file,
                                "<domain type='qemu'><name>cove-other</name><memory>65536</memory>"
                                "<os><type arch='x86_64'>hvm</type></os></domain>",
                                0600));
  const auto virsh = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"virsh", "-q", "-c", kSessionUri});
    const auto done = make_spawner()->run(
        {.argv = arguments, .environment = {}, .working_directory = {}, .standard_input = {}},
        std::chrono::seconds(60));
    return done && done->exit_code == 0;
  };
  if (!find_program("virsh")) GTEST_SKIP() << "virsh is not installed";
  ASSERT_TRUE(virsh({"define", file}));
  spec_.name = "cove-other";
  const auto refused = backend_->define(spec_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict) << refused.error().message();
  EXPECT_EQ(backend_->observe("cove-other")->power, Power::kAbsent);
  ok(backend_->undefine("cove-other"));
  EXPECT_TRUE(virsh({"undefine", "cove-other"})) << "somebody else's machine was removed";
}

}  // namespace
}  // namespace cove::vm
