// What is kept on disk: records of containers, volumes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/fs.h"
#include "core/engine/container_view.h"
#include "core/engine/fields.h"
#include "core/engine/inspect.h"
#include "core/engine/volumes.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/engine/containers/documents.h"

namespace cove::engine {
namespace {

using cove::test::TemporaryFolder;
using test::make_record;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ContainerRecord full_record() {
  auto record = make_record(R"({"Image": "a", "Cmd": ["x"], "HostConfig": {"Binds": ["v1:/v"]}})");
  record.mounts = *parse_mounts(*record.config);
  record.image = image::Digest::of("image");
  record.layers = {image::Digest::of("1"), image::Digest::of("2")};
  Attachment attachment;
  attachment.network_id = std::string(64, 'e');
  attachment.network_name = "mine";
  attachment.aliases = {"alias"};
  network::Endpoint endpoint;
  endpoint.id = "ep";
  endpoint.address = "172.18.0.2";
  endpoint.prefix_length = 16;
  endpoint.ports = {{network::Protocol::kUdp, "0.0.0.0", 53, 5353}};
  attachment.endpoint = endpoint;
  record.networks = {attachment};
  record.state.running = true;
  record.state.pid = 12;
  record.state.restart_count = 3;
  record.state.started_at = WallTime(std::chrono::seconds(1'700'000'001));
  record.state.stopped_by_user = true;
  return record;
}

TEST(Record, ComesBackFromDisk) {
  const ContainerRecord record = full_record();
  const auto read = record_from_json(to_json(record));
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_EQ(read->state.restart_count, 3);
  EXPECT_EQ(read->networks[0].endpoint->ports, record.networks[0].endpoint->ports);
}

TEST(Record, DamagedOnesAreRefused) {
  const auto damaged = [](const char* name, boost::json::value value) {
    auto object = to_json(full_record());
    object[name] = std::move(value);
    return record_from_json(object).has_error();
  };
  EXPECT_TRUE(damaged("version", 2));
  EXPECT_TRUE(damaged("id", "../x"));
  EXPECT_TRUE(damaged("name", nullptr));
  EXPECT_TRUE(damaged("image", "md5:1"));
  EXPECT_TRUE(damaged("layers", boost::json::array{"boo"}));
  EXPECT_TRUE(damaged("hostConfig", boost::json::object{{"Memory", "x"}}));
}

TEST(NetworksJson, ShowsAddressAndNames) {
  const auto networks = networks_json(full_record());
  const auto& mine = object_of(networks, "mine");
  EXPECT_EQ(text_of(mine, "IPAddress"), "172.18.0.2");
  EXPECT_THAT(texts_of(mine, "DNSNames"), ElementsAre("web", "alias", "aaaaaaaaaaaa"));
}

struct VolumesTest : ::testing::Test {
  TemporaryFolder folder;
  FakeClock clock;
  Events events{clock};
  std::vector<std::string> users;
  std::unique_ptr<Volumes> open() {
    return *Volumes::open(
        {folder / "volumes", events, clock, [this](const std::string&) { return users; }});
  }
};

TEST_F(VolumesTest, AreMadeFoundAndRemoved) {
  const auto listener = events.listen();
  auto volumes = open();
  const auto made = volumes->create("data", "", {}, {{"a", "b"}});
  ASSERT_TRUE(made.has_value());
  EXPECT_TRUE(std::filesystem::is_directory(volumes->data("data")));
  EXPECT_EQ(listener->next({})->action, "create");
  EXPECT_EQ(volumes->create("data", "local", {}, {})->labels.at("a"), "b") << "it is the same one";
  volumes = open();
  EXPECT_EQ(volumes->find("data")->labels.at("a"), "b");
  users = {"c1", "c2"};
  const auto refused = volumes->remove("data", true);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().status, 409);
  EXPECT_EQ(refused.error().message, "remove data: volume is in use - [c1, c2]");
  users.clear();
  EXPECT_TRUE(volumes->remove("data", false).has_value());
  EXPECT_FALSE(std::filesystem::exists(folder / "volumes/data"));
  EXPECT_EQ(volumes->remove("data", false).error().message, "get data: no such volume");
  EXPECT_TRUE(volumes->remove("data", true).has_value());
}

// The list outlives a loss of power that takes new folders away.
TEST_F(VolumesTest, EveryOneHasItsFolder) {
  const auto volumes = open();
  ASSERT_TRUE(volumes->create("kept", "", {}, {}));
  std::filesystem::remove_all(volumes->data("kept").parent_path());
  const auto again = open();
  ASSERT_TRUE(again->find("kept").has_value());
  EXPECT_TRUE(std::filesystem::is_directory(again->data("kept")));
}

TEST_F(VolumesTest, RefuseBadNamesAndDrivers) {
  auto volumes = open();
  EXPECT_EQ(volumes->create("../x", "", {}, {}).error().status, 400);
  EXPECT_EQ(volumes->create("x", "", {}, {}).error().status, 400);
  EXPECT_EQ(volumes->create("xy", "nfs", {}, {}).error().status, 404);
  EXPECT_EQ(volumes->create("xy", "", {{"type", "nfs"}}, {}).error().status, 400);
  EXPECT_TRUE(volumes->list().empty());
}

TEST_F(VolumesTest, PruneTakesAnonymousOnesUnlessAllAreMeant) {
  auto volumes = open();
  ASSERT_TRUE(volumes->create("named", "", {}, {}).has_value());
  const std::string drawn = volumes->create("", "", {}, {})->name;
  ASSERT_EQ(drawn.size(), 64U);
  ASSERT_TRUE(write_file_atomic(volumes->data(drawn) / "file", "12345", 0600).has_value());
  auto pruned = volumes->prune({}, false);
  EXPECT_THAT(pruned->names, ElementsAre(drawn));
  EXPECT_EQ(pruned->bytes, 5U);
  EXPECT_THAT(volumes->prune({{"all", {"true"}}}, false)->names, ElementsAre("named"));
  EXPECT_EQ(volumes->prune({{"boo", {"x"}}}, false).error().status, 400);
}

TEST(StatInside, SaysGoModesAndStaysInside) {
  const TemporaryFolder folder;
  const Path root = folder / "root";
  std::filesystem::create_directories(root / "dir");
  ASSERT_TRUE(write_file_atomic(folder / "secret", "x", 0600).has_value());
  ASSERT_TRUE(write_file_atomic(root / "dir/file", "123", 0644).has_value());
  std::filesystem::create_symlink("../../secret", root / "dir/escape");
  std::filesystem::create_symlink("/dir", root / "link");
  EXPECT_EQ((*stat_inside(root, "/dir/file"))->size, 3U);
  EXPECT_EQ((*stat_inside(root, "dir"))->mode & (1U << 31), 1U << 31);
  const auto link = *stat_inside(root, "/link");
  EXPECT_EQ(link->link_target, "/dir");
  EXPECT_EQ(link->mode & (1U << 27), 1U << 27);
  EXPECT_TRUE((*stat_inside(root, "/link/"))->directory);
  EXPECT_EQ((*stat_inside(root, "/link/."))->name, ".");
  EXPECT_FALSE(stat_inside(root, "/dir/escape/.")->has_value());
  EXPECT_FALSE(stat_inside(root, "/../secret")->has_value());
  EXPECT_EQ((*stat_inside(root, "/"))->name, "/");
}

}  // namespace
}  // namespace cove::engine
