// Terminals: what one can show, and raw mode that is always taken back.
#pragma once

#include <termios.h>

#include <functional>
#include <memory>
#include <utility>

#include "core/base/result.h"
#include "vm/provision/paths.h"

namespace cove::cli {

// How to write to standard output.
struct OutputStyle {
  bool in_place = false;  // a terminal that understands ANSI control sequences
  bool colour = false;    // in_place, and NO_COLOR (no-color.org) is not set
  bool unicode = false;   // the locale is UTF-8
  std::function<unsigned()> columns = [] { return 80U; };
};

OutputStyle output_style(int fd, const provision::Environment& environment);

// Rows and columns of the terminal at `fd`; {24, 80} when it is none.
std::pair<unsigned short, unsigned short> window_size(int fd);

// Puts a terminal into raw mode (every key goes to the other side, Ctrl-C too) and restores it on
// destruction. Until then a fatal signal (SIGSEGV, SIGABRT, …) and restore_terminal() restore it as
// well. At most one exists at a time; move-free.
class RawTerminal {
 public:
  // kUnsupported when `fd` is no terminal.
  static Result<std::unique_ptr<RawTerminal>> enter(int fd);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  RawTerminal() = default;
};

// Restores the terminal of the RawTerminal there is, if any. Async-signal-safe.
void restore_terminal();

}  // namespace cove::cli
