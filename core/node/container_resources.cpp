#include "core/node/container_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/api/kinds/pod_spec.h"
#include "core/node/container_config.h"
#include "core/node/environment_fields.h"

namespace cove::node {

namespace json = boost::json;

namespace {

using api::Quantity;

constexpr std::int64_t kSharesOfCpu = 1024;
constexpr std::int64_t kLeastShares = 2, kMostShares = 262'144;
constexpr std::int64_t kPeriodUs = 100'000, kLeastQuotaUs = 1000;
constexpr int kGuaranteedScore = -997, kBestEffortScore = 1000;
constexpr std::int64_t kSystemCritical = 2'000'000'000;

Quantity amount(const Amounts& amounts, std::string_view name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? Quantity() : found->second;
}

std::uint64_t shares_of(std::int64_t milli) {
  // More than the most a machine has must not overflow.
  milli = std::min(milli, kMostShares * 1000);
  return static_cast<std::uint64_t>(
      std::clamp(milli * kSharesOfCpu / 1000, kLeastShares, kMostShares));
}

void set_quota(runtime::ResourceLimits& out, std::int64_t milli) {
  if (milli <= 0) return;
  milli = std::min(milli, std::numeric_limits<std::int64_t>::max() / kPeriodUs);
  out.cpu_quota_us = std::max(milli * kPeriodUs / 1000, kLeastQuotaUs);
  out.cpu_period_us = kPeriodUs;
}

void set_memory(runtime::ResourceLimits& out, std::int64_t bytes) {
  if (bytes <= 0) return;
  out.memory_bytes = bytes;
  out.memory_swap_bytes = bytes;  // together: no swap
}

// "hugepages-2Mi" is the kernel's "2MB".
void set_huge_pages(runtime::ResourceLimits& out, const Amounts& limits) {
  constexpr std::string_view kPrefix = "hugepages-";
  for (const auto& [name, limit] : limits) {
    if (!name.starts_with(kPrefix)) continue;
    const auto size = Quantity::parse(std::string_view(name).substr(kPrefix.size()));
    if (!size || size->value() <= 0) continue;
    std::int64_t number = size->value();
    std::string_view unit = "B";
    for (const std::string_view next : {"KB", "MB", "GB"}) {
      if (number < 1024 || number % 1024 != 0) break;
      number /= 1024;
      unit = next;
    }
    out.huge_pages[fmt::format("{}{}", number, unit)] =
        static_cast<std::uint64_t>(std::max<std::int64_t>(limit.value(), 0));
  }
}

template <class Visit>
void each(const api::Object& pod, std::string_view list, const Visit& visit) {
  const json::array* const all = api::array_at(pod.document(), {"spec", list});
  if (all == nullptr) return;
  for (const json::value& item : *all) {
    if (const json::object* const container = item.if_object()) visit(*container);
  }
}

bool is_sidecar(const json::object& container) {
  return api::text_at(container, {"restartPolicy"}) == "Always";
}

void add(Amounts& all, const Amounts& more) {
  for (const auto& [name, value] : more) all[name] += value;
}
void take_greater(Amounts& all, const Amounts& more) {
  for (const auto& [name, value] : more) {
    Quantity& total = all[name];
    if (value > total) total = value;
  }
}

// Requests or limits of the whole pod with its overhead (kubernetes.io "Init Containers", "Resource
// sharing within containers").
Amounts whole_pod(const api::Object& pod, std::string_view part) {
  Amounts sum, sidecars, before;
  each(pod, "containers", [&](const json::object& container) {
    add(sum, amounts_at(container, {"resources", part}));
  });
  each(pod, "initContainers", [&](const json::object& container) {
    Amounts own = amounts_at(container, {"resources", part});
    if (is_sidecar(container)) {
      add(sidecars, own);
      take_greater(before, sidecars);
    } else {
      add(own, sidecars);
      take_greater(before, own);
    }
  });
  add(sum, sidecars);
  take_greater(sum, before);
  for (const auto& [name, value] : amounts_at(pod.document(), {"spec", "resources", part}))
    sum[name] = value;
  for (const auto& [name, value] : amounts_at(pod.document(), {"spec", "overhead"})) {
    if (part == "requests" || sum.contains(name)) sum[name] += value;
  }
  return sum;
}

// Whether each container has that limit, or the pod as a whole.
bool all_limited(const api::Object& pod, std::string_view name) {
  if (amount(amounts_at(pod.document(), {"spec", "resources", "limits"}), name).sign() > 0)
    return true;
  bool all = true;
  for (const std::string_view list : {"containers", "initContainers"}) {
    each(pod, list, [&](const json::object& container) {
      all = all && amount(amounts_at(container, {"resources", "limits"}), name).sign() > 0;
    });
  }
  return all;
}

std::int64_t memory_request(const json::object& container) {
  return amount(amounts_at(container, {"resources", "requests"}), "memory").value();
}

// What each container gets of the memory that the pod as a whole asks for beyond its containers.
std::int64_t share_of_rest(const api::Object& pod) {
  const Amounts whole = amounts_at(pod.document(), {"spec", "resources", "requests"});
  if (!whole.contains("memory")) return 0;
  std::int64_t sum = 0, count = 0;
  const auto note = [&](const json::object& container) {
    sum += memory_request(container);
    ++count;
  };
  each(pod, "containers", note);
  each(pod, "initContainers", [&](const json::object& container) {
    if (is_sidecar(container)) note(container);
  });
  const std::int64_t rest = amount(whole, "memory").value() - sum;
  return rest > 0 && count > 0 ? rest / count : 0;
}

int score_of(std::int64_t request, std::uint64_t memory_bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 1000;
  const std::uint64_t whole = std::min(memory_bytes, kMost);
  const auto part = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(request, 0)), whole);
  return 1000 - static_cast<int>(1000 * part / whole);
}

}  // namespace

std::string_view qos_class(const api::Object& pod) {
  const std::string_view told = api::text_at(pod.document(), {"status", "qosClass"});
  if (!told.empty()) return told;
  const json::object* const spec = api::object_at(pod.document(), {"spec"});
  return spec == nullptr ? "BestEffort" : api::pods::qos_class(*spec);
}

std::string pod_cgroup(const api::Object& pod, const std::string& root) {
  const std::string_view qos = qos_class(pod);
  const std::string_view group = qos == "Burstable"    ? "/burstable"
                                 : qos == "BestEffort" ? "/besteffort"
                                                       : "";
  return fmt::format("{}{}/pod{}", root, group, pod.uid());
}

runtime::ResourceLimits pod_limits(const api::Object& pod) {
  runtime::ResourceLimits out;
  const Amounts requests = whole_pod(pod, "requests");
  const Amounts limits = whole_pod(pod, "limits");
  const std::string_view qos = qos_class(pod);
  if (qos == "BestEffort") {
    out.cpu_shares = kLeastShares;
    return out;
  }
  Quantity cpu = amount(requests, "cpu");
  if (!requests.contains("cpu")) cpu = amount(limits, "cpu");
  out.cpu_shares = shares_of(cpu.milli_value());
  if (all_limited(pod, "cpu")) set_quota(out, amount(limits, "cpu").milli_value());
  if (all_limited(pod, "memory")) set_memory(out, amount(limits, "memory").value());
  set_huge_pages(out, limits);
  return out;
}

runtime::ResourceLimits container_limits(const api::Object& pod, const json::object& container) {
  const Amounts requests = amounts_at(container, {"resources", "requests"});
  Amounts limits = amounts_at(container, {"resources", "limits"});
  for (const auto& [name, value] : amounts_at(pod.document(), {"spec", "resources", "limits"}))
    limits.try_emplace(name, value);
  runtime::ResourceLimits out;
  const Quantity cpu = requests.contains("cpu") ? amount(requests, "cpu") : amount(limits, "cpu");
  out.cpu_shares = shares_of(cpu.milli_value());
  set_quota(out, amount(limits, "cpu").milli_value());
  set_memory(out, amount(limits, "memory").value());
  set_huge_pages(out, limits);
  return out;
}

int oom_score_adj(const api::Object& pod, const json::object& container,
                  std::uint64_t memory_bytes) {
  if (api::integer_at(pod.document(), {"spec", "priority"}).value_or(0) >= kSystemCritical)
    return kGuaranteedScore;
  const std::string_view qos = qos_class(pod);
  if (qos == "Guaranteed") return kGuaranteedScore;
  if (qos == "BestEffort" || memory_bytes == 0) return kBestEffortScore;
  int score = score_of(memory_request(container) + share_of_rest(pod), memory_bytes);
  if (is_sidecar(container)) {
    // A sidecar is not ended before what it serves.
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    each(pod, "containers",
         [&](const json::object& other) { least = std::min(least, memory_request(other)); });
    score = std::min(score, score_of(least, memory_bytes));
  }
  return std::clamp(score, 1000 + kGuaranteedScore, kBestEffortScore - 1);
}

}  // namespace cove::node
