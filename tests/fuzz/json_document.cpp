// A JSON document: parsing, and printing what was read.
#include "core/api/document.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  const auto parsed = cove::api::parse_json(cove::fuzz::text(data, size));
  if (parsed.has_error()) {
    require(!parsed.error().cause.empty(), "an error has a cause");
    return 0;
  }
  const std::string printed = cove::api::to_text(parsed->value);
  const auto again = cove::api::parse_json(printed);
  require(again.has_value(), "what is printed can be read");
  require(again->duplicates.empty(), "what is printed has no field twice");
  require(cove::api::same(again->value, parsed->value), "what is read again is the same");
  return 0;
}
