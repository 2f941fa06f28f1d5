// What layers on top of each other show, without mounting them: whiteouts and opaque folders count.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"

namespace cove::image {

// Not thread-safe. Folders that are missing are left out.
class LowerView {
 public:
  explicit LowerView(const std::vector<Path>& topmost_first);

  struct Found {
    struct stat status {};
    std::size_t layer = 0;
  };
  // A path as the archive has it ("etc/hosts"); its symbolic links are not followed.
  std::optional<Found> find(const std::string& path) const;
  // Opens what find() finds; none when it is not there or a symbolic link.
  Fd open(const std::string& path, int flags) const;
  // The names in a folder, through all layers.
  std::set<std::string> names(const std::string& folder) const;

 private:
  // What a layer says about a path: it has it, it hides what is below, or it says nothing.
  enum class Says { kHas, kHides, kNothing };
  Says ask(int layer, const std::string& path, struct stat& status) const;

  std::vector<Fd> layers_;
};

}  // namespace cove::image
