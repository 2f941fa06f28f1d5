#include "core/node/container_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/api/kinds/pod_spec.h"
#include "core/node/container_config.h"

namespace cove::node {

namespace json = boost::json;

namespace {

using api::Amounts;
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

// Whether each container has that limit, or the pod as a whole.
bool all_limited(const api::Object& pod, std::string_view name) {
  if (amount(api::amounts_at(pod.document(), {"spec", "resources", "limits"}), name).sign() > 0)
    return true;
  bool all = true;
  for (const std::string_view list : {"containers", "initContainers"}) {
    api::each_object(pod.document(), {"spec", list}, [&](const json::object& container) {
      all = all && amount(api::amounts_at(container, {"resources", "limits"}), name).sign() > 0;
    });
  }
  return all;
}

std::int64_t memory_request(const json::object& container) {
  return amount(api::amounts_at(container, {"resources", "requests"}), "memory").value();
}

// What each container gets of the memory that the pod as a whole asks for beyond its containers.
std::int64_t share_of_rest(const api::Object& pod) {
  const Amounts whole = api::amounts_at(pod.document(), {"spec", "resources", "requests"});
  if (!whole.contains("memory")) return 0;
  std::int64_t sum = 0, count = 0;
  const auto note = [&](const json::object& container) {
    sum += memory_request(container);
    ++count;
  };
  api::each_object(pod.document(), {"spec", "containers"}, note);
  api::each_object(pod.document(), {"spec", "initContainers"}, [&](const json::object& container) {
    if (api::is_sidecar(container)) note(container);
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
  const Amounts requests = api::pod_resources(pod.document(), "requests");
  const Amounts limits = api::pod_resources(pod.document(), "limits");
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
  const Amounts requests = api::amounts_at(container, {"resources", "requests"});
  Amounts limits = api::amounts_at(container, {"resources", "limits"});
  for (const auto& [name, value] : api::amounts_at(pod.document(), {"spec", "resources", "limits"}))
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
  if (api::is_sidecar(container)) {
    // A sidecar is not ended before what it serves.
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    api::each_object(pod.document(), {"spec", "containers"}, [&](const json::object& other) {
      least = std::min(least, memory_request(other));
    });
    score = std::min(score, score_of(least, memory_bytes));
  }
  return std::clamp(score, 1000 + kGuaranteedScore, kBestEffortScore - 1);
}

}  // namespace cove::node
