#include "core/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cluster.h"

namespace cove::scheduler {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Hands on what it is asked, but for some bindings.
class Refusing final : public client::Transport {
 public:
  explicit Refusing(client::Transport& real) : real_(real) {}
  int refusals = 0;

  client::Operation send(client::ApiRequest request, Callback done) override {
    if (refusals == 0 || !request.path.ends_with("/binding"))
      return real_.send(std::move(request), std::move(done));
    --refusals;
    real_.executor().post([done = std::move(done)] {
      done(client::no_answer(ErrorCode::kUnavailable, "nobody is there"));
    });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    return real_.watch(std::move(request), std::move(callbacks));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    return real_.stream(std::move(request), std::move(callbacks));
  }
  Executor& executor() override { return real_.executor(); }

 private:
  client::Transport& real_;
};

class Scheduling : public testing::Test {
 protected:
  ~Scheduling() override {
    bool stopped = false;
    scheduler_->stop([&] { stopped = true; });
    EXPECT_TRUE(cluster.until([&] { return stopped; }));
    scheduler_.reset();
  }

  test::Cluster cluster;
  Refusing transport{cluster.as("system:kube-scheduler")};

  void start() { scheduler_->start(); }

  // A ready node beside the cluster's own one.
  void node(const std::string& name, const std::string& labels = "{}",
            const std::string& cpu = "4") {
    cluster.create("apiVersion: v1\nkind: Node\nmetadata: {name: " + name + ", labels: " + labels +
                   "}");
    cluster.patch("nodes", name, "spec: {taints: null}");
    cluster.patch("nodes", name,
                  "status: {allocatable: {cpu: '" + cpu + "', memory: 8Gi, pods: '110'}}", "",
                  "status");
  }
  void pod(const std::string& name, const std::string& spec = "", const std::string& more = "") {
    cluster.create("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + more + "}\nspec: {" +
                   spec + (spec.empty() ? "" : ", ") + "containers: [{name: c, image: i}]}");
  }
  void pod_asking(const std::string& name, const std::string& requests,
                  const std::string& spec = "", const std::string& more = "") {
    cluster.create("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + more + "}\nspec: {" +
                   spec + (spec.empty() ? "" : ", ") +
                   "containers: [{name: c, image: i, resources: {requests: " + requests + "}}]}");
  }
  std::string text(const std::string& pod_name, api::Steps path) {
    const api::ObjectPtr found = cluster.get("pods", pod_name);
    return found ? std::string(api::text_at(found->document(), path)) : "no such pod";
  }
  std::string node_of(const std::string& pod_name) { return text(pod_name, {"spec", "nodeName"}); }
  // "False Unschedulable: 0/1 nodes …"
  std::string condition(const std::string& pod_name, std::string_view type = "PodScheduled") {
    const api::ObjectPtr found = cluster.get("pods", pod_name);
    const json::array* const all =
        found ? api::array_at(found->document(), {"status", "conditions"}) : nullptr;
    if (all == nullptr) return "";
    for (const json::value& each : *all) {
      const json::object& one = each.get_object();
      if (api::text_at(one, {"type"}) != type) continue;
      std::string result(api::text_at(one, {"status"}));
      if (const auto reason = api::text_at(one, {"reason"}); !reason.empty())
        result += " " + std::string(reason) + ": " + std::string(api::text_at(one, {"message"}));
      return result;
    }
    return "";
  }
  bool comes_to(const std::string& pod_name, const std::string& node_name) {
    return cluster.until([&] { return node_of(pod_name) == node_name; }, milliseconds(100));
  }
  // "Normal Scheduled: Successfully …" of the first event with that reason about the object.
  std::string event(const std::string& about, std::string_view reason) {
    std::string result;
    cluster.until(
        [&] {
          for (const api::ObjectPtr& each : cluster.list("events")) {
            const json::object& one = each->document();
            if (api::text_at(one, {"involvedObject", "name"}) != about ||
                api::text_at(one, {"reason"}) != reason)
              continue;
            result = std::string(api::text_at(one, {"type"})) + " " +
                     std::string(api::text_at(one, {"source", "component"})) + ": " +
                     std::string(api::text_at(one, {"message"}));
            return true;
          }
          return false;
        },
        milliseconds(10));
    return result;
  }

 private:
  std::unique_ptr<Scheduler> scheduler_ = std::make_unique<Scheduler>(
      Scheduler::Parts{transport, cluster.informers(), cluster.executor, cluster.clock,
                       [] { return 0.5; }, cluster.logger()});
};

TEST_F(Scheduling, GivesPodsTheNodeAndSaysSo) {
  pod("early");
  start();
  ASSERT_TRUE(comes_to("early", "node"));
  EXPECT_EQ(condition("early"), "True");
  EXPECT_EQ(event("early", "Scheduled"),
            "Normal default-scheduler: Successfully assigned default/early to node");
  pod("foreign", "schedulerName: mine");
  pod("gated", "schedulingGates: [{name: example.com/g}]");
  pod("later");
  ASSERT_TRUE(comes_to("later", "node"));
  cluster.settle();
  EXPECT_EQ(node_of("foreign"), "");
  EXPECT_EQ(condition("foreign"), "");
  EXPECT_EQ(node_of("gated"), "");
  EXPECT_EQ(condition("gated"),
            "False SchedulingGated: Scheduling is blocked due to non-empty scheduling gates");
  cluster.patch("pods", "gated", "spec: {schedulingGates: []}");
  EXPECT_TRUE(comes_to("gated", "node"));
}

TEST_F(Scheduling, SaysWhyThereIsNoNodeAndTriesAgainWhenThereMayBeOne) {
  start();
  pod_asking("first", "{cpu: 3}");
  ASSERT_TRUE(comes_to("first", "node"));
  pod_asking("second", "{cpu: 2}");
  const std::string why =
      "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No "
      "preemption victims found for incoming pod.";
  ASSERT_TRUE(cluster.until([&] { return !condition("second").empty(); }, milliseconds(100)));
  EXPECT_EQ(condition("second"), "False Unschedulable: " + why);
  EXPECT_EQ(event("second", "FailedScheduling"), "Warning default-scheduler: " + why);
  pod("third", "nodeSelector: {disk: ssd}");
  ASSERT_TRUE(cluster.until([&] { return !condition("third").empty(); }, milliseconds(100)));
  EXPECT_EQ(condition("third"),
            "False Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node "
            "affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful "
            "for scheduling.");
  cluster.patch("nodes", "node", "metadata: {labels: {disk: ssd}}");
  EXPECT_TRUE(comes_to("third", "node"));
  EXPECT_EQ(node_of("second"), "");
  cluster.end_pod("first", 0);
  EXPECT_TRUE(comes_to("second", "node"));
  EXPECT_EQ(condition("second"), "True");
}

TEST_F(Scheduling, SpreadsOverNodesAndKeepsToConstraints) {
  for (const char* const zone : {"a", "b", "c"}) {
    const std::string name = std::string("n-") + zone;
    node(name, "{zone: " + std::string(zone) + ", kubernetes.io/hostname: " + name + "}");
  }
  cluster.patch("nodes", "node", "spec: {unschedulable: true}");
  start();
  const std::string spread =
      "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
      "DoNotSchedule, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [rev]}]";
  // Those of one revision are spread, whatever the others do.
  std::map<std::string, int> count;
  for (int i = 0; i < 9; ++i) {
    pod("web-" + std::to_string(i), spread,
        ", labels: {app: web, rev: r" + std::string(i < 3 ? "1" : "2") + "}");
  }
  ASSERT_TRUE(cluster.until([&] { return !node_of("web-8").empty(); }, milliseconds(100)));
  for (int i = 0; i < 3; ++i) ++count[node_of("web-" + std::to_string(i))];
  EXPECT_EQ(count, (std::map<std::string, int>{{"n-a", 1}, {"n-b", 1}, {"n-c", 1}}));
  for (int i = 3; i < 9; ++i) ++count[node_of("web-" + std::to_string(i))];
  EXPECT_EQ(count, (std::map<std::string, int>{{"n-a", 3}, {"n-b", 3}, {"n-c", 3}}));
  const std::string apart =
      "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
      "[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: lone}}}]}}";
  std::set<std::string> nodes;
  for (int i = 0; i < 4; ++i) pod("lone-" + std::to_string(i), apart, ", labels: {app: lone}");
  ASSERT_TRUE(cluster.until([&] { return !condition("lone-3").empty(); }, milliseconds(100)));
  for (int i = 0; i < 3; ++i) nodes.insert(node_of("lone-" + std::to_string(i)));
  EXPECT_EQ(nodes.size(), 3U);
  EXPECT_FALSE(nodes.contains(""));
  EXPECT_EQ(condition("lone-3"),
            "False Unschedulable: 0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) "
            "didn't match pod anti-affinity rules. preemption: 0/4 nodes are available: 1 "
            "Preemption is not helpful for scheduling, 3 No preemption victims found for incoming "
            "pod.");
}

TEST_F(Scheduling, MakesRoomForTheMoreImportant) {
  cluster.create(
      "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1000");
  cluster.create(
      "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: polite}\nvalue: "
      "1000\npreemptionPolicy: Never");
  start();
  const std::string two = "{cpu: 1500m}";
  // The guarded one started later, so it would be the first to go.
  pod_asking("old", two);
  ASSERT_TRUE(comes_to("old", "node"));
  cluster.run_pod("old");
  cluster.clock.advance(seconds(10));
  pod_asking("guarded", two, "", ", labels: {app: db}");
  ASSERT_TRUE(comes_to("guarded", "node"));
  cluster.run_pod("guarded");
  cluster.create(
      "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: db}\nspec: "
      "{minAvailable: 1, selector: {matchLabels: {app: db}}}");
  pod_asking("waits", two, "priorityClassName: polite");
  ASSERT_TRUE(cluster.until([&] { return !condition("waits").empty(); }, milliseconds(100)));
  EXPECT_EQ(condition("waits"),
            "False Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. preemption: not "
            "eligible due to preemptionPolicy=Never.");
  pod_asking("urgent", two, "priorityClassName: high");
  ASSERT_TRUE(cluster.until(
      [&] {
        const auto old = cluster.get("pods", "old");
        return old && old->deleting();
      },
      milliseconds(100)));
  EXPECT_FALSE(cluster.get("pods", "guarded")->deleting());
  EXPECT_EQ(condition("old", "DisruptionTarget"),
            "True PreemptionByScheduler: default-scheduler: preempting to accommodate a higher "
            "priority pod");
  const std::string uid(cluster.get("pods", "urgent")->uid());
  EXPECT_EQ(event("old", "Preempted"),
            "Normal default-scheduler: Preempted by pod " + uid + " on node node");
  EXPECT_EQ(text("urgent", {"status", "nominatedNodeName"}), "node");
  // Whoever has seen the victim's mark meanwhile has looked again, and says that it is going.
  const std::string full = "False Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.";
  EXPECT_THAT(
      condition("urgent"),
      testing::AnyOf(full, full + " preemption: not eligible due to a terminating pod on the "
                                  "nominated node."));
  // The victim has its grace, and nobody else takes its place.
  EXPECT_EQ(node_of("urgent"), "");
  pod_asking("late", two);
  cluster.finish_deletions();
  ASSERT_TRUE(comes_to("urgent", "node"));
  cluster.settle();
  EXPECT_EQ(node_of("late"), "");
  EXPECT_EQ(cluster.get("pods", "old"), nullptr);
}

TEST_F(Scheduling, ChoosesTheNodeForVolumesFirst) {
  cluster.create(
      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: later}\nprovisioner: "
      "example.com/p\nvolumeBindingMode: WaitForFirstConsumer");
  cluster.create(
      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: now}\nprovisioner: "
      "example.com/p");
  const auto claim = [&](const std::string& name, const std::string& storage_class) {
    cluster.create("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name +
                   "}\nspec: {storageClassName: " + storage_class +
                   ", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}");
  };
  const auto bind = [&](const std::string& name) {
    cluster.create("apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv-" + name +
                   "}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: "
                   "{path: /x}, claimRef: {namespace: default, name: " +
                   name + "}}");
    cluster.patch("persistentvolumeclaims", name,
                  "{metadata: {annotations: {pv.kubernetes.io/bind-completed: 'yes'}}, spec: "
                  "{volumeName: pv-" +
                      name + "}}");
  };
  claim("later", "later");
  claim("now", "now");
  start();
  const auto using_claim = [](const std::string& name) {
    return "volumes: [{name: v, persistentVolumeClaim: {claimName: " + name + "}}]";
  };
  pod("a", using_claim("now"));
  ASSERT_TRUE(cluster.until([&] { return !condition("a").empty(); }, milliseconds(100)));
  EXPECT_EQ(condition("a"),
            "False Unschedulable: 0/1 nodes are available: pod has unbound immediate "
            "PersistentVolumeClaims. preemption: 0/1 nodes are available: 1 Preemption is not "
            "helpful for scheduling.");
  pod("b", using_claim("later"));
  ASSERT_TRUE(cluster.until(
      [&] {
        const auto found = cluster.get("persistentvolumeclaims", "later");
        return api::text_at(found->document(), {"metadata", "annotations",
                                                "volume.kubernetes.io/selected-node"}) == "node";
      },
      milliseconds(100)));
  cluster.settle();
  EXPECT_EQ(node_of("b"), "");
  bind("later");
  EXPECT_TRUE(comes_to("b", "node"));
  bind("now");
  EXPECT_TRUE(comes_to("a", "node"));
}

TEST_F(Scheduling, FollowsWhatHappensToNodes) {
  pod_asking("there", "{cpu: 3}");
  cluster.run_pod("there");
  start();
  pod_asking("next", "{cpu: 2}");
  ASSERT_TRUE(cluster.until([&] { return !condition("next").empty(); }, milliseconds(100)));
  EXPECT_TRUE(
      condition("next").starts_with("False Unschedulable: 0/1 nodes are available: 1 "
                                    "Insufficient cpu."));
  node("bigger");
  EXPECT_TRUE(comes_to("next", "bigger"));
  cluster.remove("nodes", "bigger");
  cluster.remove("nodes", "node");
  pod("lost");
  ASSERT_TRUE(cluster.until([&] { return !condition("lost").empty(); }, milliseconds(100)));
  EXPECT_EQ(condition("lost"), "False Unschedulable: no nodes available to schedule pods");
  node("again");
  EXPECT_TRUE(comes_to("lost", "again"));
}

TEST_F(Scheduling, TriesAgainWhatCouldNotBeWritten) {
  start();
  transport.refusals = 2;
  pod_asking("a", "{cpu: 4}");
  ASSERT_TRUE(cluster.until([&] { return !condition("a").empty(); }, milliseconds(5)));
  const std::string why =
      "binding rejected: running Bind plugin \"DefaultBinder\": nobody is there";
  EXPECT_EQ(condition("a"), "False SchedulerError: " + why);
  EXPECT_EQ(event("a", "FailedScheduling"), "Warning default-scheduler: " + why);
  // One second, then two.
  cluster.executor.advance(milliseconds(2500));
  cluster.settle();
  EXPECT_EQ(node_of("a"), "");
  cluster.executor.advance(milliseconds(600));
  EXPECT_TRUE(comes_to("a", "node"));
}

// Where a dozen pods go on three nodes that are much alike.
std::map<std::string, std::string> places() {
  test::Cluster cluster;
  unsigned state = 7;
  Scheduler scheduler({cluster.as("system:kube-scheduler"), cluster.informers(), cluster.executor,
                       cluster.clock,
                       [&state] {
                         state = state * 1103515245U + 12345U;
                         return static_cast<double>(state % 1000U) / 1000;
                       },
                       cluster.logger()});
  for (const char* const name : {"n1", "n2"}) {
    cluster.create("apiVersion: v1\nkind: Node\nmetadata: {name: " + std::string(name) + "}");
    cluster.patch("nodes", name, "spec: {taints: null}");
    cluster.patch("nodes", name, "status: {allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}", "",
                  "status");
  }
  for (int i = 0; i < 12; ++i) {
    cluster.create("apiVersion: v1\nkind: Pod\nmetadata: {name: p" + std::to_string(i) +
                   "}\nspec: {containers: [{name: c, image: i, resources: {requests: {cpu: " +
                   std::to_string(100 * (i % 3)) + "m}}}]}");
  }
  scheduler.start();
  std::map<std::string, std::string> places;
  EXPECT_TRUE(cluster.until(
      [&] {
        for (const api::ObjectPtr& pod : cluster.list("pods"))
          places[std::string(pod->name())] = api::text_at(pod->document(), {"spec", "nodeName"});
        return std::ranges::none_of(places, [](const auto& each) { return each.second.empty(); });
      },
      milliseconds(5)));
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  EXPECT_TRUE(cluster.until([&] { return stopped; }));
  return places;
}

TEST(SchedulingTwice, ComesToTheSame) {
  const auto first = places();
  EXPECT_EQ(first, places());
  std::map<std::string, int> count;
  for (const auto& [pod, node] : first) ++count[node];
  EXPECT_EQ(count, (std::map<std::string, int>{{"n1", 4}, {"n2", 4}, {"node", 4}}));
}

TEST_F(Scheduling, BindsManyAtOnce) {
  for (int i = 0; i < 100; ++i) pod("p" + std::to_string(i));
  start();
  EXPECT_TRUE(cluster.until(
      [&] {
        const auto all = cluster.list("pods");
        return std::ranges::all_of(all, [](const api::ObjectPtr& each) {
          return !api::text_at(each->document(), {"spec", "nodeName"}).empty();
        });
      },
      milliseconds(100)));
}

}  // namespace
}  // namespace cove::scheduler
