#include "app/init/boot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
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

Result<void> enter_by_disk() {
  COVE_TRY(const Path disk, find_disk("cove-system", std::chrono::seconds(10)));
  COVE_CHECK(enter_system(disk));
  return mount_late();
}

// Everything until the system disk is the root. The drivers that do not lead there are loaded
// meanwhile.
Result<void> reach_system() {
  COVE_TRY(const ModuleIndex index, read_index("/modules"));
  const std::vector<OpenedModule> others = open_modules("/modules", index, index.names());
  COVE_CHECK(load_modules("/modules", index, {"virtio_pci", "virtio_blk", "erofs"}, kWorkers));
  Result<void> loaded{};
  Result<void> mounted{};
  {
    const std::jthread loader([&] { loaded = load_opened(others); });
    mounted = enter_by_disk();
  }
  return mounted.has_error() ? mounted : loaded;
}

// Drivers that no step of the boot waits for.
void load_rest(Console& console) {
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
  const auto system = mounted.has_error() ? mounted : reach_system();
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
    open_lines(node);
    node.prepare_kernel([&console] { return set_kernel_up(console); });
    helpers.emplace_back([&] {
      try {
        shells = serve_shells(reaper, console);
      } catch (const std::exception& error) {
        console.say(fmt::format("the shells cannot be served: {}", error.what()));
      }
    });
    node.load_later([&console] { load_rest(console); });
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
