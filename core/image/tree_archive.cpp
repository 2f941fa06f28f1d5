#include "core/image/tree_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/base/strings.h"
#include "core/image/rooted.h"

namespace cove::image {
namespace {

constexpr int kMaxDepth = 512;

Error failed(int error, const std::string& name) {
  return errno_error(error, "archive", escape_control(name));
}

std::vector<std::pair<std::string, std::string>> carried(int folder, const std::string& name) {
  auto attributes = read_attributes(folder, name);
  std::erase_if(attributes, [](const auto& a) { return !is_carried_attribute(a.first); });
  return attributes;
}

// The overlay says with these that the rest of a file or folder is elsewhere below.
Result<void> check_whole(int file, const std::string& name) {
  for (const auto& [attribute, value] : read_attributes(file, "")) {
    if (attribute == "trusted.overlay.redirect" || attribute == "trusted.overlay.metacopy") {
      return Error{ErrorCode::kUnsupported, "archive", escape_control(name),
                   fmt::format("the overlay was mounted with a feature that leaves {}", attribute),
                   ""};
    }
  }
  return {};
}

}  // namespace

void TreeArchive::stamp(TarEntry& entry, const struct stat& status) const {
  entry.mode = status.st_mode & 07777;
  entry.user = status.st_uid;
  entry.group = status.st_gid;
  entry.mtime = status.st_mtim.tv_sec;
  entry.mtime_ns = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  if (options_.fixed_mtime && entry.mtime >= *options_.fixed_mtime) {
    entry.mtime = *options_.fixed_mtime;
    entry.mtime_ns = 0;
  }
}

Result<void> TreeArchive::contents(int folder, const std::string& prefix) {
  if (++depth_ > kMaxDepth) return failed(ELOOP, prefix);
  if (options_.upper && is_opaque(folder)) {
    TarEntry mark;
    mark.name = prefix + ".wh..wh..opq";
    mark.mode = 0600;
    COVE_CHECK(writer_.header(mark));
  }
  COVE_TRY(const auto names, folder_names(folder));
  for (const std::string& name : names) COVE_CHECK(entry(folder, name, prefix + name));
  --depth_;
  return {};
}

Result<void> TreeArchive::entry(int folder, const std::string& name, const std::string& archived) {
  if (stop_.stop_requested())
    return Error{ErrorCode::kCancelled, "archive", archived, "it was cancelled", ""};
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>() : failed(errno, archived);
  if (S_ISSOCK(status.st_mode)) {
    whole_ = false;
    return {};
  }
  if (options_.upper && is_whiteout(status)) return whiteout(archived, name);
  TarEntry made;
  made.name = archived;
  stamp(made, status);
  if (S_ISDIR(status.st_mode)) {
    const Fd opened(
        ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) return failed(errno, archived);
    if (options_.upper) COVE_CHECK(check_whole(opened.get(), archived));
    made.type = '5';
    made.name += '/';
    made.attributes = carried(opened.get(), "");
    COVE_CHECK(writer_.header(made));
    return contents(opened.get(), made.name);
  }
  if (status.st_nlink > 1) {
    const auto [first, fresh] = linked_.try_emplace({status.st_dev, status.st_ino}, archived);
    if (!fresh) {
      made.type = '1';
      made.link = first->second;
      return writer_.header(made);
    }
  }
  if (S_ISREG(status.st_mode)) return file(folder, name, std::move(made));
  made.attributes = carried(folder, name);
  if (S_ISLNK(status.st_mode)) {
    std::string target(PATH_MAX, '\0');
    const ssize_t n = ::readlinkat(folder, name.c_str(), target.data(), target.size());
    if (n < 0) return failed(errno, archived);
    made.link = target.substr(0, static_cast<std::size_t>(n));
    made.type = '2';
    made.mode = 0777;
  } else {
    made.type = S_ISFIFO(status.st_mode) ? '6' : S_ISCHR(status.st_mode) ? '3' : '4';
    if (made.type != '6') {
      made.major = major(status.st_rdev);
      made.minor = minor(status.st_rdev);
    }
  }
  return writer_.header(made);
}

Result<void> TreeArchive::whiteout(const std::string& archived, const std::string& name) {
  TarEntry mark;
  mark.name = archived.substr(0, archived.size() - name.size()) + ".wh." + name;
  mark.mode = 0600;
  return writer_.header(mark);
}

Result<void> TreeArchive::file(int folder, const std::string& name, TarEntry made) {
  const Fd opened(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened && errno == ENOENT) return {};
  if (!opened) return failed(errno, made.name);
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) return failed(errno, made.name);
  if (!S_ISREG(status.st_mode)) return {};
  if (options_.upper) COVE_CHECK(check_whole(opened.get(), made.name));
  stamp(made, status);
  made.size = static_cast<std::uint64_t>(status.st_size);
  made.attributes = carried(opened.get(), "");
  COVE_CHECK(writer_.header(made));
  bytes_ += made.size;
  std::uint64_t left = made.size;
  std::string buffer(256 << 10, '\0');
  while (left > 0) {
    if (stop_.stop_requested())
      return Error{ErrorCode::kCancelled, "archive", made.name, "it was cancelled", ""};
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
    const ssize_t n = ::read(opened.get(), buffer.data(), want);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno, made.name);
    std::size_t got = static_cast<std::size_t>(n);
    if (got == 0) {
      // It was shortened meanwhile; its header is out already.
      std::fill(buffer.begin(), buffer.end(), '\0');
      got = want;
    }
    COVE_CHECK(writer_.data({buffer.data(), got}));
    left -= got;
  }
  return {};
}

}  // namespace cove::image
