// Unpacking one tar below a folder: what the confined child does, and the fuzzer without one.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/image/layer_store.h"

namespace cove::image {

struct UnpackOptions {
  UnpackLimits limits = {};
  bool layer = true;        // whiteouts mean something, and folders that are missing are told
  bool privileged = false;  // owners, devices and trusted.* attributes are set; else left out
  bool keep_owner = true;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> owner = std::nullopt;
  std::optional<std::uint32_t> file_mode = std::nullopt;
  bool no_overwrite_dir_non_dir = false;
  std::string into = {};  // a folder below the root, which must exist
};

struct UnpackCounts {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // of regular files
  // Folders that entries needed and the archive does not have, made 0755.
  std::set<std::string> implicit = {};
};

// The plain archive, piece by piece; valid until the next call; "" at the end.
using PlainSource = std::function<Result<std::string_view>()>;
// A regular file of a parent layer, for hard links to what this one does not have: its open
// descriptor, or none.
using FindLower = std::function<Fd(const std::string& path)>;

// `root` may be O_PATH. Errors name the entry. What was unpacked until an error stays.
Result<UnpackCounts> unpack_tar(int root, const UnpackOptions& options, const PlainSource& source,
                                const FindLower& find_lower);

}  // namespace cove::image
