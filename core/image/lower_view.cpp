#include "core/image/lower_view.h"

#include <fcntl.h>

#include "core/base/strings.h"
#include "core/image/rooted.h"

namespace cove::image {

LowerView::LowerView(const std::vector<Path>& topmost_first) {
  for (const Path& path : topmost_first) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd) layers_.push_back(std::move(fd));
  }
}

LowerView::Says LowerView::ask(int layer, const std::string& path, struct stat& status) const {
  Fd above;
  int folder = layer;
  bool opaque = false;
  const auto components = split(path, '/');
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::string& name = components[i];
    // Paths come from the confined child, which may be in a stranger's hands.
    if (name.empty() || name == "." || name == "..") return Says::kHides;
    opaque = opaque || is_opaque(folder);
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return opaque ? Says::kHides : Says::kNothing;
    if (is_whiteout(status)) return Says::kHides;
    if (i + 1 == components.size()) return Says::kHas;
    if (!S_ISDIR(status.st_mode)) return Says::kHides;
    Fd next(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return Says::kHides;
    above = std::move(next);
    folder = above.get();
  }
  return Says::kNothing;
}

std::optional<LowerView::Found> LowerView::find(const std::string& path) const {
  if (path.empty()) return std::nullopt;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Found found;
    found.layer = i;
    const Says says = ask(layers_[i].get(), path, found.status);
    if (says == Says::kHas) return found;
    if (says == Says::kHides) return std::nullopt;
  }
  return std::nullopt;
}

Fd LowerView::open(const std::string& path, int flags) const {
  const auto found = find(path);
  if (!found) return Fd();
  return open_below(layers_[found->layer].get(), path, flags | O_NOFOLLOW);
}

std::set<std::string> LowerView::names(const std::string& folder) const {
  std::set<std::string> shown;
  std::set<std::string> hidden;
  for (const Fd& layer : layers_) {
    Fd opened;
    if (!folder.empty()) {
      struct stat status {};
      const Says says = ask(layer.get(), folder, status);
      if (says == Says::kNothing) continue;
      if (says == Says::kHides || !S_ISDIR(status.st_mode)) break;
    }
    opened = open_below(layer.get(), folder, O_RDONLY | O_DIRECTORY);
    if (!opened) break;
    const auto names = folder_names(opened.get());
    if (!names) break;
    for (const std::string& name : *names) {
      struct stat status {};
      if (hidden.contains(name) || shown.contains(name) ||
          ::fstatat(opened.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;
      }
      (is_whiteout(status) ? hidden : shown).insert(name);
    }
    if (is_opaque(opened.get())) break;
  }
  return shown;
}

}  // namespace cove::image
