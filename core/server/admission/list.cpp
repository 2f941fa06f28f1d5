#include "core/server/admission/plugins.h"

namespace cove::server {

// In the order in which they look at a write.
std::vector<std::unique_ptr<AdmissionPlugin>> admission_plugins() {
  std::vector<std::unique_ptr<AdmissionPlugin>> all;
  all.push_back(namespace_lifecycle());
  return all;
}

}  // namespace cove::server
