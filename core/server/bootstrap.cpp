#include "core/server/bootstrap.h"

#include <fmt/format.h>

#include "core/api/decode.h"
#include "core/api/time.h"
#include "core/base/strings.h"
#include "core/server/call.h"

namespace cove::server {
namespace {

constexpr std::chrono::seconds kHeartbeat{300};
constexpr std::chrono::seconds kLeaseRenewal{10};
constexpr int kLeaseSeconds = 40;
constexpr const char* kLeaseNamespace = "kube-node-lease";

Result<std::shared_ptr<const api::Kind>> kind_of(const api::Registry& registry,
                                                 const json::object& document) {
  const std::string version(api::text_at(document, {"apiVersion"}));
  const std::size_t slash = version.find('/');
  api::GroupVersionKind gvk;
  gvk.group = slash == std::string::npos ? "" : version.substr(0, slash);
  gvk.version = slash == std::string::npos ? version : version.substr(slash + 1);
  gvk.kind = api::text_at(document, {"kind"});
  auto kind = registry.kind(gvk);
  if (kind) return kind;
  return Error{ErrorCode::kInternal, "make", gvk.kind, "the kind is not served", ""};
}

// As a create through the API would leave it.
json::object prepared(const api::Kind& kind, json::object document, WallTime now) {
  json::object& metadata = api::make_object_at(document, {"metadata"});
  metadata["uid"] = random_uuid();
  metadata["creationTimestamp"] = rfc3339(now);
  if (kind.tracks_generation) metadata["generation"] = 1;
  json::object result = canonical(kind, std::move(document));
  api::apply_defaults(*kind.schema, result);
  if (kind.rules.set_defaults) kind.rules.set_defaults(result);
  if (kind.rules.prepare_create) kind.rules.prepare_create(result, {now, "system:apiserver"});
  return result;
}

struct Pending {
  std::size_t waiting = 1;  // one for the loop that submits
  Result<void> result = {};
  std::function<void(Result<void>)> done;

  void arrived(Result<void> one) {
    if (!one && result) result = one.error();
    if (--waiting == 0) done(result);
  }
};

}  // namespace

std::vector<json::object> system_namespaces() {
  std::vector<json::object> all;
  for (const char* const name : {"default", "kube-node-lease", "kube-public", "kube-system"}) {
    all.push_back(json::object{
        {"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", json::object{{"name", name}}}});
  }
  return all;
}

void ensure_objects(Storage& storage, const api::Registry& registry,
                    std::vector<json::object> objects, WallTime now,
                    std::function<void(Result<void>)> done, const Reconcile& reconcile) {
  const auto pending = std::make_shared<Pending>();
  pending->done = std::move(done);
  for (json::object& object : objects) {
    auto kind = kind_of(registry, object);
    if (!kind) {
      pending->result = kind.error();
      continue;
    }
    const std::string key = storage_key(**kind, api::text_at(object, {"metadata", "namespace"}),
                                        api::text_at(object, {"metadata", "name"}));
    const auto written = [pending](Result<api::ObjectPtr> result) {
      const bool fine = result || result.error().code == ErrorCode::kAlreadyExists;
      pending->arrived(fine ? Result<void>() : Result<void>(result.error()));
    };
    const api::ObjectPtr old = storage.newest(key);
    if (!old) {
      ++pending->waiting;
      storage.write(key, prepared(**kind, std::move(object), now), 0, written);
    } else if (reconcile) {
      json::object next = old->document();
      if (!reconcile(next, object)) continue;
      ++pending->waiting;
      storage.write(key, std::move(next), revision_of(*old), written);
    }
  }
  pending->arrived({});
}

OwnNode::OwnNode(Storage& storage, const api::Registry& registry, Executor& executor,
                 const Clock& clock, Logger& logger, NodeFacts facts)
    : storage_(storage),
      registry_(registry),
      executor_(executor),
      clock_(clock),
      logger_(logger),
      facts_(std::move(facts)),
      self_(std::make_shared<OwnNode*>(this)) {}

OwnNode::~OwnNode() {
  *self_ = nullptr;
}

void OwnNode::start(std::function<void(Result<void>)> done) {
  put_node(std::move(done));
  renew_lease();
  schedule(kHeartbeat, &OwnNode::heartbeat);
  schedule(kLeaseRenewal, &OwnNode::renew_lease);
}

void OwnNode::hand_over() {
  *self_ = nullptr;
  self_ = std::make_shared<OwnNode*>(this);
}

void OwnNode::schedule(std::chrono::seconds interval, void (OwnNode::*action)()) {
  executor_.after(interval, [self = self_, interval, action] {
    if (*self == nullptr) return;
    ((*self)->*action)();
    (*self)->schedule(interval, action);
  });
}

void OwnNode::heartbeat() {
  put_node([this](Result<void> written) {
    if (!written) logger_.error(written.error().message());
  });
}

void OwnNode::put_node(std::function<void(Result<void>)> done) {
  const auto kind = registry_.resource("", "v1", "nodes");
  const std::string key = storage_key(*kind, "", facts_.name);
  json::object node = make_node(facts_, clock_.wall());
  const api::ObjectPtr old = storage_.newest(key);
  const auto finished = [done](Result<api::ObjectPtr> written) {
    done(written ? Result<void>() : Result<void>(written.error()));
  };
  if (!old)
    return storage_.write(key, prepared(*kind, std::move(node), clock_.wall()), 0, finished);
  // Labels and annotations that are the agent's are set, others and the spec are the cluster's.
  json::object next = old->document();
  for (const char* const part : {"labels", "annotations"}) {
    for (const auto& each : node.at("metadata").at(part).get_object())
      api::make_object_at(next, {"metadata", part})[each.key()] = each.value();
  }
  next["status"] = std::move(node["status"]);
  api::DecodeReport report;
  auto decoded = api::decode(*kind->schema, std::move(next), report);
  if (!decoded) return done(decoded.error());
  storage_.write(key, std::move(*decoded), revision_of(*old), finished);
}

void OwnNode::renew_lease() {
  const auto kind = registry_.resource("coordination.k8s.io", "v1", "leases");
  const auto node_kind = registry_.resource("", "v1", "nodes");
  const std::string key = storage_key(*kind, kLeaseNamespace, facts_.name);
  const std::string now = api::format_micro_time(clock_.wall());
  const auto report = [this](Result<api::ObjectPtr> written) {
    if (!written) logger_.error(written.error().message());
  };
  if (const api::ObjectPtr old = storage_.newest(key)) {
    json::object next = old->document();
    api::set_at(next, {"spec", "renewTime"}, api::key(now));
    return storage_.write(key, std::move(next), revision_of(*old), report);
  }
  const api::ObjectPtr node = storage_.newest(storage_key(*node_kind, "", facts_.name));
  json::object metadata{{"name", facts_.name}, {"namespace", kLeaseNamespace}};
  if (node) {
    metadata["ownerReferences"] = json::array{json::object{{"apiVersion", "v1"},
                                                           {"kind", "Node"},
                                                           {"name", facts_.name},
                                                           {"uid", api::key(node->uid())}}};
  }
  storage_.write(
      key,
      prepared(*kind,
               json::object{{"apiVersion", "coordination.k8s.io/v1"},
                            {"kind", "Lease"},
                            {"metadata", std::move(metadata)},
                            {"spec", json::object{{"holderIdentity", facts_.name},
                                                  {"leaseDurationSeconds", kLeaseSeconds},
                                                  {"renewTime", now}}}},
               clock_.wall()),
      0, report);
}

}  // namespace cove::server
