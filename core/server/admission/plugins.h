// The admission plugins, one function per file of this folder. Private to this room.
#pragma once

#include <memory>

#include "core/server/admission.h"

namespace cove::server {

std::unique_ptr<AdmissionPlugin> certificate_subjects();
std::unique_ptr<AdmissionPlugin> default_classes();
std::unique_ptr<AdmissionPlugin> limit_ranger();
std::unique_ptr<AdmissionPlugin> namespace_lifecycle();
std::unique_ptr<AdmissionPlugin> node_restriction();
std::unique_ptr<AdmissionPlugin> pod_security();
std::unique_ptr<AdmissionPlugin> pod_tolerations();
std::unique_ptr<AdmissionPlugin> priority();
std::unique_ptr<AdmissionPlugin> rbac_escalation();
std::unique_ptr<AdmissionPlugin> resource_quota();
std::unique_ptr<AdmissionPlugin> runtime_class();
std::unique_ptr<AdmissionPlugin> service_account();
std::unique_ptr<AdmissionPlugin> storage_protection();
std::unique_ptr<AdmissionPlugin> taint_nodes();

// Whether the request is about the main resource of that kind.
inline bool is_about(const AdmissionRequest& request, std::string_view group,
                     std::string_view plural) {
  return request.kind.plural == plural && request.kind.gvk.group == group &&
         request.subresource.empty();
}

}  // namespace cove::server
