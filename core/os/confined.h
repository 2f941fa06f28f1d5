// Confined children: programs that give up what they do not need before they look at a hostile
// byte, so that a hole in a parser is worth nothing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/base/result.h"

namespace cove::os {

// The parent's side. The child dies with the thread that started it, and with this object. It has
// standard input (the other end of `input`, a stream), standard output (the other end of `control`,
// a SOCK_SEQPACKET socket) and nothing else; its environment is empty.
struct ConfinedChild {
  ChildProcess process;
  Fd input;    // write with MSG_NOSIGNAL; shutdown(SHUT_WR) is the end
  Fd control;  // messages both ways; end of file once the child has gone
};
// `program` is normally "/proc/self/exe"; it calls confine() first thing in its main().
Result<ConfinedChild> start_confined(const Path& program, std::vector<std::string> arguments);

// The child's side.
struct Confinement {
  Path root;  // all of the file system that is left
  std::uint64_t memory_bytes = 512ULL << 20;
  unsigned descriptors = 1024;
};
struct Confined {
  Fd root;                  // the folder, opened
  bool chrooted = false;    // else paths must be resolved below `root` (openat2, RESOLVE_IN_ROOT)
  bool privileged = false;  // may give files away, make device nodes and set trusted.* attributes
};
// Takes from this process, in this order: core dumps, memory beyond the bound, its namespaces
// (mounts, network, IPC; an ordinary user needs a user namespace for that and goes on without one
// where there is none), all of the file system but `root`, all capabilities but those that
// unpacking needs, new privileges, and every system call that neither files, memory nor threads
// need (no sockets, no programs, no mounts, no new executable memory). There is no way back. To be
// called while the process has one thread. Fails when a privileged process cannot be confined.
Result<Confined> confine(const Confinement& confinement);

}  // namespace cove::os
