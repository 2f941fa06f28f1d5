#include "core/node/node_logs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "core/base/strings.h"
#include "core/image/rooted.h"

namespace cove::node {
namespace {

constexpr std::string_view kPods = "pods";

Error not_there(const std::string& path) {
  return Error{ErrorCode::kNotFound, "read the log", path, "there is no such file", {}};
}

bool is_plain(std::string_view path) {
  return path.find('\0') == std::string_view::npos &&
         std::ranges::none_of(split(path, '/'), [](const std::string& part) {
           return part.empty() || part == "." || part == "..";
         });
}

Result<std::vector<std::string>> shown_names(int folder) {
  COVE_TRY(const std::vector<std::string> all, image::folder_names(folder));
  std::vector<std::string> names;
  for (const std::string& name : all) {
    struct stat status {};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode)) names.push_back(name + '/');
    if (S_ISREG(status.st_mode)) names.push_back(name);
  }
  return names;
}

Result<NodeLogs::Page> open_below(const Path& root, const std::string& path) {
  if (root.empty()) return not_there(path);
  const Fd above(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!above) return not_there(path);
  // What it is comes first: only to open a pipe or a device may wait, or do something.
  const Fd place = image::open_below(above.get(), path, O_PATH);
  struct stat status {};
  if (!place || ::fstat(place.get(), &status) != 0) return not_there(path);
  NodeLogs::Page page;
  if (S_ISDIR(status.st_mode)) {
    page.folder = true;
    COVE_TRY(page.names, shown_names(place.get()));
    return page;
  }
  if (!S_ISREG(status.st_mode)) return not_there(path);
  page.bytes = static_cast<std::uint64_t>(status.st_size);
  page.file =
      Fd(::open(fmt::format("/proc/self/fd/{}", place.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!page.file) return errno_error(errno, "read the log", path);
  return page;
}

}  // namespace

Result<NodeLogs::Page> NodeLogs::open(const std::string& path) const {
  if (!path.empty() && !is_plain(path)) return not_there(path);
  const std::size_t slash = path.find('/');
  if (path.substr(0, slash) == kPods)
    return open_below(pods_, slash == std::string::npos ? "" : path.substr(slash + 1));
  if (!path.empty()) return open_below(own_, path);
  Page page;
  if (auto own = open_below(own_, "")) page = std::move(*own);
  page.folder = true;
  const std::string pods = fmt::format("{}/", kPods);
  std::erase_if(page.names, [&](const std::string& name) { return name == pods || name == kPods; });
  page.names.push_back(pods);
  std::ranges::sort(page.names);
  return page;
}

}  // namespace cove::node
