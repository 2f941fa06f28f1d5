// Takes the pictures under resources/screenshots from scripted data: every scene in both schemes
// and both languages.
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QLineEdit>
#include <QPainter>
#include <QPainterPath>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "tests/ui/sample_api.h"
#include "tests/ui/scripted_engine.h"
#include "tests/ui/scripted_service.h"
#include "ui/views/desktop.h"

namespace cove::ui::test {
namespace {

constexpr QSize kSize(1120, 740);

int distance(QRgb a, QRgb b) {
  const int red = qRed(a) - qRed(b);
  const int green = qGreen(a) - qGreen(b);
  const int blue = qBlue(a) - qBlue(b);
  return red * red + green * green + blue * blue;
}

// PNGs with a palette of 256 colours are a third of the size; the interface has few colours, so
// nobody sees it.
QImage with_palette(const QImage& image) {
  const QImage rgb = image.convertToFormat(QImage::Format_RGB32);
  std::unordered_map<QRgb, int> counts;
  for (int y = 0; y < rgb.height(); ++y) {
    const auto* line = reinterpret_cast<const QRgb*>(rgb.constScanLine(y));
    for (int x = 0; x < rgb.width(); ++x) ++counts[line[x]];
  }
  std::vector<std::pair<int, QRgb>> ranked;
  for (const auto& [color, count] : counts) ranked.emplace_back(count, color);
  std::sort(ranked.begin(), ranked.end(), std::greater<>());
  // The most frequent, then those that are most unlike them: a small thing keeps its colour.
  QList<QRgb> table;
  const std::size_t frequent = std::min<std::size_t>(192, ranked.size());
  for (std::size_t i = 0; i < frequent; ++i) table.append(ranked[i].second);
  std::vector<int> apart(ranked.size(), INT_MAX);
  std::size_t next = 0;
  for (std::size_t known = 0; known < static_cast<std::size_t>(table.size()); ++known) {
    next = 0;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      apart[i] = std::min(apart[i], distance(ranked[i].second, table[static_cast<int>(known)]));
      if (apart[i] > apart[next]) next = i;
    }
    const bool all_seen = known + 1 == static_cast<std::size_t>(table.size());
    if (all_seen && table.size() < 256 && apart[next] > 0) table.append(ranked[next].second);
  }
  std::unordered_map<QRgb, uchar> nearest;
  for (const auto& [count, color] : ranked) {
    int best = 0;
    int least = INT_MAX;
    for (int i = 0; i < table.size() && least > 0; ++i) {
      const int apart_now = distance(color, table[i]);
      if (apart_now < least) {
        least = apart_now;
        best = i;
      }
    }
    nearest[color] = static_cast<uchar>(best);
  }
  QImage out(rgb.size(), QImage::Format_Indexed8);
  out.setColorTable(table);
  for (int y = 0; y < rgb.height(); ++y) {
    const auto* from = reinterpret_cast<const QRgb*>(rgb.constScanLine(y));
    uchar* to = out.scanLine(y);
    for (int x = 0; x < rgb.width(); ++x) to[x] = nearest[from[x]];
  }
  return out;
}

class Studio {
 public:
  Studio(QDir folder, QString scheme, QString language, std::shared_ptr<SampleApi> sample)
      : folder_(std::move(folder)),
        scheme_(std::move(scheme)),
        language_(std::move(language)),
        sample_(std::move(sample)) {}

  bool take_all() {
    welcome();
    timeline();
    failed();
    overview();
    broken();
    delete_dialog();
    console();
    objects("pods", "worker-6f7b9c5d8-p2nxc", 0);
    objects("deployments", "demo", 1);
    objects("services", "demo", 0);
    engine_rows("images", 1);
    engine_rows("containers", 0);
    objects("events", nullptr, 0);
    return ok_;
  }

 private:
  struct Set {
    QTemporaryDir home;
    FakeClock clock;
    std::shared_ptr<ScriptedService> service = std::make_shared<ScriptedService>();
    std::shared_ptr<SampleApi> sample;
    std::unique_ptr<Desktop> desktop;
  };

  std::unique_ptr<Set> open(const std::function<void(Set&)>& prepare) {
    auto set = std::make_unique<Set>();
    set->service->now = set->clock.wall();
    set->service->console_log = Path(set->home.path().toStdString()) / "console.log";
    prepare(*set);
    DesktopOptions options;
    options.settings = Path(set->home.path().toStdString()) / "desktop.ini";
    options.follow_system = false;
    {
      Preferences preferences(options.settings);
      preferences.set_scheme(scheme_ == QLatin1String("dark") ? SchemeChoice::kDark
                                                              : SchemeChoice::kLight);
      preferences.set_language(language_);
    }
    const Clock* clock = &set->clock;
    if (set->sample) {
      options.api = set->sample;
      clock = &set->sample->clock();
    }
    set->desktop = std::make_unique<Desktop>(set->service, *clock, options);
    set->desktop->window().resize(kSize);
    set->desktop->show(false);
    set->desktop->begin();
    wait([&] { return set->desktop->clusters().known(); });
    settle();
    return set;
  }

  void wait(const std::function<bool()>& done) {
    if (!QTest::qWaitFor(done, 10'000)) {
      std::fputs("a scene did not come about\n", stderr);
      ok_ = false;
    }
  }
  static void settle() {
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents();
    QTest::qWait(30);
  }

  void save(QImage image, const QString& scene) {
    image.setDevicePixelRatio(1);
    const QString name = QStringLiteral("%1-%2-%3.png").arg(scene, scheme_, language_.left(2));
    ok_ = with_palette(image).save(folder_.filePath(name), "PNG", 0) && ok_;
  }
  void shoot(Set& set, const QString& scene) {
    settle();
    save(set.desktop->window().grab().toImage(), scene);
  }

  void welcome() {
    auto set = open([](Set&) {});
    wait([&] {
      auto* create = set->desktop->window().findChild<QPushButton*>(QStringLiteral("create"));
      return create && create->isEnabled();
    });
    shoot(*set, QStringLiteral("welcome"));
  }

  void timeline() {
    auto set = open([](Set& s) {
      using std::chrono::milliseconds;
      s.service->set_elapsed("check-host", milliseconds(120));
      s.service->set_elapsed("create-keys", milliseconds(90));
      s.service->set_elapsed("create-disk", milliseconds(240));
      s.service->set_elapsed("define-machine", milliseconds(310));
      s.service->set_elapsed("boot", milliseconds(3400));
      s.service->set_elapsed("wait-api", milliseconds(1200));
      s.service->set_elapsed("wait-node", milliseconds(800));
      s.service->set_elapsed("write-kubeconfig", milliseconds(100));
      s.service->set_detail("boot", "KVM, 2 CPUs, 2 GiB");
      s.service->set_detail("create-disk", "20 GiB, grows as needed");
    });
    QPushButton* create = nullptr;
    wait([&] {
      create = set->desktop->window().findChild<QPushButton*>(QStringLiteral("create"));
      return create && create->isEnabled();
    });
    create->click();
    set->service->release(4);
    wait([&] {
      const auto& activity = set->desktop->activity();
      return activity.rowCount() > 0 && activity.at(0).steps.size() > 4 &&
             activity.at(0).steps[4].state == provision::StepState::kRunning;
    });
    set->clock.advance(std::chrono::milliseconds(2100));
    QTest::qWait(250);
    shoot(*set, QStringLiteral("timeline"));
  }

  void failed() {
    auto set = open([](Set& s) {
      s.service->fail_at("open-ports", Error{ErrorCode::kConflict, "open the port", "6443",
                                             "it is taken by nginx (process 812)",
                                             "End that program, or start with another port."});
      s.service->release(6);
    });
    QPushButton* create = nullptr;
    wait([&] {
      create = set->desktop->window().findChild<QPushButton*>(QStringLiteral("create"));
      return create && create->isEnabled();
    });
    create->click();
    wait([&] {
      const auto& activity = set->desktop->activity();
      return activity.rowCount() > 0 && activity.at(0).steps.size() > 6 &&
             activity.at(0).steps[6].state == provision::StepState::kRunning;
    });
    set->clock.advance(7 * ScriptedService::kStepTime);
    set->service->release(1);
    wait([&] {
      const auto& activity = set->desktop->activity();
      return activity.rowCount() > 0 && activity.at(0).state == OperationState::kFailed;
    });
    shoot(*set, QStringLiteral("failed"));
  }

  void overview() {
    auto set = open([](Set& s) { s.service->set_status(s.service->running("cove")); });
    shoot(*set, QStringLiteral("overview"));
  }

  void broken() {
    auto set = open([](Set& s) {
      auto status = s.service->running("cove");
      status.phase = provision::Phase::kBroken;
      status.api_ready = status.node_ready = false;
      status.reason = "The virtual machine ended by itself: QEMU was killed or crashed";
      status.remedy = "Start the cluster again; everything on its disk is kept.";
      s.service->set_status(status);
    });
    shoot(*set, QStringLiteral("broken"));
  }

  void delete_dialog() {
    auto set = open([](Set& s) { s.service->set_status(s.service->running("cove")); });
    MainWindow& window = set->desktop->window();
    window.findChild<QToolButton*>(QStringLiteral("action_delete"))->click();
    QDialog* dialog = nullptr;
    wait([&] {
      dialog = window.findChild<QDialog*>(QStringLiteral("delete_dialog"));
      return dialog && dialog->isVisible();
    });
    settle();
    // The two windows as a desktop would show them.
    QImage picture = window.grab().toImage();
    QPainter painter(&picture);
    const QRect place(
        QPoint((kSize.width() - dialog->width()) / 2, (kSize.height() - dialog->height()) / 2),
        dialog->size());
    QPainterPath shape;
    shape.addRoundedRect(place, 12, 12);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipPath(shape);
    painter.drawPixmap(place.topLeft(), dialog->grab());
    painter.end();
    save(picture, QStringLiteral("delete"));
    dialog->close();
  }

  void console() {
    auto set = open([](Set& s) {
      s.service->set_status(s.service->running("cove"));
      QFile::copy(QStringLiteral(COVE_CONSOLE_SAMPLE),
                  QString::fromStdString(s.service->console_log.string()));
    });
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("console"));
    auto* log = window.findChild<QPlainTextEdit*>(QStringLiteral("console_log"));
    wait([&] { return log->blockCount() > 20; });
    window.findChild<QLineEdit*>(QStringLiteral("console_search"))
        ->setText(QStringLiteral("coved"));
    QTest::qWait(120);
    shoot(*set, QStringLiteral("console"));
  }

  // A page of API objects, with an object of it chosen and a tab of its details.
  void objects(const char* page, const char* name, int tab) {
    auto set = open([&](Set& s) {
      s.service->set_status(s.service->running("cove"));
      s.sample = sample_;
    });
    MainWindow& window = set->desktop->window();
    const QString id = QString::fromLatin1(page);
    window.go_to(id);
    auto* table = window.findChild<QTableView*>(id + QStringLiteral("_table"));
    const auto row_of = [&] {
      for (int row = 0; row < table->model()->rowCount(); ++row) {
        const QString shown = table->model()->index(row, 0).data().toString();
        if (name == nullptr || shown == QLatin1String(name)) return row;
      }
      return -1;
    };
    wait([&] { return row_of() >= 0; });
    QTest::qWait(150);
    if (name != nullptr) {
      table->selectRow(row_of());
      window.findChild<QTabWidget*>(id + QStringLiteral("_tabs"))->setCurrentIndex(tab);
    }
    if (auto* history = window.findChild<QTableView*>(QStringLiteral("history_table"))) {
      wait([&] { return history->model()->rowCount() == 3; });
      history->selectRow(1);
    }
    QTest::qWait(150);
    shoot(*set, id);
  }

  static docker::ImageSummary image(const char* id, const char* tag, std::int64_t created,
                                    std::uint64_t size) {
    docker::ImageSummary made;
    made.id = "sha256:" + std::string(id) + std::string(52, '0');
    if (*tag != '\0') made.tags = {tag};
    made.created = created;
    made.size = size;
    return made;
  }
  static docker::ContainerSummary container(const char* name, const char* image_name,
                                            const char* state, const char* status,
                                            std::int64_t created) {
    docker::ContainerSummary made;
    made.id = std::string(name) + "-4f1c27ab90de";
    made.name = name;
    made.image = image_name;
    made.command = "/docker-entrypoint.sh nginx -g 'daemon off;'";
    made.state = state;
    made.status = status;
    made.created = created;
    if (made.state == "running") made.ports = {{"127.0.0.1", 8080, 80, "tcp"}};
    return made;
  }

  void engine_rows(const char* page, int row) {
    ScriptedEngine engine;
    auto set = open([&](Set& s) {
      auto status = s.service->running("cove");
      status.engine = engine.address().host;
      s.service->set_status(status);
      s.sample = sample_;
    });
    const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                                 sample_->clock().wall().time_since_epoch())
                                 .count();
    engine.set_images({image("6d0f2a11c3e4", "demo:0.1", now - 90'000, 23'400'000),
                       image("b18e5c0a7712", "demo:0.2", now - 3'600, 23'500'000),
                       image("0c7e99d1f2aa", "cove/web:latest", now - 900'000, 22'900'000),
                       image("4c1d2b77e005", "", now - 7'200, 23'400'000),
                       image("e20f31b6c9d8", "registry.example.com/team/shop:1.4.2", now - 40'000,
                             181'000'000)});
    engine.set_containers(
        {container("compose-web-1", "cove/web:latest", "running", "Up 3 hours", now - 10'800),
         container("migrate", "registry.example.com/team/shop:1.4.2", "exited",
                   "Exited (3) 20 minutes ago", now - 1'400),
         container("scratch", "demo:0.1", "created", "Created", now - 60)});
    MainWindow& window = set->desktop->window();
    const QString id = QString::fromLatin1(page);
    window.go_to(id);
    auto* table = window.findChild<QTableView*>(id + QStringLiteral("_table"));
    wait([&] { return table->model()->rowCount() >= 3; });
    table->selectRow(row);
    QTest::qWait(150);
    shoot(*set, id);
  }

  QDir folder_;
  QString scheme_;
  QString language_;
  std::shared_ptr<SampleApi> sample_;
  bool ok_ = true;
};

}  // namespace
}  // namespace cove::ui::test

int main(int argc, char** argv) {
  qputenv("QT_SCALE_FACTOR", "1.5");
  QApplication application(argc, argv);
  if (argc != 2) {
    std::fputs("usage: ui_screenshots FOLDER\n", stderr);
    return 2;
  }
  cove::ui::init_resources();
  QApplication::setCursorFlashTime(0);
  // Pictures do not depend on whose desktop they are taken on.
  const QStringList available = QFontDatabase::families();
  QStringList families;
  for (const char* family : {"Inter", "Noto Sans", "Noto Sans CJK SC", "DejaVu Sans"}) {
    if (available.contains(QString::fromLatin1(family))) {
      families.append(QString::fromLatin1(family));
    }
  }
  QFont font(families);
  font.setPointSizeF(10);
  QApplication::setFont(font);
  bool ok = true;
  const auto sample = std::make_shared<cove::ui::test::SampleApi>();
  for (const char* scheme : {"light", "dark"}) {
    for (const char* language : {"en", "zh_CN"}) {
      cove::ui::test::Studio studio(QDir(QString::fromLocal8Bit(argv[1])),
                                    QString::fromLatin1(scheme), QString::fromLatin1(language),
                                    sample);
      ok = studio.take_all() && ok;
    }
  }
  return ok ? 0 : 1;
}
