// LimitRanger (kubernetes.io "Limit Ranges"): containers get the namespace's default requests and
// limits, and nothing asks for less or more than its LimitRanges allow.

#include <fmt/format.h>

#include "core/api/quota.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

using api::Amounts;
using api::amounts_at;
using api::Quantity;

constexpr std::string_view kAnnotation = "kubernetes.io/limit-ranger";

const Quantity* find(const Amounts& all, std::string_view name) {
  const auto found = all.find(name);
  return found != all.end() ? &found->second : nullptr;
}

struct Asked {
  Amounts requests;
  Amounts limits;
};

struct Limit {
  std::string type;  // "Container", "Pod", "PersistentVolumeClaim"
  Amounts min, max, fallback_limits, fallback_requests, ratio;
};

std::vector<Limit> limits_of(const AdmissionRequest& request, const ClusterState& state) {
  std::vector<Limit> all;
  for (const auto& range : state.objects("", "limitranges", request.namespace_name)) {
    const json::array* const limits = api::array_at(range->document(), {"spec", "limits"});
    if (limits == nullptr) continue;
    for (const json::value& each : *limits) {
      if (!each.is_object()) continue;
      const json::object& limit = each.get_object();
      all.push_back({std::string(api::text_at(limit, {"type"})), amounts_at(limit, {"min"}),
                     amounts_at(limit, {"max"}), amounts_at(limit, {"default"}),
                     amounts_at(limit, {"defaultRequest"}),
                     amounts_at(limit, {"maxLimitRequestRatio"})});
    }
  }
  return all;
}

void check_min(const Limit& limit, const Asked& asked, std::vector<std::string>& faults) {
  for (const auto& [name, bound] : limit.min) {
    const Quantity* const request = find(asked.requests, name);
    const Quantity* const most = find(asked.limits, name);
    if (request == nullptr) {
      faults.push_back(fmt::format("minimum {} usage per {} is {}.  No request is specified", name,
                                   limit.type, bound.text()));
    } else if (*request < bound) {
      faults.push_back(fmt::format("minimum {} usage per {} is {}, but request is {}", name,
                                   limit.type, bound.text(), request->text()));
    } else if (most != nullptr && *most < bound) {
      faults.push_back(fmt::format("minimum {} usage per {} is {}, but limit is {}", name,
                                   limit.type, bound.text(), most->text()));
    }
  }
}

void check_max(const Limit& limit, const Asked& asked, bool limits_needed,
               std::vector<std::string>& faults) {
  for (const auto& [name, bound] : limit.max) {
    const Quantity* const request = find(asked.requests, name);
    const Quantity* const most = find(asked.limits, name);
    if (most == nullptr && limits_needed) {
      faults.push_back(fmt::format("maximum {} usage per {} is {}.  No limit is specified", name,
                                   limit.type, bound.text()));
    } else if (most != nullptr && *most > bound) {
      faults.push_back(fmt::format("maximum {} usage per {} is {}, but limit is {}", name,
                                   limit.type, bound.text(), most->text()));
    } else if (request != nullptr && *request > bound) {
      faults.push_back(fmt::format("maximum {} usage per {} is {}, but request is {}", name,
                                   limit.type, bound.text(), request->text()));
    }
  }
}

void check_ratio(const Limit& limit, const Asked& asked, std::vector<std::string>& faults) {
  for (const auto& [name, bound] : limit.ratio) {
    const Quantity* const request = find(asked.requests, name);
    const Quantity* const most = find(asked.limits, name);
    const std::string rule =
        fmt::format("{} max limit to request ratio per {} is {}", name, limit.type, bound.text());
    if (request == nullptr || request->is_zero()) {
      faults.push_back(rule + ", but no request is specified or request is 0");
    } else if (most == nullptr || most->is_zero()) {
      faults.push_back(rule + ", but no limit is specified or limit is 0");
    } else if (const double ratio = most->approximate() / request->approximate();
               ratio > bound.approximate()) {
      faults.push_back(fmt::format("{}, but provided ratio is {:f}", rule, ratio));
    }
  }
}

template <class Visit>
void each_container(json::object& pod, std::string_view list, const Visit& visit) {
  if (api::array_at(pod, {"spec", list}) == nullptr) return;
  for (json::value& container : api::make_array_at(pod, {"spec", list})) {
    if (container.is_object()) visit(container.get_object());
  }
}

template <class Visit>
void each_container(const json::object& pod, std::string_view list, const Visit& visit) {
  const json::array* const all = api::array_at(pod, {"spec", list});
  if (all == nullptr) return;
  for (const json::value& container : *all) {
    if (container.is_object()) visit(container.get_object());
  }
}

Asked asked_by(const json::object& container) {
  return {amounts_at(container, {"resources", "requests"}),
          amounts_at(container, {"resources", "limits"})};
}

// Containers together, and at least what the greatest of those that run before them asks for.
Asked asked_by_pod(const json::object& pod) {
  Asked sum;
  each_container(pod, "containers", [&](const json::object& container) {
    const Asked own = asked_by(container);
    for (const auto& [name, amount] : own.requests) sum.requests[name] += amount;
    for (const auto& [name, amount] : own.limits) sum.limits[name] += amount;
  });
  each_container(pod, "initContainers", [&](const json::object& container) {
    const Asked own = asked_by(container);
    const bool stays = api::text_at(container, {"restartPolicy"}) == "Always";
    const auto merge = [&](Amounts& all, const Amounts& more) {
      for (const auto& [name, amount] : more) {
        Quantity& total = all[name];
        if (stays) {
          total += amount;
        } else if (amount > total) {
          total = amount;
        }
      }
    };
    merge(sum.requests, own.requests);
    merge(sum.limits, own.limits);
  });
  return sum;
}

class LimitRanger final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "LimitRanger"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    if (!is_about(request, "", "pods") || request.operation != Operation::kCreate) return {};
    const std::vector<Limit> limits = limits_of(request, state);
    Amounts requests;
    Amounts most;
    for (const Limit& limit : limits) {
      if (limit.type != "Container") continue;
      for (const auto& [name, amount] : limit.fallback_requests) requests[name] = amount;
      for (const auto& [name, amount] : limit.fallback_limits) most[name] = amount;
    }
    if (requests.empty() && most.empty()) return {};
    std::vector<std::string> told;
    for (const auto& [list, word] :
         {std::pair<std::string_view, std::string_view>{"containers", "container"},
          {"initContainers", "init container"}}) {
      each_container(*request.object, list, [&, kind = word](json::object& container) {
        complete(container, "requests", requests, kind, told);
        complete(container, "limits", most, kind, told);
      });
    }
    if (!told.empty()) {
      api::set_at(*request.object, {"metadata", "annotations", kAnnotation},
                  json::value(fmt::format("LimitRanger plugin set: {}", fmt::join(told, "; "))));
    }
    return {};
  }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    if (request.object == nullptr) return {};
    const bool create = request.operation == Operation::kCreate;
    std::vector<std::string> faults;
    if (is_about(request, "", "pods") && create) {
      check_pod(*request.object, limits_of(request, state), faults);
    } else if (is_about(request, "", "persistentvolumeclaims")) {
      for (const Limit& limit : limits_of(request, state)) {
        if (limit.type != "PersistentVolumeClaim") continue;
        const Asked asked{amounts_at(*request.object, {"spec", "resources", "requests"}), {}};
        check_min(limit, asked, faults);
        check_max(limit, asked, false, faults);
      }
    }
    if (faults.empty()) return {};
    const std::string cause =
        faults.size() == 1 ? faults.front() : fmt::format("[{}]", fmt::join(faults, ", "));
    return refuse::forbidden(request.kind, request.name, cause);
  }

 private:
  static void complete(json::object& container, std::string_view part, const Amounts& defaults,
                       std::string_view kind, std::vector<std::string>& told) {
    std::vector<std::string> set;
    for (const auto& [name, amount] : defaults) {
      if (api::value_at(container, {"resources", part, name}) != nullptr) continue;
      api::set_at(container, {"resources", part, name}, json::value(amount.text()));
      set.push_back(name);
    }
    if (set.empty()) return;
    told.push_back(fmt::format("{} {} for {} {}", fmt::join(set, ", "),
                               part.substr(0, part.size() - 1), kind,
                               api::text_at(container, {"name"})));
  }

  static void check_pod(const json::object& pod, const std::vector<Limit>& limits,
                        std::vector<std::string>& faults) {
    for (const Limit& limit : limits) {
      if (limit.type == "Container") {
        for (const std::string_view list : {"containers", "initContainers"}) {
          each_container(pod, list, [&](const json::object& container) {
            check(limit, asked_by(container), faults);
          });
        }
      } else if (limit.type == "Pod") {
        check(limit, asked_by_pod(pod), faults);
      }
    }
  }

  static void check(const Limit& limit, const Asked& asked, std::vector<std::string>& faults) {
    check_min(limit, asked, faults);
    check_max(limit, asked, true, faults);
    check_ratio(limit, asked, faults);
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> limit_ranger() {
  return std::make_unique<LimitRanger>();
}

}  // namespace cove::server
