#include "core/api/kinds/storage_text.h"

#include <algorithm>

#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api::storage_text {
namespace {

// In the order that tables show them.
constexpr std::pair<std::string_view, std::string_view> kModes[] = {{"ReadWriteOnce", "RWO"},
                                                                    {"ReadOnlyMany", "ROX"},
                                                                    {"ReadWriteMany", "RWX"},
                                                                    {"ReadWriteOncePod", "RWOP"}};

}  // namespace

std::string access_modes(const json::array* modes) {
  std::vector<std::string> texts;
  for (const auto& [name, text] : kModes) {
    bool there = false;
    rules::each_text(modes, [&](std::string_view mode, std::size_t) { there |= mode == name; });
    if (there) {
      texts.emplace_back(text);
    }
  }
  return rules::join(texts, ",");
}

std::string_view class_name(const json::object& object) {
  constexpr std::string_view kAnnotation = "volume.beta.kubernetes.io/storage-class";
  const std::string_view old = text_at(object, {"metadata", "annotations", kAnnotation});
  return old.empty() ? text_at(object, {"spec", "storageClassName"}) : old;
}

json::value or_unset(const json::object& object, std::string_view field) {
  return rules::cell(rules::scalar_text(value_at(object, {"spec", field}), "<unset>"));
}

void check_access_modes(ErrorList& errors, const FieldPath& path, const json::array* modes) {
  if (modes == nullptr || modes->empty()) {
    errors.required(path, "at least 1 access mode is required");
    return;
  }
  bool single = false;
  rules::each_text(modes, [&](std::string_view mode, std::size_t) {
    rules::enumeration(errors, path, mode,
                       {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"});
    single |= mode == "ReadWriteOncePod";
  });
  if (single && modes->size() > 1) {
    errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
  }
}

void check_positive(ErrorList& errors, const FieldPath& path, const json::value& quantity) {
  const std::string text = rules::scalar_text(&quantity, "");
  const auto amount = Quantity::parse(text);
  if (amount.has_value() && amount->sign() <= 0) {
    errors.invalid(path, rules::cell(text), "must be greater than zero");
  }
}

}  // namespace cove::api::storage_text
