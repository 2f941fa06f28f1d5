#include <fmt/format.h>

#include "core/api/apply.h"
#include "core/api/decode.h"
#include "core/api/metadata.h"
#include "core/api/time.h"
#include "core/base/strings.h"
#include "core/server/resources.h"
#include "core/server/watches.h"

namespace cove::server {
namespace {

constexpr int kNameAttempts = 8;

const json::object& metadata_of(const json::object& document) {
  static const json::object none;
  const json::object* const metadata = api::object_at(document, {"metadata"});
  return metadata != nullptr ? *metadata : none;
}

void copy_member(const json::object& from, json::object& to, std::string_view name) {
  const json::value* const value = api::member(from, name);
  if (value != nullptr && !value->is_null()) {
    to[api::key(name)] = *value;
  } else {
    to.erase(api::key(name));
  }
}

// What status is when nothing has been observed yet.
void reset_status(const api::Kind& kind, json::object& document) {
  const api::Field* const field = kind.schema->find("status");
  document.erase("status");
  if (field == nullptr || kind.custom || field->pointer || field->omit_zero) return;
  api::DecodeReport report;
  auto empty = api::decode(*field->schema, json::object(), report);
  if (empty) document["status"] = std::move(*empty);
}

bool same_but_metadata_and_status(const json::object& a, const json::object& b) {
  const auto covers = [](const json::object& left, const json::object& right) {
    for (const auto& member : left) {
      const std::string_view name(member.key().data(), member.key().size());
      if (name == "metadata" || name == "status" || name == "apiVersion" || name == "kind")
        continue;
      const json::value* const other = right.if_contains(member.key());
      if (other == nullptr ? !member.value().is_null() : !api::same(member.value(), *other))
        return false;
    }
    return true;
  };
  return covers(a, b) && covers(b, a);
}

bool generation_changes(const api::Kind& kind, const json::object& next, const json::object& old) {
  if (!kind.tracks_generation) return false;
  if (kind.rules.generation_changes) return kind.rules.generation_changes(next, old);
  return !same_but_metadata_and_status(next, old);
}

// Who asks for a certificate is who makes the request, whatever the request says.
void set_requester(json::object& request, const User& user) {
  json::object& spec = api::make_object_at(request, {"spec"});
  for (const char* const name : {"username", "uid", "groups", "extra"}) spec.erase(name);
  spec["username"] = user.name;
  if (!user.uid.empty()) spec["uid"] = user.uid;
  if (!user.groups.empty()) {
    json::array& groups = spec["groups"].emplace_array();
    for (const std::string& group : user.groups) groups.emplace_back(group);
  }
  for (const auto& [key, values] : user.extra) {
    json::array& all = api::make_object_at(spec, {"extra"})[key].emplace_array();
    for (const std::string& value : values) all.emplace_back(value);
  }
}

// A request's body may name its namespace, but no other one.
Outcome<void> settle_namespace(const Call& call, json::object& document) {
  json::object& metadata = api::make_object_at(document, {"metadata"});
  const std::string given(api::text_at(metadata, {"namespace"}));
  if (!call.kind->namespaced) {
    if (!given.empty() && call.kind->plural != "namespaces") {
      return refuse::bad_request(
          "namespace: Invalid value: the kind is cluster-scoped, it takes no namespace");
    }
    metadata.erase("namespace");
    return {};
  }
  if (!given.empty() && given != call.info.namespace_name) {
    return refuse::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  metadata["namespace"] = call.info.namespace_name;
  return {};
}

}  // namespace

api::FieldWriter Resources::writer_of(const Call& call) const {
  return {.kind = *call.stored,
          .manager = call.options->field_manager,
          .subresource = call.info.subresource,
          .now = call.now,
          .versions = versions_of(call)};
}

Outcome<void> Resources::admit(Call& call, Operation operation, json::object* object,
                               const json::object* old, bool validate) const {
  const json::object& named = object != nullptr ? *object : *old;
  const std::string name(api::text_at(named, {"metadata", "name"}));
  AdmissionRequest request{.operation = operation,
                           .kind = *call.stored,
                           .subresource = call.info.subresource,
                           .namespace_name = call.info.namespace_name,
                           .name = name,
                           .user = call.user,
                           .object = object,
                           .old = old,
                           .dry_run = call.options ? call.options->dry_run : false,
                           .now = call.now,
                           .warnings = call.warnings,
                           .also = call.also};
  if (!validate) call.also.clear();
  for (const auto& plugin : plugins_) {
    auto admitted = validate ? plugin->validate(request, *this) : plugin->mutate(request, *this);
    if (!admitted) return admitted.error();
  }
  return {};
}

void Resources::write_also(Call& call) const {
  // Decided with the main write in one go; should the disk refuse, it refuses both.
  for (SideWrite& side : call.also)
    storage_.write(side.key, std::move(side.document), side.expected, [](const auto&) {});
  call.also.clear();
}

Outcome<void> Resources::prepare_create(Call& call, json::object& document) const {
  const api::Kind& kind = *call.stored;
  json::object& metadata = api::make_object_at(document, {"metadata"});
  for (const char* const name : {"uid", "selfLink", "deletionTimestamp",
                                 "deletionGracePeriodSeconds", "resourceVersion", "generation"})
    metadata.erase(name);
  metadata["uid"] = random_uuid();
  metadata["creationTimestamp"] = rfc3339(call.now);
  if (kind.tracks_generation) metadata["generation"] = 1;
  if (kind.has_status() && !kind.keeps_status_on_create) reset_status(kind, document);
  if (kind.plural == "certificatesigningrequests" && !kind.custom)
    set_requester(document, call.user);
  const api::WriteContext context{call.now, call.user.name};
  if (kind.rules.prepare_create) kind.rules.prepare_create(document, context);
  return {};
}

// Objects whose definition is going are not made any more: their removal would never end.
Outcome<void> Resources::check_definition(const Call& call, std::string_view name) const {
  const api::Kind& kind = *call.stored;
  if (!kind.custom) return {};
  const api::ObjectPtr definition =
      object("apiextensions.k8s.io", "customresourcedefinitions", "", kind.group_resource());
  if (definition && !definition->deleting()) return {};
  return refuse::forbidden(kind, name,
                           "create not allowed while custom resource definition is terminating");
}

api::ObjectPtr Resources::newest(const Call& call, const std::string& key) const {
  const api::ObjectPtr object = storage_.newest(key);
  if (!object || !call.kind->custom) return object;
  return api::Object::make(from_stored(*call.kind, *call.stored, object->document()));
}

api::KindOfVersion Resources::versions_of(const Call& call) const {
  return [registry = call.registry, kind = call.kind](std::string_view api_version) {
    const std::size_t slash = api_version.find('/');
    const bool core = slash == std::string_view::npos;
    return registry
        ->resource(core ? "" : api_version.substr(0, slash),
                   core ? api_version : api_version.substr(slash + 1), kind->plural)
        .get();
  };
}

void Resources::create(const CallPtr& call, json::object document) {
  if (const auto given = api::text_at(document, {"metadata", "resourceVersion"}); !given.empty()) {
    return respond(
        call, refuse::bad_request("resourceVersion should not be set on objects to be created"));
  }
  if (auto settled = settle_namespace(*call, document); !settled)
    return respond(call, settled.error());
  create_named(call, to_stored(*call->kind, *call->stored, std::move(document)), false);
}

// One that nobody has, as far as a few attempts find it; nothing comes between here and the write.
void Resources::draw_name(const api::Kind& kind, std::string_view namespace_name,
                          json::object& document) const {
  json::object& metadata = api::make_object_at(document, {"metadata"});
  const std::string prefix(api::text_at(metadata, {"generateName"}));
  if (prefix.empty() || !api::text_at(metadata, {"name"}).empty()) return;
  std::string name;
  for (int i = 0; i < kNameAttempts; ++i) {
    name = api::generate_name(prefix, random_);
    if (!storage_.newest(storage_key(kind, namespace_name, name))) break;
  }
  metadata["name"] = std::move(name);
}

void Resources::create_named(const CallPtr& call, json::object document, bool apply) {
  const api::Kind& kind = *call->stored;
  if (call->may_create) {
    if (auto allowed = call->may_create(); !allowed) return respond(call, allowed.error());
  }
  if (auto checked = check_definition(*call, api::text_at(document, {"metadata", "name"}));
      !checked)
    return respond(call, checked.error());
  // Before anything else: kinds may use the name, as jobs do in their pods' labels.
  draw_name(kind, call->info.namespace_name, document);
  if (auto prepared = prepare_create(*call, document); !prepared)
    return respond(call, prepared.error());

  if (auto admitted = admit(*call, Operation::kCreate, &document, nullptr, false); !admitted)
    return respond(call, admitted.error());
  const std::string name(api::text_at(document, {"metadata", "name"}));
  api::ErrorList errors;
  api::validate_metadata(document, kind, errors);
  if (kind.rules.validate) kind.rules.validate(document, errors);
  if (!errors.empty()) return respond(call, refuse::invalid(kind, name, errors));
  if (kind.rules.warnings) {
    for (std::string& warning : kind.rules.warnings(document, nullptr))
      call->warnings.push_back(std::move(warning));
  }
  if (auto admitted = admit(*call, Operation::kCreate, &document, nullptr, true); !admitted)
    return respond(call, admitted.error());
  if (!apply) {
    api::track_update(writer_of(*call), nullptr, document);
  }

  const std::string key = storage_key(kind, call->info.namespace_name, name);
  if (call->options->dry_run) {
    if (storage_.newest(key)) return respond(call, refuse::already_exists(kind, name));
    return respond(call, 201, api::Object::make(std::move(document)));
  }
  // What is there already costs nothing more.
  if (storage_.newest(key)) call->also.clear();
  write_also(*call);
  storage_.write(key, in_storage_version(kind, std::move(document)), 0,
                 [call, name](Result<api::ObjectPtr> written) {
                   if (written) return respond(call, 201, *written);
                   if (written.error().code != ErrorCode::kAlreadyExists)
                     return respond(call, refuse::of_store(written.error()));
                   respond(call, refuse::already_exists(*call->stored, name));
                 });
}

void Resources::update(const CallPtr& call) {
  if (!call->body) return respond(call, call->body.error());
  json::object document = std::move(*call->body);
  if (auto settled = settle_namespace(*call, document); !settled)
    return respond(call, settled.error());
  const std::string name(api::text_at(document, {"metadata", "name"}));
  if (name.empty()) {
    api::ErrorList errors;
    errors.required("metadata.name", "name or generateName is required");
    return respond(call, refuse::invalid(*call->kind, "", errors));
  }
  if (name != call->info.name) {
    return respond(call, refuse::bad_request(
                             fmt::format("the name of the object ({}) does not match the name on "
                                         "the URL ({})",
                                         name, call->info.name)));
  }
  Update update;
  update.key = storage_key(*call->stored, call->info.namespace_name, name);
  update.old = newest(*call, update.key);
  if (!update.old) {
    if (call->kind->allows_create_on_update && call->subresource == nullptr) {
      return create_named(call, to_stored(*call->kind, *call->stored, std::move(document)), false);
    }
    return respond(call, refuse::not_found(*call->kind, name));
  }
  update.part = part_of(*call);
  update.next = to_stored(*call->kind, *call->stored, std::move(document));
  commit_update(call, std::move(update));
}

Outcome<void> Resources::prepare_update(const Call& call, Update& update) const {
  const api::Kind& kind = *call.stored;
  const json::object& old = update.old->document();
  json::object& next = update.next;
  json::object& metadata = api::make_object_at(next, {"metadata"});
  const std::string_view version = api::text_at(metadata, {"resourceVersion"});
  if (version.empty() && !kind.allows_unconditional_update && call.info.verb == "update") {
    api::ErrorList errors;
    errors.invalid("metadata.resourceVersion", 0, "must be specified for an update");
    return refuse::invalid(kind, call.info.name, errors);
  }
  if (!version.empty() && version != update.old->resource_version())
    return refuse::modified(kind, call.info.name);
  if (const auto uid = api::text_at(metadata, {"uid"}); !uid.empty() && uid != update.old->uid()) {
    return refuse::conflict(
        kind, call.info.name,
        fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}", uid,
                    update.old->uid()));
  }
  const json::object& old_metadata = metadata_of(old);
  for (const char* const name : {"uid", "creationTimestamp", "deletionTimestamp",
                                 "deletionGracePeriodSeconds", "selfLink", "generation"})
    copy_member(old_metadata, metadata, name);
  metadata["resourceVersion"] = api::key(update.old->resource_version());
  const api::WriteContext context{call.now, call.user.name};
  if (update.part == Part::kMain) {
    if (kind.has_status()) copy_member(old, next, "status");
    if (kind.rules.prepare_update) kind.rules.prepare_update(next, old, context);
    if (generation_changes(kind, next, old)) metadata["generation"] = update.old->generation() + 1;
  } else if (update.part == Part::kStatus) {
    for (const auto& member : old) {
      if (member.key() != "metadata" && member.key() != "status")
        next[member.key()] = member.value();
    }
    for (const api::Field& field : kind.schema->fields) {
      if (field.name != "metadata" && field.name != "status" && !old.contains(field.name))
        next.erase(field.name);
    }
    if (kind.custom) {
      json::value fields = metadata.contains("managedFields") ? metadata["managedFields"] : nullptr;
      metadata = old_metadata;
      if (!fields.is_null()) metadata["managedFields"] = std::move(fields);
    }
    if (kind.rules.prepare_status) kind.rules.prepare_status(next, old, context);
  } else {
    call.subresource->prepare(next, old, context);
    if (generation_changes(kind, next, old)) metadata["generation"] = update.old->generation() + 1;
  }
  return {};
}

void Resources::commit_update(const CallPtr& call, Update update) {
  const api::Kind& kind = *call->stored;
  const json::object& old = update.old->document();
  if (auto prepared = prepare_update(*call, update); !prepared)
    return respond(call, prepared.error());
  json::object& next = update.next;
  if (auto admitted = admit(*call, Operation::kUpdate, &next, &old, false); !admitted)
    return respond(call, admitted.error());
  api::ErrorList errors;
  api::validate_metadata(next, kind, errors);
  api::validate_metadata_update(next, old, errors);
  if (update.part == Part::kStatus) {
    if (kind.rules.validate_status) kind.rules.validate_status(next, old, errors);
  } else if (update.part == Part::kOther) {
    if (call->subresource->validate) call->subresource->validate(next, old, errors);
  } else {
    // What is wrong with a custom resource already does not stand in the way of its updates.
    if (kind.rules.validate && !kind.custom) kind.rules.validate(next, errors);
    if (kind.rules.validate_update) kind.rules.validate_update(next, old, errors);
  }
  if (!errors.empty()) return respond(call, refuse::invalid(kind, update.old->name(), errors));
  if (kind.rules.warnings) {
    for (std::string& warning : kind.rules.warnings(next, &old))
      call->warnings.push_back(std::move(warning));
  }
  if (auto admitted = admit(*call, Operation::kUpdate, &next, &old, true); !admitted)
    return respond(call, admitted.error());
  if (!update.apply) {
    api::track_update(writer_of(*call), &old, next);
  }
  const auto answer = [call, custom = update.respond](const api::ObjectPtr& object) {
    if (custom) return custom(object);
    respond(call, 200, object);
  };
  api::keep_times(old, next);
  if (api::same(next, old)) return answer(update.old);

  // The last finalizer of an object that is being deleted has gone: so does the object.
  const json::object& metadata = metadata_of(next);
  const json::array* const finalizers = api::array_at(metadata, {"finalizers"});
  const bool deleting = api::value_at(metadata, {"deletionTimestamp"}) != nullptr;
  const bool held = (finalizers != nullptr && !finalizers->empty()) ||
                    api::integer_at(metadata, {"deletionGracePeriodSeconds"}).value_or(0) > 0 ||
                    holds_content(kind, next);
  if (call->options->dry_run) return answer(api::Object::make(std::move(next)));
  const store::Revision expected = revision_of(*update.old);
  const auto done = [call, answer](Result<api::ObjectPtr> written) {
    if (!written) return respond(call, refuse::of_store(written.error()));
    answer(*written);
  };
  if (deleting && !held) {
    return storage_.remove(update.key, api::Object::make(std::move(next)), expected, done);
  }
  write_also(*call);
  storage_.write(update.key, in_storage_version(kind, std::move(next)), expected, done);
}

}  // namespace cove::server
