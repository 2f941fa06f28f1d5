#include "core/base/fs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "core/base/strings.h"
#include "core/base/sync.h"

namespace cove {
namespace {

// Where a chain of symbolic links ends, which need not exist.
Result<Path> follow_links(const Path& path) {
  Path target = path;
  std::error_code error;
  for (int hops = 0; hops < 40; ++hops) {
    if (!std::filesystem::is_symlink(target, error)) return target;
    const Path next = std::filesystem::read_symlink(target, error);
    if (error) return errno_error(error.value(), "write", path.string());
    target = target.parent_path() / next;  // an absolute `next` replaces it all
  }
  return errno_error(ELOOP, "write", path.string());
}

// An exclusive lock on all of a file, as an open-file-description lock: unlike flock's, whether it
// is held can be asked without taking it for a moment, which would make another's attempt fail.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool is_same_file(int fd, const Path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

std::string program_name(pid_t pid) {
  auto name = read_file(fmt::format("/proc/{}/comm", pid), 256);
  return name ? escape_control(trim(*name)) : "a process";
}

}  // namespace

Result<void> sync_directory(const Path& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", directory.string());
  if (::fsync(fd.get()) != 0 && errno != EINVAL)
    return errno_error(errno, "sync", directory.string());
  return {};
}

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

Result<void> replace_file(const Path& path, std::string_view bytes) {
  const Path temporary = path.string() + ".new";
  const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return errno_error(errno, "write", path.string());
  auto written = write_all(fd.get(), bytes, path);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = errno_error(errno, "replace", path.string());
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<void> write_file_atomic(const Path& path, std::string_view bytes, mode_t mode) {
  COVE_TRY(const Path target, follow_links(path));
  const Path directory = target.has_parent_path() ? target.parent_path() : Path(".");
  // The longest name a folder can hold leaves no room for the suffix.
  const std::string name = target.filename().string().substr(0, 200);
  const Path temporary = directory / fmt::format(".{}.{}", name, random_hex(6));
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
  int made = ::mkdir(path.c_str(), mode);
  if (made != 0 && errno == ENOENT && path.has_parent_path() && path.parent_path() != path) {
    COVE_CHECK(make_directories(path.parent_path(), mode));
    made = ::mkdir(path.c_str(), mode);
  }
  if (made == 0) {
    if (::chmod(path.c_str(), mode) != 0)
      return errno_error(errno, "set the permissions of", path.string());
    return {};
  }
  const int error = errno;
  struct stat info {};
  if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return errno_error(error == EEXIST ? ENOTDIR : error, "create the folder", path.string());
}

Result<void> remove_tree(const Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return errno_error(error.value(), "remove", path.string());
  return {};
}

Result<SpaceInfo> disk_space(const Path& path) {
  std::error_code error;
  Path existing = std::filesystem::absolute(path, error);
  if (error) return errno_error(error.value(), "read the free space of", path.string());
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
  // A few rounds: the last owner may remove the file between our open and our lock.
  constexpr int kRounds = 16;
  for (int round = 0; round < kRounds; ++round) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error(errno, "open the lock", path.string());
    struct flock lock = whole_file();
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
      if (errno != EAGAIN && errno != EACCES) return errno_error(errno, "lock", path.string());
      break;
    }
    if (!is_same_file(fd.get(), path)) continue;
    // The name is a courtesy: a full disk must not keep anybody from deleting things under the
    // lock.
    const std::string text =
        fmt::format("{}\n{}\n{}\n", ::getpid(), program_name(::getpid()), escape_control(action));
    if (::ftruncate(fd.get(), 0) == 0) (void)write_all(fd.get(), text, path);
    return FileLock(std::move(fd), path);
  }
  std::string cause = "another program is at work on it";
  // The owner's name is not there yet for a moment after it took the lock.
  if (auto owner = holder(path); owner && owner->pid > 0) {
    cause = fmt::format("{} (process {}) is at '{}'", owner->program, owner->pid, owner->action);
  }
  return Error{ErrorCode::kConflict, "lock", path.string(), cause,
               "Wait for it to finish, or cancel it there."};
}

void FileLock::remove() {
  if (fd_ && is_same_file(fd_.get(), path_)) ::unlink(path_.c_str());
  fd_.reset();
}

std::optional<FileLock::Owner> FileLock::holder(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::nullopt;
  struct flock lock = whole_file();
  if (::fcntl(fd.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  Owner owner;
  owner.program = "another program";
  const auto text = read_file(path, 4096);
  const auto lines = text ? split(*text, '\n') : std::vector<std::string>{};
  if (lines.size() >= 4) {  // the last line is whole
    std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), owner.pid);
    owner.program = lines[1];
    owner.action = lines[2];
  }
  return owner;
}

}  // namespace cove
