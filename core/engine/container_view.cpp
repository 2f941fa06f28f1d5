#include "core/engine/container_view.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <thread>

#include "core/base/base64.h"
#include "core/engine/fields.h"
#include "core/engine/mounts.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

Fd open_inside(const Path& root, const std::string& path, std::uint64_t flags) {
  const Fd base(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!base) return {};
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(syscall(SYS_openat2, base.get(), path.c_str(), &how, sizeof how)));
}

// Of this thread alone.
Result<void> private_mounts() {
  if (unshare(CLONE_NEWNS) != 0) return errno_error(errno, "look into", "a container");
  if (mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return errno_error(errno, "look into", "a container");
  }
  return {};
}

Result<void> mount_inside(const Path& root, const MountPoint& point) {
  struct stat source {};
  if (stat(point.source.c_str(), &source) != 0) return {};
  const Fd target = open_inside(root, point.destination, O_PATH);
  struct stat found {};
  // The runtime makes a missing place when the container starts: until then there is nothing to
  // see.
  if (!target || fstat(target.get(), &found) != 0) return {};
  if (S_ISDIR(source.st_mode) != S_ISDIR(found.st_mode)) return {};
  const std::string place = fmt::format("/proc/thread-self/fd/{}", target.get());
  if (mount(point.source.c_str(), place.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return errno_error(errno, "mount", point.destination);
  }
  if (point.read_write) return {};
  const Fd mounted = open_inside(root, point.destination, O_PATH);
  const std::string again = fmt::format("/proc/thread-self/fd/{}", mounted.get());
  if (mount(nullptr, again.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    return errno_error(errno, "mount", point.destination);
  }
  return {};
}

}  // namespace

Outcome<> with_view(Containers& containers, const ContainerRecord& record,
                    const std::function<Outcome<>(const Path& root)>& look) {
  COVE_TRY(const auto mounted, outcome(containers.parts().runtime.mount_root(record.id)));
  const bool plain = std::none_of(record.mounts.begin(), record.mounts.end(),
                                  [](const auto& m) { return m.kind != MountPoint::Kind::kTmpfs; });
  if (plain) return look(mounted->path());
  Outcome<> result;
  std::thread thread([&] {
    const auto prepare = [&]() -> Result<void> {
      COVE_CHECK(private_mounts());
      for (const auto& point : record.mounts) {
        if (point.kind == MountPoint::Kind::kTmpfs) continue;
        COVE_CHECK(mount_inside(mounted->path(), point));
      }
      return {};
    };
    if (const auto prepared = prepare(); !prepared) {
      result = to_api_error(prepared.error());
    } else {
      result = look(mounted->path());
    }
  });
  thread.join();
  return result;
}

bool follows_last_link(const std::string& path) {
  return path.ends_with('/') || path.ends_with("/.") || path == ".";
}

std::uint32_t go_file_mode(std::uint32_t mode) {
  std::uint32_t go = mode & 0777;
  switch (mode & S_IFMT) {
    case S_IFDIR: go |= 1U << 31; break;
    case S_IFLNK: go |= 1U << 27; break;
    case S_IFBLK: go |= 1U << 26; break;
    case S_IFIFO: go |= 1U << 25; break;
    case S_IFSOCK: go |= 1U << 24; break;
    case S_IFCHR: go |= (1U << 26) | (1U << 21); break;
    default: break;
  }
  if ((mode & S_ISUID) != 0) go |= 1U << 23;
  if ((mode & S_ISGID) != 0) go |= 1U << 22;
  if ((mode & S_ISVTX) != 0) go |= 1U << 20;
  return go;
}

Result<std::optional<PathStat>> stat_inside(const Path& root, const std::string& path) {
  std::uint64_t flags = O_PATH;
  if (!follows_last_link(path)) flags |= O_NOFOLLOW;
  const std::string absolute = path.starts_with('/') ? path : "/" + path;
  const Fd file = open_inside(root, absolute, flags);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::optional<PathStat>();
    return errno_error(errno, "look at", path);
  }
  struct stat found {};
  if (fstat(file.get(), &found) != 0) return errno_error(errno, "look at", path);
  PathStat stat;
  const std::string clean = clean_path(absolute);
  stat.name = clean == "/" ? "/" : clean.substr(clean.rfind('/') + 1);
  if (path.ends_with("/.")) stat.name = ".";
  stat.size = static_cast<std::uint64_t>(found.st_size);
  stat.mode = go_file_mode(found.st_mode);
  stat.modified = WallTime(std::chrono::seconds(found.st_mtim.tv_sec) +
                           std::chrono::nanoseconds(found.st_mtim.tv_nsec));
  stat.directory = S_ISDIR(found.st_mode);
  if (S_ISLNK(found.st_mode)) {
    std::string target(4096, '\0');
    const ssize_t length = readlinkat(file.get(), "", target.data(), target.size());
    if (length < 0) return errno_error(errno, "look at", path);
    target.resize(static_cast<std::size_t>(length));
    const std::string parent = clean.substr(0, clean.rfind('/'));
    stat.link_target = clean_path(target.starts_with('/') ? target : parent + "/" + target);
  }
  return std::optional(std::move(stat));
}

std::string encode(const PathStat& stat) {
  return base64_encode(json::serialize(json::object{{"name", stat.name},
                                                    {"size", stat.size},
                                                    {"mode", stat.mode},
                                                    {"mtime", rfc3339_nano(stat.modified)},
                                                    {"linkTarget", stat.link_target}}));
}

}  // namespace cove::engine
