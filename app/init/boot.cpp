#include "app/init/boot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/init/modules.h"
#include "app/init/network.h"
#include "app/init/node.h"
#include "app/init/shells.h"
#include "app/init/system.h"
#include "core/base/strings.h"
#include "vm/channel/line.h"

namespace cove::init {
namespace {

constexpr unsigned kWorkers = 4;
constexpr std::chrono::seconds kProcessGrace{3};

Fd open_console() {
  Fd fd(::open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC));
  if (!fd) fd = Fd(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
  return fd;
}

Result<ModuleIndex> read_index(const Path& folder) {
  COVE_TRY(const std::string text, read_file(folder / "index", 1 << 20));
  return ModuleIndex::parse(text);
}

Fd child_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGPIPE);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  sigdelset(&set, SIGPIPE);
  return Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

// What leads to the system disk.
std::vector<std::string> drivers_of_the_system() {
  return {"virtio_pci", "virtio_blk", "erofs"};
}

// The initramfs' other drivers, which a thread loads while the boot goes on.
class OtherDrivers {
 public:
  OtherDrivers(const Path& folder, const ModuleIndex& index) {
    std::vector<std::string> before = drivers_of_the_system();
    std::vector<std::string> soon = index.names();
    std::erase(soon, kRandom);
    soon_ = open_modules(folder, index, soon, before);
    before.insert(before.end(), soon.begin(), soon.end());
    random_ = open_modules(folder, index, {kRandom}, before);
  }

  void begin() {
    loader_ = std::jthread([this] {
      result_ = load_opened(std::exchange(soon_, {}));
      if (result_.has_value() && !has_random_numbers()) result_ = load_random();
    });
  }
  Result<void> wait() {
    if (loader_.joinable()) loader_.join();
    return result_;
  }
  // The host's random numbers, which are waited for only where the processor has none. After
  // wait().
  Result<void> load_random() { return load_opened(std::exchange(random_, {})); }

 private:
  static constexpr const char* kRandom = "virtio_rng";

  static bool has_random_numbers() {
    char byte = 0;
    return ::getrandom(&byte, 1, GRND_NONBLOCK) == 1;
  }

  std::vector<OpenedModule> soon_;
  std::vector<OpenedModule> random_;
  Result<void> result_{};
  std::jthread loader_;
};

Result<void> enter_by_disk() {
  COVE_TRY(const Path disk, find_disk("cove-system", std::chrono::seconds(10)));
  COVE_CHECK(enter_system(disk));
  return mount_late();
}

// Everything until the system disk is the root. Loading the other drivers is begun.
Result<void> reach_system(std::optional<OtherDrivers>& others) {
  COVE_TRY(const ModuleIndex index, read_index("/modules"));
  others.emplace("/modules", index);
  COVE_CHECK(load_modules("/modules", index, drivers_of_the_system(), kWorkers));
  others->begin();
  return enter_by_disk();
}

// Drivers that no step of the boot waits for.
void load_rest(OtherDrivers* others, Console& console) {
  if (others != nullptr) {
    const auto random = others->load_random();
    if (random.has_error()) console.say(random.error().message());
  }
  const Path folder = "/usr/lib/modules";
  const auto index = read_index(folder);
  if (index.has_error()) return console.say(index.error().message());
  const auto loaded = load_modules(folder, *index, {"button", "evdev", "virtio_balloon"}, 1);
  if (loaded.has_error()) console.say(loaded.error().message());
}

// Brings coved and its libraries into memory while the host is still talking: reading them page by
// page when coved starts would cost it more.
void warm_up() {
  const auto list = read_file("/usr/lib/cove/warm", 64 * 1024);
  if (list.has_error()) return;
  for (const std::string& file : split(*list, '\n')) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (fd && ::fstat(fd.get(), &info) == 0)
      ::readahead(fd.get(), 0, static_cast<std::size_t>(info.st_size));
  }
}

Result<void> set_kernel_up(Console& console) {
  for (const std::string& name : apply_sysctls()) console.say("the kernel has no setting " + name);
  return bring_up_loopback();
}

void end_processes(Reaper& reaper) {
  for (const int number : {SIGTERM, SIGKILL}) {
    ::kill(-1, number);
    const auto deadline = std::chrono::steady_clock::now() + kProcessGrace;
    while (reaper.reap() && std::chrono::steady_clock::now() < deadline) ::usleep(5'000);
  }
}

[[noreturn]] void power_off(Reaper& reaper, Console& console) {
  end_processes(reaper);
  ::sync();
  unmount_tree(kDataFolder);
  ::sync();
  console.say(fmt::format("power off at {:.2f} s", uptime()));
  ::reboot(RB_POWER_OFF);
  while (true) ::pause();
}

void open_lines(Node& node) {
  const auto control = channel::find_port(channel::kControlPort);
  if (!control)
    return node.trouble(fmt::format("the virtual machine has no port {}", channel::kControlPort));
  Fd port(::open(control->c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!port) return node.trouble(errno_error(errno, "open", control->string()).message());
  node.serve_control(std::move(port));
}

}  // namespace

void boot() {
  const double started = uptime();
  const auto mounted = mount_early();
  Console console(open_console());
  console.say(fmt::format("init started at {:.2f} s", started));
  SystemClock clock;
  Reaper reaper;
  Fd signals = child_signals();
  std::optional<OtherDrivers> drivers;
  const auto system = mounted.has_error() ? mounted : reach_system(drivers);
  Node node(reaper, clock, console, std::move(signals));
  std::vector<std::jthread> shells;
  std::vector<std::jthread> helpers;
  try {
    if (system.has_error()) {
      node.trouble(system.error().message());
    } else {
      console.say(fmt::format("system mounted at {:.2f} s", uptime()));
      node.prepare_disk();
      helpers.emplace_back(warm_up);
      node.load_coved();
    }
    if (const auto loaded = drivers ? drivers->wait() : Result<void>(); loaded.has_error())
      node.trouble(loaded.error().message());
    open_lines(node);
    node.prepare_kernel([&console] { return set_kernel_up(console); });
    node.load_later([&] {
      try {
        shells = serve_shells(reaper, console);
      } catch (const std::exception& error) {
        console.say(fmt::format("the shells cannot be served: {}", error.what()));
      }
      load_rest(drivers ? &*drivers : nullptr, console);
    });
  } catch (const std::exception& error) {
    node.trouble(fmt::format("the boot failed: {}", error.what()));
  }
  while (true) {
    try {
      node.run();
      break;
    } catch (const std::exception& error) {
      node.trouble(fmt::format("init failed: {}", error.what()));
    }
  }
  power_off(reaper, console);
}

}  // namespace cove::init
