// What is measured of a node, and who has to go when it runs short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/api/document.h"
#include "core/node/access.h"
#include "core/node/eviction.h"
#include "core/node/stats.h"
#include "tests/support/cluster.h"

namespace cove::node {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Pods final : public PodsOfNode {
 public:
  std::optional<RunningPod> find(std::string_view in, std::string_view name) const override {
    for (const RunningPod& each : all) {
      if (each.pod->namespace_name() == in && each.pod->name() == name) return each;
    }
    return std::nullopt;
  }
  std::vector<RunningPod> list() const override { return all; }

  RunningPod& add(const std::string& name, std::int64_t priority = 0,
                  const std::string& request = "0", bool is_static = false) {
    const auto parsed =
        api::parse_json(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
                        R"(","namespace":"default","uid":"uid-)" + name + R"(","annotations":{)" +
                        (is_static ? R"("kubernetes.io/config.source":"file")" : "") +
                        R"(}},"spec":{"priority":)" + std::to_string(priority) +
                        R"(,"containers":[{"name":"main","resources":{"requests":{"memory":")" +
                        request + R"("}}}]},"status":{"phase":"Running"}})");
    RunningPod pod;
    pod.pod = api::Object::make(parsed->value.as_object());
    PodContainer container;
    container.name = "main";
    container.id = "run-" + name;
    container.state = runtime::ContainerState::kRunning;
    pod.containers.push_back(container);
    all.push_back(std::move(pod));
    return all.back();
  }

  std::vector<RunningPod> all;
};

class NodeUpkeep : public ::testing::Test {
 protected:
  NodeUpkeep() { set_host(1000, 4 << 20, 3 << 20); }

  // Ticks of a hundredth of a second, and KiB.
  void set_host(std::uint64_t busy, std::uint64_t total, std::uint64_t available) {
    std::ofstream(folder_ / "stat")
        << "cpu  " << busy / 2 << " 0 " << busy - busy / 2 << " 5000 300 0 0 0 0 0\ncpu0 1 1 1 1\n";
    std::ofstream(folder_ / "meminfo")
        << "MemTotal:       " << total << " kB\nMemAvailable: " << available << " kB\n";
  }
  Statistics make() {
    return Statistics({.pods = pods_,
                       .read = [this](const std::string& id) -> Result<runtime::Statistics> {
                         const auto found = uses_.find(id);
                         if (found == uses_.end())
                           return Error{ErrorCode::kNotFound, "read", id, "gone", ""};
                         return found->second;
                       },
                       .clock = clock_,
                       .proc = folder_.path()});
  }
  void use(const std::string& pod, std::chrono::nanoseconds cpu, std::uint64_t memory,
           std::uint64_t cache = 0) {
    runtime::Statistics& uses = uses_["run-" + pod];
    uses.cpu_total_ns += static_cast<std::uint64_t>(cpu.count());
    uses.memory_bytes = memory;
    uses.memory_inactive_file = cache;
  }

  FakeClock clock_;
  test::TemporaryFolder folder_;
  Pods pods_;
  std::map<std::string, runtime::Statistics> uses_;
};

TEST_F(NodeUpkeep, HugePagesAreResources) {
  for (const auto& [name, count] : {std::pair{"hugepages-2048kB", "3\n"},
                                    {"hugepages-1048576kB", "0\n"},
                                    {"hugepages-nonsense", "7\n"}}) {
    std::filesystem::create_directories(folder_ / "pages" / name);
    std::ofstream(folder_ / "pages" / name / "nr_hugepages") << count;
  }
  EXPECT_THAT(read_huge_pages(folder_ / "pages"),
              ElementsAre(std::pair("hugepages-1Gi", 0U), std::pair("hugepages-2Mi", 6U << 20)));
  EXPECT_THAT(read_huge_pages(folder_ / "none"), IsEmpty());
}

TEST_F(NodeUpkeep, RatesBetweenTwoSamples) {
  pods_.add("web");
  use("web", 10s, 100 << 20, 30 << 20);
  Statistics statistics = make();
  statistics.sample();
  EXPECT_THAT(statistics.pods(), IsEmpty());
  EXPECT_FALSE(statistics.node());
  clock_.advance(15s);
  use("web", 3s, 100 << 20, 30 << 20);
  set_host(1000 + 1500, 4 << 20, 1 << 20);
  statistics.sample();
  ASSERT_EQ(statistics.pods().size(), 1U);
  const PodUsage web = statistics.pods()[0];
  EXPECT_EQ(web.window, 15s);
  EXPECT_EQ(web.containers[0].amounts.cpu_nanocores, 200'000'000U);
  EXPECT_EQ(web.containers[0].amounts.memory_bytes, 70U << 20);
  EXPECT_EQ(statistics.node()->amounts.cpu_nanocores, 1'000'000'000U);
  EXPECT_EQ(statistics.node()->amounts.memory_bytes, 3ULL << 30);
  // A container of which there is one sample hides its pod; one that has gone is forgotten.
  pods_.all[0].containers.push_back(pods_.all[0].containers[0]);
  pods_.all[0].containers[1].name = "second";
  pods_.all[0].containers[1].id = "run-new";
  use("new", 1s, 1);
  uses_["run-new"].cpu_total_ns = 5;
  clock_.advance(15s);
  statistics.sample();
  EXPECT_THAT(statistics.pods(), IsEmpty());
  uses_.erase("run-web");
  clock_.advance(15s);
  statistics.sample();
  ASSERT_EQ(statistics.pods().size(), 1U);
  EXPECT_EQ(statistics.pods()[0].containers[0].container, "second");
}

TEST_F(NodeUpkeep, RanksByUsageOverRequestThenPriority) {
  std::vector<Candidate> all;
  const auto add = [&](const std::string& name, std::int64_t priority, std::uint64_t used,
                       std::uint64_t requested, bool is_static = false) {
    all.push_back({pods_.add(name, priority, "0", is_static).pod, {{"main", used, requested}}});
  };
  add("within-low", -10, 50, 100);
  add("over-high", 1000, 500, 100);
  add("over-little", 0, 110, 100);
  add("over-much", 0, 900, 100);
  add("within", 0, 100, 100);
  add("critical", 2'000'000'000, 5000, 0);
  add("static", 0, 5000, 0, true);
  std::vector<std::string> names;
  for (const Candidate& each : ranked(all)) names.emplace_back(each.pod->name());
  EXPECT_THAT(names, ElementsAre("over-much", "over-little", "over-high", "within-low", "within"));
}

TEST(EvictionThresholds, AreReadAsTheKubeletsAre) {
  EvictionLimits limits;
  ASSERT_TRUE(parse_eviction_hard("memory.available<200Mi,nodefs.available<15%", limits));
  EXPECT_EQ(limits.memory_bytes, 200ULL << 20);
  EXPECT_EQ(limits.disk.of(1000), 150U);
  ASSERT_TRUE(parse_eviction_hard("nodefs.available<1Gi", limits));
  EXPECT_EQ(limits.memory_bytes, 0U);
  EXPECT_EQ(limits.disk.of(10ULL << 30), 1ULL << 30);
  for (const char* wrong : {"", "memory.available", "memory.available<", "memory.available<10%",
                            "nodefs.available<x%", "nodefs.available<100%", "nodefs.available<-1",
                            "nodefs.available<1Gi,", "pid.available<10"})
    EXPECT_FALSE(parse_eviction_hard(wrong, limits)) << wrong;
}

TEST(DiskRoom, IsAPartOfASmallDiskAndABoundOfALargeOne) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  const EvictionLimits limits;
  NodeRoom room{.disk_available = kGiB - 100, .disk_total = 10 * kGiB};
  EXPECT_EQ(pressure_of(room, limits), Pressure::kDisk);
  room.disk_available = kGiB;
  EXPECT_EQ(pressure_of(room, limits), Pressure::kNone);
  // The cluster is not the only one on a disk of a terabyte: 3 GiB are plenty, 1 GiB is not.
  room = {.disk_available = 3 * kGiB, .disk_total = 1'000 * kGiB};
  EXPECT_EQ(pressure_of(room, limits), Pressure::kNone);
  room.disk_available = kGiB;
  EXPECT_EQ(pressure_of(room, limits), Pressure::kDisk);
}

TEST_F(NodeUpkeep, EvictsOnePodWithItsMessage) {
  test::Cluster cluster;
  client::EventRecorder events(cluster.as(), cluster.clock, [] { return 0.5; }, cluster.logger(),
                               {"kubelet", "node"});
  pods_.add("small", 0, "200Mi");
  pods_.add("large", 0, "100Mi");
  use("small", 0s, 100 << 20);
  use("large", 0s, 300 << 20);
  Statistics statistics = make();
  statistics.sample();
  clock_.advance(15s);
  statistics.sample();
  NodeRoom room{.memory_available = 500 << 20,
                .memory_total = 1ULL << 30,
                .disk_available = 50,
                .disk_total = 100};
  int freed = 0;
  std::vector<std::string> evicted;
  Eviction eviction(
      {.pods = pods_,
       .statistics = statistics,
       .room = [&] { return room; },
       .disk_usage =
           [](const RunningPod& pod) { return pod.pod->name() == "small" ? 7U << 20 : 1U << 20; },
       .free_images =
           [&] {
             ++freed;
             return false;
           },
       .evict =
           [&](const std::string& uid, const std::string& reason, const std::string& message,
               const std::string& disruption, std::int64_t) {
             evicted.push_back(uid + " " + reason + " " + disruption + ": " + message);
           },
       .events = events,
       .clock = clock_,
       .logger = null_logger(),
       .node_name = "node"});
  eviction.step();
  EXPECT_THAT(evicted, IsEmpty());
  EXPECT_FALSE(eviction.memory_pressure());
  room.memory_available = 50 << 20;
  eviction.step();
  EXPECT_THAT(
      std::exchange(evicted, {}),
      ElementsAre("uid-large Evicted TerminationByKubelet: The node was low on resource: memory. "
                  "Threshold quantity: 100Mi, available: 50Mi. Container main was using 300Mi, "
                  "request is 100Mi, has larger consumption of memory. "));
  EXPECT_TRUE(eviction.memory_pressure());
  EXPECT_EQ(freed, 0);
  clock_.advance(10s);
  eviction.step();
  EXPECT_THAT(evicted, IsEmpty()) << "the last one has not ended";
  // The condition stays for a while after the pressure has gone.
  room.memory_available = 500 << 20;
  clock_.advance(4min);
  eviction.step();
  EXPECT_TRUE(eviction.memory_pressure());
  clock_.advance(2min);
  EXPECT_FALSE(eviction.memory_pressure());
  // Disk: images first, then whoever wrote most.
  room.disk_available = 9;
  eviction.step();
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(eviction.disk_pressure());
  ASSERT_EQ(evicted.size(), 1U);
  EXPECT_THAT(evicted[0], ::testing::StartsWith("uid-small Evicted TerminationByKubelet: The node "
                                                "was low on resource: ephemeral-storage. "));
}

}  // namespace
}  // namespace cove::node
