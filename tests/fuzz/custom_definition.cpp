// A CustomResourceDefinition: its schemas are checked, made into kinds, and meet a document.
#include "core/api/custom.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  using namespace cove::api;
  static const BuiltinSchemas schemas;
  const auto parsed = parse_json(cove::fuzz::text(data, size));
  if (parsed.has_error() || !parsed->value.is_object()) return 0;
  const json::object& definition = parsed->value.get_object();
  ErrorList errors;
  check_custom_schemas(definition, schemas, errors);
  for (const auto& kind : make_custom_kinds(definition, schemas)) {
    DecodeReport report;
    auto document = decode(*kind, definition, report);
    if (document.has_error()) continue;
    apply_defaults(*kind->schema, *document);
    const std::string once = to_text(*document);
    apply_defaults(*kind->schema, *document);
    require(to_text(*document) == once, "defaults are set once");
    kind->rules.validate(*document, errors);
    if (kind->cells) (void)kind->cells(*document, {});
  }
  return 0;
}
