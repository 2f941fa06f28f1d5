#include "core/controllers/controllers.h"

#include <gtest/gtest.h>

#include "tests/support/cluster.h"

namespace cove::controllers {
namespace {

struct Seen {
  int started = 0, stopped = 0;
  bool synced = false;
};
Seen seen;

class Probe final : public ControlLoop {
 public:
  explicit Probe(const Environment& environment)
      : pods_(environment.informers.informer({{"", "v1", "pods"}})) {}
  std::string_view name() const override { return "probe"; }
  void start() override {
    ++seen.started;
    seen.synced = pods_->has_synced();
  }
  void stop(std::function<void()> stopped) override {
    ++seen.stopped;
    stopped();
  }

 private:
  std::shared_ptr<client::Informer> pods_;
};

std::unique_ptr<ControlLoop> make_probe(const Environment& environment) {
  return std::make_unique<Probe>(environment);
}

TEST(Controllers, StartOnceTheInformersHaveSynced) {
  seen = {};
  test::Cluster cluster;
  Controllers controllers(
      {cluster.informers(),
       [&](std::string_view account) -> client::Transport& { return cluster.as_account(account); },
       cluster.executor, cluster.clock, [] { return 0.5; }, cluster.logger()},
      {make_probe, make_probe});
  controllers.start();
  EXPECT_FALSE(controllers.running());
  EXPECT_EQ(seen.started, 0);
  ASSERT_TRUE(cluster.until([&] { return controllers.running(); }, std::chrono::milliseconds(5)));
  EXPECT_EQ(seen.started, 2);
  EXPECT_TRUE(seen.synced);
  bool stopped = false;
  controllers.stop([&] { stopped = true; });
  EXPECT_TRUE(cluster.until([&] { return stopped; }));
  EXPECT_EQ(seen.stopped, 2);
  EXPECT_FALSE(controllers.running());
}

TEST(Cluster, ShowsWhatTheApiHas) {
  test::Cluster cluster;
  cluster.create(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},
                     "spec":{"containers":[{"name":"c","image":"i"}]}})");
  cluster.run_pod("a");
  cluster.settle();
  const auto pod = cluster.get("pods", "a");
  ASSERT_TRUE(pod);
  EXPECT_EQ(api::text_at(pod->document(), {"spec", "nodeName"}), "node");
  EXPECT_EQ(api::text_at(pod->document(), {"status", "phase"}), "Running");
  cluster.end_pod("a", 3);
  EXPECT_EQ(api::text_at(cluster.get("pods", "a")->document(), {"status", "phase"}), "Failed");
  cluster.remove("pods", "a");
  cluster.finish_deletions();
  EXPECT_EQ(cluster.get("pods", "a"), nullptr);
}

}  // namespace
}  // namespace cove::controllers
