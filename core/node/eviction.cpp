#include "core/node/eviction.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/api/document.h"
#include "core/api/pods.h"
#include "core/api/quantity.h"
#include "core/base/strings.h"

namespace cove::node {
namespace {

namespace json = boost::json;

constexpr std::int64_t kSystemPriority = 2'000'000'000;
constexpr std::int64_t kGraceSeconds = 1;
constexpr std::chrono::seconds kUntilItEnded{30};

std::string_view resource_of(Pressure pressure) {
  return pressure == Pressure::kMemory ? "memory" : "ephemeral-storage";
}

std::string bytes_text(std::uint64_t bytes) {
  return api::Quantity::of(static_cast<std::int64_t>(bytes), api::Quantity::Format::kBinarySi)
      .text();
}

std::int64_t priority(const api::Object& pod) {
  return api::integer_at(pod.document(), {"spec", "priority"}).value_or(0);
}

// One from a manifest file: the node itself may stand on it.
bool is_static(const api::Object& pod) {
  const json::object* const annotations =
      api::object_at(pod.document(), {"metadata", "annotations"});
  if (annotations == nullptr) return false;
  const std::string_view source = api::text_at(*annotations, {"kubernetes.io/config.source"});
  return annotations->contains("kubernetes.io/config.mirror") ||
         (!source.empty() && source != "api");
}

std::uint64_t requested(const api::Object& pod, std::string_view container,
                        std::string_view resource) {
  for (const std::string_view list : {"containers", "initContainers"}) {
    const json::array* const all = api::array_at(pod.document(), {"spec", list});
    if (all == nullptr) continue;
    for (const json::value& each : *all) {
      if (!each.is_object() || api::text_at(each.get_object(), {"name"}) != container) continue;
      const auto amount = api::Quantity::parse(
          api::text_at(each.get_object(), {"resources", "requests", resource}));
      return amount ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, amount->value())) : 0;
    }
  }
  return 0;
}

struct Total {
  std::uint64_t used = 0, requested = 0;
};

Total total_of(const Candidate& candidate) {
  Total total;
  for (const ContainerConsumption& each : candidate.containers) {
    total.used += each.used;
    total.requested += each.requested;
  }
  return total;
}

}  // namespace

Result<void> parse_eviction_hard(std::string_view text, EvictionLimits& limits) {
  const auto wrong = [](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "read", "--eviction-hard", std::move(cause), ""};
  };
  limits.memory_bytes = 0;
  limits.disk = {};
  for (const std::string& each : split(text, ',')) {
    const auto less = each.find('<');
    const std::string signal = each.substr(0, less);
    const std::string value = less == std::string::npos ? "" : each.substr(less + 1);
    if (signal == "nodefs.available" && value.ends_with('%')) {
      unsigned percent = 0;
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size() - 1, percent);
      if (error != std::errc() || *end != '%' || percent > 99)
        return wrong(fmt::format("'{}' is no percentage", value));
      limits.disk = {percent, std::numeric_limits<std::uint64_t>::max()};
      continue;
    }
    const auto amount = api::Quantity::parse(value);
    if (!amount || amount->sign() < 0) return wrong(fmt::format("'{}' is no amount", value));
    const auto bytes = static_cast<std::uint64_t>(amount->value());
    if (signal == "memory.available") {
      limits.memory_bytes = bytes;
    } else if (signal == "nodefs.available") {
      limits.disk = {100, bytes};
    } else {
      return wrong(fmt::format("it knows memory.available and nodefs.available, not '{}'", signal));
    }
  }
  return {};
}

Pressure pressure_of(const NodeRoom& room, const EvictionLimits& limits) {
  if (room.memory_total > 0 && room.memory_available < limits.memory_bytes)
    return Pressure::kMemory;
  if (room.disk_total > 0 && room.disk_available < limits.disk.of(room.disk_total))
    return Pressure::kDisk;
  return Pressure::kNone;
}

std::vector<Candidate> ranked(std::vector<Candidate> candidates) {
  std::erase_if(candidates, [](const Candidate& each) {
    return is_static(*each.pod) || priority(*each.pod) >= kSystemPriority;
  });
  const auto key = [](const Candidate& each) {
    const Total total = total_of(each);
    const bool within = total.used <= total.requested;
    return std::tuple(
        within, priority(*each.pod),
        static_cast<std::int64_t>(total.requested) - static_cast<std::int64_t>(total.used));
  };
  std::ranges::stable_sort(candidates,
                           [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
  return candidates;
}

std::string eviction_message(std::string_view resource, std::uint64_t threshold,
                             std::uint64_t available, const Candidate& candidate) {
  std::string message =
      fmt::format("The node was low on resource: {}. Threshold quantity: {}, available: {}. ",
                  resource, bytes_text(threshold), bytes_text(available));
  for (const ContainerConsumption& each : candidate.containers) {
    if (each.used <= each.requested) continue;
    message +=
        fmt::format("Container {} was using {}, request is {}, has larger consumption of {}. ",
                    each.container, bytes_text(each.used), bytes_text(each.requested), resource);
  }
  return message;
}

bool Eviction::lasts(const std::optional<SteadyTime>& seen) const {
  return seen && parts_.clock.steady() - *seen < parts_.limits.pressure_lasts;
}

bool Eviction::memory_pressure() const {
  const std::lock_guard lock(mutex_);
  return lasts(memory_seen_);
}

bool Eviction::disk_pressure() const {
  const std::lock_guard lock(mutex_);
  return lasts(disk_seen_);
}

void Eviction::step() {
  NodeRoom room = parts_.room();
  Pressure pressure = pressure_of(room, parts_.limits);
  if (pressure == Pressure::kNone) return;
  {
    const std::lock_guard lock(mutex_);
    (pressure == Pressure::kMemory ? memory_seen_ : disk_seen_) = parts_.clock.steady();
  }
  parts_.events.event_about(json::object{{"apiVersion", "v1"},
                                         {"kind", "Node"},
                                         {"name", parts_.node_name},
                                         {"uid", parts_.node_name}},
                            "Warning", "EvictionThresholdMet",
                            fmt::format("Attempting to reclaim {}", resource_of(pressure)));
  if (pressure == Pressure::kDisk && parts_.free_images && parts_.free_images()) {
    room = parts_.room();
    if (pressure_of(room, parts_.limits) != Pressure::kDisk) return;
  }
  end_one(pressure, room);
}

std::vector<Candidate> Eviction::candidates(Pressure pressure) const {
  std::vector<Candidate> all;
  for (const RunningPod& pod : parts_.pods.list()) {
    if (!api::is_pod_active(*pod.pod)) continue;
    const bool runs = std::ranges::any_of(pod.containers, [](const PodContainer& each) {
      return each.state == runtime::ContainerState::kRunning && !each.id.empty();
    });
    if (!runs) continue;
    Candidate candidate{pod.pod, {}};
    std::uint64_t written =
        pressure == Pressure::kDisk && parts_.disk_usage ? parts_.disk_usage(pod) : 0;
    for (const PodContainer& each : pod.containers) {
      ContainerConsumption consumption{each.name, 0,
                                       requested(*pod.pod, each.name, resource_of(pressure))};
      if (pressure == Pressure::kDisk) {
        // What a pod has written is told of as its first container's.
        consumption.used = std::exchange(written, 0);
      } else if (!each.id.empty()) {
        // What was sampled a while ago is not what is short now.
        consumption.used = parts_.statistics.memory(each.id).value_or(0);
      }
      candidate.containers.push_back(std::move(consumption));
    }
    all.push_back(std::move(candidate));
  }
  return ranked(std::move(all));
}

void Eviction::end_one(Pressure pressure, const NodeRoom& room) {
  const std::vector<Candidate> order = candidates(pressure);
  if (order.empty()) {
    parts_.logger.warn("nothing can be evicted",
                       {{"resource", std::string(resource_of(pressure))}});
    return;
  }
  const SteadyTime now = parts_.clock.steady();
  const bool ends = std::ranges::any_of(
      order, [&](const Candidate& each) { return each.pod->uid() == evicted_; });
  if (ends && now - evicted_at_ < kUntilItEnded) return;
  evicted_ = order.front().pod->uid();
  evicted_at_ = now;
  const bool memory = pressure == Pressure::kMemory;
  const std::string message =
      eviction_message(resource_of(pressure),
                       memory ? parts_.limits.memory_bytes : parts_.limits.disk.of(room.disk_total),
                       memory ? room.memory_available : room.disk_available, order.front());
  parts_.events.event(*order.front().pod, "Warning", "Evicted", message);
  parts_.evict(std::string(order.front().pod->uid()), "Evicted", message, "TerminationByKubelet",
               kGraceSeconds);
}

}  // namespace cove::node
