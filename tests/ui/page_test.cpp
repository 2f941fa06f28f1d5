#include "tests/ui/page_test.h"

namespace cove::ui::test {

namespace json = boost::json;

void PageTest::init() {
  home_ = std::make_unique<QTemporaryDir>();
  service_ = std::make_shared<ScriptedService>();
  cluster_ = std::make_unique<Cluster>();
  service_->now = cluster_->clock.wall();
  line_ = std::make_shared<Line>();
}

void PageTest::cleanup() {
  watched().watch(false);
  testers_.clear();
  desktop_.reset();
  service_.reset();
  others_.clear();
  cluster_.reset();
  home_.reset();
}

provision::ClusterStatus PageTest::running(const std::string& profile) {
  auto status = service_->running(profile);
  status.context = profile;
  status.host = "127.0.0.1";
  return status;
}

TestSource::Make PageTest::to(Cluster& cluster) {
  return [line = line_, handler = &cluster.handler()](Executor& executor) {
    return std::make_unique<LineTransport>(
        std::make_unique<node::InProcessTransport>(*handler, executor,
                                                   node::ClientUser{"admin", {"system:masters"}}),
        line);
  };
}

DesktopOptions PageTest::options_for(std::map<std::string, TestSource::Make> ways) {
  const auto source = std::make_shared<TestSource>(std::move(ways));
  source->channels = channels_;
  return options_for(source);
}

DesktopOptions PageTest::options_for(std::shared_ptr<ApiSource> source) {
  DesktopOptions options;
  options.settings = Path(home_->path().toStdString()) / "desktop.ini";
  options.follow_system = false;
  options.api = std::move(source);
  options.open_url = [this](const QUrl& url) { opened_ = url; };
  Preferences(options.settings).set_language(QStringLiteral("en"));
  return options;
}

void PageTest::open(const char* page, const char* profile,
                    std::map<std::string, TestSource::Make> more) {
  service_->set_status(running("cove"));
  more.emplace("cove", to(*cluster_));
  DesktopOptions options = options_for(std::move(more));
  options.profile = QString::fromLatin1(profile);
  show(std::move(options), page);
}

void PageTest::show(DesktopOptions options, const char* page) {
  page_ = page;
  desktop_ = std::make_unique<Desktop>(service_, cluster_->clock, std::move(options));
  desktop_->show(false);
  QVERIFY(QTest::qWaitForWindowExposed(&window()));
  desktop_->begin();
  QTRY_VERIFY(desktop_->clusters().known());
  watched().watch(true);
  go_to(page);
  for (ObjectPage* made : window().findChildren<ObjectPage*>()) {
    testers_.push_back(std::make_unique<QAbstractItemModelTester>(
        &made->model(), QAbstractItemModelTester::FailureReportingMode::Fatal));
  }
}

void PageTest::go_to(const char* page) {
  act([&] { window().go_to(QString::fromLatin1(page)); });
}

void PageTest::check_awake() {
  QVERIFY2(watched().stayed_awake(), watched().told().c_str());
}

int PageTest::row_of(const char* name) {
  for (int row = 0; row < table()->model()->rowCount(); ++row)
    if (cell(row, 0) == QLatin1String(name)) return row;
  return -1;
}

void PageTest::make_pod(const std::string& name) {
  QVERIFY(cluster_->create(
      json::object{{"apiVersion", "v1"},
                   {"kind", "Pod"},
                   {"metadata", {{"name", name}, {"namespace", "default"}}},
                   {"spec", {{"containers", {{{"name", "a"}, {"image", "demo:1"}}}}}}}));
}

}  // namespace cove::ui::test
