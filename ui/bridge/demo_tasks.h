// The guided first tour of a cluster, as tasks: what resources/demo shows by hand. Every step looks
// first what is there already, so that a tour goes on where it was left, and says by its command
// how kubectl or docker do the same.
#pragma once

#include <QUrl>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "ui/bridge/release_tasks.h"

namespace cove::ui {

// Names of what the tour makes in the cluster.
struct Demo {
  static constexpr const char* kNamespace = "default";
  static constexpr const char* kName = "k8s-demo";  // of the Deployment, its container, the Service
  static constexpr const char* kKey = "default/k8s-demo";
  static constexpr const char* kFirst = "k8s-demo:0.1";
  static constexpr const char* kNext = "k8s-demo:0.2";
  static constexpr int kReplicas = 10;
};

struct DemoStep {
  const char* id;
  const char* title;    // in English; title_of(Step) has it in other languages
  const char* command;  // "kubectl rollout status deploy k8s-demo"
};
// Of demo_task, of undo_task and of remove_demo_task, in their order.
const std::vector<DemoStep>& demo_steps();
const std::vector<DemoStep>& demo_undo_steps();
const std::vector<DemoStep>& demo_removal_steps();

// Whether the tour made it: it has the tour's label. What has the same name and not the label is
// never touched.
bool made_by_demo(const api::Object& object);
// The image of a Deployment's or ReplicaSet's first container; empty when there is none.
std::string demo_image(const api::Object& workload);

struct DemoWays {
  std::shared_ptr<ApiGate> api;
  std::shared_ptr<EngineLine> engine;
  std::string host;                               // where the cluster's ports answer
  std::function<void(const QUrl& address)> open;  // shows it; called on the task's thread
};

TaskPtr demo_task(const DemoWays& ways);
// Of that image, without a change cause; for undo_task.
Release demo_release(const char* image);
// The Deployment with its pods, the Service and both images, as far as they are there and the tour
// made them.
TaskPtr remove_demo_task(std::shared_ptr<ApiGate> api, std::shared_ptr<EngineLine> engine);

}  // namespace cove::ui
