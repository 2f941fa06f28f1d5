#include <fmt/format.h>

#include <charconv>

#include "core/api/decode.h"
#include "core/api/selector.h"
#include "core/server/resources.h"
#include "core/server/watches.h"

namespace cove::server {
namespace {

// ".spec.replicas" to its member names.
std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> steps;
  while (!path.empty()) {
    if (path.front() == '.') path.remove_prefix(1);
    const std::size_t end = std::min(path.find('.'), path.size());
    if (end > 0) steps.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return steps;
}

const json::value* find(const json::object& document, std::string_view path) {
  const json::object* at = &document;
  const json::value* value = nullptr;
  for (const std::string& step : steps_of(path)) {
    if (at == nullptr) return nullptr;
    value = api::member(*at, step);
    at = value != nullptr ? value->if_object() : nullptr;
  }
  return value;
}

std::int64_t number_at(const json::object& document, std::string_view path) {
  const json::value* const value = find(document, path);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64()) return static_cast<std::int64_t>(value->get_uint64());
  return 0;
}

std::string selector_text(const json::object& document, std::string_view path) {
  const json::value* const value = find(document, path);
  if (value == nullptr) return "";
  if (value->is_string()) return std::string(api::view(value->get_string()));
  if (!value->is_object()) return "";
  const json::object& object = value->get_object();
  // A ReplicationController's selector is the labels themselves.
  const bool labels = !object.contains("matchLabels") && !object.contains("matchExpressions");
  if (labels) return api::LabelSelector::from_labels(object).text();
  auto selector = api::LabelSelector::from_document(&object);
  return selector ? selector->text() : "";
}

json::object make_scale(const api::Kind& kind, const json::object& document) {
  const api::ScalePaths& paths = *kind.scale;
  json::object metadata;
  for (const char* const name :
       {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const json::value* const value = document.at("metadata").get_object().if_contains(name))
      metadata[name] = *value;
  }
  json::object spec;
  if (const std::int64_t replicas = number_at(document, paths.replicas); replicas != 0)
    spec["replicas"] = replicas;
  json::object status{{"replicas", number_at(document, paths.status_replicas)}};
  if (std::string text = selector_text(document, paths.selector); !text.empty())
    status["selector"] = text;
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata", std::move(metadata)},
          {"spec", std::move(spec)},
          {"status", std::move(status)}};
}

void set_number(json::object& document, std::string_view path, std::int64_t number) {
  json::object* at = &document;
  const auto steps = steps_of(path);
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    json::value& value = (*at)[steps[i]];
    if (!value.is_object()) value = json::object();
    at = &value.get_object();
  }
  (*at)[steps.back()] = number;
}

}  // namespace

// autoscaling/v1 Scale: a view of two numbers and a selector, whatever the kind.
void Resources::scale(const CallPtr& call) {
  const api::Kind& stored = *call->stored;
  const std::string key = storage_key(stored, call->info.namespace_name, call->info.name);
  const api::ObjectPtr old = call->info.verb == "get" ? storage_.get(key) : newest(*call, key);
  if (!old) return respond(call, refuse::not_found(*call->kind, call->info.name));
  if (call->info.verb == "get")
    return respond_document(call, 200, make_scale(stored, old->document()));
  if (!call->body) return respond(call, call->body.error());
  auto scale = call->info.verb == "patch" ? patched(call, make_scale(stored, old->document()))
                                          : Outcome<json::object>(*call->body);
  if (!scale) return respond(call, scale.error());
  const json::value* const replicas = api::value_at(*scale, {"spec", "replicas"});
  const auto number =
      replicas == nullptr ? 0 : api::integer_at(*scale, {"spec", "replicas"}).value_or(-1);
  api::ErrorList errors;
  if (number < 0 || number > INT32_MAX)
    errors.invalid("spec.replicas", number, "must be greater than or equal to 0");
  if (!errors.empty()) {
    const api::Kind scale_kind{
        .gvk = {"autoscaling", "v1", "Scale"}, .plural = "scales", .singular = "scale"};
    return respond(call, refuse::invalid(scale_kind, call->info.name, errors));
  }
  if (const auto version = api::text_at(*scale, {"metadata", "resourceVersion"});
      !version.empty() && version != old->resource_version())
    return respond(call, refuse::modified(*call->kind, call->info.name));
  Update update;
  update.key = key;
  update.old = old;
  update.next = old->document();
  set_number(update.next, stored.scale->replicas, number);
  // The same commit as any update's; what is answered is the scale of its result.
  update.respond = [call](const api::ObjectPtr& object) {
    respond_document(call, 200, make_scale(*call->stored, object->document()));
  };
  commit_update(call, std::move(update));
}

}  // namespace cove::server
