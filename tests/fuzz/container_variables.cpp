// What containers and their specs say of variables: files of them, and references in texts.
#include "core/node/environment.h"
#include "core/node/environment_files.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  const std::string_view text = cove::fuzz::text(data, size);
  const auto value = cove::node::variable_in(text, "A");
  if (value) require(value->size() <= text.size(), "a value is a part of the file");
  const std::string same = cove::node::expand(text, [](std::string_view) { return nullptr; });
  require(same.size() <= text.size(), "what is not known is not made longer");
  if (text.find('$') == std::string_view::npos)
    require(same == text, "a text without references stays as it is");
  return 0;
}
