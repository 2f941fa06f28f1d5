#include "core/api/quota.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/api/pods.h"

namespace cove::api {
namespace {

constexpr std::array<std::string_view, 3> kCompute{"cpu", "memory", "ephemeral-storage"};

// Kinds that have a name of their own beside "count/…".
constexpr std::array<std::string_view, 7> kNamed{"configmaps",     "persistentvolumeclaims",
                                                 "pods",           "replicationcontrollers",
                                                 "resourcequotas", "secrets",
                                                 "services"};

bool is(const QuotaSubject& subject, std::string_view plural) {
  return subject.group.empty() && subject.plural == plural;
}

void pod_usage(const json::object& pod, Amounts& usage) {
  usage["count/pods"] = Quantity::of(1);
  if (has_ended(pod)) return;
  usage["pods"] = Quantity::of(1);
  for (const auto& [name, amount] : pod_resources(pod, "requests")) {
    usage["requests." + name] += amount;
    if (std::ranges::find(kCompute, name) != kCompute.end() || name.starts_with("hugepages-"))
      usage[name] += amount;
  }
  for (const auto& [name, amount] : pod_resources(pod, "limits")) {
    if (std::ranges::find(kCompute, name) != kCompute.end()) usage["limits." + name] += amount;
  }
}

void service_usage(const json::object& service, Amounts& usage) {
  const std::string_view type = text_at(service, {"spec", "type"});
  std::int64_t ports = 0;
  each_object(service, {"spec", "ports"}, [&](const json::object& port) {
    if (integer_at(port, {"nodePort"}).value_or(0) != 0) ++ports;
  });
  const json::value* const wanted = value_at(service, {"spec", "allocateLoadBalancerNodePorts"});
  const bool all_ports =
      type == "NodePort" ||
      (type == "LoadBalancer" && (wanted == nullptr || !wanted->is_bool() || wanted->get_bool()));
  if (all_ports) {
    ports = 0;
    each_object(service, {"spec", "ports"}, [&](const json::object&) { ++ports; });
  }
  if (ports > 0) usage["services.nodeports"] = Quantity::of(ports);
  if (type == "LoadBalancer") usage["services.loadbalancers"] = Quantity::of(1);
}

void claim_usage(const json::object& claim, Amounts& usage) {
  Quantity storage;
  for (const auto& [name, amount] : amounts_at(claim, {"spec", "resources", "requests"})) {
    if (name == "storage") storage = amount;
  }
  usage["requests.storage"] = storage;
  std::string_view of_class = text_at(claim, {"spec", "storageClassName"});
  if (of_class.empty()) {
    of_class =
        text_at(claim, {"metadata", "annotations", "volume.beta.kubernetes.io/storage-class"});
  }
  if (of_class.empty()) return;
  const std::string prefix = fmt::format("{}.storageclass.storage.k8s.io/", of_class);
  usage[prefix + "requests.storage"] = storage;
  usage[prefix + "persistentvolumeclaims"] = Quantity::of(1);
}

bool is_best_effort(const json::object& pod) {
  for (const std::string_view part : {"requests", "limits"}) {
    for (const auto& [name, amount] : pod_resources(pod, part)) {
      if ((name == "cpu" || name == "memory") && !amount.is_zero()) return false;
    }
  }
  return true;
}

bool uses_foreign_namespaces(const json::object& pod) {
  bool any = false;
  const auto look = [&](const json::object& term) {
    any = any || array_at(term, {"namespaces"}) != nullptr ||
          value_at(term, {"namespaceSelector"}) != nullptr;
  };
  for (const std::string_view kind : {"podAffinity", "podAntiAffinity"}) {
    each_object(pod, {"spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"},
                look);
    each_object(pod, {"spec", "affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution"},
                [&](const json::object& weighted) {
                  if (const json::object* const term = object_at(weighted, {"podAffinityTerm"}))
                    look(*term);
                });
  }
  return any;
}

bool scope_matches(const json::object& pod, std::string_view scope, std::string_view op,
                   const std::set<std::string, std::less<>>& values) {
  const bool ends = value_at(pod, {"spec", "activeDeadlineSeconds"}) != nullptr;
  if (scope == "Terminating") return ends;
  if (scope == "NotTerminating") return !ends;
  if (scope == "BestEffort") return is_best_effort(pod);
  if (scope == "NotBestEffort") return !is_best_effort(pod);
  if (scope == "CrossNamespacePodAffinity") return uses_foreign_namespaces(pod);
  if (scope != "PriorityClass") return false;
  const std::string_view name = text_at(pod, {"spec", "priorityClassName"});
  if (op == "In") return values.contains(name);
  if (op == "NotIn") return !values.contains(name);
  if (op == "DoesNotExist") return name.empty();
  return !name.empty();
}

}  // namespace

Amounts quota_usage(const QuotaSubject& subject, const json::object& object) {
  Amounts usage;
  if (is(subject, "pods")) {
    pod_usage(object, usage);
    return usage;
  }
  usage["count/" + subject.group_resource()] = Quantity::of(1);
  if (subject.group.empty() && std::ranges::find(kNamed, subject.plural) != kNamed.end())
    usage[subject.plural] = Quantity::of(1);
  if (is(subject, "services")) service_usage(object, usage);
  if (is(subject, "persistentvolumeclaims")) claim_usage(object, usage);
  return usage;
}

bool quota_covers(const json::object& quota, const QuotaSubject& subject,
                  const json::object& object) {
  bool all = true;
  bool any_scope = false;
  if (const json::array* const scopes = array_at(quota, {"spec", "scopes"})) {
    for (const json::value& scope : *scopes) {
      if (!scope.is_string()) continue;
      any_scope = true;
      all = all && is(subject, "pods") && scope_matches(object, view(scope.get_string()), "", {});
    }
  }
  each_object(quota, {"spec", "scopeSelector", "matchExpressions"}, [&](const json::object& term) {
    std::set<std::string, std::less<>> values;
    if (const json::array* const given = array_at(term, {"values"})) {
      for (const json::value& value : *given) {
        if (value.is_string()) values.emplace(view(value.get_string()));
      }
    }
    any_scope = true;
    all = all && is(subject, "pods") &&
          scope_matches(object, text_at(term, {"scopeName"}), text_at(term, {"operator"}), values);
  });
  return !any_scope || all;
}

std::string unspecified_resources(const json::object& pod, const Amounts& hard) {
  std::map<std::string, std::set<std::string>> missing;
  const auto look = [&](const json::object& container) {
    for (const auto& [name, bound] : hard) {
      std::string_view part = "requests";
      std::string_view resource = name;
      if (resource.starts_with("limits.")) {
        part = "limits";
        resource.remove_prefix(7);
      } else if (resource.starts_with("requests.")) {
        resource.remove_prefix(9);
      }
      if (resource != "cpu" && resource != "memory") continue;
      const bool of_pod = value_at(pod, {"spec", "resources", part, resource}) != nullptr;
      if (!of_pod && value_at(container, {"resources", part, resource}) == nullptr)
        missing[name].emplace(text_at(container, {"name"}));
    }
  };
  each_object(pod, {"spec", "containers"}, look);
  each_object(pod, {"spec", "initContainers"}, look);
  std::string out;
  for (const auto& [name, containers] : missing) {
    out += fmt::format("{}{} for: {}", out.empty() ? "" : "; ", name, fmt::join(containers, ","));
  }
  return out;
}

QuotaSubject quota_subject(std::string_view name) {
  QuotaSubject subject;
  if (name.starts_with("count/")) {
    subject.plural = name.substr(6);
    if (const std::size_t dot = subject.plural.find('.'); dot != std::string::npos) {
      subject.group = subject.plural.substr(dot + 1);
      subject.plural.resize(dot);
    }
  } else if (std::ranges::find(kNamed, name) != kNamed.end()) {
    subject.plural = name;
  } else if (name.starts_with("services.")) {
    subject.plural = "services";
  } else if (name == "requests.storage" ||
             name.find(".storageclass.storage.k8s.io/") != name.npos) {
    subject.plural = "persistentvolumeclaims";
  } else {
    subject.plural = "pods";
  }
  return subject;
}

}  // namespace cove::api
