#include "core/image/rooted.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace cove::image {
namespace {

constexpr const char* kOpaque = "trusted.overlay.opaque";
constexpr const char* kUserOpaque = "user.overlay.opaque";
constexpr std::size_t kMostAttributes = 64 << 10;  // what the kernel allows of names or one value
constexpr int kMaxDepth = 512;

Fd open_with(int root, const std::string& path, int flags, std::uint64_t resolve) {
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = resolve;
  const char* name = path.empty() ? "." : path.c_str();
  // The kernel gives up with EAGAIN when somebody renames folders meanwhile.
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return Fd();
}

// What the system calls that take no folder can name.
std::string path_of(int folder, const std::string& name) {
  return fmt::format("/proc/self/fd/{}/{}", folder, name);
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Result<void> remove_contents(int parent, const std::string& name, int depth,
                             const std::stop_token& stop) {
  const auto fail = [&] { return errno_error(errno, "remove", name); };
  if (depth > kMaxDepth) {
    errno = ELOOP;
    return fail();
  }
  Fd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && errno == EACCES && ::fchmodat(parent, name.c_str(), 0700, 0) == 0)
    folder = Fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return fail();
  COVE_TRY(const auto names, folder_names(folder.get()));
  if (!names.empty() && ::geteuid() != 0) ::fchmod(folder.get(), 0700);
  for (const std::string& child : names) {
    if (stop.stop_requested())
      return Error{ErrorCode::kCancelled, "remove", name, "it was cancelled", ""};
    if (::unlinkat(folder.get(), child.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) return fail();
    COVE_CHECK(remove_contents(folder.get(), child, depth + 1, stop));
    if (::unlinkat(folder.get(), child.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
      return fail();
  }
  return {};
}

}  // namespace

Fd open_in_root(int root, const std::string& path, int flags) {
  return open_with(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

Fd open_below(int root, const std::string& path, int flags) {
  return open_with(root, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<std::vector<std::string>> folder_names(int folder) {
  Fd copy(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy) return errno_error(errno, "read", "a folder");
  const std::unique_ptr<DIR, CloseFolder> stream(::fdopendir(copy.get()));
  if (!stream) return errno_error(errno, "read", "a folder");
  (void)copy.release();
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return errno_error(errno, "read", "a folder");
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> remove_in(int folder, const std::string& name, const std::stop_token& stop) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return errno_error(errno, "remove", name);
  COVE_CHECK(remove_contents(folder, name, 0, stop));
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return errno_error(errno, "remove", name);
  return {};
}

std::vector<std::pair<std::string, std::string>> read_attributes(int folder,
                                                                 const std::string& name) {
  std::string names(kMostAttributes, '\0');
  const ssize_t length =
      name.empty() ? ::flistxattr(folder, names.data(), names.size())
                   : ::llistxattr(path_of(folder, name).c_str(), names.data(), names.size());
  std::vector<std::pair<std::string, std::string>> attributes;
  if (length <= 0) return attributes;
  names.resize(static_cast<std::size_t>(length));
  for (std::size_t at = 0; at < names.size();) {
    const std::string attribute = names.c_str() + at;
    at += attribute.size() + 1;
    attributes.emplace_back(attribute, read_attribute(folder, name, attribute.c_str()));
  }
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

std::string read_attribute(int folder, const std::string& name, const char* attribute) {
  std::string value(256, '\0');
  const auto read = [&] {
    return name.empty()
               ? ::fgetxattr(folder, attribute, value.data(), value.size())
               : ::lgetxattr(path_of(folder, name).c_str(), attribute, value.data(), value.size());
  };
  ssize_t length = read();
  if (length < 0 && errno == ERANGE) {
    value.resize(kMostAttributes);
    length = read();
  }
  value.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return value;
}

bool is_carried_attribute(std::string_view name) {
  if (name.starts_with("user.")) return !name.starts_with("user.overlay.");
  return name == "security.capability" || name == "system.posix_acl_access" ||
         name == "system.posix_acl_default";
}

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

bool is_opaque(int folder) {
  if (read_attribute(folder, "", kOpaque) == "y") return true;
  return ::geteuid() != 0 && read_attribute(folder, "", kUserOpaque) == "y";
}

Result<void> make_whiteout(int folder, const std::string& name) {
  if (::mknodat(folder, name.c_str(), S_IFCHR, makedev(0, 0)) != 0)
    return errno_error(errno, "mark as deleted", name);
  return {};
}

Result<void> make_opaque(int folder, bool privileged) {
  if (::fsetxattr(folder, privileged ? kOpaque : kUserOpaque, "y", 1, 0) != 0)
    return errno_error(errno, "mark as opaque", "a folder");
  return {};
}

}  // namespace cove::image
