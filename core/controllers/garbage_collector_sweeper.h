// Sweeper: decides by the API itself, never by a copy, whether an object has to go because its
// owners have, and carries it out (kubernetes.io "Garbage Collection").
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "core/client/work_queue.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/discovered_resources.h"
#include "core/controllers/garbage_collector_graph.h"

namespace cove::controllers {

namespace json = boost::json;

// On the executor of `metadata`.
class Sweeper {
 public:
  using Done = client::Controller::Done;
  struct Parts {
    client::Transport& metadata;  // answers with metadata alone
    OwnerGraph& graph;
    std::function<std::shared_ptr<const DiscoveredResources>()> resources;
    std::function<void()> refresh;  // resources(), which lack a kind
    std::function<void(const std::string& uid)> check_soon;
    // An object without a namespace names an owner that has one.
    std::function<void(const OwnerGraph::Node& node, const OwnerReference& owner)> wrong_namespace;
  };
  explicit Sweeper(Parts parts) : parts_(std::move(parts)) {}

  // An object whose owners are all gone is deleted; references to some that are gone are taken out;
  // one that waits for its dependents goes on when none blocks it any more.
  void check(const std::string& uid, Done done);
  // Takes the references to this object out of all its dependents, and then its finalizer off it.
  void orphan(const std::string& uid, Done done);
  // That object is gone for good; remembered for a while, so that its dependents need not ask.
  void gone(const std::string& uid);

 private:
  class Attempt;
  struct Target {
    client::Resource resource;
    std::string namespace_name, name, uid;
  };
  using Change = std::function<std::optional<json::object>(const json::object& object)>;

  static Target target_of(const OwnerGraph::Node& node);
  client::ResourceClient client(const client::Resource& resource,
                                const std::string& namespace_name) const;
  void wait_for_dependents(const OwnerGraph::Node& node, Done done);
  // Reads the object and merges what `change` says into its metadata; an object that is gone, or
  // another one by now, is left alone.
  void change_metadata(const Target& target, Change change, Done done);
  void remove_finalizer(const Target& target, std::string_view finalizer, Done done);

  const Parts parts_;
  // What is known to be gone, the oldest first; at most kRemembered.
  std::set<std::string, std::less<>> absent_;
  std::deque<std::string> absent_order_;
  const CallbackGuard guard_;
};

}  // namespace cove::controllers
