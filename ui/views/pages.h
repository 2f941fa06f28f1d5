// Pages: what the navigation on the left leads to. A new page is one file and one line in
// pages.cpp.
#pragma once

#include <QUrl>
#include <QWidget>
#include <functional>
#include <vector>

#include "core/base/clock.h"
#include "ui/bridge/api_session.h"
#include "ui/models/activity_model.h"
#include "ui/models/cluster_model.h"
#include "ui/models/current_cluster.h"
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
  // Goes to a page and chooses the object with that key on it.
  std::function<void(const QString& page, const QString& key)> show_object = {};
  // Where logs and terminals stay open; the window's.
  ToolDock* tools = nullptr;
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
};

const std::vector<PageEntry>& pages();

QWidget* make_overview_page(const PageContext& context, QWidget* parent);
QWidget* make_deployments_page(const PageContext& context, QWidget* parent);
QWidget* make_pods_page(const PageContext& context, QWidget* parent);
QWidget* make_services_page(const PageContext& context, QWidget* parent);
QWidget* make_events_page(const PageContext& context, QWidget* parent);
QWidget* make_console_page(const PageContext& context, QWidget* parent);
QWidget* make_activity_page(const PageContext& context, QWidget* parent);

}  // namespace cove::ui
