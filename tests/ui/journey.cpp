#include "tests/ui/journey.h"

#include <QComboBox>
#include <QDropEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QPlainTextEdit>
#include <QTabBar>
#include <QTest>
#include <set>

#include "tests/ui/watchdog.h"
#include "ui/views/apply_page.h"
#include "ui/views/log_panel.h"
#include "ui/widgets/terminal_view.h"

// A check that fails ends the function it stands in: this ends the caller's as well.
#define CHECKED(helper)                     \
  do {                                      \
    helper;                                 \
    if (QTest::currentTestFailed()) return; \
  } while (false)

namespace cove::ui::test {
namespace {

constexpr int kLong = 240'000;  // ms: software emulation, and ten pods one after the other
constexpr const char* kName = "journey";

const char* const kManifest = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: journey, namespace: default}
spec:
  replicas: 10
  selector: {matchLabels: {app: journey}}
  strategy: {rollingUpdate: {maxSurge: 50%, maxUnavailable: 50%}}
  template:
    metadata: {labels: {app: journey}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: journey:0.1
        ports: [{containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}
---
apiVersion: v1
kind: Service
metadata: {name: journey, namespace: default}
spec:
  type: NodePort
  selector: {app: journey}
  ports: [{port: 80}]
)";

QString body_of(const QUrl& url) {
  QNetworkAccessManager browser;
  const std::unique_ptr<QNetworkReply> reply(browser.get(QNetworkRequest(url)));
  if (!QTest::qWaitFor([&] { return reply->isFinished(); }, 10'000)) return {};
  return QString::fromUtf8(reply->readAll());
}

}  // namespace

void Journey::run() {
  for (const auto step :
       {&Journey::builds_a_folder, &Journey::applies_what_is_dropped,
        &Journey::sees_the_pods_come_up, &Journey::opens_the_page, &Journey::rolls_out_another,
        &Journey::sees_the_history_and_goes_back, &Journey::reads_all_logs,
        &Journey::types_in_a_terminal, &Journey::deletes_a_pod}) {
    (this->*step)();
    if (QTest::currentTestFailed()) return;
  }
}

void Journey::builds_a_folder() {
  CHECKED(build("journey:0.1", "the first page"));
}

void Journey::applies_what_is_dropped() {
  const Path manifests = folder_ / "manifests";
  QVERIFY(make_directories(manifests, 0755).has_value());
  QVERIFY(write_file_atomic(manifests / "journey.yaml", kManifest, 0644).has_value());
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(QString::fromStdString(manifests.string()))});
  QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&desktop_.window(), &enter);
  QVERIFY(enter.isAccepted());
  QDropEvent drop(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&desktop_.window(), &drop);
  auto* page = desktop_.window().findChild<ApplyPage*>();
  QTRY_VERIFY(page && page->isVisible());
  QTRY_COMPARE_WITH_TIMEOUT(page->plan().phase(), ApplyPlan::Phase::kChecked, kLong);
  QCOMPARE(page->plan().count({ApplyEntry::State::kCreate}), 2);
  CHECKED(click("apply_apply"));
  QTRY_COMPARE_WITH_TIMEOUT(page->plan().phase(), ApplyPlan::Phase::kApplied, kLong);
  QCOMPARE(page->plan().count({ApplyEntry::State::kCreated}), 2);
}

void Journey::sees_the_pods_come_up() {
  go("pods");
  QTRY_COMPARE_WITH_TIMEOUT(ready_pods().size(), kPods, kLong);
}

void Journey::opens_the_page() {
  go("services");
  QTRY_COMPARE_WITH_TIMEOUT(cell("services", QString::fromLatin1(kName), 1),
                            QStringLiteral("10/10"), kLong);
  CHECKED(choose("services", QString::fromLatin1(kName)));
  opened_.clear();
  CHECKED(click("service_open"));
  QTRY_VERIFY(opened_.isValid());
  CHECKED(answers("the first page"));
}

void Journey::rolls_out_another() {
  CHECKED(build("journey:0.2", "the next page"));
  go("deployments");
  CHECKED(choose("deployments", QString::fromLatin1(kName)));
  CHECKED(click("deployment_set_image"));
  auto* image = find<QComboBox>("set_image_image");
  QTRY_VERIFY(image->findText(QStringLiteral("journey:0.2")) >= 0);
  image->lineEdit()->selectAll();
  QTest::keyClicks(image->lineEdit(), QStringLiteral("journey:0.2"));
  CHECKED(type("set_image_cause", QStringLiteral("another page")));
  CHECKED(click("set_image_ok"));
  CHECKED(succeeds());
  CHECKED(answers("the next page"));
}

void Journey::sees_the_history_and_goes_back() {
  CHECKED(show_tab("deployments_tabs", "history"));
  auto* revisions = find<QTableView>("history_table");
  QTRY_COMPARE(revisions->model()->rowCount(), 2);
  const auto shown = [&](int row, int column) {
    return revisions->model()->index(row, column).data().toString();
  };
  QTRY_COMPARE(shown(0, 3), QStringLiteral("another page"));
  QVERIFY(shown(0, 0).contains(QStringLiteral("current")));
  QCOMPARE(shown(1, 1), QStringLiteral("journey:0.1"));
  QTest::mouseClick(revisions->viewport(), Qt::LeftButton, {},
                    revisions->visualRect(revisions->model()->index(1, 0)).center());
  auto* diff = find<QPlainTextEdit>("history_diff");
  QTRY_VERIFY(diff->isVisible());
  QVERIFY(diff->toPlainText().contains(QStringLiteral("-   - image: journey:0.2")));
  QVERIFY(diff->toPlainText().contains(QStringLiteral("+   - image: journey:0.1")));
  CHECKED(click("history_undo"));
  QTRY_VERIFY_WITH_TIMEOUT(shown(0, 1) == QStringLiteral("journey:0.1"), kLong);
  QTRY_COMPARE_WITH_TIMEOUT(cell("deployments", QString::fromLatin1(kName), 1),
                            QStringLiteral("Available"), kLong);
  CHECKED(answers("the first page"));
}

void Journey::reads_all_logs() {
  CHECKED(show_tab("deployments_tabs", "log_tab"));
  LogPanel* panel = nullptr;
  QTRY_VERIFY((panel = find<QWidget>("deployments_tabs")->findChild<LogPanel*>()) != nullptr);
  // Its probes are in every pod's log.
  const auto pods = [&] {
    std::set<std::string> names;
    LogDocument& log = panel->document();
    for (int row = 0; row < log.rows(); ++row) {
      const std::string line = log.plain(row, false, true);
      if (line.find("GET / HTTP") != std::string::npos)
        names.insert(line.substr(0, line.find('/')));
    }
    return static_cast<int>(names.size());
  };
  QTRY_VERIFY_WITH_TIMEOUT(pods() >= kPods, kLong);
}

void Journey::types_in_a_terminal() {
  go("pods");
  // While the release that went back still replaces pods, the one that is typed in may be taken
  // away.
  const auto pods = [&] {
    const auto* model = find<QTableView>("pods_table")->model();
    int all = 0;
    for (int row = 0; row < model->rowCount(); ++row)
      all += model->index(row, 0).data().toString().startsWith(QString::fromLatin1(kName)) ? 1 : 0;
    return all;
  };
  QTRY_VERIFY_WITH_TIMEOUT(pods() == kPods && ready_pods().size() == kPods, kLong);
  CHECKED(choose("pods", ready_pods().first()));
  CHECKED(show_tab("pods_tabs", "terminal_container"));
  CHECKED(click("terminal_open"));
  TerminalView* terminal = nullptr;
  QTRY_VERIFY((terminal = find<TerminalView>("terminal")) != nullptr);
  QTRY_VERIFY_WITH_TIMEOUT(
      find<QLabel>("terminal_state")->text().contains(QStringLiteral("Connected")), kLong);
  const auto all = [&] {
    const TerminalScreen& screen = terminal->screen();
    return screen.text(QPoint(0, 0), QPoint(screen.columns(), screen.lines() - 1));
  };
  QTest::keyClicks(terminal, QStringLiteral("echo answer $((6*7))"));
  QTest::keyClick(terminal, Qt::Key_Return);
  const bool answered =
      QTest::qWaitFor([&] { return all().contains(QStringLiteral("answer 42")); }, kLong);
  QVERIFY2(answered, qPrintable(find<QLabel>("terminal_state")->text() + QLatin1Char('\n') +
                                all().trimmed()));
  QTest::keyClicks(terminal, QStringLiteral("exit"));
  QTest::keyClick(terminal, Qt::Key_Return);
}

void Journey::deletes_a_pod() {
  const QString name = ready_pods().first();
  CHECKED(choose("pods", name));
  CHECKED(click("pod_delete"));
  QTRY_VERIFY_WITH_TIMEOUT(row_of("pods", name) < 0, kLong);
  QTRY_COMPARE_WITH_TIMEOUT(ready_pods().size(), kPods, kLong);
}

void Journey::go(const char* page) {
  desktop_.window().go_to(QString::fromLatin1(page));
}

void Journey::click(const char* name) {
  QTRY_VERIFY2_WITH_TIMEOUT(find<QPushButton>(name) && find<QPushButton>(name)->isVisible() &&
                                find<QPushButton>(name)->isEnabled(),
                            name, 60'000);
  QTest::mouseClick(find<QPushButton>(name), Qt::LeftButton);
}

void Journey::type(const char* name, const QString& text) {
  auto* line = find<QLineEdit>(name);
  QVERIFY2(line, name);
  QTest::mouseClick(line, Qt::LeftButton);
  line->selectAll();
  QTest::keyClicks(line, text);
}

void Journey::show_tab(const char* name, const char* inside) {
  auto* tabs = find<QTabWidget>(name);
  auto* tab = tabs->findChild<QWidget*>(QString::fromLatin1(inside));
  while (tab != nullptr && tabs->indexOf(tab) < 0) tab = tab->parentWidget();
  QVERIFY2(tab, inside);
  QTest::mouseClick(tabs->tabBar(), Qt::LeftButton, {},
                    tabs->tabBar()->tabRect(tabs->indexOf(tab)).center());
  QTRY_COMPARE(tabs->currentWidget(), tab);
}

int Journey::row_of(const char* list, const QString& name) {
  const auto* table = find<QTableView>((std::string(list) + "_table").c_str());
  for (int row = 0; table != nullptr && row < table->model()->rowCount(); ++row)
    if (table->model()->index(row, 0).data().toString() == name) return row;
  return -1;
}

QString Journey::cell(const char* list, const QString& name, int column) {
  const int row = row_of(list, name);
  if (row < 0) return {};
  return find<QTableView>((std::string(list) + "_table").c_str())
      ->model()
      ->index(row, column)
      .data()
      .toString();
}

void Journey::choose(const char* list, const QString& name) {
  QTRY_VERIFY2_WITH_TIMEOUT(row_of(list, name) >= 0, list, 60'000);
  auto* table = find<QTableView>((std::string(list) + "_table").c_str());
  const QModelIndex at = table->model()->index(row_of(list, name), 0);
  table->scrollTo(at);
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(at).center());
}

QStringList Journey::ready_pods() {
  QStringList names;
  const auto* table = find<QTableView>("pods_table");
  for (int row = 0; table != nullptr && row < table->model()->rowCount(); ++row) {
    const auto shown = [&](int column) {
      return table->model()->index(row, column).data().toString();
    };
    if (shown(0).startsWith(QString::fromLatin1(kName)) && shown(1) == QStringLiteral("1/1") &&
        shown(2) == QStringLiteral("Running"))
      names.append(shown(0));
  }
  return names;
}

void Journey::build(const char* tag, const char* words) {
  const Path site = folder_ / "site";
  QVERIFY(make_directories(site, 0755).has_value());
  QVERIFY(write_file_atomic(site / "Dockerfile",
                            "FROM cove/web\nCOPY index.html /usr/share/nginx/html/\n", 0644)
              .has_value());
  QVERIFY(write_file_atomic(site / "index.html", std::string("<h1>") + words + "</h1>\n", 0644)
              .has_value());
  go("images");
  CHECKED(click("images_build"));
  QTRY_VERIFY(find<QLineEdit>("build_folder"));
  CHECKED(type("build_folder", QString::fromStdString(site.string())));
  CHECKED(type("build_tag", QString::fromLatin1(tag)));
  CHECKED(click("build_ok"));
  CHECKED(succeeds());
  const QString name = QString::fromLatin1(tag);
  const auto listed = [&] {
    const auto* images = find<QTableView>("images_table")->model();
    for (int row = 0; row < images->rowCount(); ++row)
      if (images->index(row, 0).data().toString() + QLatin1Char(':') +
              images->index(row, 1).data().toString() ==
          name)
        return true;
    return false;
  };
  QTRY_VERIFY_WITH_TIMEOUT(listed(), 60'000);
  // The dialog goes with the next turn of the event loop: another one has the same names.
  QTRY_VERIFY(find<QPushButton>("build_ok") == nullptr);
}

void Journey::succeeds() {
  QTRY_COMPARE_WITH_TIMEOUT(desktop_.activity().running(), 0, kLong);
  const Operation& last = desktop_.activity().at(0);
  QVERIFY2(last.state == OperationState::kSucceeded,
           last.error ? last.error->message().c_str() : "cancelled");
}

void Journey::answers(const char* words) {
  QString said;
  const bool heard = QTest::qWaitFor(
      [&] { return (said = body_of(opened_)).contains(QString::fromLatin1(words)); }, kLong);
  QVERIFY2(heard, qPrintable(opened_.toString() + QStringLiteral(": ") + said));
}

}  // namespace cove::ui::test
