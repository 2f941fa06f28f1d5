// Admission: what may still change or refuse a write once it is authorized and decoded
// (kubernetes.io "Admission Control in Kubernetes"). On the state thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/kind.h"
#include "core/api/object.h"
#include "core/api/registry.h"
#include "core/server/refusal.h"
#include "core/server/request.h"
#include "core/server/storage.h"

namespace cove::server {

enum class Operation { kCreate, kUpdate, kDelete, kConnect };

// `kind` is the kind that is stored (or the subresource's parent); `object` is the new document in
// its form, or the subresource's body (a Binding, an Eviction); null on deletes.
struct AdmissionRequest {
  Operation operation = Operation::kCreate;
  const api::Kind& kind;
  std::string_view subresource;
  std::string_view namespace_name;
  std::string_view name;  // may be empty on a create with generateName
  const User& user;
  json::object* object = nullptr;
  const json::object* old = nullptr;
  bool dry_run = false;
  WallTime now;
  std::vector<std::string>& warnings;
  std::vector<SideWrite>& also;  // written with the object, once nobody refuses it
};

// What plugins may look at.
class ClusterState {
 public:
  virtual ~ClusterState() = default;
  // The newest state of an object, null when it is not there. `kind` by its resource.
  virtual api::ObjectPtr object(std::string_view group, std::string_view plural,
                                std::string_view namespace_name, std::string_view name) const = 0;
  // All objects of a resource, of one namespace unless that is empty; committed state.
  virtual std::vector<api::ObjectPtr> objects(std::string_view group, std::string_view plural,
                                              std::string_view namespace_name) const = 0;
};

class AdmissionPlugin {
 public:
  virtual ~AdmissionPlugin() = default;
  virtual std::string_view name() const = 0;
  // May change `request.object`. Before validation.
  virtual Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) {
    (void)request;
    (void)state;
    return {};
  }
  // After validation; changes nothing.
  virtual Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) {
    (void)request;
    (void)state;
    return {};
  }
};

// All plugins in their order, each one file in core/server/admission and one line here.
std::vector<std::unique_ptr<AdmissionPlugin>> admission_plugins();

}  // namespace cove::server
