#include "core/image/unpacker.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <memory>

#include "core/base/strings.h"
#include "core/image/rooted.h"

namespace cove::image {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kWhiteoutMeta = ".wh..wh.";  // the builder's own files, of no meaning
constexpr std::string_view kOpaqueMark = ".wh..wh..opq";
constexpr std::int64_t kLargestId = std::numeric_limits<std::uint32_t>::max() - 1;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

struct Source {
  const PlainSource* next = nullptr;
  std::optional<Error> error = std::nullopt;
};

la_ssize_t read_plain(archive*, void* context, const void** bytes) {
  auto* source = static_cast<Source*>(context);
  auto piece = (*source->next)();
  if (!piece) {
    source->error = piece.error();
    return -1;
  }
  *bytes = piece->data();
  return static_cast<la_ssize_t>(piece->size());
}

// What is set when everything below a folder is done: it would be changed, or in the way, before.
struct FolderEnd {
  std::uint32_t mode = 0755;
  timespec modified{};
};

class Unpacker {
 public:
  Unpacker(int root, const UnpackOptions& options, const FindLower& find_lower)
      : root_(root), options_(options), find_lower_(find_lower) {
    into_ = options.into;
    while (!into_.empty() && into_.front() == '/') into_.erase(0, 1);
    while (!into_.empty() && into_.back() == '/') into_.pop_back();
  }

  Result<UnpackCounts> run(const PlainSource& next);

 private:
  Result<void> place(archive* reader, archive_entry* entry);
  Result<void> place_named(archive* reader, archive_entry* entry, const std::string& path);
  Result<void> place_folder(archive_entry* entry, const std::string& path);
  Result<void> place_file(archive* reader, archive_entry* entry, const std::string& name);
  Result<void> copy_data(archive* reader, archive_entry* entry, int file);
  Result<void> place_symlink(archive_entry* entry, const std::string& name);
  Result<void> place_node(archive_entry* entry, const std::string& name, mode_t type);
  Result<void> place_hard_link(const std::string& path, const std::string& target);
  Result<void> copy_from_lower(const std::string& target);
  Result<void> whiteout(const std::string& path, const std::string& name);
  Result<void> finish();

  Result<std::string> normalized(const char* path) const;
  Result<void> check_symlink(std::string_view target) const;
  std::string full(const std::string& path) const;
  Result<void> enter(const std::string& folder);
  Result<Fd> make_folder(const std::string& folder);
  Result<void> clear(const std::string& name);
  Result<void> own(int fd, archive_entry* entry);
  Result<std::pair<uid_t, gid_t>> owner(archive_entry* entry) const;
  std::uint32_t mode(archive_entry* entry) const;
  Result<void> set_attributes(int fd, const std::string& name, archive_entry* entry);
  Result<void> dress(const std::string& name, archive_entry* entry, bool with_mode);

  Error refused(std::string_view cause, ErrorCode code = ErrorCode::kInvalidArgument) const {
    return Error{code, "unpack", subject(), fmt::format("entry '{}': {}", shown(), cause), ""};
  }
  Error failed(int error) const {
    Error made = errno_error(error, "unpack", subject());
    made.cause = fmt::format("entry '{}': {}", shown(), made.cause);
    return made;
  }
  std::string shown() const {
    constexpr std::size_t kMost = 300;
    return escape_control(current_.substr(0, kMost)) + (current_.size() > kMost ? "…" : "");
  }
  const char* subject() const { return options_.layer ? "the layer" : "the archive"; }
  // Attributes and devices that this file system or user cannot have are left out, not errors.
  bool may_miss(int error) const {
    return error == EOPNOTSUPP || (!options_.privileged && (error == EPERM || error == EINVAL));
  }

  const int root_;
  const UnpackOptions& options_;
  const FindLower& find_lower_;
  std::string into_;
  std::string current_;  // the entry's name, as the archive has it
  UnpackCounts counts_;
  std::map<std::string, FolderEnd> folders_;
  // The folder of the last entries.
  std::string folder_path_;
  Fd folder_;
};

std::string printable(const char* text) {
  return text != nullptr ? std::string(text) : std::string();
}

timespec modified(archive_entry* entry) {
  return {archive_entry_mtime(entry),
          std::clamp(archive_entry_mtime_nsec(entry), 0L, 999'999'999L)};
}

Result<UnpackCounts> Unpacker::run(const PlainSource& next) {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  if (!reader) return refused("there is no memory", ErrorCode::kResourceExhausted);
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_empty(reader.get());
  Source source;
  source.next = &next;
  const auto failure = [&]() -> Error {
    if (source.error) return *source.error;
    const std::string text = printable(archive_error_string(reader.get()));
    return Error{ErrorCode::kInvalidArgument, "unpack", subject(),
                 fmt::format("after {} entries it is not a tar archive any more ({})",
                             counts_.entries, escape_control(text)),
                 ""};
  };
  if (archive_read_open(reader.get(), &source, nullptr, read_plain, nullptr) != ARCHIVE_OK)
    return failure();
  while (true) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    // A warning is a name that is not in the locale's character set; names are bytes to us.
    if (result < ARCHIVE_WARN) return failure();
    auto placed = place(reader.get(), entry);
    if (!placed) return source.error ? *source.error : placed.error();
  }
  COVE_CHECK(finish());
  return std::move(counts_);
}

Result<std::string> Unpacker::normalized(const char* path) const {
  const std::string_view text = path != nullptr ? path : "";
  if (text.size() > options_.limits.path_bytes) {
    return refused(fmt::format("its name is longer than {} bytes", options_.limits.path_bytes));
  }
  std::string clean;
  unsigned depth = 0;
  for (const std::string& component : split(text, '/')) {
    if (component.empty() || component == ".") continue;
    if (component == "..") return refused("'..' in a name is refused");
    if (++depth > options_.limits.depth)
      return refused(fmt::format("it is more than {} folders deep", options_.limits.depth));
    if (!clean.empty()) clean += '/';
    clean += component;
  }
  return clean;
}

std::string Unpacker::full(const std::string& path) const {
  if (into_.empty()) return path;
  return path.empty() ? into_ : into_ + "/" + path;
}

Result<void> Unpacker::place(archive* reader, archive_entry* entry) {
  current_ = printable(archive_entry_pathname(entry));
  if (++counts_.entries > options_.limits.entries) {
    return refused(fmt::format("there are more than {} entries", options_.limits.entries),
                   ErrorCode::kResourceExhausted);
  }
  if (current_.empty()) return refused("it has no name");
  COVE_TRY(const std::string path, normalized(current_.c_str()));
  if (options_.layer) {
    const std::string name = split_path(path).second;
    if (path.starts_with(kWhiteoutMeta) && name != kOpaqueMark) return {};
    const auto components = split(path, '/');
    const bool inside = std::any_of(components.begin(), components.end() - 1,
                                    [](const auto& c) { return c.starts_with(kWhiteout); });
    if (inside) return refused("a whiteout is not a folder");
    if (name.starts_with(kWhiteout)) return whiteout(path, name);
  }
  return place_named(reader, entry, path);
}

Result<void> Unpacker::place_named(archive* reader, archive_entry* entry, const std::string& path) {
  if (const char* target = archive_entry_hardlink(entry)) {
    COVE_TRY(const std::string clean, normalized(target));
    return place_hard_link(path, clean);
  }
  const mode_t type = archive_entry_filetype(entry);
  if (type == AE_IFDIR) return place_folder(entry, path);
  const auto [folder, name] = split_path(path);
  if (name.empty()) return refused("only a folder can stand for the top");
  COVE_CHECK(enter(folder));
  counts_.implicit.erase(path);
  switch (type) {
    case AE_IFREG: return place_file(reader, entry, name);
    case AE_IFLNK: return place_symlink(entry, name);
    case AE_IFIFO: return place_node(entry, name, S_IFIFO);
    case AE_IFCHR: return place_node(entry, name, S_IFCHR);
    case AE_IFBLK: return place_node(entry, name, S_IFBLK);
    default: return refused("it is of a kind that is not known");
  }
}

// --- Folders ---

Result<void> Unpacker::enter(const std::string& folder) {
  if (folder_ && folder_path_ == folder) return {};
  Fd fd = open_in_root(root_, full(folder), O_PATH | O_DIRECTORY);
  if (!fd) {
    if (errno != ENOENT && errno != ENOTDIR) return failed(errno);
    COVE_TRY(fd, make_folder(folder));
  }
  folder_ = std::move(fd);
  folder_path_ = folder;
  return {};
}

Result<Fd> Unpacker::make_folder(const std::string& folder) {
  if (folder.empty()) {
    return Error{ErrorCode::kNotFound, "unpack", subject(),
                 fmt::format("there is no folder '{}'", escape_control(into_)), ""};
  }
  const auto [above, name] = split_path(folder);
  Fd parent = open_in_root(root_, full(above), O_PATH | O_DIRECTORY);
  if (!parent) {
    if (errno != ENOENT && errno != ENOTDIR) return failed(errno);
    COVE_TRY(parent, make_folder(above));
  }
  struct stat status {};
  const bool hidden = options_.layer &&
                      ::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                      is_whiteout(status);
  if (hidden) ::unlinkat(parent.get(), name.c_str(), 0);
  if (::mkdirat(parent.get(), name.c_str(), 0755) != 0) {
    if (errno != EEXIST) return failed(errno);
    return refused(fmt::format("'{}' is in its way and is not a folder", escape_control(folder)));
  }
  Fd made(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return failed(errno);
  if (hidden) COVE_CHECK(make_opaque(made.get(), options_.privileged));
  if (options_.privileged && options_.owner &&
      ::fchown(made.get(), options_.owner->first, options_.owner->second) != 0) {
    return failed(errno);
  }
  if (options_.layer) {
    counts_.implicit.insert(folder);
    folders_[folder] = {};
  }
  return made;
}

Result<void> Unpacker::place_folder(archive_entry* entry, const std::string& path) {
  Fd made;
  if (path.empty()) {
    if (!options_.layer) return {};
    made = open_in_root(root_, "", O_RDONLY | O_DIRECTORY);
    if (!made) return failed(errno);
  } else {
    const auto [above, name] = split_path(path);
    COVE_CHECK(enter(above));
    bool hidden = false;
    if (::mkdirat(folder_.get(), name.c_str(), 0700) != 0) {
      struct stat status {};
      if (errno != EEXIST ||
          ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return failed(errno);
      }
      if (!S_ISDIR(status.st_mode)) {
        if (options_.no_overwrite_dir_non_dir) {
          return refused(fmt::format("cannot overwrite non-directory \"{}\" with directory \"{}\"",
                                     escape_control("/" + full(path)), escape_control(into_)));
        }
        hidden = options_.layer && is_whiteout(status);
        COVE_CHECK(clear(name));
        if (::mkdirat(folder_.get(), name.c_str(), 0700) != 0) return failed(errno);
      }
    }
    made =
        Fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!made) return failed(errno);
    if (hidden) COVE_CHECK(make_opaque(made.get(), options_.privileged));
  }
  COVE_CHECK(own(made.get(), entry));
  COVE_CHECK(set_attributes(made.get(), "", entry));
  folders_[path] = {mode(entry), modified(entry)};
  counts_.implicit.erase(path);
  return {};
}

Result<void> Unpacker::finish() {
  // Children come before their parents, which may be closed to this user once they have their mode.
  for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
    current_ = folder->first;
    // What an entry has replaced later on is gone, and that is all right.
    const Fd fd = open_in_root(root_, full(folder->first), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) continue;
    const timespec times[2]{folder->second.modified, folder->second.modified};
    if (::fchmod(fd.get(), folder->second.mode) != 0 || ::futimens(fd.get(), times) != 0)
      return failed(errno);
  }
  return {};
}

// --- What is not a folder ---

// Makes the way free for something that is not a folder, or is instead of something else.
Result<void> Unpacker::clear(const std::string& name) {
  struct stat status {};
  if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>() : failed(errno);
  if (S_ISDIR(status.st_mode) && options_.no_overwrite_dir_non_dir) {
    return refused(fmt::format("cannot overwrite directory \"{}\" with non-directory \"{}\"",
                               escape_control("/" + full(name)), escape_control(into_)));
  }
  auto removed = remove_in(folder_.get(), name);
  if (!removed) return refused(removed.error().cause, removed.error().code);
  return {};
}

Result<void> Unpacker::place_file(archive* reader, archive_entry* entry, const std::string& name) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  Fd file(::openat(folder_.get(), name.c_str(), kFlags, 0600));
  if (!file && errno == EEXIST) {
    COVE_CHECK(clear(name));
    file = Fd(::openat(folder_.get(), name.c_str(), kFlags, 0600));
  }
  if (!file) return failed(errno);
  COVE_CHECK(copy_data(reader, entry, file.get()));
  COVE_CHECK(own(file.get(), entry));
  if (::fchmod(file.get(), mode(entry)) != 0) return failed(errno);
  COVE_CHECK(set_attributes(file.get(), "", entry));
  const timespec times[2]{modified(entry), modified(entry)};
  if (::futimens(file.get(), times) != 0) return failed(errno);
  return {};
}

Result<void> Unpacker::copy_data(archive* reader, archive_entry* entry, int file) {
  const std::int64_t size = archive_entry_size(entry);
  if (size < 0) return refused("its size is negative");
  counts_.bytes += static_cast<std::uint64_t>(size);
  if (static_cast<std::uint64_t>(size) > options_.limits.bytes ||
      counts_.bytes > options_.limits.bytes) {
    return refused(
        fmt::format("the files are larger than {} together", format_size(options_.limits.bytes)),
        ErrorCode::kResourceExhausted);
  }
  std::int64_t written = 0;
  while (true) {
    const void* bytes = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(reader, &bytes, &length, &offset);
    if (result == ARCHIVE_EOF) break;
    if (result < ARCHIVE_WARN) {
      return refused(fmt::format("its content is damaged ({})",
                                 escape_control(printable(archive_error_string(reader)))));
    }
    if (offset < 0 || offset > size || static_cast<std::int64_t>(length) > size - offset)
      return refused("its content is longer than it says");
    auto* at = static_cast<const char*>(bytes);
    while (length > 0) {
      const ssize_t n = ::pwrite(file, at, length, offset);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(errno);
      at += n;
      length -= static_cast<std::size_t>(n);
      offset += n;
    }
    written = std::max(written, offset);
  }
  if (written < size && ::ftruncate(file, size) != 0) return failed(errno);
  return {};
}

Result<void> Unpacker::check_symlink(std::string_view target) const {
  if (target.empty()) return refused("it is a symbolic link to nothing");
  if (target.size() > options_.limits.path_bytes) return refused("its target is too long");
  // Wherever it points: it is followed inside a root only, where '..' ends at the top.
  return {};
}

Result<void> Unpacker::place_symlink(archive_entry* entry, const std::string& name) {
  const std::string target = printable(archive_entry_symlink(entry));
  COVE_CHECK(check_symlink(target));
  if (::symlinkat(target.c_str(), folder_.get(), name.c_str()) != 0) {
    if (errno != EEXIST) return failed(errno);
    COVE_CHECK(clear(name));
    if (::symlinkat(target.c_str(), folder_.get(), name.c_str()) != 0) return failed(errno);
  }
  return dress(name, entry, false);
}

Result<void> Unpacker::place_node(archive_entry* entry, const std::string& name, mode_t type) {
  dev_t device = 0;
  if (type != S_IFIFO) {
    device = makedev(static_cast<unsigned>(archive_entry_rdevmajor(entry)),
                     static_cast<unsigned>(archive_entry_rdevminor(entry)));
    if (options_.layer && type == S_IFCHR && device == 0)
      return refused("a character device 0:0 would delete what is below");
    if (!options_.privileged) return {};
  }
  if (::mknodat(folder_.get(), name.c_str(), type | 0600, device) != 0) {
    if (errno != EEXIST) return failed(errno);
    COVE_CHECK(clear(name));
    if (::mknodat(folder_.get(), name.c_str(), type | 0600, device) != 0) return failed(errno);
  }
  return dress(name, entry, true);
}

Result<void> Unpacker::place_hard_link(const std::string& path, const std::string& target) {
  const auto [target_folder, target_name] = split_path(target);
  const auto [folder, name] = split_path(path);
  if (target_name.empty() || name.empty()) return refused("it is a hard link to a folder");
  if (target == path) return refused("it is a hard link to itself");
  struct stat status {};
  Fd from = open_in_root(root_, full(target_folder), O_PATH | O_DIRECTORY);
  bool there =
      from && ::fstatat(from.get(), target_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!there && errno != ENOENT && errno != ENOTDIR) return failed(errno);
  if (!there) {
    COVE_CHECK(copy_from_lower(target));
    from = open_in_root(root_, full(target_folder), O_PATH | O_DIRECTORY);
    there = from && ::fstatat(from.get(), target_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there) return failed(errno);
  }
  if (S_ISDIR(status.st_mode)) return refused("it is a hard link to a folder");
  if (options_.layer && is_whiteout(status)) return refused("it is a hard link to a whiteout");
  COVE_CHECK(enter(folder));
  counts_.implicit.erase(path);
  const auto link = [&] {
    return ::linkat(from.get(), target_name.c_str(), folder_.get(), name.c_str(), 0);
  };
  if (link() == 0) return {};
  if (errno != EEXIST) return failed(errno);
  struct stat other {};
  if (::fstatat(folder_.get(), name.c_str(), &other, AT_SYMLINK_NOFOLLOW) == 0 &&
      other.st_ino == status.st_ino && other.st_dev == status.st_dev) {
    return {};
  }
  COVE_CHECK(clear(name));
  return link() == 0 ? Result<void>() : failed(errno);
}

// A hard link to a file of a parent layer: the file becomes part of this one, as a copy-up does.
Result<void> Unpacker::copy_from_lower(const std::string& target) {
  const auto missing = [&] {
    return refused(
        fmt::format("it is a hard link to '{}', which is not there", escape_control(target)));
  };
  if (!options_.layer || !find_lower_) return missing();
  const Fd lower = find_lower_(target);
  struct stat status {};
  if (!lower || ::fstat(lower.get(), &status) != 0 || !S_ISREG(status.st_mode)) return missing();
  const auto [folder, name] = split_path(target);
  COVE_CHECK(enter(folder));
  const Fd file(::openat(folder_.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failed(errno);
  counts_.bytes += static_cast<std::uint64_t>(status.st_size);
  if (counts_.bytes > options_.limits.bytes)
    return refused("the files are too large together", ErrorCode::kResourceExhausted);
  std::string buffer(256 << 10, '\0');
  while (true) {
    const ssize_t n = ::read(lower.get(), buffer.data(), buffer.size());
    if (n < 0) return failed(errno);
    if (n == 0) break;
    if (::write(file.get(), buffer.data(), static_cast<std::size_t>(n)) != n) return failed(errno);
  }
  if (options_.privileged && ::fchown(file.get(), status.st_uid, status.st_gid) != 0)
    return failed(errno);
  if (::fchmod(file.get(), status.st_mode & 07777) != 0) return failed(errno);
  for (const auto& [attribute, value] : read_attributes(lower.get(), "")) {
    if (is_carried_attribute(attribute) &&
        ::fsetxattr(file.get(), attribute.c_str(), value.data(), value.size(), 0) != 0 &&
        !may_miss(errno)) {
      return failed(errno);
    }
  }
  const timespec times[2]{status.st_mtim, status.st_mtim};
  if (::futimens(file.get(), times) != 0) return failed(errno);
  return {};
}

Result<void> Unpacker::whiteout(const std::string& path, const std::string& name) {
  COVE_CHECK(enter(split_path(path).first));
  if (name == kOpaqueMark) {
    const Fd folder(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return failed(errno);
    auto made = make_opaque(folder.get(), options_.privileged);
    if (!made) return refused(made.error().cause, made.error().code);
    return {};
  }
  const std::string hidden = name.substr(kWhiteout.size());
  if (hidden.empty() || hidden == "." || hidden == "..")
    return refused("it is a whiteout of no file");
  if (hidden.starts_with(kWhiteout)) return {};
  struct stat status {};
  if (::fstatat(folder_.get(), hidden.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    // A whiteout is about the layers below. What this one has itself hides them, but for a folder.
    if (!S_ISDIR(status.st_mode)) return {};
    const Fd folder(
        ::openat(folder_.get(), hidden.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return failed(errno);
    return make_opaque(folder.get(), options_.privileged);
  }
  if (errno != ENOENT) return failed(errno);
  auto made = make_whiteout(folder_.get(), hidden);
  if (!made) return refused(made.error().cause, made.error().code);
  return {};
}

// --- Owners, modes, attributes ---

std::uint32_t Unpacker::mode(archive_entry* entry) const {
  return options_.file_mode.value_or(static_cast<std::uint32_t>(archive_entry_perm(entry))) & 07777;
}

Result<std::pair<uid_t, gid_t>> Unpacker::owner(archive_entry* entry) const {
  if (options_.owner) return std::pair<uid_t, gid_t>(*options_.owner);
  if (!options_.keep_owner) return std::pair<uid_t, gid_t>(0, 0);
  const std::int64_t user = archive_entry_uid(entry);
  const std::int64_t group = archive_entry_gid(entry);
  if (user < 0 || group < 0 || user > kLargestId || group > kLargestId)
    return refused("its owner is no user's number");
  return std::pair<uid_t, gid_t>(static_cast<uid_t>(user), static_cast<gid_t>(group));
}

Result<void> Unpacker::own(int fd, archive_entry* entry) {
  COVE_TRY(const auto ids, owner(entry));
  if (options_.privileged && ::fchown(fd, ids.first, ids.second) != 0) return failed(errno);
  return {};
}

// Of an open file, or of `name` in the folder of this entry.
Result<void> Unpacker::set_attributes(int fd, const std::string& name, archive_entry* entry) {
  if (archive_entry_xattr_reset(entry) == 0) return {};
  if (!name.empty() && ::fchdir(folder_.get()) != 0) return failed(errno);
  const char* attribute = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(entry, &attribute, &value, &size) == ARCHIVE_OK) {
    if (attribute == nullptr || !is_carried_attribute(attribute)) continue;
    const int result = name.empty() ? ::fsetxattr(fd, attribute, value, size, 0)
                                    : ::lsetxattr(name.c_str(), attribute, value, size, 0);
    // user.* is for files and folders alone.
    if (result != 0 && !may_miss(errno) && (name.empty() || errno != EPERM)) return failed(errno);
  }
  return {};
}

// Owner, mode, attributes and time of what is not opened.
Result<void> Unpacker::dress(const std::string& name, archive_entry* entry, bool with_mode) {
  COVE_TRY(const auto ids, owner(entry));
  if (options_.privileged &&
      ::fchownat(folder_.get(), name.c_str(), ids.first, ids.second, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed(errno);
  }
  if (with_mode && ::fchmodat(folder_.get(), name.c_str(), mode(entry), 0) != 0)
    return failed(errno);
  COVE_CHECK(set_attributes(-1, name, entry));
  const timespec times[2]{modified(entry), modified(entry)};
  if (::utimensat(folder_.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return failed(errno);
  return {};
}

}  // namespace

Result<UnpackCounts> unpack_tar(int root, const UnpackOptions& options, const PlainSource& source,
                                const FindLower& find_lower) {
  return Unpacker(root, options, find_lower).run(source);
}

}  // namespace cove::image
