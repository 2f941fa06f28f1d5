#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/api/pods.h"
#include "core/server/custom_kinds.h"
#include "core/server/listing.h"
#include "core/server/resources.h"
#include "core/server/status.h"
#include "core/server/watches.h"

namespace cove::server {
namespace {

constexpr std::string_view kForeground = "foregroundDeletion";
constexpr std::string_view kOrphan = "orphan";
constexpr std::size_t kMaxAtOnce = 256;  // deletions of a collection in flight

bool has_finalizer(const json::object& document, std::string_view name) {
  const json::array* const all = api::array_at(document, {"metadata", "finalizers"});
  return all != nullptr && std::ranges::any_of(*all, [&](const json::value& each) {
           return each.is_string() && api::view(each.get_string()) == name;
         });
}

void set_finalizer(json::object& document, std::string_view name, bool present) {
  if (has_finalizer(document, name) == present) return;
  json::array& all = api::make_array_at(document, {"metadata", "finalizers"});
  if (present) {
    all.emplace_back(api::key(name));
    return;
  }
  json::array kept;
  for (json::value& each : all) {
    if (!each.is_string() || api::view(each.get_string()) != name) kept.push_back(std::move(each));
  }
  if (kept.empty()) {
    api::erase_at(document, {"metadata", "finalizers"});
  } else {
    all = std::move(kept);
  }
}

bool has_finalizers(const json::object& document) {
  const json::array* const all = api::array_at(document, {"metadata", "finalizers"});
  return all != nullptr && !all->empty();
}

// How long the object is given: 0 removes it at once.
std::int64_t grace_of(const api::Kind& kind, const json::object& document,
                      const DeleteOptions& options) {
  if (kind.plural != "pods" || !kind.gvk.group.empty()) return 0;
  if (api::text_at(document, {"spec", "nodeName"}).empty()) return 0;  // nobody has to stop it
  if (api::has_ended(document)) return 0;
  if (options.grace_seconds) return *options.grace_seconds;
  return api::integer_at(document, {"spec", "terminationGracePeriodSeconds"}).value_or(30);
}

Outcome<void> check_preconditions(const api::Kind& kind, const api::Object& object,
                                  const DeleteOptions& options) {
  if (options.uid && *options.uid != object.uid()) {
    return refuse::conflict(
        kind, object.name(),
        fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}",
                    *options.uid, object.uid()));
  }
  if (options.resource_version && *options.resource_version != object.resource_version()) {
    return refuse::conflict(
        kind, object.name(),
        fmt::format("Precondition failed: ResourceVersion in precondition: {}, ResourceVersion in "
                    "object meta: {}",
                    *options.resource_version, object.resource_version()));
  }
  return {};
}

// Kinds whose dependents outlive them unless the client says otherwise, as they did before there
// was garbage collection.
bool orphans_by_default(const api::Kind& kind) {
  return (kind.plural == "jobs" && kind.gvk.group == "batch") ||
         (kind.plural == "replicationcontrollers" && kind.gvk.group.empty());
}

void warn_of_orphans(Call& call, const DeleteOptions& options) {
  if (options.propagation || call.stored->plural != "jobs" || !orphans_by_default(*call.stored))
    return;
  call.warnings.emplace_back(
      "child pods are preserved by default when jobs are deleted; set "
      "propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress "
      "this warning");
}

bool is_definition(const api::Kind& kind) {
  return kind.plural == "customresourcedefinitions" && kind.gvk.group == "apiextensions.k8s.io";
}

// A definition goes after its objects: CustomKinds removes them, and then what holds it here.
void hold_definition(json::object& definition, WallTime now) {
  set_finalizer(definition, kCustomCleanup, true);
  set_condition(definition,
                {"Terminating", "True", "InstanceDeletionPending",
                 "CustomResourceDefinition marked for deletion; CustomResource deletion will begin "
                 "soon"},
                now);
}

json::object success_of(const api::Kind& kind, const api::Object& object) {
  json::object details{{"name", api::key(object.name())}};
  if (!kind.gvk.group.empty()) details["group"] = kind.gvk.group;
  details["kind"] = kind.plural;
  details["uid"] = api::key(object.uid());
  return json::object{{"kind", "Status"},
                      {"apiVersion", "v1"},
                      {"metadata", json::object()},
                      {"status", "Success"},
                      {"details", std::move(details)}};
}

}  // namespace

bool holds_content(const api::Kind& kind, const json::object& document) {
  if (kind.plural != "namespaces" || !kind.gvk.group.empty()) return false;
  const json::array* const all = api::array_at(document, {"spec", "finalizers"});
  return all != nullptr && !all->empty();
}

void Resources::remove_one(const CallPtr& call, const std::string& key,
                           const api::ObjectPtr& object, const DeleteOptions& options,
                           std::function<void(Outcome<json::object>)> done) {
  const api::Kind& kind = *call->stored;
  if (auto checked = check_preconditions(kind, *object, options); !checked)
    return done(checked.error());
  if (auto admitted = admit(*call, Operation::kDelete, nullptr, &object->document(), true);
      !admitted)
    return done(admitted.error());

  json::object next = object->document();
  const bool orphans = orphans_by_default(kind) && !has_finalizer(next, kForeground);
  const std::string propagation = options.propagation.value_or(orphans ? "Orphan" : "");
  if (!propagation.empty() || !object->deleting()) {
    // What the client says replaces what an earlier delete said.
    if (!propagation.empty()) {
      set_finalizer(next, kOrphan, propagation == "Orphan");
      set_finalizer(next, kForeground, propagation == "Foreground");
    }
  }
  if (is_definition(kind) && !object->deleting()) hold_definition(next, call->now);
  std::int64_t grace = grace_of(kind, next, options);
  const bool held = has_finalizers(next) || holds_content(kind, next);
  const store::Revision expected = revision_of(*object);
  if (!held && grace == 0) {
    if (options.dry_run) return done(success_of(kind, *object));
    return storage_.remove(key, object, expected, [call, done](Result<api::ObjectPtr> removed) {
      if (!removed) return done(refuse::of_store(removed.error()));
      done(success_of(*call->stored, **removed));
    });
  }
  json::object& metadata = next["metadata"].get_object();
  if (object->deleting()) {
    // A later delete may only shorten what is left.
    const auto before = api::integer_at(metadata, {"deletionGracePeriodSeconds"}).value_or(0);
    grace = options.grace_seconds ? std::min(grace, before) : before;
  }
  const bool first = !object->deleting();
  if (first || grace != api::integer_at(metadata, {"deletionGracePeriodSeconds"}).value_or(0)) {
    metadata["deletionTimestamp"] = rfc3339(call->now + std::chrono::seconds(grace));
    metadata["deletionGracePeriodSeconds"] = grace;
  }
  if (first && object->generation() > 0) metadata["generation"] = object->generation() + 1;
  if (first && holds_content(kind, next)) api::set_at(next, {"status", "phase"}, "Terminating");
  if (api::same(next, object->document())) return done(object->document());
  if (options.dry_run) return done(std::move(next));
  storage_.write(key, std::move(next), expected, [done](Result<api::ObjectPtr> written) {
    if (!written) return done(refuse::of_store(written.error()));
    done((*written)->document());
  });
}

void Resources::remove(const CallPtr& call) {
  const auto options = read_delete_options(*call);
  if (!options) return respond(call, options.error());
  warn_of_orphans(*call, *options);
  const std::string key = storage_key(*call->stored, call->info.namespace_name, call->info.name);
  const api::ObjectPtr object = storage_.newest(key);
  if (!object) return respond(call, refuse::not_found(*call->kind, call->info.name));
  remove_one(call, key, object, *options, [call](Outcome<json::object> result) {
    if (!result) return respond(call, result.error());
    if (api::text_at(*result, {"kind"}) == "Status") return respond_document(call, 200, *result);
    respond(call, 200, api::Object::make(std::move(*result)));
  });
}

// One collection's deletes, in waves, so that one of any size is bounded in flight.
struct Resources::Removal : std::enable_shared_from_this<Resources::Removal> {
  Resources& resources;
  CallPtr call;
  DeleteOptions options;
  std::vector<store::Bytes> objects;  // parsed one by one: there may be many
  std::size_t next = 0;
  std::size_t running = 0;
  bool submitting = false;
  bool answered = false;

  Removal(Resources& of, CallPtr of_call, DeleteOptions with, std::vector<store::Bytes> what)
      : resources(of),
        call(std::move(of_call)),
        options(std::move(with)),
        objects(std::move(what)) {}

  void step() {
    if (submitting || answered) return;
    submitting = true;
    while (!answered && running < kMaxAtOnce && next < objects.size()) submit(objects[next++]);
    submitting = false;
    if (!answered && running == 0) answer();
  }

 private:
  void submit(const store::Bytes& bytes) {
    const api::ObjectPtr listed = resources.storage_.glance(bytes);
    if (!listed) return;
    const std::string key = storage_key(*call->stored, listed->namespace_name(), listed->name());
    const api::ObjectPtr object = resources.storage_.newest(key);
    if (!object || object->uid() != listed->uid()) return;
    ++running;
    resources.remove_one(call, key, object, options,
                         [self = shared_from_this()](Outcome<json::object> result) {
                           --self->running;
                           if (!result && result.error().code != 404 && !self->answered) {
                             self->answered = true;
                             respond(self->call, result.error());
                           }
                           self->step();
                         });
  }

  void answer() {
    answered = true;
    const json::object metadata{
        {"resourceVersion", std::to_string(resources.storage_.store().revision())}};
    std::vector<store::Bytes> items = std::move(objects);
    if (!call->in_stored_form()) {
      for (store::Bytes& item : items) {
        const api::ObjectPtr object = resources.storage_.glance(item);
        if (!object) continue;
        item = std::make_shared<const std::string>(
            json::serialize(from_stored(*call->kind, *call->stored, object->document())));
      }
    }
    Answer answer;
    answer.content_type = MediaType{}.to_string();
    answer.joined = join_list(*call->kind, metadata, std::move(items));
    answer.compressible = true;
    add_warnings(*call, answer);
    call->respond(std::move(answer));
  }
};

// Answers with the list of what was there.
void Resources::remove_collection(const CallPtr& call) {
  auto options = read_delete_options(*call);
  if (!options) return respond(call, options.error());
  warn_of_orphans(*call, *options);
  auto found = collection(call);
  if (!found) return respond(call, found.error());
  std::make_shared<Removal>(*this, call, std::move(*options), std::move(*found))->step();
}

}  // namespace cove::server
