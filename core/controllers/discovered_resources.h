// DiscoveredResources: which resources the API serves now, custom ones included (kubernetes.io "The
// Kubernetes API", aggregated discovery).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/client.h"

namespace cove::controllers {

struct DiscoveredResource {
  client::Resource resource;
  std::string kind = {};
  bool namespaced = false;
  std::vector<std::string> verbs = {};

  bool can(std::string_view verb) const;
  std::string api_version() const;
};

// A value; immutable once it is made.
class DiscoveredResources {
 public:
  // Each resource once, in its group's preferred version. What shows the objects of another group
  // ("extensions", "events.k8s.io") is left out: every object is met once.
  const std::vector<DiscoveredResource>& preferred() const { return preferred_; }
  // The resource of a kind in the version that is named; null when it is not served.
  const DiscoveredResource* of_kind(std::string_view api_version, std::string_view kind) const;
  // What of it could not be found out: "metrics.k8s.io/v1beta1: stale …".
  const std::vector<std::string>& failures() const { return failures_; }

  // From the documents of /api and /apis.
  static std::shared_ptr<const DiscoveredResources> from_lists(
      const std::vector<std::shared_ptr<const client::ObjectList>>& lists);

 private:
  void add_group(const boost::json::object& group);

  std::vector<DiscoveredResource> preferred_;
  std::map<std::string, DiscoveredResource, std::less<>> kinds_;  // "apps/v1 Deployment"
  std::vector<std::string> failures_;
};

// Reads them. `transport` must outlive the answer; `done` runs on its executor.
void discover(
    client::Transport& transport,
    std::function<void(client::ApiResult<std::shared_ptr<const DiscoveredResources>>)> done);

}  // namespace cove::controllers
