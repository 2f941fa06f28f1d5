#include "core/api/patch.h"

#include <fmt/format.h>

#include "core/api/apply.h"
#include "core/api/decode.h"
#include "core/base/strings.h"
#include "core/server/resources.h"
#include "core/server/watches.h"

namespace cove::server {
namespace {

enum class PatchType { kJson, kMerge, kStrategic, kApply };

constexpr std::string_view kPatchTypes =
    "application/json-patch+json, application/merge-patch+json, "
    "application/strategic-merge-patch+json, application/apply-patch+yaml";

std::optional<PatchType> patch_type(const Request& request, bool custom) {
  std::string_view type = request.header("content-type");
  type = trim(type.substr(0, type.find(';')));
  if (type == "application/json-patch+json") return PatchType::kJson;
  if (type == "application/merge-patch+json") return PatchType::kMerge;
  if (type == "application/strategic-merge-patch+json" && !custom) return PatchType::kStrategic;
  if (type == "application/apply-patch+yaml" || type == "application/apply-patch+json")
    return PatchType::kApply;
  return std::nullopt;
}

Refusal of_patch_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::kConflict: return {422, "Invalid", error.cause};
    case ErrorCode::kResourceExhausted: return {413, "RequestEntityTooLarge", error.cause};
    default: return refuse::bad_request(error.cause);
  }
}

}  // namespace

Outcome<json::object> Resources::patched(const CallPtr& call, json::object document) {
  const auto type = patch_type(*call->request, call->kind->custom);
  if (!type || *type == PatchType::kApply) return refuse::unsupported_media_type(kPatchTypes);
  const json::value& patch = (*call->body)["patch"];
  const auto apply = [&]() -> Result<json::object> {
    if (*type == PatchType::kJson) return api::apply_json_patch(std::move(document), patch);
    if (!patch.is_object()) {
      return Error{ErrorCode::kInvalidArgument, "patch", call->info.name,
                   "the patch is not an object", ""};
    }
    if (*type == PatchType::kMerge) return api::apply_merge_patch(std::move(document), patch);
    return api::apply_strategic_merge_patch(*call->kind->schema, std::move(document),
                                            patch.get_object());
  };
  auto result = apply();
  if (!result) return of_patch_error(result.error());
  return std::move(*result);
}

void Resources::patch(const CallPtr& call) {
  const auto type = patch_type(*call->request, call->kind->custom);
  if (!type) return respond(call, refuse::unsupported_media_type(kPatchTypes));
  if (!call->body) return respond(call, call->body.error());
  Update update;
  update.key = storage_key(*call->stored, call->info.namespace_name, call->info.name);
  update.old = newest(*call, update.key);
  if (*type == PatchType::kApply) return apply(call, update.old);
  if (!update.old) return respond(call, refuse::not_found(*call->kind, call->info.name));

  auto result = patched(call, from_stored(*call->kind, *call->stored, update.old->document()));
  if (!result) return respond(call, result.error());
  auto decoded = decode_document(std::move(*result), {}, call->kind->gvk, *call->kind->schema,
                                 call->kind->custom ? call->kind.get() : nullptr,
                                 call->options->field_validation, call->warnings);
  if (!decoded) return respond(call, decoded.error());
  if (api::text_at(*decoded, {"metadata", "name"}) != call->info.name) {
    return respond(call, refuse::bad_request(fmt::format(
                             "the name of the object ({}) does not match the name on "
                             "the URL ({})",
                             api::text_at(*decoded, {"metadata", "name"}), call->info.name)));
  }
  api::apply_defaults(*call->kind->schema, *decoded);
  if (call->kind->rules.set_defaults) call->kind->rules.set_defaults(*decoded);
  update.part = part_of(*call);
  update.next = to_stored(*call->kind, *call->stored, std::move(*decoded));
  commit_update(call, std::move(update));
}

void Resources::apply(const CallPtr& call, const api::ObjectPtr& old) {
  const json::value* const config = (*call->body).if_contains("patch");
  if (config == nullptr || !config->is_object())
    return respond(call, refuse::bad_request("an apply configuration must be an object"));
  json::object document = config->get_object();
  if (api::text_at(document, {"apiVersion"}).empty() || api::text_at(document, {"kind"}).empty()) {
    return respond(
        call, refuse::bad_request("an apply configuration must have an apiVersion and a kind"));
  }
  const std::string_view given = api::text_at(document, {"metadata", "name"});
  if (!given.empty() && given != call->info.name) {
    return respond(call, refuse::bad_request(
                             fmt::format("the name of the object ({}) does not match the name on "
                                         "the URL ({})",
                                         given, call->info.name)));
  }
  if (api::array_at(document, {"metadata", "managedFields"}) != nullptr)
    return respond(call, refuse::bad_request("metadata.managedFields must be nil"));
  if (!old && call->subresource != nullptr)
    return respond(call, refuse::not_found(*call->kind, call->info.name));
  json::object& metadata = api::make_object_at(document, {"metadata"});
  metadata["name"] = call->info.name;
  if (call->kind->namespaced) metadata["namespace"] = call->info.namespace_name;

  json::object live;
  if (old) live = from_stored(*call->kind, *call->stored, old->document());
  auto outcome = api::apply({.kind = *call->kind,
                             .manager = call->options->field_manager,
                             .subresource = call->info.subresource,
                             .now = call->now,
                             .versions = versions_of(*call)},
                            old ? &live : nullptr, std::move(document), call->options->force);
  if (!outcome) {
    return respond(call, outcome.error().code == ErrorCode::kInvalidArgument
                             ? refuse::bad_request(outcome.error().cause)
                             : refuse::internal(outcome.error().cause));
  }
  if (!outcome->conflicts.empty()) {
    Refusal refusal{409, "Conflict", api::conflict_message(outcome->conflicts)};
    json::array causes;
    for (const api::FieldConflict& conflict : outcome->conflicts) {
      causes.push_back(json::object{{"reason", "FieldManagerConflict"},
                                    {"message", conflict.message()},
                                    {"field", conflict.field}});
    }
    refusal.details["causes"] = std::move(causes);
    return respond(call, refusal);
  }
  auto decoded =
      decode_document(std::move(outcome->document), {}, call->kind->gvk, *call->kind->schema,
                      call->kind->custom ? call->kind.get() : nullptr,
                      call->options->field_validation, call->warnings);
  if (!decoded) return respond(call, decoded.error());
  api::apply_defaults(*call->kind->schema, *decoded);
  if (call->kind->rules.set_defaults) call->kind->rules.set_defaults(*decoded);
  json::object next = to_stored(*call->kind, *call->stored, std::move(*decoded));
  if (!old) return create_named(call, std::move(next), true);
  Update update;
  update.key = storage_key(*call->stored, call->info.namespace_name, call->info.name);
  update.old = old;
  update.next = std::move(next);
  update.part = part_of(*call);
  update.apply = true;
  commit_update(call, std::move(update));
}

}  // namespace cove::server
