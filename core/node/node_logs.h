// NodeLogs: the node's log folder, as the kubelet shows /var/log: what programs of the node write,
// and in `pods` what containers do. There are folders and ordinary files alone: links are not
// followed, devices, pipes and sockets not opened, and no path leads out of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::node {

class NodeLogs {
 public:
  struct Page {
    bool folder = false;
    std::vector<std::string> names;  // of a folder, sorted; those of folders end with '/'
    Fd file;                         // otherwise, at its beginning
    std::uint64_t bytes = 0;         // of it, now
  };

  // `own` may be empty: the node keeps no logs but its pods'.
  NodeLogs(Path own, Path pods) : own_(std::move(own)), pods_(std::move(pods)) {}

  // Blocks. `path` is relative; "" is the folder itself. kNotFound: it is not there, or is nothing
  // that is shown.
  Result<Page> open(const std::string& path) const;

 private:
  const Path own_, pods_;
};

}  // namespace cove::node
