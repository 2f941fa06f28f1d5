#include "core/node/volumes_ownership.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/image/rooted.h"

namespace cove::node {
namespace {

constexpr int kMostDepth = 512;
constexpr mode_t kFile = 0660, kFolder = 0660 | 0110 | S_ISGID;
constexpr uid_t kSame = static_cast<uid_t>(-1);

Result<void> give_folder(int folder, gid_t group, int depth);

Result<void> give_entry(int folder, const std::string& name, gid_t group, int depth) {
  const auto failed = [&] { return errno_error(errno, "give to the group", name); };
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>() : failed();
  const bool is_folder = S_ISDIR(status.st_mode);
  if (!is_folder && !S_ISREG(status.st_mode)) {
    if (::fchownat(folder, name.c_str(), kSame, group, AT_SYMLINK_NOFOLLOW) != 0) return failed();
    return {};
  }
  // O_NONBLOCK: it may have become a FIFO meanwhile.
  const Fd entry(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!entry) return errno == ENOENT || errno == ELOOP ? Result<void>() : failed();
  if (is_folder) return give_folder(entry.get(), group, depth + 1);
  if (::fchown(entry.get(), kSame, group) != 0 ||
      ::fchmod(entry.get(), (status.st_mode & 07777) | kFile) != 0)
    return failed();
  return {};
}

// What is in it first: whoever finds the folder itself done may take the rest for done.
Result<void> give_folder(int folder, gid_t group, int depth) {
  if (depth > kMostDepth) return errno_error(ELOOP, "give to the group", "a folder");
  COVE_TRY(const auto names, image::folder_names(folder));
  for (const std::string& name : names) COVE_CHECK(give_entry(folder, name, group, depth));
  struct stat status {};
  if (::fstat(folder, &status) != 0 || ::fchown(folder, kSame, group) != 0 ||
      ::fchmod(folder, (status.st_mode & 07777) | kFolder) != 0)
    return errno_error(errno, "give to the group", "a folder");
  return {};
}

}  // namespace

Result<void> give_to_group(const Path& folder, gid_t group, bool only_on_mismatch) {
  const Fd top(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top) return errno_error(errno, "open", folder.string());
  struct stat status {};
  if (only_on_mismatch && ::fstat(top.get(), &status) == 0 && status.st_gid == group &&
      (status.st_mode & kFolder) == kFolder)
    return {};
  return give_folder(top.get(), group, 0);
}

}  // namespace cove::node
