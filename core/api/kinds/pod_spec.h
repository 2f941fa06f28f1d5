// What all kinds that hold a pod's specification share: pods themselves and the templates of
// workloads. Private to this folder. (kubernetes.io API reference, "PodSpec".)
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/kind.h"

namespace cove::api::pods {

// ---- Defaults that depend on other fields (the others are in the tables)

// Of a specification in a pod or in a template.
void default_spec(json::object& spec);
// Of the template at `path` of an object, when it is there.
void default_template(json::object& object, Steps path);
// Of pods alone: requests from limits, host ports, service links.
void default_pod_only(json::object& spec);
// "Always" for the tag "latest" or none, else "IfNotPresent".
std::string_view default_pull_policy(std::string_view image);

// ---- Validation

// `pod`: the specification is a pod's own, not a template's.
void validate_spec(ErrorList& errors, const FieldPath& path, const json::object& spec, bool pod);
void validate_template(ErrorList& errors, const FieldPath& path, const json::object& pod_template);
// What is checked of a whole pod beside its metadata.
void validate_pod(ErrorList& errors, const json::object& pod);
// What an update through the pod itself may not change.
void validate_pod_update(ErrorList& errors, const json::object& pod, const json::object& old);
// Likewise through pods/ephemeralcontainers and pods/resize.
void validate_ephemeral_update(ErrorList& errors, const json::object& pod, const json::object& old);
void validate_resize(ErrorList& errors, const json::object& pod, const json::object& old);
void validate_pod_status_update(ErrorList& errors, const json::object& pod,
                                const json::object& old);

// Parts of validate_spec, each in a file of its own.
using Volumes = std::map<std::string, const json::object*, std::less<>>;  // by name
Volumes validate_volumes(ErrorList& errors, const FieldPath& path, const json::array* volumes);
// The names of spec.resourceClaims.
std::set<std::string, std::less<>> validate_claims(ErrorList& errors, const FieldPath& path,
                                                   const json::array* claims);
// What the checks of a container need to know of the pod around it.
struct Surroundings {
  const json::object& spec;
  const Volumes& volumes;
  const std::set<std::string, std::less<>>& claims;
  bool pod = false;  // else a template
};
// containers, initContainers and ephemeralContainers.
void validate_containers(ErrorList& errors, const FieldPath& path, const Surroundings& around);
void validate_environment(ErrorList& errors, const FieldPath& path, const json::object& container);
void validate_mounts(ErrorList& errors, const FieldPath& path, const json::object& container,
                     const Volumes& volumes);
void validate_handler(ErrorList& errors, const FieldPath& path, const json::object& handler,
                      std::int64_t grace);
void validate_probes(ErrorList& errors, const FieldPath& path, const json::object& container,
                     std::int64_t grace);
void validate_lifecycle(ErrorList& errors, const FieldPath& path, const json::object& container,
                        const Surroundings& around);
// A container's resources; `claims` may be null where none may stand.
void validate_resources(ErrorList& errors, const FieldPath& path, const json::object& resources,
                        const std::set<std::string, std::less<>>* claims);
void validate_pod_resources(ErrorList& errors, const FieldPath& path, const json::object& spec);
void validate_pod_security(ErrorList& errors, const FieldPath& path, const json::object& spec);
void validate_container_security(ErrorList& errors, const FieldPath& path,
                                 const json::object& context, const json::object& spec);
void validate_os(ErrorList& errors, const FieldPath& path, const json::object& spec);
// affinity, tolerations, topologySpreadConstraints, schedulingGates, nodeSelector.
void validate_scheduling(ErrorList& errors, const FieldPath& path, const json::object& spec);
void validate_tolerations(ErrorList& errors, const FieldPath& path, const json::array* tolerations);
void validate_dns(ErrorList& errors, const FieldPath& path, const json::object& spec);
// A field or resource of the pod for a variable or a file. `fields`: the paths there are;
// `volume`: the container must be named.
void validate_field_ref(ErrorList& errors, const FieldPath& path, const json::object& reference,
                        const std::vector<std::string>& fields);
void validate_resource_field_ref(ErrorList& errors, const FieldPath& path,
                                 const json::object& reference, bool volume);
// A path below a directory: relative, without "..".
void validate_descending_path(ErrorList& errors, const FieldPath& path, std::string_view value);
void validate_no_backsteps(ErrorList& errors, const FieldPath& path, std::string_view value);

// ---- Warnings

// `path`: that of the template ("spec.template"), or empty for a pod.
std::vector<std::string> warnings(const json::object& pod_or_template, const FieldPath& path);
// Of a workload whose template is at `path`: of a new one, and of one whose template changed.
std::vector<std::string> template_warnings(const json::object& object, const json::object* old,
                                           Steps path);
// Of a name that pods' host names are made of and that is no DNS label. `use`: what it becomes.
void warn_of_name(std::vector<std::string>& texts, const json::object& object,
                  std::string_view use);

// ---- What a pod is

// Guaranteed, Burstable or BestEffort.
std::string_view qos_class(const json::object& spec);
// What `kubectl get pods` says of a pod's containers together.
struct Summary {
  std::string reason;  // STATUS
  std::size_t total = 0;
  std::size_t ready = 0;
  std::int64_t restarts = 0;
  std::string last_restart;  // RFC 3339, so that later texts are later times; empty: none is known
};
Summary summarize(const json::object& pod);
// RESTARTS: "5 (3m ago)".
std::string restarts_text(const Summary& summary, WallTime now);
// The first address; empty while it has none.
std::string_view address_of(const json::object& pod);
// One row of `kubectl get pods`.
json::array cells(const json::object& pod, WallTime now);

// Visits the containers of the lists named, in order, with their paths.
template <typename Visit>
void each_container(const json::object& spec, std::initializer_list<std::string_view> lists,
                    const FieldPath& path, Visit&& visit) {
  for (const std::string_view list : lists) {
    const json::array* const containers = array_at(spec, {list});
    if (containers == nullptr) continue;
    for (std::size_t i = 0; i < containers->size(); ++i) {
      if (const json::object* const container = (*containers)[i].if_object()) {
        visit(*container, (path / list).index(i));
      }
    }
  }
}

}  // namespace cove::api::pods
