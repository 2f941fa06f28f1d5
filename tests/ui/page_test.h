// What tests of pages stand on: the desktop over a scripted cluster life and a real API server in
// this process, the line to which can be cut.
#pragma once

#include <QAbstractItemModelTester>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <set>

#include "tests/support/cluster.h"
#include "tests/ui/scripted_service.h"
#include "tests/ui/watchdog.h"
#include "ui/views/desktop.h"
#include "ui/views/object_page.h"

namespace cove::ui::test {

using cove::test::Cluster;
namespace json = boost::json;

// A watch that the line may end before its server does.
struct HeldWatch {
  client::WatchCallbacks callbacks;
  Executor& executor;      // of its session: a line may be that of several
  bool cancelled = false;  // of the executor's thread

  void close(const client::ApiError& error) const {
    if (!cancelled) callbacks.closed(error);
  }
};

// A way to a server that can be cut. Thread-safe.
class Line {
 public:
  void cut() {
    std::set<std::shared_ptr<HeldWatch>> ended;
    {
      const std::lock_guard lock(mutex_);
      up_ = false;
      ended.swap(watches_);
    }
    for (const auto& watch : ended) watch->executor.post([watch] { watch->close(broken()); });
  }
  // The watches end as those of a version that is not kept any more; `meanwhile` happens unseen.
  void expire(const std::function<void()>& meanwhile) {
    std::set<std::shared_ptr<HeldWatch>> ended;
    {
      const std::lock_guard lock(mutex_);
      ended.swap(watches_);
    }
    meanwhile();
    for (const auto& watch : ended) {
      watch->executor.post([watch] {
        client::ApiError gone = client::no_answer(ErrorCode::kNotFound, "too old resource version");
        gone.code = 410;
        gone.reason = "Expired";
        watch->close(gone);
      });
    }
  }
  void mend() {
    const std::lock_guard lock(mutex_);
    up_ = true;
  }
  bool up() const {
    const std::lock_guard lock(mutex_);
    return up_;
  }
  // False when it is cut: nobody will tell the end of it.
  bool begin(const std::shared_ptr<HeldWatch>& watch) {
    const std::lock_guard lock(mutex_);
    if (up_) watches_.insert(watch);
    return up_;
  }
  // False when it has been cut: the end was told already.
  bool end(const std::shared_ptr<HeldWatch>& watch) {
    const std::lock_guard lock(mutex_);
    return watches_.erase(watch) > 0;
  }
  bool has(const std::shared_ptr<HeldWatch>& watch) const {
    const std::lock_guard lock(mutex_);
    return watches_.contains(watch);
  }
  static client::ApiError broken() {
    return client::no_answer(ErrorCode::kUnavailable, "the line is cut");
  }

 private:
  mutable std::mutex mutex_;
  bool up_ = true;
  std::set<std::shared_ptr<HeldWatch>> watches_;
};

class LineTransport final : public client::Transport {
 public:
  LineTransport(std::unique_ptr<client::Transport> inner, std::shared_ptr<Line> line)
      : inner_(std::move(inner)), line_(std::move(line)) {}
  client::Operation send(client::ApiRequest request, Callback done) override {
    if (line_->up()) return inner_->send(std::move(request), std::move(done));
    executor().post([done = std::move(done)] { done(Line::broken()); });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    auto watch = std::make_shared<HeldWatch>(HeldWatch{std::move(callbacks), executor()});
    if (!line_->begin(watch)) {
      executor().post([watch] { watch->close(Line::broken()); });
      return client::Operation(std::make_shared<Held>(line_, watch, client::Operation()));
    }
    auto inner = inner_->watch(std::move(request),
                               {.opened =
                                    [watch] {
                                      if (watch->callbacks.opened) watch->callbacks.opened();
                                    },
                                .events =
                                    [watch, line = line_](std::vector<client::WatchEvent> events) {
                                      if (line->has(watch))
                                        watch->callbacks.events(std::move(events));
                                    },
                                .closed =
                                    [watch, line = line_](std::optional<client::ApiError> error) {
                                      if (line->end(watch))
                                        watch->callbacks.closed(std::move(error));
                                    }});
    return client::Operation(std::make_shared<Held>(line_, watch, std::move(inner)));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    if (line_->up()) return inner_->stream(std::move(request), std::move(callbacks));
    executor().post([closed = std::move(callbacks.closed)] { closed(Line::broken()); });
    return {};
  }
  Executor& executor() override { return inner_->executor(); }

 private:
  // Cancelled on the executor's thread, as reflectors do.
  struct Held final : client::Operation::Impl {
    Held(std::shared_ptr<Line> its_line, std::shared_ptr<HeldWatch> its_watch,
         client::Operation its_inner)
        : line(std::move(its_line)), watch(std::move(its_watch)), inner(std::move(its_inner)) {}
    void cancel() override {
      watch->cancelled = true;
      line->end(watch);
      inner.cancel();
    }
    const std::shared_ptr<Line> line;
    const std::shared_ptr<HeldWatch> watch;
    client::Operation inner;
  };

  const std::unique_ptr<client::Transport> inner_;
  const std::shared_ptr<Line> line_;
};

class TestSource final : public ApiSource {
 public:
  using Make = std::function<std::unique_ptr<client::Transport>(Executor&)>;
  explicit TestSource(std::map<std::string, Make> contexts) : contexts_(std::move(contexts)) {}
  Result<std::unique_ptr<client::Transport>> connect(const std::string& context,
                                                     Executor& executor) override {
    const auto found = contexts_.find(context);
    if (found == contexts_.end())
      return Error{ErrorCode::kNotFound, "find", "the context " + context, "there is none", ""};
    return found->second(executor);
  }
  Result<std::unique_ptr<client::ChannelTransport>> connect_channels(const std::string& context,
                                                                     Executor& executor) override {
    if (!channels) return ApiSource::connect_channels(context, executor);
    return channels(executor);
  }
  std::function<std::unique_ptr<client::ChannelTransport>(Executor&)> channels;

 private:
  const std::map<std::string, Make> contexts_;
};

// A QtTest class over one page after the other. Its checks (QVERIFY) end only the function they
// stand in.
class PageTest : public QObject {
  Q_OBJECT

 protected Q_SLOTS:
  void init();
  void cleanup();

 protected:
  static WatchedApplication& watched() { return *static_cast<WatchedApplication*>(qApp); }
  MainWindow& window() { return desktop_->window(); }
  provision::ClusterStatus running(const std::string& profile);
  // One more, which outlives the desktop.
  Cluster& another() { return *others_.emplace_back(std::make_unique<Cluster>()); }
  // A way to the cluster's API by the line.
  TestSource::Make to(Cluster& cluster);

  // Shows a page of the chosen profile's cluster. "cove" is cluster_; more contexts by name.
  void open(const char* page, const char* profile = "cove",
            std::map<std::string, TestSource::Make> more = {});
  // The same in parts, for other ways to clusters. Settings are the test's own; the language is
  // English.
  DesktopOptions options_for(std::map<std::string, TestSource::Make> ways);
  DesktopOptions options_for(std::shared_ptr<ApiSource> source);
  void show(DesktopOptions options, const char* page);
  // As a click of the navigation does: in an event, which is watched.
  void go_to(const char* page);
  void check_awake();

  template <class Widget>
  Widget* find(const char* name) {
    return window().findChild<Widget*>(QString::fromLatin1(name));
  }
  // The opened page's.
  QTableView* table() { return find<QTableView>((page_ + "_table").c_str()); }
  QString cell(int row, int column) {
    return table()->model()->index(row, column).data().toString();
  }
  ObjectState state(int row, int column) {
    return static_cast<ObjectState>(
        table()->model()->index(row, column).data(ObjectModel::kState).toInt());
  }
  int row_of(const char* name);
  void choose(const char* name) {
    const int row = row_of(name);
    act([&] { table()->selectRow(row); });
  }
  QString label(const char* name) { return find<QLabel>(name)->text(); }

  void make_pod(const std::string& name);

  std::unique_ptr<QTemporaryDir> home_;
  std::shared_ptr<ScriptedService> service_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<std::unique_ptr<Cluster>> others_;
  std::shared_ptr<Line> line_;
  std::unique_ptr<Desktop> desktop_;
  std::vector<std::unique_ptr<QAbstractItemModelTester>> testers_;
  std::string page_;
  QUrl opened_;
  // Streams to pods of every context; nothing: there are none.
  std::function<std::unique_ptr<client::ChannelTransport>(Executor&)> channels_;
};

}  // namespace cove::ui::test
