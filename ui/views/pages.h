// Pages: what the navigation on the left leads to. A new page is one file and one line in
// pages.cpp.
#pragma once

#include <QUrl>
#include <QWidget>
#include <functional>
#include <vector>

#include "core/base/clock.h"
#include "ui/bridge/api_session.h"
#include "ui/bridge/engine_session.h"
#include "ui/models/activity_model.h"
#include "ui/models/cluster_model.h"
#include "ui/models/context_model.h"
#include "ui/models/current_cluster.h"
#include "ui/models/live_counts.h"
#include "ui/theme/theme.h"
#include "ui/views/cluster_actions.h"

namespace cove::ui {

class ToolDock;

// What every page may use; all of it outlives the pages.
struct PageContext {
  const Theme& theme;
  ClusterBridge& bridge;
  ClusterModel& clusters;
  CurrentCluster& current;
  ActivityModel& activity;
  ClusterActions& actions;
  // The current cluster's API; of no cluster while it does not run.
  ApiSession& api;
  const Clock& clock;
  // Shows an address in the browser.
  std::function<void(const QUrl&)> open_url;
  // Goes to a page by id.
  std::function<void(const QString&)> go_to;
  // The current cluster's container engine; of none while it does not run.
  EngineSession& engine;
  // What is alive of the current cluster's main kinds, and how the line to it is.
  LiveCounts& counts;
  // Every context of the kubeconfig.
  ContextModel& contexts;
  // Where logs and terminals stay open; the window's.
  ToolDock* tools = nullptr;
  // Goes to a page and chooses the object with that key on it. A page of several kinds is named
  // with the kind: "storage/persistentvolumes".
  std::function<void(const QString& place, const QString& key)> show_object = {};
  // What this computer's environment says of proxies.
  provision::Proxy proxy = {};
};

// A count or warning beside the page's name.
struct Badge {
  QString text;
  Tone tone = Tone::kNeutral;
};

struct PageEntry {
  const char* id;
  const char* icon;
  QString (*title)();
  QWidget* (*make)(const PageContext&, QWidget* parent);  // at its first visit
  Badge (*badge)(const PageContext&);
  // About the machine of one of Cove's own clusters: for others it says so.
  bool own_only = false;
};

const std::vector<PageEntry>& pages();

QWidget* make_overview_page(const PageContext& context, QWidget* parent);
QWidget* make_deployments_page(const PageContext& context, QWidget* parent);
QWidget* make_pods_page(const PageContext& context, QWidget* parent);
QWidget* make_services_page(const PageContext& context, QWidget* parent);
QWidget* make_images_page(const PageContext& context, QWidget* parent);
QWidget* make_containers_page(const PageContext& context, QWidget* parent);
QWidget* make_workloads_page(const PageContext& context, QWidget* parent);
QWidget* make_ingresses_page(const PageContext& context, QWidget* parent);
QWidget* make_config_page(const PageContext& context, QWidget* parent);
QWidget* make_storage_page(const PageContext& context, QWidget* parent);
QWidget* make_jobs_page(const PageContext& context, QWidget* parent);
QWidget* make_custom_page(const PageContext& context, QWidget* parent);
QWidget* make_nodes_page(const PageContext& context, QWidget* parent);
QWidget* make_events_page(const PageContext& context, QWidget* parent);
QWidget* make_apply_page(const PageContext& context, QWidget* parent);
QWidget* make_diagnostics_page(const PageContext& context, QWidget* parent);
QWidget* make_console_page(const PageContext& context, QWidget* parent);
QWidget* make_demo_page(const PageContext& context, QWidget* parent);
QWidget* make_activity_page(const PageContext& context, QWidget* parent);

}  // namespace cove::ui
