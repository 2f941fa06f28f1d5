#include "core/api/tolerations.h"

#include <charconv>
#include <optional>

#include "core/api/each.h"

namespace cove::api {

Taint read_taint(const json::object& taint) {
  return {.key = text_at(taint, {"key"}),
          .value = text_at(taint, {"value"}),
          .effect = text_at(taint, {"effect"})};
}

Toleration read_toleration(const json::object& toleration) {
  return {.key = text_at(toleration, {"key"}),
          .value = text_at(toleration, {"value"}),
          .effect = text_at(toleration, {"effect"}),
          .op = text_at(toleration, {"operator"})};
}

namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

}  // namespace

bool Toleration::tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect) return false;
  if (!key.empty() && key != taint.key) return false;
  if (op == "Exists") return true;
  if (op == "Gt" || op == "Lt") {
    const auto bound = number_of(value), given = number_of(taint.value);
    return bound && given && (op == "Gt" ? *given > *bound : *given < *bound);
  }
  return (op.empty() || op == "Equal") && value == taint.value;
}

bool tolerates(const json::object& pod_spec, const Taint& taint) {
  bool tolerated = false;
  each_object(pod_spec, {"tolerations"}, [&](const json::object& toleration) {
    tolerated = tolerated || read_toleration(toleration).tolerates(taint);
  });
  return tolerated;
}

}  // namespace cove::api
