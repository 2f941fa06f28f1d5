#include "core/image/build/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <limits.h>
#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>

#include "core/base/fd.h"
#include "core/image/build/paths.h"

namespace cove::image::dockerfile {
namespace {

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

// As an ordinary user, layers are marked in the way an ordinary user's overlayfs reads.
bool is_opaque(const Path& folder) {
  const char* name = ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque";
  char value = 0;
  return ::lgetxattr(folder.c_str(), name, &value, 1) == 1 && value == 'y';
}

std::string path_below(const std::string& folder, std::string_view name) {
  return folder == "/" ? "/" + std::string(name) : folder + "/" + std::string(name);
}

Error not_a_folder(const std::string& path) {
  return {ErrorCode::kInvalidArgument, "follow the path", path, path + " is not a directory", {}};
}

}  // namespace

Result<Node> Tree::root() const {
  Node node;
  node.path = "/";
  for (const Path& layer : layers_) {
    struct stat status = {};
    if (::lstat(layer.c_str(), &status) != 0) return errno_error(errno, "read", layer.string());
    if (!S_ISDIR(status.st_mode)) return not_a_folder(layer.string());
    if (node.folders.empty()) {
      node.status = status;
      node.host = layer;
    }
    node.folders.push_back(layer);
    if (is_opaque(layer)) break;
  }
  if (node.folders.empty()) node.status.st_mode = S_IFDIR | 0755;
  return node;
}

Result<std::optional<Node>> Tree::child(const Node& folder, std::string_view name) const {
  Node node;
  node.path = path_below(folder.path, name);
  if (hidden_.contains(node.path)) return std::nullopt;
  for (const Path& layer : folder.folders) {
    const Path host = layer / name;
    struct stat status = {};
    if (::lstat(host.c_str(), &status) != 0) {
      if (errno == ENOENT) continue;
      if (errno == ENAMETOOLONG) return std::nullopt;
      return errno_error(errno, "read", host.string());
    }
    if (is_whiteout(status)) break;
    const bool first = node.host.empty();
    if (!S_ISDIR(status.st_mode) && !first) break;
    if (first) {
      node.status = status;
      node.host = host;
    }
    if (!S_ISDIR(status.st_mode)) break;
    node.folders.push_back(host);
    if (is_opaque(host)) break;
  }
  if (node.host.empty()) return std::nullopt;
  return node;
}

Result<std::vector<Node>> Tree::list(const Node& folder) const {
  std::set<std::string> names;
  for (const Path& layer : folder.folders) {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(layer.c_str()), &::closedir);
    if (!entries) return errno_error(errno, "list", layer.string());
    errno = 0;
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace(name);
      if (names.size() > kMaxFolderEntries) {
        return Error{ErrorCode::kResourceExhausted,
                     "list",
                     folder.path,
                     "the folder has more than 1000000 entries",
                     {}};
      }
    }
    if (errno != 0) return errno_error(errno, "list", layer.string());
  }
  std::vector<Node> nodes;
  for (const auto& name : names) {
    COVE_TRY(auto node, child(folder, name));
    if (node) nodes.push_back(std::move(*node));
  }
  return nodes;
}

Result<std::string> Tree::link_target(const Node& link) const {
  char target[PATH_MAX];
  const auto size = ::readlink(link.host.c_str(), target, sizeof target);
  if (size < 0) return errno_error(errno, "read the link", link.path);
  return std::string(target, static_cast<std::size_t>(size));
}

Result<Tree::Walk> Tree::follow(std::string_view path, bool follow_last) const {
  COVE_TRY(Node top, root());
  std::vector<Node> stack{std::move(top)};
  std::vector<std::string> missing;
  const auto first = components(path);
  std::deque<std::string> open(first.begin(), first.end());
  unsigned links = 0;
  while (!open.empty()) {
    const std::string name = std::move(open.front());
    open.pop_front();
    if (name == "..") {
      if (!missing.empty()) {
        missing.pop_back();
      } else if (stack.size() > 1) {
        stack.pop_back();
      }
      continue;
    }
    if (!missing.empty()) {
      missing.push_back(name);
      continue;
    }
    if (!stack.back().is_folder()) return Walk{std::move(stack.back()), {}, true};
    COVE_TRY(auto node, child(stack.back(), name));
    if (!node) {
      missing.push_back(name);
    } else if (node->is_link() && (follow_last || !open.empty())) {
      if (++links > kMaxLinks) {
        return Error{ErrorCode::kInvalidArgument,
                     "follow the path",
                     std::string(path),
                     "too many levels of symbolic links",
                     {}};
      }
      COVE_TRY(const std::string target, link_target(*node));
      if (target.starts_with('/')) stack.resize(1);
      const auto parts = components(target);
      open.insert(open.begin(), parts.begin(), parts.end());
    } else {
      stack.push_back(std::move(*node));
    }
  }
  return Walk{std::move(stack.back()), std::move(missing), false};
}

Result<Tree::Walk> Tree::walk(std::string_view path) const {
  COVE_TRY(auto walk, follow(path, true));
  if (walk.blocked) return not_a_folder(walk.node.path);
  return walk;
}

Result<std::optional<Node>> Tree::find(std::string_view path, bool follow_last) const {
  COVE_TRY(auto walk, follow(path, follow_last));
  if (walk.blocked || !walk.missing.empty()) return std::nullopt;
  return std::optional(std::move(walk.node));
}

Result<std::optional<std::string>> Tree::read(std::string_view path, std::size_t max_bytes) const {
  COVE_TRY(const auto node, find(path, true));
  if (!node || !node->is_file()) return std::nullopt;
  COVE_TRY(auto text, read_file(node->host, max_bytes));
  return std::optional(std::move(text));
}

}  // namespace cove::image::dockerfile
