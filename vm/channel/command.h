// One command in a session of its own, on a new pseudo-terminal or on pipes: what a shell port
// runs.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/channel/shell.h"

namespace cove::channel {

// A running command as the shell server sees it. Descriptors are non-blocking; with a tty `output`
// is the terminal and also takes the input, and `error` is none. Destruction must leave no zombie.
class RunningCommand {
 public:
  virtual ~RunningCommand() = default;
  virtual Fd& input() = 0;
  virtual Fd& output() = 0;
  virtual Fd& error() = 0;
  // Readable once the command has ended; exit_code() may be called then. 128 + signal when it was
  // killed.
  virtual int ended_fd() const = 0;
  virtual int exit_code() = 0;
  virtual void resize(unsigned short rows, unsigned short columns) = 0;
  // Kills the command and all it started.
  virtual void kill() = 0;
};

// Starts commands. Called from the server's thread.
class CommandHost {
 public:
  virtual ~CommandHost() = default;
  virtual Result<std::unique_ptr<RunningCommand>> start(const ShellRequest& request) = 0;
};

struct CommandEnvironment {
  std::vector<std::string> login_shell;  // run when the request names no program
  std::vector<std::string> environment;  // "NAME=value"; TERM is added from the request
  std::string working_directory = "/";
  int cgroup_procs = -1;  // when set, the child enters this cgroup ("cgroup.procs") before it runs
};

struct SpawnedCommand {
  pid_t pid = -1;
  Fd input;
  Fd output;
  Fd error;
};

// Forks and execs; fails when the program cannot be started (the child is reaped then). The caller
// reaps otherwise.
Result<SpawnedCommand> spawn_command(const ShellRequest& request,
                                     const CommandEnvironment& environment);

// Children of this process: kill() reaches the command's process group. For tests and for use
// outside a VM.
std::unique_ptr<CommandHost> make_local_command_host(CommandEnvironment environment);

}  // namespace cove::channel
