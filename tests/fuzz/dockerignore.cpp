// .dockerignore: the first line is a path, the rest are rules.
#include "core/image/build/ignore.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = cove::fuzz::text(data, size);
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end > 4096) return 0;
  const auto rules = cove::image::IgnoreRules::parse(text.substr(end + 1));
  if (rules.has_error()) return 0;
  const auto path = text.substr(0, end);
  const bool ignored = rules->ignores(path);
  cove::fuzz::require(ignored == rules->ignores(path), "rules decide the same way twice");
  (void)rules->may_keep_below(path);
  return 0;
}
