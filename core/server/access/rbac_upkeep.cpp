#include "core/server/access/rbac_upkeep.h"

#include "core/server/access/default_roles.h"
#include "core/server/bootstrap.h"

namespace cove::server {
namespace {

constexpr std::string_view kPrefix = "rbac.authorization.k8s.io/";
constexpr std::string_view kClusterRoles = "rbac.authorization.k8s.io/clusterroles/";
constexpr std::size_t kBatch = 256;

bool add_members(json::object& current, const json::object& wanted, std::string_view name) {
  const json::object* const members = api::object_at(wanted, {"metadata", name});
  if (members == nullptr) return false;
  bool changed = false;
  for (const auto& member : *members) {
    json::object& all = api::make_object_at(current, {"metadata", name});
    if (all.contains(member.key())) continue;
    all[member.key()] = member.value();
    changed = true;
  }
  return changed;
}

bool add_elements(json::object& current, const json::object& wanted, api::Steps path) {
  const json::array* const elements = api::array_at(wanted, path);
  if (elements == nullptr) return false;
  bool changed = false;
  for (const json::value& element : *elements) {
    json::array& all = api::make_array_at(current, path);
    if (std::ranges::any_of(all, [&](const json::value& v) { return api::same(v, element); }))
      continue;
    all.push_back(element);
    changed = true;
  }
  return changed;
}

bool add_rules(json::object& current, const json::object& wanted) {
  const json::array* const elements = api::array_at(wanted, {"rules"});
  if (elements == nullptr) return false;
  bool changed = false;
  for (const json::value& element : *elements) {
    json::array& rules = api::make_array_at(current, {"rules"});
    std::vector<std::string> missing;
    if (covers(read_rules(rules), read_rules({element}), missing)) continue;
    rules.push_back(element);
    changed = true;
  }
  return changed;
}

}  // namespace

bool reconcile_rbac(json::object& current, const json::object& wanted) {
  if (api::text_at(current, {"metadata", "annotations",
                             "rbac.authorization.kubernetes.io/autoupdate"}) == "false")
    return false;
  bool changed = add_members(current, wanted, "labels");
  changed = add_members(current, wanted, "annotations") || changed;
  if (wanted.contains("roleRef")) {
    if (!api::same(*api::value_at(current, {"roleRef"}), wanted.at("roleRef"))) {
      current["roleRef"] = wanted.at("roleRef");
      current["subjects"] = json::array();
      changed = true;
    }
    return add_elements(current, wanted, {"subjects"}) || changed;
  }
  if (wanted.contains("aggregationRule")) {
    return add_elements(current, wanted, {"aggregationRule", "clusterRoleSelectors"}) || changed;
  }
  return add_rules(current, wanted) || changed;
}

RbacUpkeep::RbacUpkeep(Storage& storage, const api::Registry& registry, RbacAuthorizer& authorizer,
                       const Clock& clock, Logger& logger)
    : storage_(storage),
      registry_(registry),
      authorizer_(authorizer),
      clock_(clock),
      logger_(logger),
      self_(std::make_shared<RbacUpkeep*>(this)) {}

RbacUpkeep::~RbacUpkeep() {
  *self_ = nullptr;
}

void RbacUpkeep::start(std::function<void(Result<void>)> done) {
  auto watch = storage_.store().watch(
      {.prefix = std::string(kPrefix), .after = storage_.store().revision()}, [self = self_] {
        if (*self != nullptr) (*self)->drain();
      });
  if (!watch) return done(watch.error());
  watch_ = std::move(*watch);
  ensure_objects(
      storage_, registry_, default_rbac_objects(), clock_.wall(),
      [self = self_, done](Result<void> made) {
        if (*self != nullptr && made) (*self)->aggregate();
        done(made);
      },
      reconcile_rbac);
}

void RbacUpkeep::drain() {
  bool roles = false;
  while (watch_) {
    auto events = watch_->take(kBatch);
    if (!events) {
      // It was cut off, or the store closes: everything may have changed.
      authorizer_.changed();
      if (events.error().code != ErrorCode::kResourceExhausted) return watch_.reset();
      auto again = storage_.store().watch(
          {.prefix = std::string(kPrefix), .after = storage_.store().revision()}, [self = self_] {
            if (*self != nullptr) (*self)->drain();
          });
      if (again) {
        watch_ = std::move(*again);
      } else {
        watch_.reset();
        logger_.error(again.error().message());
      }
      roles = true;
      break;
    }
    if (events->empty()) break;
    authorizer_.changed();
    for (const auto& event : *events) roles = roles || event->key->starts_with(kClusterRoles);
  }
  if (roles) aggregate();
}

void RbacUpkeep::aggregate() {
  auto listing = storage_.store().list({.prefix = std::string(kClusterRoles)});
  if (!listing) return;
  std::vector<api::ObjectPtr> held;
  std::vector<const json::object*> roles;
  for (const store::Item& item : listing->items) {
    if (auto object = storage_.parse(item.value)) {
      roles.push_back(&object->document());
      held.push_back(std::move(object));
    }
  }
  for (const api::ObjectPtr& role : held) {
    if (!role->document().contains("aggregationRule")) continue;
    json::array rules = aggregate_rules(role->document(), roles);
    const json::array* const before = api::array_at(role->document(), {"rules"});
    if (before == nullptr ? rules.empty() : api::same(*before, rules)) continue;
    json::object next = role->document();
    next["rules"] = std::move(rules);
    // Somebody who was faster is seen by the watch.
    storage_.write(std::string(kClusterRoles) + std::string(role->name()), std::move(next),
                   revision_of(*role), [self = self_](Result<api::ObjectPtr> written) {
                     if (*self != nullptr && !written &&
                         written.error().code != ErrorCode::kConflict &&
                         written.error().code != ErrorCode::kNotFound)
                       (*self)->logger_.error(written.error().message());
                   });
  }
}

}  // namespace cove::server
