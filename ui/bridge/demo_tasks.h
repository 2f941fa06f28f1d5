// The guided first tour of a cluster, as tasks. Every step looks first what is there already, so
// that a tour goes on where it was left.
#pragma once

#include <QUrl>
#include <functional>
#include <memory>
#include <string>

#include "core/demo/demo.h"
#include "ui/bridge/release_tasks.h"

namespace cove::ui {

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
