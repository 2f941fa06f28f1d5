// Child processes: spawned without a shell, bounded in output and time, never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove {

struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up as find_program() does unless it has a '/'
  std::optional<std::vector<std::string>>
      environment;         // "NAME=value"; nothing: this process' environment
  Path working_directory;  // empty: this process'
  std::string standard_input;
};

struct Completed {
  int exit_code = 0;  // 128 + signal when it was killed
  std::string standard_output;
  std::string standard_error;
};

// A running child. Destruction kills it (SIGKILL; with new_session all of its process group) and
// reaps it. Move-only, not thread-safe.
class ChildProcess {
 public:
  // Descriptors to give the child as 0, 1, 2; -1 means /dev/null. Everything else is closed. The
  // child starts with default signal dispositions. `die_with_parent` kills it when the THREAD that
  // spawned it ends, as prctl(2) has it: only for threads that wait for the child.
  struct Options {
    int standard_input = -1;
    int standard_output = -1;
    int standard_error = -1;
    bool die_with_parent = false;
    bool new_session = false;
  };
  static Result<ChildProcess> spawn(const Command& command, const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Readable (poll) once the child has exited.
  int pidfd() const { return pidfd_.get(); }
  // Waits at most `timeout`; nothing when it still runs. The exit code as in Completed.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  void signal(int number);

 private:
  ChildProcess(pid_t pid, Fd pidfd, bool leads_group)
      : pid_(pid), pidfd_(std::move(pidfd)), leads_group_(leads_group) {}
  pid_t pid_ = -1;
  Fd pidfd_;
  bool leads_group_ = false;
  std::optional<int> exit_code_;
};

// Runs programs to their end; injected so that unit tests can answer for them.
class Spawner {
 public:
  virtual ~Spawner() = default;
  // Collects at most `max_output` bytes of each stream and drops the rest. A program that cannot be
  // started, runs past `timeout` or is cut off by `stop` is an Error (and is killed with the
  // children it started); a non-zero exit code is not. Returns when the program itself ends,
  // whatever it left in the background.
  virtual Result<Completed> run(const Command& command, std::chrono::milliseconds timeout,
                                std::stop_token stop = {}) = 0;
};

std::unique_ptr<Spawner> make_spawner(std::size_t max_output = 1 << 20);

// The path of `program` in PATH, /usr/sbin or /sbin (which a user's PATH lacks), or nothing.
std::optional<Path> find_program(const std::string& program);

}  // namespace cove
