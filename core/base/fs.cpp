#include "core/base/fs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "core/base/strings.h"

namespace cove {
namespace {

Result<void> write_all(int fd, std::string_view bytes, const Path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno_error(errno, "write", path.string());
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> sync_directory(const Path& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", directory.string());
  if (::fsync(fd.get()) != 0 && errno != EINVAL)
    return errno_error(errno, "sync", directory.string());
  return {};
}

std::string program_name(pid_t pid) {
  auto name = read_file(fmt::format("/proc/{}/comm", pid), 256);
  return name ? std::string(trim(*name)) : "a process";
}

bool is_same_file(int fd, const Path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

Error held_by_another(const Path& path) {
  std::string cause = "another program is at work on it";
  if (auto owner = FileLock::holder(path)) {
    cause = fmt::format("{} (process {}) is at '{}'", owner->program, owner->pid, owner->action);
  }
  return Error{ErrorCode::kConflict, "lock", path.string(), cause,
               "Wait for it to finish, or cancel it there."};
}

}  // namespace

Result<std::string> read_file(const Path& path, std::size_t max_bytes) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", path.string());
  std::string bytes;
  char buffer[16384];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno_error(errno, "read", path.string());
    }
    if (n == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(n) > max_bytes) {
      return Error{ErrorCode::kResourceExhausted,
                   "read",
                   path.string(),
                   fmt::format("it is longer than {}", format_size(max_bytes)),
                   {}};
    }
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<void> write_file_atomic(const Path& path, std::string_view bytes, mode_t mode) {
  std::error_code ignored;
  Path target = std::filesystem::is_symlink(path, ignored)
                    ? std::filesystem::weakly_canonical(path, ignored)
                    : path;
  if (target.empty()) target = path;
  const Path directory = target.has_parent_path() ? target.parent_path() : Path(".");
  const Path temporary =
      directory / fmt::format(".{}.{}", target.filename().string(), random_hex(6));
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return errno_error(errno, "write", path.string());
  const auto finish = [&]() -> Result<void> {
    COVE_CHECK(write_all(fd.get(), bytes, path));
    if (::fchmod(fd.get(), mode) != 0)
      return errno_error(errno, "set the permissions of", path.string());
    if (::fsync(fd.get()) != 0) return errno_error(errno, "sync", path.string());
    if (::rename(temporary.c_str(), target.c_str()) != 0)
      return errno_error(errno, "replace", path.string());
    return sync_directory(directory);
  };
  auto result = finish();
  if (!result) ::unlink(temporary.c_str());
  return result;
}

Result<void> make_directories(const Path& path, mode_t mode) {
  if (path.empty()) return {};
  if (::mkdir(path.c_str(), mode) == 0) {
    if (::chmod(path.c_str(), mode) != 0)
      return errno_error(errno, "set the permissions of", path.string());
    return {};
  }
  if (errno == EEXIST) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    return errno_error(ENOTDIR, "create the folder", path.string());
  }
  if (errno != ENOENT || !path.has_parent_path() || path.parent_path() == path) {
    return errno_error(errno, "create the folder", path.string());
  }
  COVE_CHECK(make_directories(path.parent_path(), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return errno_error(errno, "create the folder", path.string());
  }
  return {};
}

Result<void> remove_tree(const Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return errno_error(error.value(), "remove", path.string());
  return {};
}

Result<SpaceInfo> disk_space(const Path& path) {
  Path existing = std::filesystem::absolute(path);
  std::error_code error;
  while (!std::filesystem::exists(existing, error) && existing.has_parent_path() &&
         existing != existing.parent_path()) {
    existing = existing.parent_path();
  }
  struct statvfs info {};
  if (::statvfs(existing.c_str(), &info) != 0)
    return errno_error(errno, "read the free space of", existing.string());
  return SpaceInfo{static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize,
                   static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize};
}

Result<FileLock> FileLock::try_acquire(const Path& path, std::string_view action) {
  // A few rounds: the file may be removed by its last owner between our open and our lock.
  for (int round = 0; round < 16; ++round) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error(errno, "open the lock", path.string());
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return errno_error(errno, "lock", path.string());
      return held_by_another(path);
    }
    if (!is_same_file(fd.get(), path)) continue;
    const std::string text =
        fmt::format("{}\n{}\n{}\n", ::getpid(), program_name(::getpid()), escape_control(action));
    if (::ftruncate(fd.get(), 0) != 0) return errno_error(errno, "write", path.string());
    COVE_CHECK(write_all(fd.get(), text, path));
    return FileLock(std::move(fd), path);
  }
  return held_by_another(path);
}

void FileLock::remove() {
  if (fd_ && is_same_file(fd_.get(), path_)) ::unlink(path_.c_str());
  fd_.reset();
}

std::optional<FileLock::Owner> FileLock::holder(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::nullopt;
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return std::nullopt;
  Owner owner;
  owner.program = "another program";
  if (auto text = read_file(path, 4096)) {
    const auto lines = split(*text, '\n');
    if (lines.size() >= 3) {
      std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), owner.pid);
      owner.program = lines[1];
      owner.action = lines[2];
    }
  }
  return owner;
}

}  // namespace cove
