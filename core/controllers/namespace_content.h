// NamespaceContent: empties a namespace that is being deleted (kubernetes.io "Namespaces").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/controllers/discovered_resources.h"

namespace cove::controllers {

// What a pass over all resources found.
struct NamespaceRemains {
  std::vector<std::string> discovery_failures;  // groups that may hold more
  std::vector<std::string> errors;              // of deletions
  std::map<std::string, std::size_t> objects;   // by "pods." or "deployments.apps"
  std::map<std::string, std::size_t> finalizers;
  // How long what remains may take to go; 0: nothing remains.
  std::chrono::seconds estimate{0};

  bool empty() const { return errors.empty() && estimate.count() == 0; }
};

// The namespace's status.conditions after such a pass; false when they were so already.
bool set_deletion_conditions(boost::json::object& name_space, const NamespaceRemains& remains,
                             WallTime now);

// Deletes everything in the namespace: pods first, and nothing else before they are gone. Of each
// resource in one request. `done` runs on the executor; `transport` must outlive it.
void delete_content(client::Transport& transport, std::string name_space, WallTime deleted_at,
                    WallTime now, std::function<void(NamespaceRemains)> done);

}  // namespace cove::controllers
