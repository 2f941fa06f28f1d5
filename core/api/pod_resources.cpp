#include "core/api/pod_resources.h"

namespace cove::api {

Amounts amounts_at(const json::object& object, Steps path) {
  Amounts all;
  const json::object* const found = object_at(object, path);
  if (found == nullptr) return all;
  for (const auto& [name, value] : *found) {
    if (!value.is_string() && !value.is_number()) continue;
    if (auto parsed =
            Quantity::parse(value.is_string() ? view(value.get_string()) : to_text(value)))
      all.emplace(std::string_view(name), std::move(*parsed));
  }
  return all;
}

void add(Amounts& all, const Amounts& more) {
  for (const auto& [name, amount] : more) all[name] += amount;
}

void raise(Amounts& all, const Amounts& least) {
  for (const auto& [name, amount] : least) {
    Quantity& mine = all[name];
    if (amount > mine) mine = amount;
  }
}

Amounts pod_resources(const json::object& pod, std::string_view part) {
  auto sum = containers_together<Amounts>(pod, [&](const json::object& container, bool) {
    return amounts_at(container, {"resources", part});
  });
  for (const auto& [name, amount] : amounts_at(pod, {"spec", "resources", part}))
    sum[name] = amount;
  for (const auto& [name, amount] : amounts_at(pod, {"spec", "overhead"})) {
    if (part == "requests" || sum.contains(name)) sum[name] += amount;
  }
  return sum;
}

}  // namespace cove::api
