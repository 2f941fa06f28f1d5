#include "core/engine/container_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/fs.h"
#include "core/engine/container_routes.h"
#include "core/engine/fields.h"
#include "core/engine/stats.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/engine/containers/documents.h"

namespace cove::engine {
namespace {

using test::make_record;
using ::testing::ElementsAre;

const WallTime kNow(std::chrono::seconds(1'700'100'000));

// Newest first, as Containers::all() has them.
std::vector<ContainerRecord> three() {
  auto web = make_record(R"({"Image": "a", "Labels": {"tier": "front", "x": ""},
      "ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "81"}]},
      "Binds": ["/src:/dst"]}})",
                         "web");
  web.id = std::string(64, '3');
  web.created_at = kNow - std::chrono::minutes(1);
  web.state.running = true;
  web.state.started_at = web.created_at;
  web.state.health.status = "healthy";
  web.mounts = *parse_mounts(*web.config);
  web.networks = {{.network_id = "abcdef", .network_name = "mine"}};
  auto db = make_record(R"({"Image": "a", "Labels": {"tier": "back"}})", "db");
  db.id = std::string(64, '2');
  db.created_at = kNow - std::chrono::minutes(2);
  db.state.started_at = db.created_at;
  db.state.finished_at = kNow - std::chrono::minutes(1);
  db.state.exit_code = 3;
  auto job = make_record(R"({"Image": "a"})", "job_web");
  job.id = std::string(64, '1');
  job.created_at = kNow - std::chrono::minutes(3);
  return {web, db, job};
}

struct SelectCase {
  Filters filters;
  std::vector<std::string> names;
  bool all = true;
  std::int64_t limit = 0;
};
class Selected : public ::testing::TestWithParam<SelectCase> {};

TEST_P(Selected, AreThoseAskedFor) {
  ListQuery query;
  query.all = GetParam().all;
  query.limit = GetParam().limit;
  query.filters = GetParam().filters;
  const auto selected =
      select(three(), query, [](const ContainerRecord& record, const std::string& ancestor) {
        return record.name == "db" && ancestor == "postgres";
      });
  ASSERT_TRUE(selected.has_value()) << selected.error().message;
  std::vector<std::string> names;
  for (const auto& record : *selected) names.push_back(record.name);
  EXPECT_EQ(names, GetParam().names);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, Selected,
    ::testing::Values(
        SelectCase{{}, {"web"}, false}, SelectCase{{}, {"web", "db", "job_web"}},
        SelectCase{{}, {"web", "db"}, false, 2},
        SelectCase{{{"name", {"web"}}}, {"web", "job_web"}},
        SelectCase{{{"name", {"^/web$"}}}, {"web"}}, SelectCase{{{"name", {"^web$"}}}, {"web"}},
        SelectCase{{{"name", {"/db"}}}, {"db"}}, SelectCase{{{"id", {"22"}}}, {"db"}},
        SelectCase{{{"label", {"tier"}}}, {"web", "db"}},
        SelectCase{{{"label", {"tier=back"}}}, {"db"}},
        SelectCase{{{"label", {"tier", "x="}}}, {"web"}},
        SelectCase{{{"status", {"exited"}}}, {"db"}, false},
        SelectCase{{{"status", {"created", "running"}}}, {"web", "job_web"}, false},
        SelectCase{{{"exited", {"3"}}}, {"db"}, false}, SelectCase{{{"exited", {"0"}}}, {}, false},
        SelectCase{{{"ancestor", {"postgres"}}}, {"db"}},
        SelectCase{{{"before", {"db"}}}, {"job_web"}}, SelectCase{{{"since", {"db"}}}, {"web"}},
        SelectCase{{{"volume", {"/src"}}}, {"web"}}, SelectCase{{{"volume", {"/dst"}}}, {"web"}},
        SelectCase{{{"network", {"mine"}}}, {"web"}}, SelectCase{{{"network", {"abc"}}}, {"web"}},
        SelectCase{{{"publish", {"81"}}}, {"web"}}, SelectCase{{{"publish", {"80"}}}, {}},
        SelectCase{{{"expose", {"80/tcp"}}}, {"web"}},
        SelectCase{{{"health", {"healthy"}}}, {"web"}},
        SelectCase{{{"health", {"none"}}}, {"db", "job_web"}},
        SelectCase{{{"is-task", {"true"}}}, {}}));

TEST(CheckFilters, RefusesWhatDockerRefuses) {
  for (const Filters& filters :
       {Filters{{"boo", {"x"}}}, Filters{{"status", {"boo"}}}, Filters{{"health", {"boo"}}},
        Filters{{"exited", {"x"}}}, Filters{{"publish", {"x"}}}}) {
    const auto checked = check_filters(filters);
    ASSERT_TRUE(checked.has_error());
    EXPECT_EQ(checked.error().status, 400);
  }
  ListQuery query;
  query.filters = {{"before", {"nobody"}}};
  EXPECT_EQ(select(three(), query, nullptr).error().status, 404);
}

TEST(LabelsMatch, AndItsOpposite) {
  EXPECT_TRUE(labels_match({{"label!", {"a=b"}}}, {{"a", "c"}}));
  EXPECT_FALSE(labels_match({{"label!", {"a"}}}, {{"a", "c"}}));
}

TEST(ParseUntil, TakesDurationsAndTimes) {
  EXPECT_EQ(**parse_until("10m30s", kNow), kNow - std::chrono::seconds(630));
  EXPECT_EQ(**parse_until("24h", kNow), kNow - std::chrono::hours(24));
  EXPECT_EQ(**parse_until("1700000000", kNow), WallTime(std::chrono::seconds(1'700'000'000)));
  EXPECT_TRUE(parse_until("soon", kNow).has_error());
  EXPECT_TRUE(parse_until("5 apples", kNow).has_error());
}

TEST(HumanDuration, SaysItAsDockerDoes) {
  using namespace std::chrono_literals;
  EXPECT_EQ(human_duration(10ms), "Less than a second");
  EXPECT_EQ(human_duration(1s), "1 second");
  EXPECT_EQ(human_duration(59s), "59 seconds");
  EXPECT_EQ(human_duration(61s), "About a minute");
  EXPECT_EQ(human_duration(120s), "2 minutes");
  EXPECT_EQ(human_duration(1h), "About an hour");
  EXPECT_EQ(human_duration(47h), "47 hours");
  EXPECT_EQ(human_duration(48h), "2 days");
  EXPECT_EQ(human_duration(24h * 21), "3 weeks");
}

TEST(StatusText, FollowsTheState) {
  const auto records = three();
  EXPECT_EQ(status_text(records[0].state, kNow), "Up About a minute (healthy)");
  EXPECT_EQ(status_text(records[1].state, kNow), "Exited (3) About a minute ago");
  EXPECT_EQ(status_text(records[2].state, kNow), "Created");
  ContainerState paused = records[0].state;
  paused.paused = true;
  EXPECT_EQ(paused.status(), "paused");
  EXPECT_EQ(status_text(paused, kNow), "Up About a minute (Paused)");
  ContainerState restarting = records[1].state;
  restarting.restarting = true;
  EXPECT_EQ(restarting.status(), "restarting");
}

TEST(SizeOfTree, CountsFilesAndFollowsNoLink) {
  const cove::test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "t/a/b");
  ASSERT_TRUE(write_file_atomic(folder / "big", std::string(5000, 'x'), 0600).has_value());
  ASSERT_TRUE(write_file_atomic(folder / "t/a/b/file", "12345", 0600).has_value());
  std::filesystem::create_symlink("..", folder / "t/loop");
  std::filesystem::create_symlink("../big", folder / "t/link");
  EXPECT_EQ(size_of_tree(folder / "t"), 5U);
  EXPECT_EQ(size_of_tree(folder / "none"), 0U);
}

TEST(OwnChanges, LeaveOutPlacesOfMounts) {
  using image::Change;
  using Kind = Change::Kind;
  const std::vector<Change> changes = {
      {Kind::kModified, "/etc"},     {Kind::kAdded, "/etc/hosts"},     {Kind::kAdded, "/etc/mine"},
      {Kind::kModified, "/dev"},     {Kind::kAdded, "/dev/pts"},       {Kind::kAdded, "/srv"},
      {Kind::kAdded, "/srv/volume"}, {Kind::kDeleted, "/etc/hostname"}};
  MountPoint mount;
  mount.destination = "/srv/volume";
  std::vector<std::string> left;
  for (const auto& change : own_changes(changes, {mount})) left.push_back(change.path);
  EXPECT_THAT(left, ElementsAre("/etc", "/etc/mine", "/etc/hostname"));
}

TEST(StatsJson, HasWhatClientsComputeWith) {
  runtime::Statistics before, now;
  before.cpu_total_ns = 1'000;
  before.host_cpu_ns = 10'000;
  now.cpu_total_ns = 2'000;
  now.host_cpu_ns = 20'000;
  now.online_cpus = 4;
  now.memory_bytes = 5'000;
  now.memory_inactive_file = 1'000;
  const auto record = make_record(R"({"Image": "a"})");
  const auto stats = stats_json(record, &now, &before, {});
  const auto& cpu = object_of(stats, "cpu_stats");
  const auto& earlier = object_of(stats, "precpu_stats");
  EXPECT_EQ(integer_of(cpu, "system_cpu_usage") - integer_of(earlier, "system_cpu_usage"), 10'000);
  EXPECT_EQ(integer_of(object_of(cpu, "cpu_usage"), "total_usage"), 2'000);
  EXPECT_EQ(integer_of(cpu, "online_cpus"), 4);
  const auto& memory = object_of(stats, "memory_stats");
  EXPECT_EQ(integer_of(object_of(memory, "stats"), "inactive_file"), 1'000);
  EXPECT_GT(integer_of(memory, "limit"), 5'000);
  EXPECT_FALSE(object_of(stats_json(record, &now, nullptr, {}), "precpu_stats")
                   .contains("system_cpu_usage"));
}

}  // namespace
}  // namespace cove::engine
