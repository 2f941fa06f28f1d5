// The file that says which images there are: DIR/images.json.
#pragma once

#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/image/digest.h"
#include "core/image/reference.h"

namespace cove::image {

struct ImageRecord {
  Digest id, manifest;
  std::vector<Reference> tags, digests;
  Digest parent;
  WallTime tagged_at{};
};

// An absent file is no images; one that is not what write_records() writes is kCorrupt.
Result<std::vector<ImageRecord>> read_records(const Path& directory);
Result<void> write_records(const Path& directory, const std::vector<ImageRecord>& records);

}  // namespace cove::image
