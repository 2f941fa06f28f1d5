// What clients change objects with: JSON Patch, merge patches, strategic merge patches and
// server-side apply, against an object that is as hostile. The first byte says which; a line break
// stands between the object and what changes it.
#include "core/api/patch.h"
#include "core/api/apply.h"
#include "core/api/decode.h"
#include "tests/fuzz/fuzz.h"

namespace {

using cove::fuzz::require;
using namespace cove::api;

const BuiltinSchemas& schemas() {
  static const BuiltinSchemas made;
  return made;
}

Kind make_deployments() {
  Kind kind;
  kind.gvk = {"apps", "v1", "Deployment"};
  kind.plural = "deployments";
  kind.schema = &schemas().type("apps/v1.Deployment");
  kind.subresources.push_back({"status", std::nullopt, {"get", "patch", "update"}});
  return kind;
}

const Kind& deployments() {
  static const Kind made = make_deployments();
  return made;
}

void patch_json(const json::object& document, const json::value& patch) {
  const auto patched = apply_json_patch(document, patch);
  if (patched.has_error()) return;
  require(parse_json(to_text(*patched)).has_value(), "what was patched can be read again");
}

void merge(const json::object& document, const json::value& patch) {
  const auto once = apply_merge_patch(document, patch);
  if (once.has_error()) return;
  const auto twice = apply_merge_patch(*once, patch);
  require(twice.has_value() && same(*twice, *once), "a merge patch changes nothing when repeated");
  const auto made = apply_merge_patch(document, create_merge_patch(document, *once));
  if (to_text(*once).find("null") == std::string::npos)
    require(made.has_value() && same(*made, *once), "a made merge patch makes what it was made of");
}

void merge_strategically(const json::object& document, const json::object& patch) {
  const auto patched = apply_strategic_merge_patch(*deployments().schema, document, patch);
  if (patched.has_error()) return;
  DecodeReport report;
  (void)decode(*deployments().schema, *patched, report);
}

FieldWriter writer(std::string manager) {
  return {deployments(),
          std::move(manager),
          "",
          cove::WallTime(std::chrono::seconds(1'700'000'000)),
          {}};
}

std::optional<json::object> canonical(const json::object& document) {
  DecodeReport report;
  auto decoded = decode(*deployments().schema, document, report);
  if (decoded.has_error()) return std::nullopt;
  return std::move(*decoded);
}

void apply_twice(const json::object& live, const json::object& config) {
  const auto once = apply(writer("one"), &live, config, true);
  if (once.has_error()) return;
  require(once->conflicts.empty(), "who forces has no conflicts");
  // A key that is null is no key once it is stored; validation refuses what comes of it.
  if (to_text(config).find("null") != std::string::npos) return;
  // As the server stores it.
  const auto stored = canonical(once->document);
  if (!stored) return;
  const auto twice = apply(writer("one"), &*stored, config, false);
  require(twice.has_value() && twice->conflicts.empty(), "what one owns one may apply again");
  (void)apply(writer("two"), &*stored, config, false);
  json::object next = *stored;
  track_update(writer("three"), &*stored, next);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cove::fuzz::text(data, size);
  const std::size_t line = text.find('\n');
  if (size == 0 || line == std::string_view::npos) return 0;
  const auto document = parse_json(text.substr(1, line - 1));
  const auto patch = parse_json(text.substr(line + 1));
  if (document.has_error() || patch.has_error() || !document->value.is_object()) return 0;
  const json::object& object = document->value.get_object();
  if (data[0] == 'j') patch_json(object, patch->value);
  if (!patch->value.is_object()) return 0;
  const json::object& change = patch->value.get_object();
  switch (data[0]) {
    case 'm': merge(object, change); break;
    case 's': merge_strategically(object, change); break;
    case 'a':
      // What is stored was decoded, what is applied was not.
      if (const auto live = canonical(object)) apply_twice(*live, change);
      break;
  }
  return 0;
}
