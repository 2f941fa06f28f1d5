// Starting conmon and crun: programs that need more than three descriptors and may outlive us.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"

namespace cove::runtime {

// A child of this process. Destruction lets it go on, unreaped: wait() for it.
class Child {
 public:
  Child() = default;
  Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  // readable once it has ended
  // Blocks; 128 + signal when it was killed.
  int wait();

 private:
  pid_t pid_ = -1;
  Fd pidfd_;
};

// Starts argv[0], an absolute path, in `folder` and a session of its own, with default signals and
// exactly these descriptors: the n-th becomes n, -1 is /dev/null. Copies no memory of this process,
// however large it is.
Result<Child> launch(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment,
                     const std::vector<int>& descriptors, const Path& folder);

Fd open_pidfd(pid_t pid);
// When the process started, in the kernel's ticks; nothing when there is none. A number with its
// start is a process for good, a number alone is not.
std::optional<std::uint64_t> start_of(pid_t pid);

}  // namespace cove::runtime
