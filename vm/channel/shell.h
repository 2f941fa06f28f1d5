// A root shell or one command in the VM, over a virtio-serial port of its own.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace cove::channel {

struct ShellRequest {
  std::vector<std::string> argv;  // empty: an interactive login shell
  bool tty = false;
  std::string terminal = "dumb";  // $TERM
  unsigned short rows = 24;
  unsigned short columns = 80;
};

// The local side: bytes of `input` go to the command until end of file; its output goes to `output`
// and `error` (both to `output` with a tty). Descriptors are borrowed. `resized`, when set, is
// readable (and is drained) whenever `window_size` should be asked again.
struct ShellStreams {
  int input = 0;
  int output = 1;
  int error = 2;
  int resized = -1;
  std::function<std::pair<unsigned short, unsigned short>()> window_size;  // rows, columns
};

// Runs it to its end and returns the exit code (128 + signal when killed). When the connection ends
// or `stop` is requested the guest kills the command's session. Terminal modes of the local side
// are the caller's business.
Result<int> run_shell(Fd channel, const ShellRequest& request, const ShellStreams& streams,
                      std::stop_token stop = {});

}  // namespace cove::channel
