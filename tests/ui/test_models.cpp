// Models and bridge without a window.
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>
#include <semaphore>

#include "tests/ui/scripted_service.h"
#include "ui/models/activity_model.h"
#include "ui/models/cluster_model.h"
#include "ui/models/current_cluster.h"
#include "ui/models/line_ends.h"
#include "ui/models/text.h"

namespace cove::ui::test {

using std::chrono::milliseconds;

class ModelsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void lines_end_as_they_did_data() {
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("now");
    QTest::addColumn<QString>("wanted");
    const auto row = [](const char* name, const char* before, const char* now, const char* wanted) {
      QTest::newRow(name) << QString::fromUtf8(before) << QString::fromUtf8(now)
                          << QString::fromUtf8(wanted);
    };
    row("nothing", "", "", "");
    row("the first words", "", "a\nb", "a\nb");
    row("line feeds", "a\nb\n", "a\nc\n", "a\nc\n");
    row("untouched", "a\r\nb\rc\n\r\n", "a\nb\nc\n\n", "a\r\nb\rc\n\r\n");
    row("one in the place of another", "a\nb\r\nc\n", "a\nB\nc\n", "a\nB\r\nc\n");
    row("several", "a\rb\r\nc\nd", "a\nB\nC\nd", "a\rB\r\nC\nd");
    row("a new one", "a\r\nb\r\n", "a\nnew\nb\n", "a\r\nnew\r\nb\r\n");
    row("a new first one", "a\r\nb\n", "new\na\nb\n", "new\r\na\r\nb\n");
    row("a new last one", "a\r\nb", "a\nb\nnew", "a\r\nb\r\nnew");
    row("one gone", "a\nb\r\nc\n", "a\nc\n", "a\nc\n");
    row("the last one gone", "a\r\nb", "a", "a");
    row("no end at the end any more", "a\r\nb\r\n", "a\nb", "a\r\nb");
    row("all gone", "a\r\nb\r\n", "", "");
    row("as a document has it", "a\xc2\xa0\r\nb",
        "a\xc2\xa0\xe2\x80\xa9"
        "B",
        "a\xc2\xa0\r\nB");
    row("a paragraph's end",
        "a\xe2\x80\xa9"
        "b",
        "a\nB",
        "a\xe2\x80\xa9"
        "B");
  }
  void lines_end_as_they_did() {
    QFETCH(const QString, before);
    QFETCH(const QString, now);
    QTEST(with_line_ends(before, now), "wanted");
  }

  void init() {
    service_ = std::make_shared<ScriptedService>();
    bridge_ = std::make_unique<ClusterBridge>(service_);
    clusters_ = std::make_unique<ClusterModel>(*bridge_);
    activity_ = std::make_unique<ActivityModel>(*bridge_, clock_);
    testers_.push_back(std::make_unique<QAbstractItemModelTester>(
        clusters_.get(), QAbstractItemModelTester::FailureReportingMode::Fatal));
    testers_.push_back(std::make_unique<QAbstractItemModelTester>(
        activity_.get(), QAbstractItemModelTester::FailureReportingMode::Fatal));
  }
  void cleanup() {
    testers_.clear();
    activity_.reset();
    clusters_.reset();
    bridge_.reset();
    QCOMPARE(service_->calls_from_gui_thread(), 0);
  }

  void shows_clusters_in_name_order_as_a_diff() {
    service_->set_status(service_->running("delta"));
    service_->set_status(service_->running("bravo"));
    bridge_->observe();
    QTRY_COMPARE(names(), (QStringList{QStringLiteral("bravo"), QStringLiteral("delta")}));
    QSignalSpy changed(clusters_.get(), &QAbstractItemModel::dataChanged);
    QSignalSpy reset(clusters_.get(), &QAbstractItemModel::modelReset);
    const QPersistentModelIndex delta(clusters_->index(1));
    service_->set_status(service_->running("alpha"));
    service_->set_status(service_->running("charlie"));
    service_->forget("bravo");
    QTRY_COMPARE(names(), (QStringList{QStringLiteral("alpha"), QStringLiteral("charlie"),
                                       QStringLiteral("delta")}));
    QCOMPARE(delta.row(), 2);
    QCOMPARE(changed.count(), 0);
    auto stopped = service_->running("delta");
    stopped.phase = provision::Phase::kStopped;
    service_->set_status(stopped);
    QTRY_COMPARE(changed.count(), 1);
    QCOMPARE(reset.count(), 0);
    QCOMPARE(delta.data(Qt::ToolTipRole).toString(), QStringLiteral("Stopped"));
  }

  void does_not_stir_for_an_equal_observation() {
    service_->set_status(service_->running("alpha"));
    bridge_->observe();
    QTRY_COMPARE(clusters_->rowCount(), 1);
    QSignalSpy observed(clusters_.get(), &ClusterModel::observed);
    QSignalSpy arrived(bridge_.get(), &ClusterBridge::statuses_changed);
    service_->set_status(service_->running("alpha"));
    QTRY_COMPARE(arrived.count(), 1);
    QCOMPARE(observed.count(), 0);
  }

  void coalesces_a_burst_of_observations() {
    bridge_->observe();
    QTRY_VERIFY(clusters_->known());
    QSignalSpy arrived(bridge_.get(), &ClusterBridge::statuses_changed);
    for (int i = 0; i < 500; ++i) {
      auto status = service_->running("alpha");
      status.reason = std::to_string(i);
      service_->set_status(status);
    }
    QTRY_COMPARE(arrived.count(), 1);
    QCOMPARE(clusters_->find("alpha")->reason, std::string("499"));
  }

  void runs_one_operation_of_a_cluster_at_a_time() {
    const auto first = run("alpha");
    QVERIFY(first);
    QVERIFY(!run("alpha"));
    QVERIFY(run("bravo"));
    QCOMPARE(activity_->running(), 2);
    bridge_->cancel_all();
    QTRY_COMPARE(activity_->running(), 0);
    QVERIFY(activity_->find(*first)->state == OperationState::kCancelled);
  }

  void bounds_operations_under_way_and_the_history() {
    for (std::size_t i = 0; i < ClusterBridge::kMaxOperations; ++i) {
      QVERIFY(run("c" + std::to_string(i)));
    }
    QVERIFY(!run("one-too-many"));
    service_->release_all();
    QTRY_COMPARE(activity_->running(), 0);
    for (std::size_t i = 0; i < ActivityModel::kCapacity; ++i) {
      QVERIFY(run("h" + std::to_string(i)));
      QTRY_COMPARE(activity_->running(), 0);
    }
    QCOMPARE(static_cast<std::size_t>(activity_->rowCount()), ActivityModel::kCapacity);
    activity_->clear_finished();
    QCOMPARE(activity_->rowCount(), 0);
  }

  void counts_on_while_a_step_runs() {
    service_->set_elapsed("boot", milliseconds(4000));
    const auto id = run("alpha");
    service_->release(4);
    QTRY_VERIFY(step(*id, "boot").state == provision::StepState::kRunning);
    const auto before = progress_of(*activity_, *activity_->find(*id));
    clock_.advance(milliseconds(1500));
    QCOMPARE(activity_->elapsed(*activity_->find(*id), step(*id, "boot")), milliseconds(1500));
    QVERIFY(progress_of(*activity_, *activity_->find(*id)) > before);
    const auto left = remaining_of(*activity_, *activity_->find(*id));
    QVERIFY(left && *left == milliseconds(2500) + 5 * ScriptedService::kStepTime);
    service_->release_all();
    QTRY_COMPARE(activity_->running(), 0);
    QCOMPARE(activity_->find(*id)->elapsed, milliseconds(1500));
    QCOMPARE(progress_of(*activity_, *activity_->find(*id)).value_or(0), 1.0);
  }

  void turns_an_exception_below_into_an_error() {
    class Throwing final : public ClusterService {
     public:
      Result<provision::HostFacts> host(vm::NetworkMode) override {
        throw std::runtime_error("bug");
      }
      Result<void> start(const std::string&, const provision::StartRequest&, provision::Progress&,
                         std::stop_token) override {
        throw std::runtime_error("bug");
      }
      Result<void> configure(const std::string&, const provision::StartRequest&,
                             provision::Progress&, std::stop_token) override {
        return {};
      }
      Result<void> restart(const std::string&, provision::Progress&, std::stop_token) override {
        return {};
      }
      Result<void> stop(const std::string&, provision::Progress&, std::stop_token) override {
        return {};
      }
      Result<void> pause(const std::string&, provision::Progress&, std::stop_token) override {
        return {};
      }
      Result<void> remove(const std::string&, provision::Progress&, std::stop_token) override {
        return {};
      }
      std::unique_ptr<Watch> watch(std::function<void(Statuses)>) override { return nullptr; }
    };
    ClusterBridge bridge(std::make_shared<Throwing>());
    ActivityModel activity(bridge, clock_);
    bridge.run({OperationKind::kStart, "alpha", {}, false});
    QTRY_COMPARE(activity.running(), 0);
    QVERIFY(activity.at(0).error && activity.at(0).error->code == ErrorCode::kInternal);
    QSignalSpy host(&bridge, &ClusterBridge::host_failed);
    bridge.request_host(vm::NetworkMode::kUser);
    QTRY_COMPARE(host.count(), 1);
  }

  void each_who_asks_for_the_host_is_answered_for_the_network_asked() {
    class Slow final : public ScriptedService {
     public:
      Result<provision::HostFacts> host(vm::NetworkMode network) override {
        may_answer.acquire();
        provision::HostFacts out;
        out.cpus = network == vm::NetworkMode::kNat ? 2 : 1;
        return out;
      }
      std::counting_semaphore<> may_answer{0};
    };
    const auto service = std::make_shared<Slow>();
    ClusterBridge bridge(service);
    std::vector<std::pair<vm::NetworkMode, unsigned>> told;
    connect(&bridge, &ClusterBridge::host_known, this,
            [&](vm::NetworkMode network, const provision::HostFacts& facts) {
              told.emplace_back(network, facts.cpus);
            });
    bridge.request_host(vm::NetworkMode::kUser);
    bridge.request_host(vm::NetworkMode::kNat);
    bridge.request_host(vm::NetworkMode::kUser);
    bridge.request_host(vm::NetworkMode::kNat);
    service->may_answer.release(4);
    QTRY_COMPARE(told.size(), 3U);
    const std::vector<std::pair<vm::NetworkMode, unsigned>> wanted = {
        {vm::NetworkMode::kUser, 1}, {vm::NetworkMode::kNat, 2}, {vm::NetworkMode::kUser, 1}};
    QVERIFY(told == wanted);
  }

  void ends_what_runs_when_the_bridge_goes() {
    QVERIFY(run("alpha"));
    QTRY_VERIFY(!activity_->at(0).steps.empty());
    testers_.clear();
    activity_.reset();
    clusters_.reset();
    bridge_.reset();  // returns: the step waits for a permit that never comes, and is cancelled
    init_again();
  }

  void says_times_and_sizes() {
    QCOMPARE(duration(milliseconds(820)), QStringLiteral("0.8 s"));
    QCOMPARE(duration(milliseconds(12'400)), QStringLiteral("12 s"));
    QCOMPARE(duration(milliseconds(125'000)), QStringLiteral("2 min 5 s"));
    QCOMPARE(duration(std::chrono::hours(27)), QStringLiteral("1 d 3 h"));
    QCOMPARE(mebibytes(2048), QStringLiteral("2 GiB"));
    QCOMPARE(mebibytes(1536), QStringLiteral("1.5 GiB"));
    QCOMPARE(mebibytes(512), QStringLiteral("512 MiB"));
  }

  void shows_the_own_title_of_an_unknown_step() {
    provision::Step step;
    step.id = "from-the-future";
    step.title = "Do something new";
    QCOMPARE(title_of(step), QStringLiteral("Do something new"));
  }

 private:
  void init_again() { init(); }
  std::optional<OperationId> run(const std::string& profile) {
    OperationRequest request;
    request.profile = profile;
    return bridge_->run(request);
  }
  provision::Step step(OperationId id, const char* name) {
    for (const auto& candidate : activity_->find(id)->steps) {
      if (candidate.id == name) return candidate;
    }
    return {};
  }
  QStringList names() {
    QStringList all;
    for (int row = 0; row < clusters_->rowCount(); ++row) {
      all.append(clusters_->index(row).data().toString());
    }
    return all;
  }

  FakeClock clock_;
  std::shared_ptr<ScriptedService> service_;
  std::unique_ptr<ClusterBridge> bridge_;
  std::unique_ptr<ClusterModel> clusters_;
  std::unique_ptr<ActivityModel> activity_;
  std::vector<std::unique_ptr<QAbstractItemModelTester>> testers_;
};

}  // namespace cove::ui::test

QTEST_GUILESS_MAIN(cove::ui::test::ModelsTest)
#include "test_models.moc"
