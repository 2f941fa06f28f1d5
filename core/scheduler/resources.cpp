#include "core/scheduler/resources.h"

#include <algorithm>
#include <limits>

#include "core/api/pod_resources.h"
#include "core/api/readers.h"

namespace cove::scheduler {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_add_overflow(a, b, &result) ? kMost : result;
}

template <class Change>
void change(Resources& all, const Resources& by, const Change& apply) {
  all.milli_cpu = apply(all.milli_cpu, by.milli_cpu);
  all.memory = apply(all.memory, by.memory);
  all.ephemeral_storage = apply(all.ephemeral_storage, by.ephemeral_storage);
  for (const auto& [name, amount] : by.others) {
    std::int64_t& mine = all.others[name];
    mine = apply(mine, amount);
  }
}

const json::object* status_of(const json::object& pod, std::string_view list,
                              std::string_view container) {
  const json::array* const all = api::array_at(pod, {"status", list});
  if (all == nullptr) return nullptr;
  for (const json::value& each : *all) {
    if (each.is_object() && api::text_at(each.get_object(), {"name"}) == container)
      return &each.get_object();
  }
  return nullptr;
}

bool has(const json::object* list, std::string_view name) {
  return list != nullptr && api::member(*list, name) != nullptr;
}

// A resize that the node never grants blocks nobody: what the node has set aside counts alone.
bool resize_is_infeasible(const json::object& pod) {
  const json::object* const condition = api::condition_of(pod, "PodResizePending");
  return condition != nullptr && api::text_at(*condition, {"reason"}) == "Infeasible";
}

// What one container asks. `usual`: with the usual amounts where it does not say.
Resources container_requests(const json::object& pod, const json::object& container,
                             std::string_view statuses, bool usual) {
  const json::object* const requests = api::object_at(container, {"resources", "requests"});
  Resources result = read_resources(requests);
  if (const auto* const status = status_of(pod, statuses, api::text_at(container, {"name"}))) {
    const auto* const allocated = api::object_at(*status, {"allocatedResources"});
    const auto* const in_force = api::object_at(*status, {"resources", "requests"});
    if ((allocated != nullptr || in_force != nullptr) && resize_is_infeasible(pod)) result = {};
    raise(result, read_resources(in_force));
    raise(result, read_resources(allocated));
  }
  if (usual) {
    if (!has(requests, "cpu")) result.milli_cpu = std::max(result.milli_cpu, kUsualMilliCpu);
    if (!has(requests, "memory")) result.memory = std::max(result.memory, kUsualMemory);
  }
  return result;
}

// What the pod as a whole asks counts instead of what its containers do.
void take_pod_level(Resources& total, const json::object& pod) {
  const json::object* const of_pod = api::object_at(pod, {"spec", "resources", "requests"});
  if (of_pod == nullptr) return;
  const Resources whole = read_resources(of_pod);
  if (has(of_pod, "cpu")) total.milli_cpu = whole.milli_cpu;
  if (has(of_pod, "memory")) total.memory = whole.memory;
  for (const auto& [name, amount] : whole.others) {
    if (name.starts_with("hugepages-")) total.others[name] = amount;
  }
}

Resources whole_pod(const json::object& pod, const Resources& overhead, bool usual) {
  auto total =
      api::containers_together<Resources>(pod, [&](const json::object& container, bool initial) {
        return container_requests(pod, container,
                                  initial ? "initContainerStatuses" : "containerStatuses", usual);
      });
  take_pod_level(total, pod);
  add(total, overhead);
  return total;
}

}  // namespace

void add(Resources& all, const Resources& more) {
  change(all, more, sum);
}

void subtract(Resources& all, const Resources& less) {
  change(all, less, [](std::int64_t a, std::int64_t b) { return a - b; });
}

void raise(Resources& all, const Resources& least) {
  change(all, least, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
}

bool Resources::empty() const {
  return milli_cpu == 0 && memory == 0 && ephemeral_storage == 0 && others.empty();
}

Resources read_resources(const json::object* list) {
  Resources result;
  if (list == nullptr) return result;
  for (const auto& each : *list) {
    const std::string_view name(each.key().data(), each.key().size());
    if (name == "pods") continue;
    const auto amount =
        each.value().is_string()
            ? api::Quantity::parse(api::view(each.value().get_string()))
            : (each.value().is_int64()
                   ? Result<api::Quantity>(api::Quantity::of(each.value().get_int64()))
                   : Result<api::Quantity>(api::Quantity()));
    if (!amount) continue;
    if (name == "cpu") {
      result.milli_cpu = amount->milli_value();
    } else if (name == "memory") {
      result.memory = amount->value();
    } else if (name == "ephemeral-storage") {
      result.ephemeral_storage = amount->value();
    } else {
      result.others.emplace(name, amount->value());
    }
  }
  return result;
}

Requests pod_requests(const json::object& pod) {
  const Resources overhead = read_resources(api::object_at(pod, {"spec", "overhead"}));
  Requests requests;
  requests.exact = whole_pod(pod, overhead, false);
  const Resources usual = whole_pod(pod, overhead, true);
  requests.usual_milli_cpu = usual.milli_cpu;
  requests.usual_memory = usual.memory;
  return requests;
}

}  // namespace cove::scheduler
