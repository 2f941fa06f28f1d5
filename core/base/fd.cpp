#include "core/base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace cove {

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error(errno, "create", "a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace cove
