#include "core/runtime/overlay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "core/base/strings.h"

namespace cove::runtime {
namespace {

constexpr std::size_t kMostMounts = 64 << 20;

// Whether something is mounted at `path` (which is no root folder).
bool is_mounted(const Path& path) {
  struct stat here {};
  struct stat above {};
  return ::stat(path.c_str(), &here) == 0 && ::stat(path.parent_path().c_str(), &above) == 0 &&
         here.st_dev != above.st_dev;
}

// In a thread of its own, whose working folder is nobody else's: there the names are short.
int mount_in(const Path& folder, const std::string& options) {
  int error = 0;
  std::thread([&] {
    if (::unshare(CLONE_FS) != 0 || ::chdir(folder.c_str()) != 0 ||
        ::mount("overlay", "../merged", "overlay", 0, options.c_str()) != 0)
      error = errno;
  }).join();
  return error;
}

}  // namespace

Result<void> mount_overlay(const Path& folder, const std::vector<Path>& lower) {
  const Path merged = folder / "merged";
  if (is_mounted(merged)) return {};
  for (const char* name : {"merged", "upper", "work", "empty"})
    COVE_CHECK(make_directories(folder / name, 0755));
  const Path links = folder / "l";
  COVE_CHECK(remove_tree(links));
  COVE_CHECK(make_directories(links, 0700));
  std::string options = "lowerdir=";
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const std::string name = fmt::format("{:x}", i);
    if (::symlink(lower[i].c_str(), (links / name).c_str()) != 0)
      return errno_error(errno, "link", lower[i].string());
    options += (i == 0 ? "" : ":") + name;
  }
  if (lower.empty()) options += "../empty";
  // Renamed folders and changed metadata are copied up whole: an upper folder is a layer.
  options += ",upperdir=../upper,workdir=../work,index=off,redirect_dir=off,metacopy=off";
  const int error = mount_in(links, options);
  COVE_CHECK(remove_tree(links));
  if (error != 0) return errno_error(error, "mount the root", merged.string());
  return {};
}

Result<Fd> detach(const Path& path) {
  Fd last(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return last;
  if (errno == EINVAL || errno == ENOENT) return Fd();
  return errno_error(errno, "unmount", path.string());
}

Result<void> unmount(const Path& path) {
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0) return {};
  if (errno == EBUSY && ::umount2(path.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return {};
  if (errno == EINVAL || errno == ENOENT) return {};
  return errno_error(errno, "unmount", path.string());
}

std::set<Path> mounts_below(const Path& folder) {
  std::set<Path> points;
  const auto text = read_file("/proc/self/mountinfo", kMostMounts);
  if (!text) return points;
  std::error_code error;
  const Path real = std::filesystem::weakly_canonical(folder, error);
  const std::string prefix = (error ? folder : real).string() + "/";
  for (const std::string& line : split(*text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() > 5 && words[4].starts_with(prefix)) points.insert(words[4]);
  }
  return points;
}

}  // namespace cove::runtime
