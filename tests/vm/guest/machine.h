// A virtual machine of the real system image under plain QEMU, without libvirt: what the guest does
// is tested alone.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"
#include "vm/channel/control.h"
#include "vm/channel/shell.h"

namespace cove::test {

// The built image, or why there is none to test.
Result<Path> built_image();

struct Ran {
  int code = -1;
  std::string output;
  std::string error;
};

class Machine {
 public:
  struct Options {
    std::string data_format = "qcow2";
    std::string append;  // to the kernel command line
  };
  // Boots with the data disk `data` (a folder of its own holds everything else).
  static Result<std::unique_ptr<Machine>> boot(const Path& image, const Path& folder,
                                               const Path& data, Options options);

  ~Machine();

  // A new conversation with init.
  Result<channel::ControlClient> control();
  // Runs a command over a shell port.
  Result<Ran> run(const std::vector<std::string>& argv, const std::string& input = {},
                  int port = 0);
  Result<Ran> script(const std::string& text, int port = 0) {
    return run({"/bin/sh", "-c", text}, {}, port);
  }
  Result<Fd> connect(const std::string& socket) const;
  // A line to QEMU's monitor.
  void monitor(const std::string& line) const;
  // True when QEMU ended by itself in time.
  bool wait_off(std::chrono::milliseconds timeout);
  // As a power cut.
  void cut() { process_.reset(); }
  std::string console() const;

 private:
  explicit Machine(Path folder) : folder_(std::move(folder)) {}
  Path folder_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace cove::test
