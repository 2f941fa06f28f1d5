#include "core/runtime/sealed_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cove::runtime {
namespace {

// Since Linux 6.3; the C library's headers are older.
constexpr unsigned kExecutable = 0x10;
// All of these, or crun does not take itself for sealed.
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Fd open_memory(const std::string& name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd fd(::memfd_create(name.c_str(), kFlags | kExecutable));
  if (!fd && errno == EINVAL) fd = Fd(::memfd_create(name.c_str(), kFlags));
  return fd;
}

Result<void> copy(int from, int to, const Path& program) {
  struct stat found {};
  if (::fstat(from, &found) != 0) return errno_error(errno, "read", program.string());
  for (off_t at = 0; at < found.st_size;) {
    const auto left = static_cast<std::size_t>(found.st_size - at);
    const ssize_t n = ::sendfile(to, from, &at, left);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno_error(n < 0 ? errno : EIO, "copy", program.string());
  }
  return {};
}

}  // namespace

Result<SealedProgram> SealedProgram::make(const Path& program, const Path& link) {
  const Fd from(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return errno_error(errno, "open", program.string());
  const Fd memory = open_memory(program.filename().string());
  if (!memory) return errno_error(errno, "copy", program.string());
  COVE_CHECK(copy(from.get(), memory.get(), program));
  if (::fchmod(memory.get(), 0555) != 0 || ::fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0)
    return errno_error(errno, "seal", program.string());
  // What somebody may still write to is not run.
  Fd sealed(::open(fmt::format("/proc/self/fd/{}", memory.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!sealed) return errno_error(errno, "open", program.string());
  const std::string place = fmt::format("/proc/{}/fd/{}", ::getpid(), sealed.get());
  if ((::unlink(link.c_str()) != 0 && errno != ENOENT) ||
      ::symlink(place.c_str(), link.c_str()) != 0 || ::access(link.c_str(), X_OK) != 0)
    return errno_error(errno, "link", link.string());
  return SealedProgram(std::move(sealed));
}

}  // namespace cove::runtime
