// The small languages of the API in one: the first byte says which is read.
#include "core/api/formats.h"
#include "core/api/json_path.h"
#include "core/api/names.h"
#include "core/api/quantity.h"
#include "core/api/selector.h"
#include "core/api/time.h"
#include "tests/fuzz/fuzz.h"

namespace {

using cove::fuzz::require;
using namespace cove::api;

void read_labels(std::string_view text) {
  const auto selector = LabelSelector::parse(text);
  if (selector.has_error()) return;
  const auto again = LabelSelector::parse(selector->text());
  require(again.has_value() && again->text() == selector->text(), "a selector's text is canonical");
}

void read_fields(std::string_view text) {
  Kind kind;
  kind.selectable_fields = {"spec.a"};
  const auto selector = FieldSelector::parse(text, kind);
  if (selector.has_error()) return;
  const auto again = FieldSelector::parse(selector->text(), kind);
  require(again.has_value() && again->text() == selector->text(), "a selector's text is canonical");
  (void)selector->matches({});
}

void read_quantity(std::string_view text) {
  const auto quantity = Quantity::parse(text);
  if (quantity.has_error()) return;
  const auto again = Quantity::parse(quantity->text());
  require(again.has_value() && again->text() == quantity->text(), "a quantity's text is canonical");
  require(*again == *quantity, "a quantity's text says how much it is");
  require(*quantity - *quantity == Quantity(), "a quantity less itself is nothing");
  (void)quantity->milli_value();
}

void read_time(std::string_view text) {
  if (const auto time = canonical_time(text, TimePrecision::kMicroseconds);
      time.has_value() && !time->empty()) {
    require(canonical_time(*time, TimePrecision::kMicroseconds).value() == *time,
            "a time's text is canonical");
  }
  if (const auto duration = parse_duration(text); duration.has_value()) {
    require(parse_duration(format_duration(*duration)).value() == *duration,
            "a duration's text says how long it is");
  }
}

void read_path(std::string_view text) {
  if (const auto path = JsonPath::parse(text); path.has_value())
    (void)path->find({{"a", {{"b", {1, 2}}}}});
}

void read_names(std::string_view text) {
  (void)check_ip(text);
  (void)check_cidr(text);
  (void)check_qualified_name(text);
  for (const char* format : {"date-time", "email", "ipv6", "mac", "uri", "uuid4", "cidr"})
    (void)has_format(format, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = cove::fuzz::text(data + 1, size - 1);
  switch (data[0]) {
    case 'l': read_labels(text); break;
    case 'f': read_fields(text); break;
    case 'q': read_quantity(text); break;
    case 't': read_time(text); break;
    case 'p': read_path(text); break;
    default: read_names(text); break;
  }
  return 0;
}
