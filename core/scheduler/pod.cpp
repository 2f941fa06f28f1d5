#include "core/scheduler/pod.h"

#include <algorithm>

#include "core/api/each.h"
#include "core/api/pods.h"
#include "core/client/indexer.h"

namespace cove::scheduler {
namespace {

using api::each_object;

api::LabelSelector selector_at(const json::object& object, std::string_view field) {
  auto selector = api::LabelSelector::from_document(api::object_at(object, {field}));
  return selector ? std::move(*selector) : api::LabelSelector::nothing();
}

AffinityTerm read_term(const json::object& term, const std::string& own_namespace) {
  AffinityTerm result;
  result.selector = selector_at(term, "labelSelector");
  result.namespace_selector = selector_at(term, "namespaceSelector");
  result.topology_key = api::text_at(term, {"topologyKey"});
  if (const json::array* const names = api::array_at(term, {"namespaces"})) {
    for (const json::value& name : *names) {
      if (name.is_string()) result.namespaces.emplace(api::view(name.get_string()));
    }
  }
  if (result.namespaces.empty() && api::object_at(term, {"namespaceSelector"}) == nullptr)
    result.namespaces.insert(own_namespace);
  return result;
}

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

void read_affinity(PodInfo& pod, const json::object& affinity) {
  if (const json::object* const nodes = api::object_at(affinity, {"nodeAffinity", kRequired}))
    pod.required_nodes.emplace(*nodes);
  each_object(affinity, {"nodeAffinity", kPreferred}, [&](const json::object& preferred) {
    PreferredNodes nodes{api::integer_at(preferred, {"weight"}).value_or(0),
                         api::NodeTerm(api::object_at(preferred, {"preference"}))};
    if (nodes.weight != 0 && !nodes.term.empty()) pod.preferred_nodes.push_back(std::move(nodes));
  });
  const auto terms = [&](std::string_view kind, std::vector<AffinityTerm>& required,
                         std::vector<WeightedTerm>& preferred) {
    each_object(affinity, {kind, kRequired}, [&](const json::object& term) {
      required.push_back(read_term(term, pod.namespace_name));
    });
    each_object(affinity, {kind, kPreferred}, [&](const json::object& weighted) {
      const json::object* const term = api::object_at(weighted, {"podAffinityTerm"});
      if (term == nullptr) return;
      preferred.push_back({api::integer_at(weighted, {"weight"}).value_or(0),
                           read_term(*term, pod.namespace_name)});
    });
  };
  terms("podAffinity", pod.affinity, pod.preferred_affinity);
  terms("podAntiAffinity", pod.anti_affinity, pod.preferred_anti_affinity);
}

void read_spread(PodInfo& pod, const json::object& spec) {
  each_object(spec, {"topologySpreadConstraints"}, [&](const json::object& constraint) {
    SpreadConstraint result;
    result.topology_key = api::text_at(constraint, {"topologyKey"});
    result.selector = selector_at(constraint, "labelSelector");
    result.max_skew = api::integer_at(constraint, {"maxSkew"}).value_or(1);
    result.min_domains = api::integer_at(constraint, {"minDomains"}).value_or(1);
    result.hard = api::text_at(constraint, {"whenUnsatisfiable"}) != "ScheduleAnyway";
    result.honors_node_affinity = api::text_at(constraint, {"nodeAffinityPolicy"}) != "Ignore";
    result.honors_taints = api::text_at(constraint, {"nodeTaintsPolicy"}) == "Honor";
    pod.spread.push_back(std::move(result));
  });
}

void read_images(PodInfo& pod, const json::object& spec) {
  for (const char* list : {"containers", "initContainers"}) {
    each_object(spec, {list}, [&](const json::object& container) {
      pod.images.emplace_back(api::text_at(container, {"image"}));
    });
  }
}

void read_claims(PodInfo& pod, const json::object& spec) {
  each_object(spec, {"volumes"}, [&](const json::object& volume) {
    if (api::object_at(volume, {"ephemeral"}) != nullptr) {
      pod.claims.push_back({pod.name + "-" + std::string(api::text_at(volume, {"name"})), true});
    } else if (const auto claim = api::text_at(volume, {"persistentVolumeClaim", "claimName"});
               !claim.empty()) {
      pod.claims.push_back({std::string(claim), false});
    }
  });
}

void read_tolerations(PodInfo& pod, const json::object& spec) {
  each_object(spec, {"tolerations"}, [&](const json::object& toleration) {
    pod.tolerations.push_back(api::read_toleration(toleration));
  });
}

}  // namespace

bool AffinityTerm::matches(const PodInfo& pod, const json::object* namespace_labels) const {
  return (namespaces.contains(pod.namespace_name) ||
          namespace_selector.matches_labels(namespace_labels)) &&
         selector.matches_labels(pod.labels);
}

bool PodInfo::tolerates(const api::Taint& taint) const {
  return std::ranges::any_of(tolerations,
                             [&](const api::Toleration& each) { return each.tolerates(taint); });
}

bool PodInfo::wants_node(const json::object* labels_of_node, std::string_view node) const {
  if (node_labels != nullptr && !api::has_labels(labels_of_node, *node_labels)) return false;
  return !required_nodes || required_nodes->matches(labels_of_node, node);
}

PodPtr read_pod(const api::ObjectPtr& object) {
  static const json::object kNone;
  auto pod = std::make_shared<PodInfo>();
  const json::object& document = object->document();
  const json::object* const found = api::object_at(document, {"spec"});
  const json::object& spec = found != nullptr ? *found : kNone;
  pod->object = object;
  pod->key = client::key_of(*object);
  pod->uid = object->uid();
  pod->namespace_name = object->namespace_name();
  pod->name = object->name();
  pod->labels = api::object_at(document, {"metadata", "labels"});
  pod->priority = api::integer_at(spec, {"priority"}).value_or(0);
  pod->scheduler = api::text_at(spec, {"schedulerName"});
  pod->node_name = api::text_at(spec, {"nodeName"});
  pod->nominated_node = api::text_at(document, {"status", "nominatedNodeName"});
  const json::array* const gates = api::array_at(spec, {"schedulingGates"});
  pod->gated = gates != nullptr && !gates->empty();
  pod->deleting = object->deleting();
  pod->ended = api::has_ended(document);
  pod->never_preempts = api::text_at(spec, {"preemptionPolicy"}) == "Never";
  pod->requests = pod_requests(document);
  pod->node_labels = api::object_at(spec, {"nodeSelector"});
  pod->ports = api::host_ports(spec);
  read_images(*pod, spec);
  read_tolerations(*pod, spec);
  read_claims(*pod, spec);
  if (const json::object* const affinity = api::object_at(spec, {"affinity"}))
    read_affinity(*pod, *affinity);
  read_spread(*pod, spec);
  return pod;
}

}  // namespace cove::scheduler
