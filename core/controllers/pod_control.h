// What controllers that own pods have in common (ReplicaSet, ReplicationController, StatefulSet,
// DaemonSet, Job).
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/api/pods.h"
#include "core/api/readers.h"
#include "core/api/selector.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/control_loop.h"

namespace cove::controllers {

namespace json = boost::json;

// --- Reading pods.
// Ready for `min_ready_seconds` at least.
bool is_pod_available(const api::Object& pod, std::int64_t min_ready_seconds, WallTime now);
// How long until a pod that is ready becomes available by time alone; nothing when it is available
// or not ready.
std::optional<std::chrono::nanoseconds> time_to_available(const api::Object& pod,
                                                          std::int64_t min_ready_seconds,
                                                          WallTime now);

// --- Owning.
bool is_controlled_by(const api::Object& object, const api::Object& owner);
// With controller and blockOwnerDeletion set.
json::object controller_reference(const api::Object& owner);

// Finds objects without a controller by their labels, for owned_or_orphaned().
void add_orphan_index(client::Informer& informer);
// What may be `owner`'s: what it controls, and what nobody controls in its namespace and its
// spec.selector may choose. In order of keys each. Costs nothing for objects of others.
std::vector<api::ObjectPtr> owned_or_orphaned(const client::Informer& informer,
                                              const api::Object& owner);

// What an object that has all labels of a selector is found by: "namespace/key=value" of the one
// label that tells most, or "namespace/" when the selector names no label with its value.
// `selector` is a LabelSelector or plain labels.
std::string telling_label(std::string_view namespace_name, const json::object* selector);
// Everything that telling_label() may give for selectors that choose an object with these labels.
std::vector<std::string> told_labels(std::string_view namespace_name, const json::object* labels);

// A pod as a template says it, owned by `owner`: labels, annotations, finalizers and spec are the
// template's. Its name is generated from the owner's ("web-7d4-"), or `name`.
json::object pod_from_template(const json::object& pod_template, const api::Object& owner,
                               std::string_view name = {});

// What a controller has asked for and not yet seen in its informer, by the owner's key: while there
// is any, its copy is behind and creates or deletes would be repeated. Given up after five minutes,
// as answers can be lost. On the executor.
class Expectations {
 public:
  explicit Expectations(const Clock& clock) : clock_(clock) {}
  // What an owner's earlier ones became does not count any more once they are satisfied.
  void expect_creations(const std::string& owner, int count);
  void expect_deletions(const std::string& owner, const std::vector<std::string>& pod_uids);
  void saw_creation(const std::string& owner);
  void saw_deletion(const std::string& owner, std::string_view pod_uid);
  bool satisfied(const std::string& owner) const;
  void forget(const std::string& owner);

 private:
  struct Expected {
    bool fulfilled() const { return creations <= 0 && deletions.empty(); }
    int creations = 0;
    std::set<std::string, std::less<>> deletions;
    SteadyTime since{};
  };
  bool counts(const Expected& expected) const;
  Expected& current(const std::string& owner);

  const Clock& clock_;
  std::map<std::string, Expected> expected_;
};

// Creates and deletes for a controller, with the events that people know from `kubectl describe`
// ("Created pod: web-7d4-x2x9z"). Nothing is told any more once it is destroyed; what was asked for
// goes on.
class PodControl {
 public:
  using Done = std::function<void(client::ApiResult<api::ObjectPtr>)>;
  using Removed = std::function<void(client::ApiResult<void>)>;
  // Both outlive it.
  PodControl(client::Transport& transport, client::EventRecorder& events)
      : transport_(transport), events_(events) {}

  void create(const json::object& pod, const api::ObjectPtr& owner, Done done);
  // A pod that is not there any more counts as removed.
  void remove(const api::ObjectPtr& pod, const api::ObjectPtr& owner, Removed done);
  // A strategic merge by the server of metadata: ownerReferences, labels, finalizers (one is taken
  // off by "$deleteFromPrimitiveList/finalizers").
  void patch(const api::ObjectPtr& pod, const json::object& patch, Done done);

 private:
  client::Transport& transport_;
  client::EventRecorder& events_;
  const CallbackGuard guard_;
};

// Makes `count` things by calling make(i, done) in batches of 1, 2, 4 …; stops beginning new ones
// after a failure, so that a quota is not run against a thousand times. A batch begins when the one
// before has been answered, or, with an `executor`, has been under way for half a millisecond: a
// refusal comes at once, only success waits for the disk. `done` gets the number that were made and
// the first error, once all that were begun are answered (at once when `make` answers at once).
void in_slow_start(
    int count,
    std::function<void(int index, std::function<void(client::ApiResult<void>)> done)> make,
    std::function<void(int made, std::optional<client::ApiError> first)> done,
    Executor* executor = nullptr);

// Claims those objects for `owner` that its selector chooses: adopts orphans that match, releases
// those it owns that do not match any more. `claimed` gets those it owns afterwards in the order of
// the candidates, at once when there is nothing to write; the first error when a write failed. The
// owner is read freshly before the first adoption so that one that was replaced adopts nothing.
class ControllerRefs {
 public:
  using Claimed = std::function<void(client::ApiResult<std::vector<api::ObjectPtr>>)>;
  // `transport` outlives it. `finalizers` are put on what is adopted and taken off what is
  // released.
  ControllerRefs(client::Transport& transport, client::Resource owner_resource,
                 client::Resource owned_resource, std::vector<std::string> finalizers = {})
      : transport_(transport),
        owner_resource_(std::move(owner_resource)),
        owned_resource_(std::move(owned_resource)),
        finalizers_(std::move(finalizers)) {}
  void claim(const api::ObjectPtr& owner, const api::LabelSelector& selector,
             const std::vector<api::ObjectPtr>& candidates, Claimed claimed) const;

 private:
  client::Transport& transport_;
  client::Resource owner_resource_, owned_resource_;
  std::vector<std::string> finalizers_;
};

}  // namespace cove::controllers
