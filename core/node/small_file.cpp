#include "core/node/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace cove::node {

Result<void> write_small_file(const Path& path, std::string_view bytes, mode_t mode) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file) return errno_error(errno, "write the file", path.string());
  if (::fchmod(file.get(), mode) != 0) return errno_error(errno, "set the mode of", path.string());
  return write_all(file.get(), bytes, path);
}

}  // namespace cove::node
