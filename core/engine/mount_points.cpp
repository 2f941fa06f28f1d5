#include "core/engine/mount_points.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "core/base/fd.h"

namespace cove::engine {
namespace {

Fd open_folder(const Path& path) {
  return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// A folder below `root`, over no symbolic link.
Fd open_below(const Fd& root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return Fd(static_cast<int>(
      ::syscall(SYS_openat2, root.get(), path.empty() ? "." : path.c_str(), &how, sizeof how)));
}

struct Place {
  Fd parent;
  std::string name;
  struct stat status {};
};

std::optional<Place> look_up(const Path& root, const Path& target) {
  Place place;
  place.parent = open_below(open_folder(root), target.parent_path().relative_path().string());
  place.name = target.filename().string();
  if (!place.parent || place.name.empty() || place.name == "." || place.name == "..")
    return std::nullopt;
  if (::fstatat(place.parent.get(), place.name.c_str(), &place.status, AT_SYMLINK_NOFOLLOW) != 0)
    return std::nullopt;
  return place;
}

void forget(const Path& upper, const std::vector<Path>& lower, const Path& target) {
  const auto place = look_up(upper, target);
  if (!place) return;
  const bool known = std::ranges::any_of(
      lower, [&](const Path& each) { return look_up(each, target).has_value(); });
  if (known) return;
  if (S_ISREG(place->status.st_mode) && place->status.st_size == 0)
    ::unlinkat(place->parent.get(), place->name.c_str(), 0);
  // Only an empty folder goes.
  if (S_ISDIR(place->status.st_mode))
    ::unlinkat(place->parent.get(), place->name.c_str(), AT_REMOVEDIR);
}

}  // namespace

void forget_mount_points(const Path& upper, const std::vector<Path>& lower,
                         std::vector<std::string> targets) {
  for (const char* each :
       {"/proc", "/sys", "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/console", "/dev"})
    targets.emplace_back(each);
  for (const std::string& each : targets) {
    Path target = Path(each).lexically_normal();
    // The folders that had to be made for it go with it.
    while (target.has_relative_path()) {
      forget(upper, lower, target);
      target = target.parent_path();
    }
  }
}

}  // namespace cove::engine
