#include "core/server/admission/plugins.h"

namespace cove::server {

// In the order in which they look at a write: upstream's.
std::vector<std::unique_ptr<AdmissionPlugin>> admission_plugins() {
  std::vector<std::unique_ptr<AdmissionPlugin>> all;
  all.push_back(namespace_lifecycle());
  all.push_back(limit_ranger());
  all.push_back(service_account());
  all.push_back(node_restriction());
  all.push_back(taint_nodes());
  all.push_back(pod_security());
  all.push_back(priority());
  all.push_back(pod_tolerations());
  all.push_back(storage_protection());
  all.push_back(default_classes());
  all.push_back(runtime_class());
  all.push_back(certificate_subjects());
  all.push_back(rbac_escalation());
  all.push_back(resource_quota());
  return all;
}

}  // namespace cove::server
