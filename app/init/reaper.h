// Reaper: PID 1 is the parent of all that lost theirs, and of its own children; one place waits for
// both.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/fd.h"
#include "core/base/process.h"
#include "core/base/result.h"
#include "vm/channel/command.h"

namespace cove::init {

// The end of one child. Thread-safe.
class Ending {
 public:
  Ending();
  // Readable once the child has ended.
  int fd() const { return event_.get(); }
  // The wait status, once it has ended.
  std::optional<int> status() const;
  void set(int status);

 private:
  Fd event_;
  mutable std::mutex mutex_;
  std::optional<int> status_;
};

// "exited with code 1", "killed by signal 9".
std::string describe_ending(int wait_status);
int exit_code_of(int wait_status);

struct Child {
  channel::SpawnedCommand command;
  std::shared_ptr<Ending> ending;
};

// Thread-safe.
class Reaper {
 public:
  Result<Child> start(const channel::ShellRequest& request,
                      const channel::CommandEnvironment& environment);
  // Takes every child that has ended now. True while there are children left.
  bool reap();

 private:
  std::mutex mutex_;
  std::map<pid_t, std::shared_ptr<Ending>> children_;
};

// Runs a program to its end and keeps the first 64 KiB of what it says. Some other thread must call
// reap().
Result<Completed> run_program(Reaper& reaper, const std::vector<std::string>& argv,
                              std::chrono::milliseconds timeout);

}  // namespace cove::init
