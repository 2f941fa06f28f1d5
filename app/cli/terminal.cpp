#include "app/cli/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace cove::cli {
namespace {

// Static because a signal handler has nothing else to find the terminal by.
termios saved_modes;
std::atomic<int> raw_fd{-1};

constexpr std::array<int, 5> kFatalSignals{SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

extern "C" void restore_and_die(int number) {
  restore_terminal();
  ::raise(number);  // SA_RESETHAND has put the default action back
}

void handle_fatal_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int number : kFatalSignals) ::sigaction(number, &action, nullptr);
}

bool utf8_locale(const provision::Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (!value || value->empty()) continue;
    for (const char* spelling : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (value->find(spelling) != std::string::npos) return true;
    }
    return false;
  }
  return false;
}

}  // namespace

OutputStyle output_style(int fd, const provision::Environment& environment) {
  OutputStyle style;
  const std::string term = environment("TERM").value_or("");
  style.in_place = ::isatty(fd) == 1 && !term.empty() && term != "dumb";
  style.colour = style.in_place && environment("NO_COLOR").value_or("").empty();
  style.unicode = utf8_locale(environment);
  style.columns = [fd] { return static_cast<unsigned>(window_size(fd).second); };
  return style;
}

std::pair<unsigned short, unsigned short> window_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {24, 80};
  return {size.ws_row, size.ws_col};
}

Result<std::unique_ptr<RawTerminal>> RawTerminal::enter(int fd) {
  if (raw_fd.load() >= 0) {
    return Error{ErrorCode::kConflict, "switch", "the terminal to raw mode", "it is in raw mode",
                 ""};
  }
  if (::tcgetattr(fd, &saved_modes) != 0) {
    return Error{ErrorCode::kUnsupported, "switch", "the terminal to raw mode",
                 "standard input is no terminal", ""};
  }
  termios raw = saved_modes;
  ::cfmakeraw(&raw);
  raw_fd.store(fd);
  handle_fatal_signals(&restore_and_die);
  if (::tcsetattr(fd, TCSADRAIN, &raw) != 0) {
    const int error = errno;
    raw_fd.store(-1);
    handle_fatal_signals(SIG_DFL);
    return errno_error(error, "switch", "the terminal to raw mode");
  }
  return std::unique_ptr<RawTerminal>(new RawTerminal);
}

RawTerminal::~RawTerminal() {
  restore_terminal();
  handle_fatal_signals(SIG_DFL);
}

void restore_terminal() {
  const int fd = raw_fd.exchange(-1);
  if (fd < 0) return;
  const int error = errno;
  // Not TCSADRAIN: output to a terminal that hangs would keep us here.
  ::tcsetattr(fd, TCSANOW, &saved_modes);
  errno = error;
}

}  // namespace cove::cli
