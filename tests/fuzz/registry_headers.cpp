// Header fields of registries: challenges, ranges, waits, and where a Location leads.
#include "core/image/registry_headers.h"
#include "core/http/url.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  const std::string_view text = cove::fuzz::text(data, size);
  const auto challenges = cove::image::parse_challenges(text);
  require(challenges.size() <= 16, "challenges are bounded");
  for (const auto& challenge : challenges) {
    require(!challenge.scheme.empty(), "a challenge has a scheme");
    require(challenge.parameters.size() <= 16, "parameters are bounded");
    for (const auto& [name, value] : challenge.parameters)
      require(!name.empty() && value.size() <= size, "a parameter has a name");
  }
  if (const auto range = cove::image::parse_content_range(text)) {
    require(range->first <= range->last, "a range goes forward");
    require(!range->total || range->last < *range->total, "a range lies inside");
  }
  static_cast<void>(cove::image::parse_upload_range(text));
  if (const auto next = cove::image::parse_next_link(text))
    require(text.find(*next) != text.npos, "a link is part of its field");
  if (const auto wait = cove::image::parse_retry_after(text, cove::WallTime()))
    require(wait->count() >= 0, "a wait is not negative");

  static const auto base = *cove::http::parse_url("https://registry.example:5000/v2/x/?a=b");
  if (const auto url = cove::http::resolve_location(base, text)) {
    require(url->scheme == "https" || url->scheme == "http", "only HTTP");
    require(!url->host.empty() && url->port != 0, "there is a host");
    require(url->target.starts_with('/'), "there is a path");
    for (const char c : url->target) require(c > 0x20 && c < 0x7f, "the path is one line");
    const auto again = cove::http::parse_url(url->text());
    require(again && again->text() == url->text(), "one text for one URL");
  }
  return 0;
}
