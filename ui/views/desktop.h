// Desktop: everything between a ClusterService and the window, put together once.
#pragma once

#include <QObject>
#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "ui/bridge/api_session.h"
#include "ui/bridge/cluster_service.h"
#include "ui/theme/system_scheme.h"
#include "ui/views/main_window.h"
#include "ui/views/tray.h"

namespace cove::ui {

class WorkloadWatch;

struct DesktopOptions {
  Path settings;              // the preferences' file
  QString profile;            // to show first; empty: as last time
  bool follow_system = true;  // ask the desktop for its scheme, its tray and its notifications
  // How the session starts Cove at login; nothing: it does not.
  std::shared_ptr<const Autostart> autostart = nullptr;
  // What this computer's environment says of proxies.
  provision::Proxy proxy = {};
  // Ways to the clusters' APIs; nothing: none is ever looked at.
  std::shared_ptr<ApiSource> api = nullptr;
  // Shows an address; nothing: the system's browser does.
  std::function<void(const QUrl&)> open_url = {};
};

// GUI thread. The constructor makes the window and touches nothing else; begin() does the rest,
// after it is on screen.
class Desktop : public QObject {
  Q_OBJECT
 public:
  Desktop(std::shared_ptr<ClusterService> service, const Clock& clock, DesktopOptions options);
  ~Desktop() override;

  // Shows the window, or only the tray icon when `minimized` (where there is no tray: a minimized
  // window).
  void show(bool minimized);
  void begin();
  void raise_window(const QString& profile);

  MainWindow& window() { return *window_; }
  ClusterModel& clusters() { return clusters_; }
  ActivityModel& activity() { return activity_; }
  CurrentCluster& current() { return current_; }
  ApiSession& api() { return api_; }
  EngineSession& engine() { return engine_; }
  ContextModel& contexts() { return contexts_; }
  Theme& theme() { return theme_; }
  Language& language() { return language_; }
  Preferences& preferences() { return preferences_; }
  WorkloadWatch* workloads() { return workloads_.get(); }
  // Called instead of the desktop's notifications; for tests.
  void set_notifier(std::function<void(const QString& title, const QString& text)> notifier);

 Q_SIGNALS:
  void finished();

 private:
  // The API and the engine are those of the current cluster while it runs.
  void choose_api();
  void set_up_tray();
  // When the user wants it so.
  void start_cluster();
  void operation_ended(OperationId id);
  void notify(const QString& title, const QString& text, bool bad);

  const DesktopOptions options_;
  Preferences preferences_;
  Language language_;
  Theme theme_;
  SystemScheme system_;
  ClusterBridge bridge_;
  ClusterModel clusters_;
  CurrentCluster current_;
  ActivityModel activity_;
  ClusterActions actions_;
  const std::unique_ptr<Logger> logger_;
  ApiSession api_;
  EngineSession engine_;
  LiveCounts counts_;
  ContextModel contexts_;
  PageContext context_;
  std::unique_ptr<MainWindow> window_;
  std::unique_ptr<Tray> tray_;
  std::function<void(const QString&, const QString&)> notifier_;
  std::unique_ptr<WorkloadWatch> workloads_;
  bool begun_ = false;
};

}  // namespace cove::ui
