#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QVBoxLayout>

#include "ui/dialogs/question_dialog.h"
#include "ui/models/document_text.h"
#include "ui/views/engine_page.h"
#include "ui/widgets/log_view.h"

namespace cove::ui {
namespace {

constexpr unsigned kLogTail = 2000;  // lines shown at first

QString size_text(std::uint64_t bytes) {
  return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1);
}

// "127.0.0.1:8080 → 80/tcp", "80/tcp" for one that is not published.
QString port_text(const docker::PublishedPort& port) {
  const QString inside =
      QStringLiteral("%1/%2").arg(port.private_port).arg(QString::fromStdString(port.protocol));
  if (port.public_port == 0) return inside;
  return QStringLiteral("%1 → %2").arg(port.public_port).arg(inside);
}

class ContainersPage final : public EnginePage {
  Q_DECLARE_TR_FUNCTIONS(ContainersPage)
 public:
  ContainersPage(const PageContext& context, QWidget* parent)
      : EnginePage(context, kind(), parent) {
    start_ = add_action("container_start", "play", [this] {
      act(tr("%1 could not be started"), &docker::EngineClient::start);
    });
    stop_ = add_action("container_stop", "stop",
                       [this] { act(tr("%1 could not be stopped"), &docker::EngineClient::stop); });
    restart_ = add_action("container_restart", "refresh", [this] {
      act(tr("%1 could not be restarted"), &docker::EngineClient::restart);
    });
    kill_ = add_action("container_kill", nullptr, [this] { kill(); });
    remove_ = add_action("container_remove", "trash", [this] { remove(); });
    actions()->addStretch(1);
    hint_ = make_label("muted", this);
    hint_->setObjectName(QStringLiteral("containers_hint"));
    toolbar()->addWidget(hint_);
    log_ = new LogView(context.theme, tabs());
    log_->setObjectName(QStringLiteral("container_log"));
    tabs()->addTab(log_, QString());
    usage_ = new FactList(context.theme, tabs());
    usage_->setObjectName(QStringLiteral("container_usage"));
    auto* frame = new QWidget(tabs());
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(0, 12, 8, 0);
    column->addWidget(usage_);
    column->addStretch(1);
    usage_page_ = frame;
    tabs()->addTab(frame, QString());
    sample_.setInterval(2'000);
    connect(&sample_, &QTimer::timeout, this, [this] { sample(); });
    connect(&engine(), &EngineSession::chosen, this, [this] { leave(); });
    begin();
  }

 protected:
  std::vector<TableRow> rows() override;
  void show_details(const QString& key) override;
  void retranslate_page() override;
  void hideEvent(QHideEvent* event) override {
    sample_.stop();
    EnginePage::hideEvent(event);
  }
  void showEvent(QShowEvent* event) override {
    EnginePage::showEvent(event);
    refresh_later();
  }

 private:
  using Act = Result<void> (docker::EngineClient::*)(std::string_view, std::stop_token) const;

  static EnginePageKind kind();
  static Cell state_cell(const docker::ContainerSummary& container);
  const docker::ContainerSummary* shown() const {
    for (const docker::ContainerSummary& each : engine().containers())
      if (text(each.id) == chosen()) return &each;
    return nullptr;
  }

  void act(const QString& failed, Act what) {
    const auto* container = shown();
    if (!container) return;
    const QString sentence = failed.arg(text(container->name));
    ask(
        [id = container->id, what](const docker::EngineClient& client, std::stop_token stop) {
          return (client.*what)(id, std::move(stop));
        },
        sentence);
  }
  void kill() {
    const auto* container = shown();
    if (!container) return;
    ask(
        [id = container->id](const docker::EngineClient& client, std::stop_token stop) {
          return client.kill(id, "KILL", std::move(stop));
        },
        tr("%1 could not be killed").arg(text(container->name)));
  }
  void ask(std::function<Result<void>(const docker::EngineClient&, std::stop_token)> what,
           const QString& failed) {
    engine().call<void>(std::move(what), this,
                        [this, failed](const Result<void>& done) { show_result(failed, done); });
  }
  void remove() {
    const auto* container = shown();
    if (!container) return;
    const QString name = text(container->name);
    const bool runs = container->state == "running" || container->state == "paused";
    auto* dialog = new QuestionDialog(
        context().theme, QStringLiteral("trash"), Tone::kBad,
        tr("Remove the container %1?").arg(name),
        runs ? tr("It runs and is ended first. What it wrote outside of its volumes is lost, and "
                  "so is its log. The image stays.")
             : tr("What it wrote outside of its volumes is lost, and so is its log. The image "
                  "stays."),
        window());
    dialog->setObjectName(QStringLiteral("container_remove_dialog"));
    dialog->add_answer("default", tr("Keep it"), QStringLiteral("container_remove_keep"), {});
    dialog->add_answer("danger", tr("Remove"), QStringLiteral("container_remove_ok"),
                       [this, id = container->id, name] {
                         ask(
                             [id](const docker::EngineClient& client, std::stop_token stop) {
                               return client.remove_container(id, true, std::move(stop));
                             },
                             tr("%1 could not be removed").arg(name));
                       });
    dialog->open();
  }

  // Read while the tab is looked at, and again when the container was started anew.
  void follow_log(const docker::ContainerSummary& container) {
    const bool wanted = tabs()->currentWidget() == log_;
    const std::string of = wanted ? container.id : std::string();
    const bool runs = container.state == "running";
    const bool anew = runs && !log_ran_ && of == log_of_;
    if (of == log_of_ && !anew) return;
    log_of_ = of;
    log_ran_ = runs;
    feed_.reset();
    log_->clear();
    if (of.empty()) return;
    feed_ = std::make_unique<EngineFeed>(
        engine().line(),
        [of](const docker::EngineClient& client, const docker::OnText& out, std::stop_token stop) {
          return client.logs(of, kLogTail, true, out, std::move(stop));
        },
        nullptr);
    connect(feed_.get(), &EngineFeed::lines, this, [this](const QStringList& lines) {
      log_->append_lines(lines);
      feed_->acknowledge();
    });
    connect(feed_.get(), &EngineFeed::ended, this, [this](const std::optional<Error>& error) {
      log_ran_ = false;
      if (error) {
        log_->append_remark(QString::fromStdString(error->message()));
      } else {
        log_->append_remark(tr("the container has ended"));
      }
    });
  }

  void follow_usage(const docker::ContainerSummary& container) {
    const bool wanted = tabs()->currentWidget() == usage_page_ && isVisible();
    if (!wanted) return sample_.stop();
    if (usage_of_ != container.id) {
      usage_of_ = container.id;
      before_.reset();
      usage_->set_facts({{tr("Processor"), tr("Measuring…")}});
    }
    if (container.state != "running") {
      sample_.stop();
      before_.reset();
      usage_->set_facts({{tr("Processor"), tr("It does not run.")}});
    } else if (!sample_.isActive()) {
      sample();
      sample_.start();
    }
  }
  void sample() {
    if (asking_ || usage_of_.empty()) return;
    asking_ = true;
    engine().call<docker::ContainerUsage>(
        [id = usage_of_](const docker::EngineClient& client, std::stop_token stop) {
          return client.usage(id, std::move(stop));
        },
        this,
        [this, id = usage_of_](const Result<docker::ContainerUsage>& answer) {
          asking_ = false;
          if (id == usage_of_ && answer && answer->running) show_usage(*answer);
        });
  }
  void show_usage(const docker::ContainerUsage& now) {
    QString processor = tr("Measuring…");
    if (before_ && now.host_cpu_ns > before_->host_cpu_ns && now.cpu_ns >= before_->cpu_ns) {
      const double share = static_cast<double>(now.cpu_ns - before_->cpu_ns) /
                           static_cast<double>(now.host_cpu_ns - before_->host_cpu_ns);
      processor =
          tr("%1 % of one processor").arg(locale().toString(share * now.cpus * 100.0, 'f', 1));
    }
    before_ = now;
    usage_->set_facts(
        {{tr("Processor"), processor},
         {tr("Memory"), tr("%1 of %2").arg(size_text(now.memory), size_text(now.memory_limit))},
         {tr("Processes"), locale().toString(static_cast<qulonglong>(now.processes))},
         {tr("Network"),
          tr("%1 received, %2 sent").arg(size_text(now.received), size_text(now.sent))},
         {tr("Disk"), tr("%1 read, %2 written").arg(size_text(now.read), size_text(now.written))}});
  }
  void leave() {
    feed_.reset();
    log_of_.clear();
    usage_of_.clear();
    asking_ = false;
    sample_.stop();
    log_->clear();
  }

  QPushButton* start_;
  QPushButton* stop_;
  QPushButton* restart_;
  QPushButton* kill_;
  QPushButton* remove_;
  QLabel* hint_;
  LogView* log_;
  FactList* usage_;
  QWidget* usage_page_;
  std::unique_ptr<EngineFeed> feed_;
  std::string log_of_;  // id
  bool log_ran_ = false;
  std::string usage_of_;  // id
  bool asking_ = false;
  std::optional<docker::ContainerUsage> before_;
  QTimer sample_;
};

EnginePageKind ContainersPage::kind() {
  EnginePageKind kind;
  kind.id = QStringLiteral("containers");
  kind.title = [] { return tr("Containers"); };
  kind.explanation = [] {
    return tr(
        "Containers that docker and docker compose start in this cluster's engine show here: "
        "“docker run -d -p 8080:80 nginx” makes one. The containers of pods are on the Pods page.");
  };
  kind.columns = {{[] { return tr("Name"); }, 140},
                  {[] { return tr("Image"); }, 130},
                  {[] { return tr("State"); }, 142},
                  {[] { return tr("Ports"); }, 150},
                  {[] { return tr("Created"); }, 80}};
  return kind;
}

Cell ContainersPage::state_cell(const docker::ContainerSummary& container) {
  Cell cell;
  cell.tip = text(container.status);
  if (container.state == "running") {
    const bool ill = container.status.find("(unhealthy)") != std::string::npos;
    cell.text = ill ? tr("Unhealthy") : tr("Running");
    cell.state = ill ? ObjectState::kBad : ObjectState::kGood;
  } else if (container.state == "restarting") {
    cell.text = tr("Restarting");
    cell.state = ObjectState::kBusy;
  } else if (container.state == "paused") {
    cell.text = tr("Paused");
    cell.state = ObjectState::kOff;
  } else if (container.state == "created") {
    cell.text = tr("Not started yet");
    cell.state = ObjectState::kOff;
  } else if (container.exit_code) {
    cell.text = tr("Exited with code %1").arg(*container.exit_code);
    cell.state = *container.exit_code == 0 ? ObjectState::kOff : ObjectState::kBad;
  } else {
    cell.text = text(container.state);
    cell.state = ObjectState::kOff;
  }
  return cell;
}

std::vector<TableRow> ContainersPage::rows() {
  std::vector<TableRow> rows;
  for (const docker::ContainerSummary& container : engine().containers()) {
    QStringList ports;
    for (const docker::PublishedPort& port : container.ports) ports.append(port_text(port));
    ports.removeDuplicates();  // of IPv4 and IPv6
    const WallTime created{std::chrono::seconds(container.created)};
    rows.push_back({text(container.id),
                    {{text(container.name)},
                     {text(container.image)},
                     state_cell(container),
                     {ports.join(QStringLiteral(", "))},
                     {age_text(created, context().clock.wall()),
                      QVariant(static_cast<qlonglong>(-container.created))}}});
  }
  return rows;
}

void ContainersPage::show_details(const QString&) {
  const auto* container = shown();
  if (!container) return leave();
  set_name(text(container->name));
  const Cell state = state_cell(*container);
  QStringList ports;
  for (const docker::PublishedPort& port : container->ports) ports.append(port_text(port));
  ports.removeDuplicates();
  const bool runs = container->state == "running";
  set_facts({{tr("State"), state.text,
              state.state == ObjectState::kGood   ? Glyph::kRunning
              : state.state == ObjectState::kBusy ? Glyph::kTurning
              : state.state == ObjectState::kBad  ? Glyph::kBroken
                                                  : Glyph::kOff},
             {tr("Engine's words"), text(container->status)},
             {tr("Image"), text(container->image)},
             {tr("Command"), text(container->command), std::nullopt, true},
             {tr("Ports"), ports.join(QLatin1Char('\n'))},
             {tr("Created"), locale().toString(QDateTime::fromSecsSinceEpoch(container->created),
                                               QLocale::ShortFormat)},
             {tr("ID"), text(std::string_view(container->id).substr(0, 12)), std::nullopt, true}});
  start_->setVisible(!runs && container->state != "paused");
  stop_->setVisible(runs || container->state == "restarting");
  restart_->setVisible(runs);
  kill_->setVisible(runs);
  follow_log(*container);
  follow_usage(*container);
}

void ContainersPage::retranslate_page() {
  hint_->setText(tr("Pods' containers are on the Pods page"));
  start_->setText(tr("Start"));
  stop_->setText(tr("Stop"));
  stop_->setToolTip(tr("Asks it to end, and ends it after 10 s."));
  restart_->setText(tr("Restart"));
  kill_->setText(tr("Kill"));
  kill_->setToolTip(tr("Ends it at once."));
  remove_->setText(tr("Remove…"));
  log_->setAccessibleName(tr("Log"));
  tabs()->setTabText(1, tr("Log"));
  tabs()->setTabText(2, tr("Statistics"));
}

}  // namespace

QWidget* make_containers_page(const PageContext& context, QWidget* parent) {
  return new ContainersPage(context, parent);
}

}  // namespace cove::ui
