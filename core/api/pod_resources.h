// What a pod asks for and may use at most (kubernetes.io "Resource Management for Pods and
// Containers", "Sidecar Containers", "Pod Overhead"). Pure functions of documents.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/api/each.h"
#include "core/api/quantity.h"

namespace cove::api {

// By resource: "cpu", "memory".
using Amounts = std::map<std::string, Quantity, std::less<>>;

// A map of quantities in a document; what is none is left out.
Amounts amounts_at(const json::object& object, Steps path);
void add(Amounts& all, const Amounts& more);
// At least as much of each.
void raise(Amounts& all, const Amounts& least);

// "requests" or "limits" of the whole pod: of its containers together, or what the pod says itself;
// with its overhead, which is added to those limits only that there are.
Amounts pod_resources(const json::object& pod, std::string_view part);

// An init container that goes on beside the others.
inline bool is_sidecar(const json::object& init_container) {
  return text_at(init_container, {"restartPolicy"}) == "Always";
}

// The most that the containers of a pod take at one time, as init containers run one after the
// other. `take(container, initial)` is what one of them takes: a Total, for which there are add()
// and raise().
template <class Total, class Take>
Total containers_together(const json::object& pod, const Take& take) {
  Total total, sidecars, most;
  each_object(pod, {"spec", "containers"},
              [&](const json::object& container) { add(total, take(container, false)); });
  each_object(pod, {"spec", "initContainers"}, [&](const json::object& container) {
    Total own = take(container, true);
    if (is_sidecar(container)) {
      add(sidecars, own);
      raise(most, sidecars);
    } else {
      add(own, sidecars);
      raise(most, own);
    }
  });
  add(total, sidecars);
  raise(total, most);
  return total;
}

}  // namespace cove::api
