#include "core/image/build/copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "core/base/fd.h"
#include "core/image/build/paths.h"

namespace cove::image::dockerfile {
namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kMaxLinkedFiles = 1'000'000;

Error cancelled() {
  return {ErrorCode::kCancelled, "build the image", {}, "Build cancelled", {}};
}

timespec to_timespec(WallTime time) {
  const auto all =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  timespec result{};
  result.tv_sec = static_cast<time_t>(all / 1'000'000'000);
  result.tv_nsec = static_cast<long>(all % 1'000'000'000);
  return result;
}

Result<void> set_time(const Path& path, const timespec& time) {
  const timespec times[2] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno_error(errno, "set the time of", path.string());
  }
  return {};
}

Result<void> set_owner(const Path& path, const Owner& owner) {
  if (::lchown(path.c_str(), owner.user, owner.group) == 0) return {};
  if (errno == EPERM && ::geteuid() != 0) return {};
  return errno_error(errno, "set the owner of", path.string());
}

Result<void> set_mode(const Path& path, mode_t mode) {
  if (::chmod(path.c_str(), mode & 07777) != 0) {
    return errno_error(errno, "set the mode of", path.string());
  }
  return {};
}

bool is_carried(std::string_view name) {
  return name == "security.capability" ||
         (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

// Capabilities and users' own attributes; what the target's file system does not take is left out.
Result<void> copy_attributes(const Path& from, const Path& to) {
  std::string names(1 << 16, '\0');
  const auto size = ::llistxattr(from.c_str(), names.data(), names.size());
  if (size <= 0) return {};
  std::string_view rest(names.data(), static_cast<std::size_t>(size));
  std::string value(1 << 16, '\0');
  while (!rest.empty()) {
    const std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (!is_carried(name)) continue;
    const auto length = ::lgetxattr(from.c_str(), name.c_str(), value.data(), value.size());
    if (length < 0) continue;
    if (::lsetxattr(to.c_str(), name.c_str(), value.data(), static_cast<std::size_t>(length), 0) !=
            0 &&
        errno != EPERM && errno != ENOTSUP) {
      return errno_error(errno, "set an attribute of", to.string());
    }
  }
  return {};
}

Result<void> copy_bytes(const Path& from, const Path& to, const std::stop_token& stop) {
  const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in) return errno_error(errno, "open", from.string());
  const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return errno_error(errno, "make", to.string());
  bool by_kernel = true;
  std::string piece;
  for (;;) {
    if (stop.stop_requested()) return cancelled();
    if (by_kernel) {
      const auto copied = ::copy_file_range(in.get(), nullptr, out.get(), nullptr, kPiece, 0);
      if (copied > 0) continue;
      if (copied == 0) return {};
      if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
        return errno_error(errno, "copy", from.string());
      }
      by_kernel = false;  // not between these file systems
      piece.resize(kPiece);
    }
    const auto size = ::read(in.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno_error(errno, "read", from.string());
    if (size == 0) return {};
    COVE_CHECK(write_all(out.get(), {piece.data(), static_cast<std::size_t>(size)}, to));
  }
}

std::vector<Path> with_upper(const Path& upper, const std::vector<Path>& lower) {
  std::vector<Path> layers{upper};
  layers.insert(layers.end(), lower.begin(), lower.end());
  return layers;
}

// Removes what stands in the way of `mode`: anything but a folder for a folder.
Result<void> make_way(const Path& target, bool for_folder) {
  struct stat status = {};
  if (::lstat(target.c_str(), &status) != 0) {
    return errno == ENOENT ? Result<void>() : errno_error(errno, "read", target.string());
  }
  if (for_folder && S_ISDIR(status.st_mode)) return {};
  return remove_tree(target);
}

}  // namespace

CopyTarget::CopyTarget(Path upper, const std::vector<Path>& lower, WallTime now)
    : upper_(std::move(upper)), tree_(with_upper(upper_, lower)), now_(now) {}

// Makes an existing folder of the layers below appear in `upper`, with all above it.
Result<Path> CopyTarget::bring_up(const Node& node) {
  Path host = upper_;
  std::string path;
  for (const auto& part : components(node.path)) {
    host /= part;
    path += "/" + part;
    struct stat status = {};
    if (::lstat(host.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) continue;
      return Error{ErrorCode::kInvalidArgument, "make the folder", path, "not a directory", {}};
    }
    COVE_TRY(const auto original, tree_.find(path, false));
    if (!original || !original->is_folder()) {
      return Error{ErrorCode::kInternal, "make the folder", path, "it went away", {}};
    }
    if (::mkdir(host.c_str(), 0700) != 0) return errno_error(errno, "make", host.string());
    COVE_CHECK(set_owner(host, {original->status.st_uid, original->status.st_gid}));
    COVE_CHECK(set_mode(host, original->status.st_mode));
    COVE_CHECK(copy_attributes(original->host, host));
    times_.emplace_back(host, original->status.st_mtim);
  }
  return host;
}

Result<CopyTarget::Folder> CopyTarget::make_folder(std::string_view path, const Owner& owner) {
  COVE_TRY(const auto walk, tree_.walk(path));
  if (!walk.node.is_folder()) {
    return Error{ErrorCode::kInvalidArgument,
                 "make the folder",
                 std::string(path),
                 fmt::format("{} is not a directory", walk.node.path),
                 {}};
  }
  Folder folder;
  COVE_TRY(folder.host, bring_up(walk.node));
  for (const auto& part : walk.missing) {
    folder.host /= part;
    folder.made = true;
    if (::mkdir(folder.host.c_str(), 0755) != 0) {
      return errno_error(errno, "make", folder.host.string());
    }
    COVE_CHECK(set_mode(folder.host, 0755));
    COVE_CHECK(set_owner(folder.host, owner));
    times_.emplace_back(folder.host, to_timespec(now_));
  }
  return folder;
}

Result<CopyTarget::Place> CopyTarget::place_of(const std::string& destination,
                                               const std::string& name,
                                               const CopyOptions& options) {
  const Owner owner = options.owner.value_or(Owner{});
  COVE_TRY(const auto walk, tree_.walk(destination));
  if (destination.ends_with('/') || (walk.missing.empty() && walk.node.is_folder())) {
    COVE_TRY(auto folder, make_folder(destination, owner));
    return Place{std::move(folder.host), name};
  }
  // Of a link, what it leads to is written.
  std::string above = walk.node.path;
  std::string last;
  if (walk.missing.empty()) {
    last = base_name(walk.node.path);
    above = folder_of(walk.node.path);
  } else {
    last = walk.missing.back();
    for (std::size_t i = 0; i + 1 < walk.missing.size(); ++i) above += "/" + walk.missing[i];
  }
  COVE_TRY(auto folder, make_folder(above, owner));
  return Place{std::move(folder.host), std::move(last)};
}

Result<void> CopyTarget::copy(const Tree& from, const Source& source,
                              const std::string& destination, const CopyOptions& options) {
  if (source.node.is_folder()) {
    COVE_TRY(const auto folder, make_folder(destination, options.owner.value_or(Owner{})));
    if (folder.made && options.mode)
      COVE_CHECK(set_mode(folder.host, options.mode->apply(source.node.status.st_mode, true)));
    if (folder.made && !options.owner) {
      COVE_CHECK(set_owner(folder.host, {source.node.status.st_uid, source.node.status.st_gid}));
    }
    return put_contents(from, source.node, folder.host, "", options, 0);
  }
  COVE_TRY(const auto place, place_of(destination, source.name, options));
  return put(from, source.node, place.folder / place.name, source.name, options, 0);
}

Result<void> CopyTarget::write(const std::string& name, std::string_view content, mode_t mode,
                               const std::string& destination, const CopyOptions& options) {
  COVE_TRY(const auto place, place_of(destination, name, options));
  const Path target = place.folder / place.name;
  COVE_CHECK(make_way(target, false));
  const mode_t wanted = options.mode ? options.mode->apply(mode, false) : mode;
  COVE_CHECK(write_file_atomic(target, content, wanted & 07777));
  COVE_CHECK(set_owner(target, options.owner.value_or(Owner{})));
  COVE_CHECK(set_mode(target, wanted));
  return set_time(target, to_timespec(now_));
}

Result<void> CopyTarget::put_file(const Node& node, const Path& target,
                                  const CopyOptions& options) {
  const std::pair key{node.status.st_dev, node.status.st_ino};
  if (node.status.st_nlink > 1) {
    const auto known = linked_.find(key);
    if (known != linked_.end() && ::link(known->second.c_str(), target.c_str()) == 0) return {};
  }
  if (!options.may_link || ::link(node.host.c_str(), target.c_str()) != 0) {
    COVE_CHECK(copy_bytes(node.host, target, options.stop));
  }
  if (node.status.st_nlink > 1 && linked_.size() < kMaxLinkedFiles) linked_[key] = target;
  return {};
}

Result<void> CopyTarget::put(const Tree& from, const Node& node, const Path& target,
                             const std::string& relative, const CopyOptions& options,
                             unsigned depth) {
  if (options.stop.stop_requested()) return cancelled();
  if (depth > kMaxFolderDepth) {
    return Error{
        ErrorCode::kInvalidArgument, "copy", node.path, "the folders are nested too deep", {}};
  }
  if (S_ISSOCK(node.status.st_mode)) return {};
  COVE_CHECK(make_way(target, node.is_folder()));
  if (node.is_folder()) {
    if (::mkdir(target.c_str(), 0700) != 0 && errno != EEXIST) {
      return errno_error(errno, "make", target.string());
    }
    COVE_CHECK(set_mode(target, 0700));  // until its contents are there
    COVE_CHECK(put_contents(from, node, target, relative, options, depth));
  } else if (node.is_link()) {
    COVE_TRY(const std::string link, from.link_target(node));
    if (::symlink(link.c_str(), target.c_str()) != 0) {
      return errno_error(errno, "make the link", target.string());
    }
  } else if (node.is_file()) {
    COVE_CHECK(put_file(node, target, options));
  } else if (::mknod(target.c_str(), node.status.st_mode & S_IFMT, node.status.st_rdev) != 0) {
    return errno_error(errno, "make the device", node.path);
  }
  COVE_CHECK(
      set_owner(target, options.owner.value_or(Owner{node.status.st_uid, node.status.st_gid})));
  const mode_t mode = node.status.st_mode;
  if (!node.is_link())
    COVE_CHECK(set_mode(target, options.mode ? options.mode->apply(mode, node.is_folder()) : mode));
  if (node.is_file() || node.is_folder()) COVE_CHECK(copy_attributes(node.host, target));
  const timespec time = options.keep_times ? node.status.st_mtim : to_timespec(now_);
  if (!node.is_folder()) return set_time(target, time);
  times_.emplace_back(target, time);
  return {};
}

Result<void> CopyTarget::put_contents(const Tree& from, const Node& folder, const Path& target,
                                      const std::string& relative, const CopyOptions& options,
                                      unsigned depth) {
  COVE_TRY(const auto entries, from.list(folder));
  for (const Node& entry : entries) {
    const std::string name(base_name(entry.path));
    const std::string path = relative.empty() ? name : relative + "/" + name;
    if (options.exclude != nullptr && options.exclude->ignores(path)) {
      if (!entry.is_folder() || !options.exclude->may_keep_below(path)) continue;
    }
    COVE_CHECK(put(from, entry, target / name, path, options, depth + 1));
  }
  return {};
}

Result<void> CopyTarget::finish() {
  // The last word on a folder counts.
  for (const auto& [path, time] : times_) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    COVE_CHECK(set_time(path, time));
  }
  times_.clear();
  return {};
}

Result<ArchiveKind> archive_kind(const Path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return errno_error(errno, "open", file.string());
  std::array<unsigned char, 512> block{};
  ssize_t size = 0;
  do {
    size = ::pread(fd.get(), block.data(), block.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return errno_error(errno, "read", file.string());
  const std::string_view text(reinterpret_cast<const char*>(block.data()),
                              static_cast<std::size_t>(size));
  for (const std::string_view magic : {std::string_view("\x1f\x8b"), std::string_view("BZh"),
                                       std::string_view("\xfd"
                                                        "7zXZ\0",
                                                        6),
                                       std::string_view("\x28\xb5\x2f\xfd")}) {
    if (text.starts_with(magic)) return ArchiveKind::kCompressed;
  }
  if (text.size() < block.size() || block[0] == 0) return ArchiveKind::kNone;
  // The header's checksum: its own field counts as spaces.
  unsigned sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) sum += i >= 148 && i < 156 ? ' ' : block[i];
  unsigned stored = 0;
  for (std::size_t i = 148; i < 156; ++i) {
    if (block[i] >= '0' && block[i] <= '7') {
      stored = stored * 8 + (block[i] - '0');
    } else if (block[i] != ' ' || stored != 0) {
      break;
    }
  }
  return stored == sum ? ArchiveKind::kTar : ArchiveKind::kNone;
}

}  // namespace cove::image::dockerfile
