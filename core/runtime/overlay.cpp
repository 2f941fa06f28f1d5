#include "core/runtime/overlay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <thread>

#include "core/base/strings.h"

namespace cove::runtime {
namespace {

constexpr std::size_t kMostMounts = 64 << 20;
constexpr std::size_t kMostOptions = 4096;  // of a mount, with the byte behind them

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

// Renamed folders and changed metadata are copied up whole: an upper folder is a layer.
std::string options_of(const std::vector<std::string>& lower, const std::string& folder) {
  return fmt::format(
      "lowerdir={},upperdir={}/upper,workdir={}/work,index=off,redirect_dir=off,metacopy=off",
      fmt::join(lower, ":"), folder, folder);
}

// With the layers' own paths, as far as the kernel can be told them.
std::optional<std::string> plain_options(const Path& folder, const std::vector<Path>& lower) {
  std::vector<std::string> paths;
  for (const Path& each : lower) paths.push_back(each.string());
  std::string options = options_of(paths, folder.string());
  paths.push_back(folder.string());
  const bool special = std::ranges::any_of(paths, [](const std::string& path) {
    return !path.starts_with('/') || path.find_first_of(",:\\\"") != std::string::npos;
  });
  if (special || options.size() >= kMostOptions) return std::nullopt;
  return options;
}

// With short links to them.
Result<void> mount_by_links(const Path& folder, const std::vector<Path>& lower) {
  const Path links = folder / "l";
  COVE_CHECK(remove_tree(links));
  COVE_CHECK(make_directories(links, 0700));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    names.push_back(fmt::format("{:x}", i));
    if (::symlink(lower[i].c_str(), (links / names.back()).c_str()) != 0)
      return errno_error(errno, "link", lower[i].string());
  }
  const int error = mount_in(links, options_of(names, ".."));
  COVE_CHECK(remove_tree(links));
  if (error != 0) return errno_error(error, "mount the root", (folder / "merged").string());
  return {};
}

}  // namespace

Result<void> mount_overlay(const Path& folder, const std::vector<Path>& lower) {
  const Path merged = folder / "merged";
  if (is_mounted(merged)) return {};
  for (const char* name : {"merged", "upper", "work"})
    COVE_CHECK(make_directories(folder / name, 0755));
  std::vector<Path> layers = lower;
  if (layers.empty()) {
    layers.push_back(folder / "empty");
    COVE_CHECK(make_directories(layers.back(), 0755));
  }
  const auto options = plain_options(folder, layers);
  if (!options) return mount_by_links(folder, layers);
  if (::mount("overlay", merged.c_str(), "overlay", 0, options->c_str()) != 0)
    return errno_error(errno, "mount the root", merged.string());
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
