#include <fmt/format.h>

#include "core/api/custom.h"
#include "core/api/protobuf.h"
#include "core/server/call.h"

namespace cove::server {
namespace {

constexpr std::string_view kSupported =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

// Objects that come from outside may not be deeper than this.
constexpr api::ParseLimits kLimits{.bytes = 16 << 20, .depth = 200, .yaml_nodes = 200'000};

Refusal cannot_be_handled(const api::GroupVersionKind& gvk, std::string_view why) {
  return refuse::bad_request(fmt::format("{} in version \"{}\" cannot be handled as a {}: {}",
                                         gvk.kind, gvk.version, gvk.kind, why));
}

// What strict field validation says of both kinds of surplus.
std::vector<std::string> surplus(const std::vector<std::string>& unknown,
                                 const std::vector<std::string>& duplicates) {
  std::vector<std::string> texts;
  for (const std::string& path : duplicates)
    texts.push_back(fmt::format("duplicate field \"{}\"", path));
  for (const std::string& path : unknown)
    texts.push_back(fmt::format("unknown field \"{}\"", path));
  return texts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

// Fills in what a client may leave out, refuses another kind.
Outcome<void> check_kind(json::object& document, const api::GroupVersionKind& gvk) {
  const std::string kind(api::text_at(document, {"kind"}));
  const std::string version(api::text_at(document, {"apiVersion"}));
  if (!kind.empty() && kind != gvk.kind) {
    return refuse::bad_request(
        fmt::format("{} in version \"{}\" cannot be handled as a {}: no kind \"{}\" is registered "
                    "for this resource",
                    kind, version.empty() ? gvk.version : version, gvk.kind, kind));
  }
  if (!version.empty() && version != gvk.api_version()) {
    return refuse::bad_request(
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    version, gvk.api_version()));
  }
  document["kind"] = gvk.kind;
  document["apiVersion"] = gvk.api_version();
  return {};
}

}  // namespace

Outcome<json::value> parse_body(const Request& request, bool yaml,
                                std::vector<std::string>* duplicates) {
  auto parsed =
      yaml ? api::parse_yaml(request.body, kLimits) : api::parse_json(request.body, kLimits);
  if (!parsed) return refuse::bad_request(parsed.error().cause);
  if (duplicates != nullptr) *duplicates = std::move(parsed->duplicates);
  return std::move(parsed->value);
}

Outcome<json::object> decode_document(json::object document,
                                      const std::vector<std::string>& duplicates,
                                      const api::GroupVersionKind& gvk, const api::Schema& schema,
                                      const api::Kind* custom, FieldValidation validation,
                                      std::vector<std::string>& warnings) {
  if (auto checked = check_kind(document, gvk); !checked) return checked.error();
  api::DecodeReport report;
  auto decoded = custom != nullptr ? api::decode_custom(*custom, std::move(document), report)
                                   : api::decode(schema, std::move(document), report);
  if (!decoded) return cannot_be_handled(gvk, decoded.error().cause);
  if (validation != FieldValidation::kIgnore) {
    const auto texts = surplus(report.unknown, duplicates);
    if (validation == FieldValidation::kStrict && !texts.empty())
      return cannot_be_handled(gvk, "strict decoding error: " + join(texts));
    warnings.insert(warnings.end(), texts.begin(), texts.end());
  }
  return std::move(*decoded);
}

Outcome<json::object> decode_body(const Call& call, const api::GroupVersionKind& gvk,
                                  const api::Schema& schema, const api::Kind* custom,
                                  FieldValidation validation, std::vector<std::string>& warnings) {
  const Request& request = *call.request;
  const auto encoding = encoding_of(request.header("content-type"));
  if (!encoding || (custom != nullptr && *encoding == Encoding::kProtobuf))
    return refuse::unsupported_media_type(kSupported);
  if (*encoding == Encoding::kProtobuf) {
    auto envelope = api::open_protobuf_envelope(request.body);
    if (!envelope) return cannot_be_handled(gvk, envelope.error().cause);
    if (!envelope->kind.empty() && envelope->kind != gvk.kind) {
      return cannot_be_handled(gvk, fmt::format("the body is a {}", envelope->kind));
    }
    auto decoded = call.protobuf->decode(schema, request.body);
    if (!decoded) return cannot_be_handled(gvk, decoded.error().cause);
    return decode_document(std::move(*decoded), {}, gvk, schema, custom, validation, warnings);
  }
  std::vector<std::string> duplicates;
  auto value = parse_body(request, *encoding == Encoding::kYaml, &duplicates);
  if (!value) return cannot_be_handled(gvk, value.error().message);
  if (!value->is_object()) return cannot_be_handled(gvk, "the body is not an object");
  return decode_document(std::move(value->get_object()), duplicates, gvk, schema, custom,
                         validation, warnings);
}

json::object canonical(const api::Kind& kind, json::object document) {
  api::DecodeReport report;
  json::object original = document;
  auto decoded = api::decode(kind, std::move(document), report);
  return decoded ? std::move(*decoded) : std::move(original);
}

json::object to_stored(const api::Kind& kind, const api::Kind& stored, json::object document) {
  if (&kind == &stored || !kind.conversion) return document;
  if (kind.conversion->to_storage) kind.conversion->to_storage(document);
  document["kind"] = stored.gvk.kind;
  document["apiVersion"] = stored.gvk.api_version();
  json::object result = canonical(stored, std::move(document));
  api::apply_defaults(*stored.schema, result);
  if (stored.rules.set_defaults) stored.rules.set_defaults(result);
  return result;
}

json::object from_stored(const api::Kind& kind, const api::Kind& stored, json::object document) {
  if (kind.custom) {
    document["apiVersion"] = kind.gvk.api_version();
    json::object result = canonical(kind, std::move(document));
    api::apply_defaults(*kind.schema, result);
    return result;
  }
  if (&kind == &stored || !kind.conversion) return document;
  if (kind.conversion->from_storage) kind.conversion->from_storage(document);
  document["kind"] = kind.gvk.kind;
  document["apiVersion"] = kind.gvk.api_version();
  return canonical(kind, std::move(document));
}

json::object in_storage_version(const api::Kind& kind, json::object document) {
  if (kind.custom && kind.conversion) {
    const api::Conversion& conversion = *kind.conversion;
    document["apiVersion"] = fmt::format("{}/{}", kind.gvk.group, conversion.storage_version);
  }
  return document;
}

}  // namespace cove::server
