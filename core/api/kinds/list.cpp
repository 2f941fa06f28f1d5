#include "core/api/kinds/kinds.h"

namespace cove::api {

std::vector<MakeKinds> builtin_kinds() {
  return {};
}

}  // namespace cove::api
