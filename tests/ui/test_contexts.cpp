// Any context of a kubeconfig: chosen, shown without a machine's actions, followed as its file
// changes.
#include <QMenu>
#include <fstream>

#include "tests/ui/page_test.h"

namespace cove::ui::test {

// Watches of one kind go by a line of their own.
class PartedTransport final : public client::Transport {
 public:
  PartedTransport(std::unique_ptr<client::Transport> rest, std::unique_ptr<client::Transport> part,
                  std::string plural)
      : rest_(std::move(rest)), part_(std::move(part)), end_("/" + std::move(plural)) {}
  client::Operation send(client::ApiRequest request, Callback done) override {
    return way(request).send(std::move(request), std::move(done));
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    return way(request).watch(std::move(request), std::move(callbacks));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    return way(request).stream(std::move(request), std::move(callbacks));
  }
  Executor& executor() override { return rest_->executor(); }

 private:
  client::Transport& way(const client::ApiRequest& request) {
    return request.path.ends_with(end_) ? *part_ : *rest_;
  }

  const std::unique_ptr<client::Transport> rest_;
  const std::unique_ptr<client::Transport> part_;
  const std::string end_;
};

// Contexts of one file, of which a line "name server" is each.
class FileSource final : public ApiSource {
 public:
  FileSource(Path file, std::map<std::string, TestSource::Make> ways)
      : file_(std::move(file)), ways_(std::move(ways)) {}

  Result<std::vector<ContextEntry>> contexts() override {
    std::vector<ContextEntry> entries;
    std::ifstream in(file_);
    if (!in) return Error{ErrorCode::kCorrupt, "read", file_.string(), "it is not there", {}};
    for (std::string name, server; in >> name >> server;) {
      entries.push_back({.name = name,
                         .cluster = name,
                         .user = "me",
                         .namespace_name = {},
                         .server = server,
                         .file = file_.string(),
                         .identity = server});
    }
    return entries;
  }
  std::vector<Path> files() const override { return {file_}; }
  Result<std::unique_ptr<client::Transport>> connect(const std::string& context,
                                                     Executor& executor) override {
    ++connections;
    const auto found = ways_.find(context);
    if (found == ways_.end()) {
      return Error{ErrorCode::kNotFound, "use", "the context " + context,
                   "the kubeconfig has none of that name", "Choose another one."};
    }
    return found->second(executor);
  }

  std::atomic<int> connections = 0;

 private:
  const Path file_;
  const std::map<std::string, TestSource::Make> ways_;
};

class ContextsTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void a_foreign_context_shows_the_same_pages_without_a_machine() {
    make_pod("mine");
    Cluster& other = another();
    other.create(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"theirs","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"a"}]}})");
    other.create(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"door","namespace":"default"},
        "spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30123}]}})");
    write("cove https://127.0.0.1:6443\nfar https://far.example:6443\n");
    begin("pods", {{"far", to(other)}});
    QTRY_VERIFY(row_of("mine") >= 0);
    QVERIFY(find<QToolButton>("action_stop")->isVisible());
    QCOMPARE(menu_names(), (QStringList{QStringLiteral("cove"), QStringLiteral("far")}));
    pick("far");
    QTRY_VERIFY(row_of("theirs") >= 0);
    QCOMPARE(row_of("mine"), -1);
    QVERIFY(!find<QToolButton>("action_stop")->isVisible());
    QVERIFY(find<QLabel>("top_elsewhere")->isVisible());
    QVERIFY(!find<QLabel>("top_elsewhere")->toolTip().isEmpty());
    QTRY_COMPARE(label("top_phase"), QStringLiteral("Connected"));
    QCOMPARE(window().windowTitle(), QStringLiteral("far – Cove"));

    go_to("services");
    page_ = "services";
    QTRY_VERIFY(row_of("door") >= 0);
    choose("door");
    QVERIFY(!find<QPushButton>("service_open")->isVisible());  // no port of this computer
    for (const char* page : {"overview", "console"}) {
      go_to(page);
      QVERIFY(find<QWidget>("context_page")->isVisible());
      QVERIFY(find<Banner>("context_reason")->text().contains(QStringLiteral("another program")));
      QCOMPARE(label("context_name"), QStringLiteral("far"));
      QTRY_COMPARE(label("context_state"), QStringLiteral("Connected"));
    }
    pick("cove");
    QTRY_VERIFY(!find<QWidget>("context_page")->isVisible());
    QVERIFY(find<QToolButton>("action_stop")->isVisible());
    go_to("pods");
    page_ = "pods";
    QTRY_VERIFY(row_of("mine") >= 0);
    check_awake();
  }

  // Who may list pods and nothing else sees them, and of all else that he may not.
  void an_overview_says_what_may_not_be_seen() {
    Cluster& other = another();
    other.create(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"theirs","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"a"}]}})");
    other.create(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
        "metadata":{"name":"looker"},
        "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list","watch"]}]})");
    other.create(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
        "metadata":{"name":"bob-looks"},
        "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"looker"},
        "subjects":[{"kind":"User","name":"bob"}]})");
    write("cove https://127.0.0.1:6443\nfar https://far.example:6443\n");
    begin("overview", {{"far", [handler = &other.handler()](Executor& executor) {
                          return std::make_unique<node::InProcessTransport>(
                              *handler, executor, node::ClientUser{"bob", {}});
                        }}});
    QTRY_VERIFY(desktop_->contexts().known());
    pick("far");
    auto* page = find<QWidget>("context_page");
    QTRY_VERIFY((page = find<QWidget>("context_page")) && page->isVisible());
    const auto runs = [&](const char* name) {
      return page->findChild<QPushButton*>(QStringLiteral("runs_") + QLatin1String(name));
    };
    const auto said = [&](const char* name) {
      return page->findChild<QLabel*>(QString::fromLatin1(name))->text();
    };
    QTRY_VERIFY(runs("pods")->text().endsWith(QStringLiteral("1")));
    QTRY_COMPARE(said("overview_no_failing"), QStringLiteral("No pod fails."));
    for (const char* name : {"deployments", "statefulsets", "daemonsets", "jobs", "services"}) {
      QTRY_COMPARE(runs(name)->toolTip(), QStringLiteral("You may not see them"));
      QVERIFY2(runs(name)->text().endsWith(QChar(0x2013)), name);
    }
    QCOMPARE(runs("pods")->toolTip(), QStringLiteral("Shows them"));
    QTRY_COMPARE(said("overview_no_warnings"), QStringLiteral("You may not see them."));
    QTRY_COMPARE(said("usage_note"), QStringLiteral("You may not see what the node uses"));
    check_awake();
  }

  void contexts_come_and_go_with_the_file() {
    write("cove https://127.0.0.1:6443\n");
    begin("pods", {});
    QTRY_VERIFY(desktop_->contexts().known());
    QCOMPARE(menu_names(), QStringList{QStringLiteral("cove")});
    write("cove https://127.0.0.1:6443\nnew https://new.example\n");
    QTRY_COMPARE(menu_names(), (QStringList{QStringLiteral("cove"), QStringLiteral("new")}));
    // As programs write it: another file in its place.
    const Path beside = file_.string() + ".tmp";
    std::ofstream(beside) << "newer https://new.example\n";
    std::filesystem::rename(beside, file_);
    QTRY_COMPARE(menu_names(), (QStringList{QStringLiteral("cove"), QStringLiteral("newer")}));
    // What was known stays while the file is away.
    std::filesystem::remove(file_);
    QTRY_VERIFY(desktop_->contexts().trouble().has_value());
    QCOMPARE(menu_names(), (QStringList{QStringLiteral("cove"), QStringLiteral("newer")}));
    write("last https://last.example\n");
    QTRY_COMPARE(menu_names(), (QStringList{QStringLiteral("cove"), QStringLiteral("last")}));
    check_awake();
  }

  void an_entry_that_changes_is_connected_to_anew() {
    Cluster& other = another();
    write("far https://far.example\n");
    begin("pods", {{"far", to(other)}});
    QTRY_VERIFY(desktop_->contexts().known());
    pick("far");
    QTRY_COMPARE(label("top_phase"), QStringLiteral("Connected"));
    const int before = source_->connections;
    write("far https://far.example:7443\n");
    QTRY_COMPARE(source_->connections.load(), before + 1);
    QTRY_COMPARE(label("top_phase"), QStringLiteral("Connected"));
    write("far https://far.example:7443\nmore https://more.example\n");
    QTRY_COMPARE(menu_names().size(), 3);
    QCOMPARE(source_->connections.load(), before + 1);
    check_awake();
  }

  void a_context_that_cannot_be_used_says_why() {
    write("gone https://gone.example\n");
    begin("pods", {});
    QTRY_VERIFY(desktop_->contexts().known());
    pick("gone");
    QTRY_VERIFY(find<Banner>("pods_health")->isVisible());
    QVERIFY(find<Banner>("pods_health")->text().contains(QStringLiteral("none of that name")));
    QTRY_COMPARE(label("top_phase"), QStringLiteral("There is no way to the cluster"));
    QVERIFY(table()->model()->rowCount() == 0);
    check_awake();
  }

  void a_context_whose_server_is_away_says_so_and_comes_back() {
    Cluster& other = another();
    write("far https://far.example\n");
    begin("pods", {{"far", to(other)}});
    QTRY_VERIFY(desktop_->contexts().known());
    pick("far");
    QTRY_COMPARE(label("top_phase"), QStringLiteral("Connected"));
    line_->cut();
    QTRY_COMPARE(label("top_phase"), QStringLiteral("The cluster cannot be reached"));
    line_->mend();
    QTRY_COMPARE_WITH_TIMEOUT(label("top_phase"), QStringLiteral("Connected"), 20'000);
    check_awake();
  }

  // Each of those whose health the connection is of may be the last to come back.
  void whichever_kind_comes_back_last_the_connection_is_whole_then_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"pods", "deployments", "services", "endpointslices"})
      QTest::newRow(kind) << QString::fromLatin1(kind);
  }
  void whichever_kind_comes_back_last_the_connection_is_whole_then() {
    QFETCH(const QString, kind);
    Cluster& other = another();
    write("far https://far.example\n");
    begin("overview",
          {{"far", [this, &other, plural = kind.toStdString()](Executor& executor) {
              return std::make_unique<PartedTransport>(
                  std::make_unique<node::InProcessTransport>(
                      other.handler(), executor, node::ClientUser{"admin", {"system:masters"}}),
                  to(other)(executor), plural);
            }}});
    QTRY_VERIFY(desktop_->contexts().known());
    pick("far");
    QTRY_COMPARE(label("top_phase"), QStringLiteral("Connected"));
    line_->cut();
    QTRY_COMPARE(label("top_phase"), QStringLiteral("The cluster cannot be reached"));
    line_->mend();
    QTRY_COMPARE_WITH_TIMEOUT(label("top_phase"), QStringLiteral("Connected"), 20'000);
    check_awake();
  }

  void the_chosen_context_is_remembered() {
    Cluster& other = another();
    write("far https://far.example\n");
    begin("pods", {{"far", to(other)}});
    QTRY_VERIFY(desktop_->contexts().known());
    pick("far");
    desktop_.reset();
    show_contexts("pods", {{"far", to(other)}}, {});
    QCOMPARE(desktop_->current().foreign(), std::string("far"));
    QTRY_COMPARE(label("top_phase"), QStringLiteral("Connected"));
    pick("cove");
    desktop_.reset();
    show_contexts("pods", {{"far", to(other)}}, {});
    QTRY_COMPARE(desktop_->current().profile(), std::string("cove"));
    QVERIFY(desktop_->current().foreign().empty());
    check_awake();
  }

 private:
  void write(const std::string& text) {
    file_ = Path(home_->path().toStdString()) / "kube" / "config";
    std::filesystem::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }
  void begin(const char* page, std::map<std::string, TestSource::Make> more) {
    service_->set_status(running("cove"));
    show_contexts(page, std::move(more), "cove");
  }
  void show_contexts(const char* page, std::map<std::string, TestSource::Make> more,
                     const char* profile) {
    more.emplace("cove", to(*cluster_));
    source_ = std::make_shared<FileSource>(file_, std::move(more));
    DesktopOptions options = options_for(source_);
    options.profile = QString::fromLatin1(profile);
    show(std::move(options), page);
  }
  QMenu* menu() {
    QMenu* menu = find<QToolButton>("chooser")->menu();
    Q_EMIT menu->aboutToShow();
    return menu;
  }
  // What can be chosen, without the way to a new cluster.
  QStringList menu_names() {
    QStringList names;
    for (QAction* action : menu()->actions())
      if (!action->isSeparator()) names.append(action->text().section(QLatin1Char(' '), 0, 0));
    names.removeLast();
    return names;
  }
  void pick(const char* name) {
    for (QAction* action : menu()->actions()) {
      if (action->text().section(QLatin1Char(' '), 0, 0) == QLatin1String(name))
        return action->trigger();
    }
    QFAIL("there is no such entry");
  }

  Path file_;
  std::shared_ptr<FileSource> source_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::ContextsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_contexts.moc"
