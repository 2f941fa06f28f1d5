#include "core/api/kind.h"

#include <algorithm>

namespace cove::api {

bool Kind::has_status() const {
  return subresource("status") != nullptr;
}

const Subresource* Kind::subresource(std::string_view name) const {
  const auto found = std::ranges::find(subresources, name, &Subresource::name);
  return found == subresources.end() ? nullptr : &*found;
}

}  // namespace cove::api
