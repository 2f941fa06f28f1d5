// A build's files as they look together: layers one over the other, without mounting them. Symbolic
// links are followed inside the tree alone, whatever they say.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::image::dockerfile {

struct Node {
  std::string path;           // "/usr/bin", without links; "/" is the root
  struct stat status = {};    // of the topmost layer that has it
  Path host;                  // there
  std::vector<Path> folders;  // of a folder: in all layers that add to it, topmost first

  bool is_folder() const { return S_ISDIR(status.st_mode); }
  bool is_file() const { return S_ISREG(status.st_mode); }
  bool is_link() const { return S_ISLNK(status.st_mode); }
};

// Keeps nothing: every call looks at the disk. Safe as long as nobody changes the layers meanwhile,
// which holds for layers of a store and for folders of a build alone. overlayfs' rules: whiteouts
// (character device 0:0) and opaque folders (trusted.overlay.opaque; user.overlay.opaque when
// this process is not root).
class Tree {
 public:
  static constexpr unsigned kMaxLinks = 255;
  static constexpr std::size_t kMaxFolderEntries = 1'000'000;

  explicit Tree(std::vector<Path> layers) : layers_(std::move(layers)) {}  // topmost first
  // Paths ("/Dockerfile") that are not seen.
  void hide(const std::string& path) { hidden_.insert(path); }

  // Nothing when there is no such thing; an error for a loop of links or an unreadable disk.
  Result<std::optional<Node>> find(std::string_view path, bool follow) const;

  struct Walk {
    Node node;                         // the deepest that exists
    std::vector<std::string> missing;  // what would have to be made below it
    bool blocked = false;              // the path goes on below a node that is no folder
  };
  // Where a path leads, links followed, the last one too. kInvalidArgument when it goes through
  // something that is no folder.
  Result<Walk> walk(std::string_view path) const;

  // Sorted by name; only of a folder.
  Result<std::vector<Node>> list(const Node& folder) const;
  Result<std::optional<Node>> child(const Node& folder, std::string_view name) const;
  Result<Node> root() const;
  Result<std::string> link_target(const Node& link) const;
  // A small file; nothing when there is none.
  Result<std::optional<std::string>> read(std::string_view path, std::size_t max_bytes) const;

 private:
  Result<Walk> follow(std::string_view path, bool follow_last) const;

  std::vector<Path> layers_;
  std::set<std::string, std::less<>> hidden_;
};

}  // namespace cove::image::dockerfile
