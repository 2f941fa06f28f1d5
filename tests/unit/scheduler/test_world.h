// Nodes, pods and what else filters look at, without a cluster.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"
#include "core/scheduler/evaluation.h"
#include "core/scheduler/volumes.h"

namespace cove::scheduler {

inline api::ObjectPtr object(std::string_view yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << yaml;
    return api::Object::make({});
  }
  return api::Object::make(parsed->value.get_object());
}

struct TestWorld {
  client::Indexer namespaces, claims, volumes, classes, services, replicasets,
      replicationcontrollers, statefulsets;
  Cache cache;
  VolumeChoices volume_choices;
  Nominations nominations;
  World world{cache,        namespaces,    claims,      volumes,
              classes,      services,      replicasets, replicationcontrollers,
              statefulsets, volume_choices};

  // Of that name, with 4 processors, 8 GiB and room for 110 pods, and what `more` says: top-level
  // members as flow YAML ("spec: {unschedulable: true}").
  void node(std::string_view name, std::string_view labels = "{}", std::string_view spec = "{}",
            std::string_view allocatable = "{cpu: '4', memory: 8Gi, pods: '110'}") {
    cache.set_node(object("metadata: {name: " + std::string(name) +
                          ", labels: " + std::string(labels) + "}\nspec: " + std::string(spec) +
                          "\nstatus: {allocatable: " + std::string(allocatable) + "}"));
  }

  static PodPtr pod(std::string_view name, std::string_view spec, std::string_view labels = "{}",
                    std::string_view more = "") {
    return read_pod(object("metadata: {name: " + std::string(name) + ", namespace: default, uid: " +
                           std::string(name) + "-uid, labels: " + std::string(labels) +
                           "}\nspec: " + std::string(spec) + "\n" + std::string(more)));
  }

  // It is on that node.
  PodPtr on(std::string_view node_name, const PodPtr& pod) {
    cache.assume(pod, std::string(node_name));
    return pod;
  }

  void put(client::Indexer& index, std::string_view yaml) {
    const api::ObjectPtr made = object(yaml);
    index.put(client::key_of(*made), made);
  }

  // The reasons against a node, "" when there is none; as "never: …" those that no removal of pods
  // helps against.
  std::string check(const PodPtr& pod, std::string_view node_name) {
    Evaluation evaluation(pod, world, nominations);
    const Verdict verdict = evaluation.everywhere().fits()
                                ? evaluation.check(*cache.node(node_name))
                                : evaluation.everywhere();
    std::string text = verdict.fit == Fit::kNever ? "never: " : "";
    for (const std::string& reason : verdict.reasons)
      text += (reason == verdict.reasons.front() ? "" : "; ") + reason;
    return text;
  }

  // The node's score, as it is before and after normalization over all nodes.
  std::vector<std::int64_t> scores(const ScorePlugin& plugin, const PodPtr& pod) {
    const auto& nodes = cache.nodes();
    const auto score = plugin.prepare(pod, world, nodes);
    if (!score) return {};
    std::vector<std::int64_t> all;
    for (const NodeInfo* const node : nodes) all.push_back(score->of(*node));
    score->normalize(nodes, all);
    return all;
  }

  // "" when none fits, and why.
  std::string choose(const PodPtr& pod, std::string* why = nullptr) {
    Evaluation evaluation(pod, world, nominations);
    Chooser chooser([] { return 0.0; });
    NoFit reasons;
    std::string node = chooser.choose(evaluation, world, reasons);
    if (why != nullptr) *why = reasons.message();
    return node;
  }
};

}  // namespace cove::scheduler
