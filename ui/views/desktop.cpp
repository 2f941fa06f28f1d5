#include "ui/views/desktop.h"

#include <unistd.h>

#include <QApplication>
#include <QDesktopServices>
#include <QProcess>
#include <QStandardPaths>

#include "ui/models/text.h"
#include "ui/models/workload_watch.h"

namespace cove::ui {

Desktop::Desktop(std::shared_ptr<ClusterService> service, const Clock& clock,
                 DesktopOptions options)
    : options_(std::move(options)),
      preferences_(options_.settings),
      bridge_(std::move(service)),
      clusters_(bridge_),
      current_(clusters_),
      activity_(bridge_, clock),
      actions_(theme_, bridge_, current_, activity_),
      logger_(make_logger(STDERR_FILENO, LogFormat::kText, LogLevel::kError)),
      api_(options_.api, *logger_),
      counts_(api_, clock),
      contexts_(api_),
      context_{theme_, bridge_,           clusters_, current_, activity_, actions_, api_,
               clock,  options_.open_url, {},        engine_,  counts_,   contexts_} {
  if (!context_.open_url)
    context_.open_url = [](const QUrl& url) { QDesktopServices::openUrl(url); };
  context_.proxy = options_.proxy;
  language_.use(preferences_.language());
  theme_.set_system_dark(preferences_.system_dark(platform_palette_is_dark()));
  theme_.set_choice(preferences_.scheme());
  theme_.apply_to(*qApp);
  QApplication::setQuitOnLastWindowClosed(false);
  const QString first = options_.profile.isEmpty() ? preferences_.cluster() : options_.profile;
  if (!first.isEmpty()) current_.choose(first.toStdString());
  if (options_.profile.isEmpty()) current_.choose_foreign(preferences_.context().toStdString());
  window_ =
      std::make_unique<MainWindow>(context_, theme_, language_, preferences_, options_.autostart);
  connect(window_.get(), &MainWindow::finished, this, &Desktop::finished);
  connect(&activity_, &ActivityModel::operation_ended, this, &Desktop::operation_ended);
  connect(&current_, &CurrentCluster::changed, this, &Desktop::choose_api);
  workloads_ = std::make_unique<WorkloadWatch>(api_, clock);
  connect(workloads_.get(), &WorkloadWatch::told, this,
          [this](const QString& title, const QString& text, bool bad) {
            if (!window_->isActiveWindow()) notify(title, text, bad);
          });
  connect(&contexts_, &ContextModel::altered, this, [this](const std::string& name) {
    if (name == api_.context()) api_.reconnect();
  });
}

Desktop::~Desktop() = default;

void Desktop::show(bool minimized) {
  if (!minimized) {
    window_->show();
  } else if (!QSystemTrayIcon::isSystemTrayAvailable()) {
    window_->showMinimized();
  }
}

void Desktop::begin() {
  if (begun_) return;
  begun_ = true;
  if (!options_.profile.isEmpty()) {
    // Asked for by name and not there: the way to make it.
    connect(
        &clusters_, &ClusterModel::observed, this,
        [this] {
          if (!clusters_.find(options_.profile.toStdString())) {
            window_->new_cluster(options_.profile);
          }
        },
        static_cast<Qt::ConnectionType>(Qt::AutoConnection | Qt::SingleShotConnection));
  }
  if (preferences_.start_cluster()) {
    connect(&clusters_, &ClusterModel::observed, this, &Desktop::start_cluster,
            static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
  }
  bridge_.observe();
  if (options_.api) {
    contexts_.begin();
    choose_api();
  }
  if (!options_.follow_system) return;
  set_up_tray();
  connect(&system_, &SystemScheme::dark_preferred, this, [this](bool dark) {
    preferences_.set_system_dark(dark);
    theme_.set_system_dark(dark);
  });
  system_.listen();
}

void Desktop::choose_api() {
  if (!options_.api || !begun_) return;
  if (!current_.foreign().empty()) return api_.choose(current_.foreign());
  const auto* status = current_.status();
  // One slow answer to who watches the cluster empties no page: they say themselves what they miss.
  const bool runs = machine_runs(status);
  api_.choose(runs ? status->context : std::string());
  if (runs && !status->engine.empty()) {
    engine_.choose(docker::EngineAddress{status->engine, status->engine_client});
  } else {
    engine_.choose(std::nullopt);
  }
}

void Desktop::start_cluster() {
  const auto* status = current_.status();
  const bool off = status && (status->phase == provision::Phase::kStopped ||
                              status->phase == provision::Phase::kPaused);
  if (off) actions_.start()->trigger();
}

void Desktop::set_up_tray() {
  if (!QSystemTrayIcon::isSystemTrayAvailable()) return;
  tray_ = std::make_unique<Tray>(context_, nullptr);
  connect(tray_.get(), &Tray::open_requested, window_.get(), &MainWindow::raise_window);
  connect(tray_.get(), &Tray::quit_requested, window_.get(), &MainWindow::quit);
  window_->set_in_tray(true);
}

void Desktop::raise_window(const QString& profile) {
  if (!profile.isEmpty() && clusters_.find(profile.toStdString())) window_->show_cluster(profile);
  window_->raise_window();
}

void Desktop::set_notifier(std::function<void(const QString&, const QString&)> notifier) {
  notifier_ = std::move(notifier);
}

void Desktop::operation_ended(OperationId id) {
  const Operation* operation = activity_.find(id);
  if (!operation || window_->isActiveWindow()) return;
  if (operation->state == OperationState::kSucceeded) {
    notify(done(operation->request), tr("It took %1.").arg(duration(operation->elapsed)), false);
  } else if (operation->state == OperationState::kFailed) {
    notify(failed(operation->request),
           operation->error ? sentence_of(*operation->error) : QString(), true);
  }
}

void Desktop::notify(const QString& title, const QString& text, bool bad) {
  if (!preferences_.notifications()) return;
  if (notifier_) return notifier_(title, text);
  if (!options_.follow_system) return;
  if (tray_) return tray_->notify(title, text, bad);
  // Desktops without a tray still have a notification service, and usually this program for it.
  const QString program = QStandardPaths::findExecutable(QStringLiteral("notify-send"));
  if (!program.isEmpty()) {
    QProcess::startDetached(program, {QStringLiteral("--app-name=Cove"), title, text});
  }
  QApplication::alert(window_.get());
}

}  // namespace cove::ui
