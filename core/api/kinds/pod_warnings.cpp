#include <fmt/format.h>

#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api::pods {
namespace {

using Texts = std::vector<std::string>;

struct Replaced {
  std::string_view old_name;
  std::string_view text;
};

constexpr std::array<Replaced, 4> kNodeLabels = {
    {{"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"},
     {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"},
     {"failure-domain.beta.kubernetes.io/region",
      "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"},
     {"failure-domain.beta.kubernetes.io/zone",
      "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"}}};

// Volumes whose drivers Kubernetes has given up.
constexpr std::array<Replaced, 11> kVolumes = {
    {{"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
     {"gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"},
     {"scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
     {"flocker", "deprecated in v1.22, non-functional in v1.25+"},
     {"storageos", "deprecated in v1.22, non-functional in v1.25+"},
     {"quobyte", "deprecated in v1.22, non-functional in v1.25+"},
     {"glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
     {"cephfs", "deprecated in v1.28, non-functional in v1.31+"},
     {"rbd", "deprecated in v1.28, non-functional in v1.31+"},
     {"portworxVolume", "deprecated in v1.25, non-functional in v1.36+"},
     {"flexVolume", "deprecated in v1.23"}}};

constexpr std::array<Replaced, 3> kAnnotations = {
    {{"scheduler.alpha.kubernetes.io/critical-pod",
      "non-functional in v1.16+; use the \"priorityClassName\" field instead"},
     {"seccomp.security.alpha.kubernetes.io/pod",
      "non-functional in v1.27+; use the \"seccompProfile\" field instead"},
     {"security.alpha.kubernetes.io/sysctls",
      "non-functional in v1.11+; use the \"sysctls\" field instead"}}};

void node_label(Texts& texts, const FieldPath& path, std::string_view label) {
  for (const Replaced& row : kNodeLabels) {
    if (row.old_name == label) texts.push_back(fmt::format("{}: {}", path.text(), row.text));
  }
}

void node_selectors(Texts& texts, const FieldPath& path, const json::object& spec) {
  if (const json::object* const selector = object_at(spec, {"nodeSelector"})) {
    for (const auto& [name, value] : *selector) {
      node_label(texts, (path / "nodeSelector").key(name), name);
    }
  }
  constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
  const FieldPath terms = path / "affinity" / "nodeAffinity" / kRequired / "nodeSelectorTerms";
  rules::each(array_at(spec, {"affinity", "nodeAffinity", kRequired, "nodeSelectorTerms"}),
              [&](const json::object& term, std::size_t i) {
                rules::each(array_at(term, {"matchExpressions"}), [&](const json::object& one,
                                                                      std::size_t j) {
                  node_label(texts, (terms.index(i) / "matchExpressions").index(j) / "key",
                             text_at(one, {"key"}));
                });
              });
  rules::each(array_at(spec, {"topologySpreadConstraints"}),
              [&](const json::object& constraint, std::size_t i) {
                const FieldPath at = (path / "topologySpreadConstraints").index(i);
                node_label(texts, at / "topologyKey", text_at(constraint, {"topologyKey"}));
              });
}

void environment(Texts& texts, const FieldPath& path, const json::object& container) {
  std::set<std::string, std::less<>> names;
  rules::each(array_at(container, {"env"}), [&](const json::object& variable, std::size_t i) {
    const std::string_view name = text_at(variable, {"name"});
    if (names.emplace(name).second) return;
    // A later value may use the earlier one's: "$(PATH):/more".
    if (text_at(variable, {"value"}).find(fmt::format("$({})", name)) != std::string_view::npos) {
      return;
    }
    texts.push_back(
        fmt::format("{}: hides previous definition of \"{}\", which may be dropped when "
                    "using apply",
                    (path / "env").index(i).text(), name));
  });
}

void ports(Texts& texts, const json::object& spec, const FieldPath& path) {
  std::map<std::string, std::string> seen;
  each_container(
      spec, {"containers"}, path, [&](const json::object& container, const FieldPath& at) {
        std::set<std::string> own;
        rules::each(array_at(container, {"ports"}), [&](const json::object& port, std::size_t i) {
          const FieldPath here = (at / "ports").index(i);
          const std::string key =
              fmt::format("{}/{}", integer_at(port, {"containerPort"}).value_or(0),
                          text_at(port, {"protocol"}));
          const auto [before, first] = seen.try_emplace(key, here.text());
          if (own.insert(key).second) {
            before->second = first ? before->second : here.text();
            return;
          }
          texts.push_back(
              fmt::format("{}: duplicate port definition with {}", here.text(), before->second));
        });
      });
}

void amounts(Texts& texts, const FieldPath& path, const json::object& container) {
  for (const std::string_view list : {"limits", "requests"}) {
    const json::object* const given = object_at(container, {"resources", list});
    if (given == nullptr) continue;
    for (const std::string_view name : {"memory", "ephemeral-storage"}) {
      const auto amount = Quantity::parse(text_at(*given, {name}));
      if (!amount || Quantity::of(amount->value()) == *amount) continue;
      texts.push_back(fmt::format("{}: fractional byte value \"{}\" is invalid, must be an integer",
                                  (path / "resources" / list).key(name).text(),
                                  text_at(*given, {name})));
    }
  }
}

void volumes(Texts& texts, const FieldPath& path, const json::object& spec) {
  rules::each(array_at(spec, {"volumes"}), [&](const json::object& volume, std::size_t i) {
    const FieldPath at = (path / "volumes").index(i);
    for (const Replaced& row : kVolumes) {
      if (!rules::has(volume, {row.old_name})) continue;
      texts.push_back(fmt::format("{}: {}", (at / row.old_name).text(), row.text));
    }
  });
}

void references(Texts& texts, const FieldPath& path, const json::object& spec) {
  std::set<std::string, std::less<>> names;
  rules::each(array_at(spec, {"imagePullSecrets"}), [&](const json::object& secret, std::size_t i) {
    const std::string_view name = text_at(secret, {"name"});
    const FieldPath at = (path / "imagePullSecrets").index(i) / "name";
    if (name.empty()) {
      texts.push_back(fmt::format("{}: invalid empty name", at.text()));
    } else if (!names.emplace(name).second) {
      texts.push_back(fmt::format("{}: duplicate of a previous secret", at.text()));
    }
  });
  std::map<std::string, std::size_t, std::less<>> aliases;
  rules::each(array_at(spec, {"hostAliases"}), [&](const json::object& alias, std::size_t i) {
    const auto [first, added] = aliases.try_emplace(std::string(text_at(alias, {"ip"})), i);
    if (added) return;
    texts.push_back(fmt::format("{}: duplicates {}", (path / "hostAliases").index(i).text(),
                                (path / "hostAliases").index(first->second).text()));
  });
}

}  // namespace

std::vector<std::string> warnings(const json::object& object, const FieldPath& path) {
  Texts texts;
  const json::object* const spec = object_at(object, {"spec"});
  if (spec == nullptr) return texts;
  const FieldPath at = path / "spec";
  node_selectors(texts, at, *spec);
  if (const json::object* const annotations = object_at(object, {"metadata", "annotations"})) {
    for (const Replaced& row : kAnnotations) {
      if (member(*annotations, row.old_name) == nullptr) continue;
      texts.push_back(fmt::format(
          "{}: {}", (path / "metadata" / "annotations").key(row.old_name).text(), row.text));
    }
  }
  volumes(texts, at, *spec);
  references(texts, at, *spec);
  each_container(*spec, {"initContainers", "containers"}, at,
                 [&](const json::object& container, const FieldPath& here) {
                   amounts(texts, here, container);
                   environment(texts, here, container);
                 });
  ports(texts, *spec, at);
  const json::value* const grace = member(*spec, "terminationGracePeriodSeconds");
  if (grace != nullptr && grace->is_int64() && grace->get_int64() < 0) {
    texts.push_back(
        fmt::format("{}: must be >= 0; negative values are invalid and will be treated "
                    "as 1",
                    (at / "terminationGracePeriodSeconds").text()));
  }
  return texts;
}

void warn_of_name(std::vector<std::string>& texts, const json::object& object,
                  std::string_view use) {
  const std::string_view name = text_at(object, {"metadata", "name"});
  const Problems problems = name.empty() ? Problems() : check_dns1123_label(name);
  if (problems.empty()) return;
  texts.push_back(
      fmt::format("metadata.name: this is used in {}, which can result in surprising "
                  "behavior; a DNS label is recommended: [{}]",
                  use, fmt::join(problems, " ")));
}

std::vector<std::string> template_warnings(const json::object& object, const json::object* old,
                                           Steps path) {
  const json::object* const now = object_at(object, path);
  if (now == nullptr) return {};
  const json::object* const before = old == nullptr ? nullptr : object_at(*old, path);
  if (before != nullptr && same(json::value(*now), json::value(*before))) return {};
  FieldPath at;
  for (const std::string_view step : path) at = at / step;
  std::vector<std::string> texts = warnings(*now, at);
  // A pod template alone makes no pods, and the names of stateful sets are checked for good.
  const std::string_view kind = text_at(object, {"kind"});
  if (old == nullptr && (kind == "Deployment" || kind == "ReplicaSet" || kind == "Job" ||
                         kind == "ReplicationController")) {
    warn_of_name(texts, object, "Pod names and hostnames");
  }
  return texts;
}

}  // namespace cove::api::pods
