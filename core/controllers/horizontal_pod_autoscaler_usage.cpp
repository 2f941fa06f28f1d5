#include "core/controllers/horizontal_pod_autoscaler_usage.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/api/each.h"
#include "core/api/quantity.h"
#include "core/api/time.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

constexpr std::chrono::minutes kCpuInitialization{5};
constexpr std::chrono::seconds kInitialReadiness{30};

Error usage_error(std::string cause) {
  return {ErrorCode::kUnavailable, "compute the number of pods", "", std::move(cause), ""};
}

std::optional<std::int64_t> milli_at(const json::object& in, api::Steps path) {
  const json::value* const value = api::value_at(in, path);
  if (value == nullptr) return std::nullopt;
  const auto quantity = api::Quantity::parse(value->is_string() ? api::view(value->get_string())
                                                                : api::to_text(*value));
  if (!quantity) return std::nullopt;
  return quantity->milli_value();
}

// Whether what was measured of its processor says nothing: it is starting.
bool is_starting(const api::Object& pod, const PodUsage& usage, WallTime now) {
  const json::object* const ready = api::condition_of(pod.document(), "Ready");
  const auto start = api::parse_time(api::text_at(pod.document(), {"status", "startTime"}));
  if (ready == nullptr || !start) return true;
  const bool unready = api::text_at(*ready, {"status"}) == "False";
  const auto changed = api::parse_time(api::text_at(*ready, {"lastTransitionTime"}));
  const WallTime since = changed ? *changed : WallTime{};
  if (*start + kCpuInitialization > now) return unready || usage.measured < since + usage.window;
  return unready && *start + kInitialReadiness > since;
}

struct Groups {
  std::int64_t ready = 0;
  std::set<std::string> unready, missing, ignored;
};

Groups group(const UsageQuestion& question) {
  Groups groups;
  for (const api::ObjectPtr& pod : question.pods) {
    const std::string name(pod->name());
    const std::string_view phase = pod_phase(*pod);
    if (pod->deleting() || phase == "Failed") {
      groups.ignored.insert(name);
      continue;
    }
    if (phase == "Pending") {
      groups.unready.insert(name);
      continue;
    }
    const auto usage = question.usages.find(name);
    if (usage == question.usages.end()) {
      groups.missing.insert(name);
    } else if (question.resource == "cpu" && is_starting(*pod, usage->second, question.now)) {
      groups.unready.insert(name);
    } else {
      ++groups.ready;
    }
  }
  return groups;
}

using Requests = std::map<std::string, std::int64_t, std::less<>>;

Result<Requests> requests_of(const UsageQuestion& question) {
  Requests requests;
  std::optional<Error> error;
  for (const api::ObjectPtr& pod : question.pods) {
    const json::object& document = pod->document();
    std::int64_t sum = 0;
    const auto whole = milli_at(document, {"spec", "resources", "requests", question.resource});
    if (question.container.empty() && whole) {
      requests[std::string(pod->name())] = *whole;
      continue;
    }
    const auto add = [&](const json::object& container) {
      const std::string_view name = api::text_at(container, {"name"});
      if (!question.container.empty() && question.container != name) return;
      const auto request = milli_at(container, {"resources", "requests", question.resource});
      if (!request && !error) {
        error = usage_error(fmt::format("missing request for {} in container {} of Pod {}",
                                        question.resource, name, pod->name()));
      }
      sum += request.value_or(0);
    };
    api::each_object(document, {"spec", "containers"}, add);
    api::each_object(document, {"spec", "initContainers"}, [&](const json::object& container) {
      if (api::text_at(container, {"restartPolicy"}) == "Always") add(container);
    });
    requests[std::string(pod->name())] = sum;
  }
  if (error) return *error;
  return requests;
}

struct Ratio {
  double ratio = 0;
  std::int64_t utilization = 0, milli = 0;
};

// What is measured against a target, and what a pod that was not measured is taken for.
class Target {
 public:
  virtual ~Target() = default;
  virtual Result<Ratio> ratio(const PodUsages& usages) const = 0;
  virtual std::int64_t full_use(const std::string& pod) const = 0;
};

class UtilizationTarget final : public Target {
 public:
  UtilizationTarget(Requests requests, std::int64_t percent)
      : requests_(std::move(requests)), percent_(percent) {}

  Result<Ratio> ratio(const PodUsages& usages) const override {
    std::int64_t used = 0;
    std::int64_t requested = 0;
    std::int64_t count = 0;
    for (const auto& [name, usage] : usages) {
      const auto request = requests_.find(name);
      if (request == requests_.end()) continue;
      used += usage.milli;
      requested += request->second;
      ++count;
    }
    if (requested == 0) return usage_error("no metrics returned matched known pods");
    const std::int64_t utilization = used * 100 / requested;
    return Ratio{static_cast<double>(utilization) / static_cast<double>(percent_), utilization,
                 used / count};
  }
  std::int64_t full_use(const std::string& pod) const override {
    const auto request = requests_.find(pod);
    return request == requests_.end()
               ? 0
               : request->second * std::max<std::int64_t>(100, percent_) / 100;
  }

 private:
  const Requests requests_;
  const std::int64_t percent_;
};

class AverageTarget final : public Target {
 public:
  explicit AverageTarget(std::int64_t milli) : milli_(milli) {}

  Result<Ratio> ratio(const PodUsages& usages) const override {
    std::int64_t used = 0;
    for (const auto& [name, usage] : usages) used += usage.milli;
    const std::int64_t average = used / std::ssize(usages);
    return Ratio{static_cast<double>(average) / static_cast<double>(milli_), 0, average};
  }
  std::int64_t full_use(const std::string&) const override { return milli_; }

 private:
  const std::int64_t milli_;
};

bool within(const Tolerances& tolerances, double ratio) {
  return 1.0 - tolerances.down <= ratio && ratio <= 1.0 + tolerances.up;
}

std::int64_t pods_for(double ratio, std::int64_t pods) {
  constexpr double kMost = 1e9;
  return static_cast<std::int64_t>(std::min(std::ceil(ratio * static_cast<double>(pods)), kMost));
}

Result<UsageAnswer> answer(UsageQuestion& question, const Groups& groups, const Target& target) {
  COVE_TRY(const Ratio first, target.ratio(question.usages));
  UsageAnswer result{question.replicas, first.utilization, first.milli};
  const bool up_with_unready = !groups.unready.empty() && first.ratio > 1.0;
  if (!up_with_unready && groups.missing.empty()) {
    if (!within(question.tolerances, first.ratio))
      result.replicas = pods_for(first.ratio, groups.ready);
    return result;
  }
  // In doubt against a change: the unknown use much when there are too many, nothing when too few.
  for (const std::string& name : groups.missing) {
    if (first.ratio < 1.0) {
      question.usages[name].milli = target.full_use(name);
    } else if (first.ratio > 1.0) {
      question.usages[name].milli = 0;
    }
  }
  if (up_with_unready) {
    for (const std::string& name : groups.unready) question.usages[name].milli = 0;
  }
  COVE_TRY(const Ratio second, target.ratio(question.usages));
  const bool turned =
      (first.ratio < 1.0 && second.ratio > 1.0) || (first.ratio > 1.0 && second.ratio < 1.0);
  if (within(question.tolerances, second.ratio) || turned) return result;
  const std::int64_t replicas = pods_for(second.ratio, std::ssize(question.usages));
  const bool against = (second.ratio < 1.0 && replicas > question.replicas) ||
                       (second.ratio > 1.0 && replicas < question.replicas);
  if (!against) result.replicas = replicas;
  return result;
}

Result<Groups> prepare(UsageQuestion& question) {
  if (question.pods.empty())
    return usage_error("no pods returned by selector while calculating replica count");
  Groups groups = group(question);
  for (const std::string& name : groups.ignored) question.usages.erase(name);
  for (const std::string& name : groups.unready) question.usages.erase(name);
  if (question.usages.empty())
    return usage_error("did not receive metrics for targeted pods (pods might be unready)");
  return groups;
}

}  // namespace

PodUsages usages_of(const std::vector<api::ObjectPtr>& metrics, std::string_view resource,
                    std::string_view container) {
  PodUsages usages;
  for (const api::ObjectPtr& pod : metrics) {
    PodUsage usage;
    bool complete = true;
    bool any = false;
    api::each_object(pod->document(), {"containers"}, [&](const json::object& each) {
      if (!container.empty() && api::text_at(each, {"name"}) != container) return;
      const auto milli = milli_at(each, {"usage", resource});
      complete = complete && milli.has_value();
      usage.milli += milli.value_or(0);
      any = true;
    });
    if (!complete || !any) continue;
    const auto measured = api::parse_time(api::text_at(pod->document(), {"timestamp"}));
    const auto window = api::parse_duration(api::text_at(pod->document(), {"window"}));
    if (measured) usage.measured = *measured;
    if (window) usage.window = *window;
    usages.emplace(std::string(pod->name()), usage);
  }
  return usages;
}

Tolerances tolerances_of(const api::Object& autoscaler) {
  Tolerances tolerances;
  const auto set = [&](std::string_view direction, double& tolerance) {
    const auto milli =
        milli_at(autoscaler.document(), {"spec", "behavior", direction, "tolerance"});
    if (milli) tolerance = static_cast<double>(*milli) / 1000;
  };
  set("scaleDown", tolerances.down);
  set("scaleUp", tolerances.up);
  return tolerances;
}

Result<UsageAnswer> by_utilization(UsageQuestion question, std::int64_t percent) {
  COVE_TRY(const Groups groups, prepare(question));
  COVE_TRY(Requests requests, requests_of(question));
  return answer(question, groups, UtilizationTarget(std::move(requests), percent));
}

Result<UsageAnswer> by_average(UsageQuestion question, std::int64_t milli) {
  COVE_TRY(const Groups groups, prepare(question));
  return answer(question, groups, AverageTarget(milli));
}

}  // namespace cove::controllers
