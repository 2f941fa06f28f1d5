#include "core/server/custom_kinds.h"

#include <fmt/format.h>

#include "core/api/apply.h"
#include "core/api/custom.h"
#include "core/api/readers.h"
#include "core/base/strings.h"

namespace cove::server {
namespace {

constexpr std::string_view kPrefix = "apiextensions.k8s.io/customresourcedefinitions/";
constexpr std::size_t kBatch = 256;

json::object object_or_empty(const json::object& document, api::Steps path) {
  const json::object* const found = api::object_at(document, path);
  return found != nullptr ? *found : json::object();
}

bool is_held(const json::object& document) {
  const json::array* const all = api::array_at(document, {"metadata", "finalizers"});
  return all != nullptr && std::ranges::any_of(*all, [](const json::value& each) {
           return each.is_string() && api::view(each.get_string()) == kCustomCleanup;
         });
}

std::vector<std::string> short_names(const json::object& names) {
  std::vector<std::string> all;
  if (const json::array* const list = api::array_at(names, {"shortNames"})) {
    for (const json::value& each : *list) {
      if (each.is_string()) all.emplace_back(api::view(each.get_string()));
    }
  }
  return all;
}

// What a group's definitions, and its built-in kinds, go by.
struct Taken {
  std::set<std::string, std::less<>> resources;
  std::set<std::string, std::less<>> kinds;

  void add(const json::object& names) {
    for (const std::string_view field : {"plural", "singular"})
      resources.emplace(api::text_at(names, {field}));
    for (std::string& each : short_names(names)) resources.insert(std::move(each));
    for (const std::string_view field : {"kind", "listKind"})
      kinds.emplace(api::text_at(names, {field}));
  }
  void add(const api::Kind& kind) {
    resources.insert(kind.plural);
    resources.insert(kind.singular);
    resources.insert(kind.short_names.begin(), kind.short_names.end());
    kinds.insert(kind.gvk.kind);
    kinds.insert(kind.list_kind());
  }
};

std::string in_use(std::string_view name) {
  return fmt::format("{} is already in use", api::quote(name));
}

// Why the definitions of Kubernetes' own groups may stand there.
std::optional<Condition> approval(const json::object& document) {
  const std::string_view group = api::text_at(document, {"spec", "group"});
  if (group != "k8s.io" && group != "kubernetes.io" && !group.ends_with(".k8s.io") &&
      !group.ends_with(".kubernetes.io"))
    return std::nullopt;
  const std::string text(
      api::text_at(document, {"metadata", "annotations", "api-approved.kubernetes.io"}));
  constexpr std::string_view kType = "KubernetesAPIApprovalPolicyConformant";
  if (text.starts_with("unapproved"))
    return Condition{kType, "False", "UnapprovedAnnotation",
                     fmt::format("not approved: \"{}\"", text)};
  return Condition{kType, "True", "ApprovedAnnotation", fmt::format("approved in {}", text)};
}

}  // namespace

void set_condition(json::object& document, const Condition& condition, WallTime now) {
  json::array& all = api::make_array_at(document, {"status", "conditions"});
  json::object* found = nullptr;
  for (json::value& each : all) {
    if (each.is_object() && api::text_at(each.get_object(), {"type"}) == condition.type)
      found = &each.get_object();
  }
  if (found == nullptr) found = &all.emplace_back(json::object()).get_object();
  const bool turned = api::text_at(*found, {"status"}) != condition.status;
  const std::string time =
      turned ? rfc3339(now) : std::string(api::text_at(*found, {"lastTransitionTime"}));
  *found = json::object{{"lastTransitionTime", time},
                        {"message", condition.message},
                        {"reason", api::key(condition.reason)},
                        {"status", api::key(condition.status)},
                        {"type", api::key(condition.type)}};
}

CustomKinds::CustomKinds(Parts parts)
    : parts_(std::move(parts)), self_(std::make_shared<CustomKinds*>(this)) {}

CustomKinds::~CustomKinds() {
  *self_ = nullptr;
}

Result<void> CustomKinds::start() {
  COVE_TRY(const auto listing, parts_.storage.store().list({.prefix = std::string(kPrefix)}));
  COVE_TRY(watch_, parts_.storage.store().watch(
                       {.prefix = std::string(kPrefix), .after = listing.revision}, [self = self_] {
                         if (*self != nullptr) (*self)->drain();
                       }));
  Dirty dirty;
  for (const store::Item& item : listing.items) observe(*item.key, item.value, dirty);
  settle(dirty);
  return {};
}

void CustomKinds::drain() {
  Dirty dirty;
  while (watch_) {
    const auto events = watch_->take(kBatch);
    if (!events) {
      // Cut off, or the store closes: what is there now is where to go on from.
      watch_.reset();
      if (events.error().code == ErrorCode::kUnavailable) return;
      definitions_.clear();
      changed_ = true;
      if (const auto started = start(); !started) parts_.logger.error(started.error().message());
      return;
    }
    if (events->empty()) break;
    for (const auto& event : *events) observe(*event->key, event->value, dirty);
  }
  settle(dirty);
}

void CustomKinds::observe(const std::string& key, const store::Bytes& bytes, Dirty& dirty) {
  const auto found = definitions_.find(key);
  const api::ObjectPtr object = bytes ? parts_.storage.parse(bytes) : nullptr;
  if (!object) {
    if (found == definitions_.end()) return;
    const std::string group = found->second.group;
    changed_ = changed_ || !found->second.kinds.empty();
    definitions_.erase(found);
    dirty.erase(key);
    return add_group(group, dirty);
  }
  const json::object& document = object->document();
  Definition& definition = definitions_[key];
  if (definition.uid != object->uid()) {
    changed_ = changed_ || !definition.kinds.empty();
    definition = {};
    definition.uid = object->uid();
    definition.name = object->name();
    definition.group = api::text_at(document, {"spec", "group"});
  }
  const json::object before = std::move(definition.accepted);
  definition.generation = object->generation();
  definition.names = object_or_empty(document, {"spec", "names"});
  definition.accepted = object_or_empty(document, {"status", "acceptedNames"});
  dirty.insert(key);
  // Names that it gave up may be what another one waits for.
  if (!api::same(before, definition.accepted)) add_group(definition.group, dirty);
}

void CustomKinds::add_group(const std::string& group, Dirty& dirty) const {
  for (const auto& [key, definition] : definitions_) {
    if (definition.group == group) dirty.insert(key);
  }
}

void CustomKinds::settle(const Dirty& dirty) {
  struct Pending {
    std::string key;
    api::ObjectPtr old;
    json::object next;
  };
  std::vector<Pending> pending;
  std::vector<std::string> leaving;
  for (const std::string& key : dirty) {
    const auto found = definitions_.find(key);
    const api::ObjectPtr object = parts_.storage.newest(key);
    if (found == definitions_.end() || !object || object->uid() != found->second.uid) continue;
    if (object->deleting() && is_held(object->document())) leaving.push_back(key);
    json::object next = decide(key, found->second, object->document());
    if (!api::same(next, object->document())) pending.push_back({key, object, std::move(next)});
  }
  // Served first: who reads that it is established finds it.
  publish();
  for (Pending& each : pending) write_status(each.key, each.old, std::move(each.next));
  for (const std::string& key : leaving) clean_up(key);
}

Condition CustomKinds::accept_names(const std::string& key, Definition& definition) const {
  Taken taken;
  for (const auto& kind : parts_.builtin->kinds()) {
    if (kind->gvk.group == definition.group) taken.add(*kind);
  }
  for (const auto& [other, one] : definitions_) {
    if (other != key && one.group == definition.group) taken.add(one.accepted);
  }
  Condition condition{"NamesAccepted", "True", "NoConflicts", "no conflicts found"};
  const auto refuse = [&](std::string_view reason, std::string message) {
    condition = {"NamesAccepted", "False", reason, std::move(message)};
  };
  const auto accept = [&](std::string_view field, const auto& names, std::string_view reason) {
    const std::string wanted(api::text_at(definition.names, {field}));
    if (names.contains(wanted)) return refuse(reason, in_use(wanted));
    definition.accepted[api::key(field)] = wanted;
  };
  accept("plural", taken.resources, "PluralConflict");
  accept("singular", taken.resources, "SingularConflict");
  std::string clash;
  for (const std::string& name : short_names(definition.names)) {
    if (taken.resources.contains(name)) clash += (clash.empty() ? "" : ", ") + in_use(name);
  }
  if (!clash.empty()) {
    refuse("ShortNamesConflict", clash.find(", ") == std::string::npos ? clash : "[" + clash + "]");
  } else if (const json::value* const names = api::value_at(definition.names, {"shortNames"})) {
    definition.accepted["shortNames"] = *names;
  } else {
    definition.accepted.erase("shortNames");
  }
  accept("kind", taken.kinds, "KindConflict");
  accept("listKind", taken.kinds, "ListKindConflict");
  if (const json::value* const categories = api::value_at(definition.names, {"categories"})) {
    definition.accepted["categories"] = *categories;
  } else {
    definition.accepted.erase("categories");
  }
  return condition;
}

json::object CustomKinds::decide(const std::string& key, Definition& definition,
                                 const json::object& document) {
  json::object next = document;
  const Condition accepted = accept_names(key, definition);
  const bool established =
      api::condition_holds(document, "Established") || accepted.status == "True";
  const WallTime now = parts_.clock.wall();
  if (const auto approved = approval(document)) set_condition(next, *approved, now);
  set_condition(next, accepted, now);
  if (established) {
    set_condition(
        next,
        {"Established", "True", "InitialNamesAccepted", "the initial names have been accepted"},
        now);
    make_kinds(definition, document);
  } else {
    set_condition(next, {"Established", "False", "NotAccepted", "not all names are accepted"}, now);
  }
  json::object& status = api::make_object_at(next, {"status"});
  // Unchanged names keep their form, so that nothing is written.
  if (!api::same(object_or_empty(status, {"acceptedNames"}), definition.accepted))
    status["acceptedNames"] = definition.accepted;
  return next;
}

void CustomKinds::make_kinds(Definition& definition, const json::object& document) {
  if (definition.made_of == definition.generation &&
      api::same(definition.made_as, definition.accepted))
    return;
  json::object named = document;
  api::set_at(named, {"spec", "names"}, definition.accepted);
  definition.kinds.clear();
  for (auto& kind : api::make_custom_kinds(named, parts_.schemas)) {
    const bool builtin =
        parts_.builtin->resource(kind->gvk.group, kind->gvk.version, kind->plural) ||
        parts_.builtin->kind(kind->gvk);
    if (!builtin) definition.kinds.push_back(std::move(kind));
  }
  definition.made_of = definition.generation;
  definition.made_as = definition.accepted;
  changed_ = true;
}

void CustomKinds::publish() {
  if (!changed_) return;
  std::vector<std::shared_ptr<const api::Kind>> all;
  for (const auto& [key, definition] : definitions_)
    all.insert(all.end(), definition.kinds.begin(), definition.kinds.end());
  auto registry = parts_.builtin->with_custom(std::move(all));
  if (!registry) return parts_.logger.error(registry.error().message());
  changed_ = false;
  parts_.serve(std::move(*registry));
}

// A conflict means that somebody else wrote: their event brings it here again.
void CustomKinds::write_status(const std::string& key, const api::ObjectPtr& old,
                               json::object next) {
  const auto kind =
      parts_.builtin->resource("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  api::track_update({.kind = *kind,
                     .manager = "kube-apiserver",
                     .subresource = "status",
                     .now = parts_.clock.wall(),
                     .versions = {}},
                    &old->document(), next);
  parts_.storage.write(key, std::move(next), revision_of(*old),
                       [self = self_](Result<api::ObjectPtr> written) {
                         if (written || *self == nullptr) return;
                         const ErrorCode code = written.error().code;
                         if (code != ErrorCode::kConflict && code != ErrorCode::kNotFound)
                           (*self)->parts_.logger.error(written.error().message());
                       });
}

// Level-triggered: called again whenever one of the objects changes, until none is left.
void CustomKinds::clean_up(const std::string& key) {
  Definition& definition = definitions_.at(key);
  const std::string prefix = definition.name.substr(definition.name.find('.') + 1) + "/" +
                             definition.name.substr(0, definition.name.find('.')) + "/";
  if (!definition.remains) {
    auto watch = parts_.storage.store().watch(
        {.prefix = prefix, .after = parts_.storage.store().revision()}, [self = self_, key] {
          if (*self == nullptr) return;
          const std::string name = key;  // the watch, and this function with it, may end below
          const auto found = (*self)->definitions_.find(name);
          if (found == (*self)->definitions_.end() || !found->second.remains) return;
          bool read = true;
          while (read) {
            const auto events = found->second.remains->take(kBatch);
            read = events && !events->empty();
            if (!events) found->second.remains.reset();
            if (!events) break;
          }
          (*self)->clean_up(name);
        });
    if (!watch) return parts_.logger.error(watch.error().message());
    definition.remains = std::move(*watch);
  }
  remove_objects(prefix);
  const auto left = parts_.storage.store().list({.prefix = prefix, .limit = 1});
  if (left && left->items.empty()) release(key);
}

void CustomKinds::remove_objects(const std::string& prefix) {
  const auto listing = parts_.storage.store().list({.prefix = prefix});
  if (!listing) return parts_.logger.error(listing.error().message());
  const auto ignore = [](const Result<api::ObjectPtr>&) {};
  for (const store::Item& item : listing->items) {
    const api::ObjectPtr object = parts_.storage.newest(*item.key);
    if (!object) continue;  // its removal is on the way to the disk
    const json::array* const finalizers =
        api::array_at(object->document(), {"metadata", "finalizers"});
    if (finalizers == nullptr || finalizers->empty()) {
      parts_.storage.remove(*item.key, object, revision_of(*object), ignore);
    } else if (!object->deleting()) {
      json::object next = object->document();
      json::object& metadata = api::make_object_at(next, {"metadata"});
      metadata["deletionTimestamp"] = rfc3339(parts_.clock.wall());
      metadata["deletionGracePeriodSeconds"] = 0;
      if (object->generation() > 0) metadata["generation"] = object->generation() + 1;
      parts_.storage.write(*item.key, std::move(next), revision_of(*object), ignore);
    }
  }
}

void CustomKinds::release(const std::string& key) {
  const api::ObjectPtr old = parts_.storage.newest(key);
  definitions_.at(key).remains.reset();
  if (!old || !is_held(old->document())) return;
  json::object next = old->document();
  set_condition(next,
                {"Terminating", "False", "InstanceDeletionCompleted", "removed all instances"},
                parts_.clock.wall());
  json::array others;
  for (const json::value& each : *api::array_at(next, {"metadata", "finalizers"})) {
    if (!each.is_string() || api::view(each.get_string()) != kCustomCleanup) others.push_back(each);
  }
  if (!others.empty()) {
    api::set_at(next, {"metadata", "finalizers"}, std::move(others));
    return write_status(key, old, std::move(next));
  }
  api::erase_at(next, {"metadata", "finalizers"});
  parts_.storage.remove(key, api::Object::make(std::move(next)), revision_of(*old),
                        [](const Result<api::ObjectPtr>&) {});
}

}  // namespace cove::server
