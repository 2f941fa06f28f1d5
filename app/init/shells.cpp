#include "app/init/shells.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "app/init/system.h"
#include "core/base/strings.h"
#include "vm/channel/control.h"
#include "vm/channel/line.h"
#include "vm/channel/shell_server.h"

namespace cove::init {
namespace {

// Each command has a cgroup of its own, so that killing it reaches all it started.
class CgroupCommand final : public channel::RunningCommand {
 public:
  CgroupCommand(Child child, std::string cgroup)
      : child_(std::move(child)), cgroup_(std::move(cgroup)) {}
  CgroupCommand(const CgroupCommand&) = delete;
  CgroupCommand& operator=(const CgroupCommand&) = delete;
  ~CgroupCommand() override { remove_cgroup(cgroup_); }

  Fd& input() override { return child_.command.input; }
  Fd& output() override { return child_.command.output; }
  Fd& error() override { return child_.command.error; }
  int ended_fd() const override { return child_.ending->fd(); }
  int exit_code() override { return exit_code_of(child_.ending->status().value_or(0)); }
  void resize(unsigned short rows, unsigned short columns) override {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    ::ioctl(child_.command.output.get(), TIOCSWINSZ, &size);
  }
  void kill() override { kill_cgroup(cgroup_); }

 private:
  Child child_;
  std::string cgroup_;
};

class CgroupCommandHost final : public channel::CommandHost {
 public:
  CgroupCommandHost(Reaper& reaper, int port) : reaper_(reaper), port_(port) {}

  Result<std::unique_ptr<channel::RunningCommand>> start(
      const channel::ShellRequest& request) override {
    // What an earlier command left running in the background keeps its cgroup.
    const std::string name = fmt::format("shell-{}-{}", port_, ++count_);
    COVE_TRY(const Fd procs, make_cgroup(name));
    channel::CommandEnvironment environment;
    environment.login_shell = {"/bin/sh"};
    environment.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                               "HOME=/root",
                               "USER=root",
                               "LOGNAME=root",
                               "SHELL=/bin/sh",
                               "LANG=C.UTF-8"};
    environment.working_directory = "/root";
    environment.cgroup_procs = procs.get();
    auto child = reaper_.start(request, environment);
    if (child.has_error()) {
      remove_cgroup(name);
      return child.error();
    }
    return std::unique_ptr<channel::RunningCommand>(
        std::make_unique<CgroupCommand>(std::move(*child), name));
  }

 private:
  Reaper& reaper_;
  int port_;
  unsigned count_ = 0;
};

}  // namespace

std::vector<std::jthread> serve_shells(Reaper& reaper, Console& console) {
  std::vector<std::jthread> threads;
  for (int port = 0; port < channel::kShellPorts; ++port) {
    const auto device = channel::find_port(channel::shell_port(port));
    if (!device) continue;
    threads.emplace_back([&reaper, &console, port, device](const std::stop_token& stop) {
      try {
        Fd fd(::open(device->c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
        if (!fd) return console.say(errno_error(errno, "open", device->string()).message());
        CgroupCommandHost host(reaper, port);
        const auto served = channel::serve_shell(std::move(fd), host, stop);
        if (served.has_error()) console.say(served.error().message());
      } catch (const std::exception& error) {
        console.say(fmt::format("shell port {} ended: {}", port, error.what()));
      }
    });
  }
  return threads;
}

}  // namespace cove::init
