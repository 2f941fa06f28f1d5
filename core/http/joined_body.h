// JoinedBody: a whole body made of parts that others share, so that a list of ten thousand objects
// costs their pointers and not a copy of their bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace cove::http {

// Sent as `before`, the parts with a comma between each two, `after`. Immutable once it is in an
// answer.
struct JoinedBody {
  std::string before;
  std::vector<std::shared_ptr<const std::string>> parts = {};  // none of them null
  std::string after;

  std::size_t size() const;
  std::string text() const;
};

}  // namespace cove::http
