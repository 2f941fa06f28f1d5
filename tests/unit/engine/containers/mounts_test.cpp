#include "core/engine/mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/containers/documents.h"

namespace cove::engine {
namespace {

using Kind = MountPoint::Kind;
using test::read;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseBind, KnowsItsForms) {
  auto bind = *parse_bind("/host//a/../b:/in/");
  EXPECT_EQ(bind.kind, Kind::kBind);
  EXPECT_EQ(bind.source, "/host/b");
  EXPECT_EQ(bind.destination, "/in");
  EXPECT_TRUE(bind.read_write);
  bind = *parse_bind("data:/in:ro,z");
  EXPECT_EQ(bind.kind, Kind::kVolume);
  EXPECT_EQ(bind.name, "data");
  EXPECT_FALSE(bind.read_write);
  EXPECT_EQ(bind.mode, "ro,z");
  bind = *parse_bind("/in");
  EXPECT_EQ(bind.kind, Kind::kVolume);
  EXPECT_TRUE(bind.anonymous);
  EXPECT_TRUE(parse_bind("data:/in:nocopy")->no_copy);
  EXPECT_EQ(parse_bind("/a:/in:rshared")->propagation, "rshared");
}

struct BadBind {
  std::string text;
  std::string message;
};
class RefusedBind : public ::testing::TestWithParam<BadBind> {};
TEST_P(RefusedBind, SaysWhy) {
  const auto bind = parse_bind(GetParam().text);
  ASSERT_TRUE(bind.has_error()) << GetParam().text;
  EXPECT_EQ(bind.error().status, 400);
  EXPECT_THAT(bind.error().message, HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Texts, RefusedBind,
    ::testing::Values(BadBind{"", "invalid volume specification: ''"},
                      BadBind{"/a:", "invalid volume specification: '/a:'"},
                      BadBind{":/a", "invalid volume specification: ':/a'"},
                      BadBind{"/a:/b:ro:x", "invalid volume specification: '/a:/b:ro:x'"},
                      BadBind{"/a:/b:boo", "invalid mode: boo"},
                      BadBind{"/a:/b:ro,rw", "invalid mode: ro,rw"},
                      BadBind{"/a:/b:nocopy", "invalid mode: nocopy"},
                      BadBind{"/a:b", "invalid mount path: 'b' mount path must be absolute"},
                      BadBind{"/a:/", "destination can't be '/'"},
                      BadBind{"/a:/b/..", "destination can't be '/'"},
                      BadBind{"a b:/c", "includes invalid characters for a local volume name"},
                      BadBind{"../x:/c", "If you intended to pass a host directory"},
                      BadBind{"x:/c", "volume name is too short"}));

TEST(ParseMounts, TakesAllFormsParentsFirst) {
  const auto config = read(R"({"Image": "a", "Volumes": {"/data": {}, "/deep/er/volume": {}},
    "HostConfig": {"Binds": ["/x:/deep/er"], "Tmpfs": {"/run": "size=64m,exec"},
      "Mounts": [{"Type": "volume", "Source": "named", "Target": "/data", "ReadOnly": true},
                 {"Type": "tmpfs", "Target": "/tmp", "TmpfsOptions": {"SizeBytes": 4096,
                  "Mode": 511}}]}})");
  const auto mounts = parse_mounts(*config);
  ASSERT_TRUE(mounts.has_value()) << mounts.error().message;
  std::vector<std::string> destinations;
  for (const auto& mount : *mounts) destinations.push_back(mount.destination);
  EXPECT_THAT(destinations, ElementsAre("/data", "/tmp", "/run", "/deep/er", "/deep/er/volume"));
  EXPECT_EQ((*mounts)[0].name, "named");
  EXPECT_FALSE((*mounts)[0].read_write);
  EXPECT_THAT((*mounts)[1].options, ElementsAre("size=4096", "mode=777"));
  EXPECT_EQ(mounts_from_json(to_json(*mounts)), *mounts);
}

TEST(ParseMounts, RefusesWhatDockerRefuses) {
  const auto refused = [](const std::string& mount) {
    const auto config = read(R"({"Image": "a", "HostConfig": {"Mounts": [)" + mount + "]}}");
    const auto mounts = parse_mounts(*config);
    return mounts ? std::string("taken") : mounts.error().message;
  };
  EXPECT_THAT(refused(R"({"Type": "boo", "Target": "/a"})"), HasSubstr("mount type unknown"));
  EXPECT_THAT(refused(R"({"Type": "bind", "Target": "/a"})"),
              HasSubstr("field Source must not be empty"));
  EXPECT_THAT(refused(R"({"Type": "bind", "Source": "/a"})"),
              HasSubstr("field Target must not be empty"));
  EXPECT_THAT(refused(R"({"Type": "tmpfs", "Source": "/b", "Target": "/a"})"),
              HasSubstr("field Source must not be specified"));
  EXPECT_THAT(refused(R"({"Type": "volume", "Target": "/a", "VolumeOptions": {"Subpath": "x"}})"),
              HasSubstr("not supported"));
}

TEST(ToBind, SaysOptionsOfMount) {
  EXPECT_THAT(to_bind(*parse_bind("/a:/b:ro")).options, ElementsAre("rbind", "ro", "rprivate"));
  const auto config = read(R"({"Image": "a", "HostConfig": {"Tmpfs": {"/run": "exec,size=1m"}}})");
  const auto bind = to_bind((*parse_mounts(*config))[0]);
  EXPECT_EQ(bind.type, "tmpfs");
  EXPECT_THAT(bind.options, ElementsAre("nosuid", "nodev", "size=1m"));
}

TEST(CleanPath, NeverLeavesTheTop) {
  EXPECT_EQ(clean_path("/a//b/./c/../d/"), "/a/b/d");
  EXPECT_EQ(clean_path("/../../x"), "/x");
  EXPECT_EQ(clean_path("/"), "/");
}

}  // namespace
}  // namespace cove::engine
