#include "core/node/volumes_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>

#include "core/base/strings.h"
#include "core/image/rooted.h"

namespace cove::node {
namespace {

constexpr const char* kData = "..data";
constexpr const char* kNewData = "..data_tmp";
constexpr std::size_t kMostBytes = 16 << 20;
constexpr int kMostDepth = 64;

Result<void> check_path(const std::string& path) {
  const auto parts = split(path, '/');
  const bool bad = path.empty() || parts.front().starts_with("..") ||
                   std::ranges::any_of(parts, [](const std::string& part) {
                     return part.empty() || part == "." || part == "..";
                   });
  if (!bad && parts.size() <= kMostDepth && path.find('\0') == std::string::npos) return {};
  return Error{ErrorCode::kInvalidArgument,
               "write",
               path,
               fmt::format("invalid path: \"{}\"", escape_control(path)),
               {}};
}

mode_t mode_of(const VolumeFile& file, bool grouped) {
  return (file.mode | (grouped ? 0440U : 0U)) & 0777U;
}

std::string folder_name(WallTime now) {
  const auto since = now.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  // The random part: two within one tick of a clock stand still.
  return fmt::format("..{:04}_{:02}_{:02}_{:02}_{:02}_{:02}.{}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     random_hex(5));
}

// All files below an open folder, by their paths; false when there is something else.
bool collect(int folder, const std::string& prefix, int depth, std::set<std::string>& out) {
  const auto names = image::folder_names(folder);
  if (!names || depth > kMostDepth) return false;
  for (const std::string& name : *names) {
    struct stat status {};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (S_ISREG(status.st_mode)) {
      out.insert(prefix + name);
    } else {
      const Fd below = image::open_below(folder, name, O_RDONLY | O_DIRECTORY);
      if (!below || !collect(below.get(), prefix + name + "/", depth + 1, out)) return false;
    }
  }
  return true;
}

bool is_same(int folder, const std::string& path, const VolumeFile& wanted, bool grouped) {
  const Fd file = image::open_below(folder, path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 ||
      (status.st_mode & 07777) != mode_of(wanted, grouped) ||
      static_cast<std::size_t>(status.st_size) != wanted.data.size())
    return false;
  const auto bytes = read_file(fmt::format("/proc/self/fd/{}", file.get()), kMostBytes);
  return bytes && *bytes == wanted.data;
}

bool shows(int data, const VolumeFiles& files, bool grouped) {
  std::set<std::string> there;
  if (!collect(data, "", 0, there) || there.size() != files.size()) return false;
  return std::ranges::all_of(files, [&](const auto& entry) {
    return there.contains(entry.first) && is_same(data, entry.first, entry.second, grouped);
  });
}

Result<void> prepare_folder(int folder, std::optional<gid_t> group, const std::string& name) {
  if (group && ::fchown(folder, static_cast<uid_t>(-1), *group) != 0)
    return errno_error(errno, "give to the group", name);
  if (::fchmod(folder, group ? 02775 : 0755) != 0) return errno_error(errno, "change", name);
  return {};
}

Result<void> write_file(int top, const std::string& path, const VolumeFile& file,
                        std::optional<gid_t> group) {
  std::string so_far;
  const auto [folders, name] = image::split_path(path);
  Fd folder = image::open_below(top, "", O_RDONLY | O_DIRECTORY);
  for (const std::string& part : split(folders, '/')) {
    if (part.empty()) continue;
    so_far += (so_far.empty() ? "" : "/") + part;
    const bool made = ::mkdirat(folder.get(), part.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return errno_error(errno, "make", so_far);
    folder = image::open_below(top, so_far, O_RDONLY | O_DIRECTORY);
    if (!folder) return errno_error(errno, "open", so_far);
    if (made) COVE_CHECK(prepare_folder(folder.get(), group, so_far));
  }
  const Fd out(::openat(folder.get(), name.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return errno_error(errno, "make", path);
  COVE_CHECK(write_all(out.get(), file.data, path));
  if ((file.owner || group) && ::fchown(out.get(), file.owner.value_or(static_cast<uid_t>(-1)),
                                        group.value_or(static_cast<gid_t>(-1))) != 0)
    return errno_error(errno, "give away", path);
  if (::fchmod(out.get(), mode_of(file, group.has_value())) != 0)
    return errno_error(errno, "change", path);
  return {};
}

Result<void> replace_link(int folder, const std::string& target) {
  ::unlinkat(folder, kNewData, 0);
  if (::symlinkat(target.c_str(), folder, kNewData) != 0 ||
      ::renameat(folder, kNewData, folder, kData) != 0)
    return errno_error(errno, "link", kData);
  return {};
}

std::set<std::string> top_entries(const VolumeFiles& files) {
  std::set<std::string> out;
  for (const auto& [path, file] : files) out.insert(path.substr(0, path.find('/')));
  return out;
}

// The links that people see, and what is left of before.
Result<void> tidy(int folder, const std::set<std::string>& wanted, const std::string& current) {
  for (const std::string& name : wanted) {
    const std::string target = fmt::format("{}/{}", kData, name);
    if (::symlinkat(target.c_str(), folder, name.c_str()) != 0 && errno != EEXIST)
      return errno_error(errno, "link", name);
  }
  COVE_TRY(const auto names, image::folder_names(folder));
  for (const std::string& name : names) {
    if (name != current && name != kData && !wanted.contains(name))
      COVE_CHECK(image::remove_in(folder, name));
  }
  return {};
}

}  // namespace

Result<void> show_files(const Path& folder, const VolumeFiles& files, std::optional<gid_t> group,
                        WallTime now) {
  for (const auto& [path, file] : files) COVE_CHECK(check_path(path));
  const Fd top(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top) return errno_error(errno, "open", folder.string());
  std::string current(256, '\0');
  const ssize_t length = ::readlinkat(top.get(), kData, current.data(), current.size());
  current.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  const auto entries = top_entries(files);
  if (!current.empty() && current.find('/') == std::string::npos) {
    const Fd data = image::open_below(top.get(), current, O_RDONLY | O_DIRECTORY);
    if (data && shows(data.get(), files, group.has_value()))
      return tidy(top.get(), entries, current);
  }
  COVE_CHECK(prepare_folder(top.get(), group, folder.string()));
  const std::string fresh = folder_name(now);
  if (::mkdirat(top.get(), fresh.c_str(), 0700) != 0) return errno_error(errno, "make", fresh);
  const Fd data = image::open_below(top.get(), fresh, O_RDONLY | O_DIRECTORY);
  if (!data) return errno_error(errno, "open", fresh);
  COVE_CHECK(prepare_folder(data.get(), group, fresh));
  for (const auto& [path, file] : files) COVE_CHECK(write_file(data.get(), path, file, group));
  COVE_CHECK(replace_link(top.get(), fresh));
  return tidy(top.get(), entries, fresh);
}

}  // namespace cove::node
