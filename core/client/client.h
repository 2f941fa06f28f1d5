// ResourceClient: the verbs of one resource over documents (kubernetes.io "Kubernetes API
// Concepts").
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "core/client/transport.h"

namespace cove::client {

struct Resource {
  std::string group;  // "" is the core group
  std::string version;
  std::string plural;

  auto operator<=>(const Resource&) const = default;
};

struct ListOptions {
  std::string label_selector = {};
  std::string field_selector = {};
  int limit = 0;  // 0: everything in one answer
  std::string continue_token = {};
  std::string resource_version = {};
  std::string resource_version_match = {};
};

struct WatchOptions {
  std::string label_selector = {};
  std::string field_selector = {};
  std::string resource_version = {};
  bool bookmarks = true;
  bool send_initial_events = false;
  std::chrono::seconds timeout{0};  // after which the server ends it; 0: the server's own
};

struct WriteOptions {
  std::string field_manager = {};
  std::string field_validation = {};  // "Strict", "Warn", "Ignore"
  bool dry_run = false;
  std::string subresource = {};  // "status", "scale", "eviction", "binding" ...
};

enum class PatchType { kJson, kMerge, kStrategicMerge, kApply };

struct PatchOptions {
  std::string field_manager = {};  // kApply needs one
  bool force = false;              // of kApply: take fields from other managers
  bool dry_run = false;
  std::string subresource = {};
};

struct DeleteOptions {
  std::string propagation = {};  // "Background", "Foreground", "Orphan"; empty: the kind's own
  std::optional<std::int64_t> grace_seconds = std::nullopt;
  std::string uid = {};               // precondition
  std::string resource_version = {};  // precondition
  bool dry_run = false;
};

// A cheap value; thread-safe. `transport` must outlive it and the operations it starts. Callbacks
// as Transport's. Where the result is an object, one of another shape is an error of code 0.
class ResourceClient {
 public:
  using ObjectDone = std::function<void(ApiResult<api::ObjectPtr>)>;
  using ListDone = std::function<void(ApiResult<std::shared_ptr<const ObjectList>>)>;
  using Done = std::function<void(ApiResult<void>)>;

  // `namespace_name` empty: of all namespaces, or a resource without.
  ResourceClient(Transport& transport, Resource resource, std::string namespace_name = {})
      : transport_(&transport),
        resource_(std::move(resource)),
        namespace_(std::move(namespace_name)) {}

  [[nodiscard]] Operation get(std::string_view name, ObjectDone done,
                              std::string_view subresource = {}) const;
  [[nodiscard]] Operation list(const ListOptions& options, ListDone done) const;
  [[nodiscard]] Operation watch(const WatchOptions& options, WatchCallbacks callbacks) const;
  // `name` is the parent's when options.subresource is set, and unused otherwise.
  [[nodiscard]] Operation create(const boost::json::object& object, const WriteOptions& options,
                                 ObjectDone done, std::string_view name = {}) const;
  // The name is the object's.
  [[nodiscard]] Operation update(const boost::json::object& object, const WriteOptions& options,
                                 ObjectDone done) const;
  [[nodiscard]] Operation update_status(const boost::json::object& object, WriteOptions options,
                                        ObjectDone done) const;
  [[nodiscard]] Operation patch(std::string_view name, PatchType type,
                                const boost::json::value& patch, const PatchOptions& options,
                                ObjectDone done) const;
  [[nodiscard]] Operation remove(std::string_view name, const DeleteOptions& options,
                                 Done done) const;
  [[nodiscard]] Operation remove_collection(const DeleteOptions& options, const ListOptions& which,
                                            Done done) const;

  // Reads the object, lets `change` change it and writes it, again on a conflict with what is there
  // by then, at most 5 times. `change` returns false when nothing is to be written; the object read
  // is then the result. It runs on the executor, perhaps several times.
  using Change = std::function<bool(boost::json::object& object)>;
  [[nodiscard]] Operation update_with_retry(std::string_view name, Change change,
                                            const WriteOptions& options, ObjectDone done) const;

  // "/apis/apps/v1/namespaces/a/deployments/b/status"
  std::string path(std::string_view name = {}, std::string_view subresource = {}) const;
  const Resource& resource() const { return resource_; }
  const std::string& namespace_name() const { return namespace_; }

 private:
  Operation send_for_object(ApiRequest request, ObjectDone done) const;
  Operation send_for_nothing(ApiRequest request, Done done) const;

  Transport* transport_;
  Resource resource_;
  std::string namespace_;
};

}  // namespace cove::client
