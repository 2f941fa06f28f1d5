// A YAML document: parsing, with its aliases, and printing what was read as JSON.
#include "core/api/document.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  const auto parsed =
      cove::api::parse_yaml(cove::fuzz::text(data, size), {.bytes = 1 << 20, .yaml_nodes = 20'000});
  if (parsed.has_error()) {
    require(!parsed.error().cause.empty(), "an error has a cause");
    return 0;
  }
  require(cove::api::to_text(parsed->value).size() < (8u << 20), "what is read stays bounded");
  return 0;
}
