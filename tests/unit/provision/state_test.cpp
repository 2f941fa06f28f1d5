#include "vm/provision/state.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cove::provision {
namespace {

State example() {
  State state;
  state.profile = "team-a";
  state.machine = "cove-team-a";
  state.uuid = "0b7f2d0e-27c0-4c4f-9d0a-6a4f3f0c8a11";
  state.mac = "52:54:00:01:02:03";
  state.wish.target = Target::kRunning;
  state.wish.resources = {3, 4096, 40};
  state.wish.network = vm::NetworkMode::kNat;
  state.wish.registry_mirrors = {"http://127.0.0.1:5000", "https://mirror.example"};
  state.wish.proxy = {"http://me:s3cret@proxy.example:3128", "proxy.example:3128",
                      "10.0.0.0/8,.lan"};
  state.created = true;
  state.defined = true;
  state.sockets = "/run/user/1000/cove/team-a";
  state.api_port = 6444;
  state.server = "https://127.0.0.1:6444";
  state.engine_port = 2377;
  state.host = "127.0.0.1";
  state.host_boot_id = "b";
  state.image_digest = "sha256:aa";
  state.image_version = "0.1.0";
  state.booted = {2, 2048, 20};
  state.acceleration = vm::Acceleration::kKvm;
  state.acceleration_note = "note";
  state.started_unix_seconds = 1'700'000'000;
  state.operation = {"start", "boot", "Boot the virtual machine", "failed", "cause", "remedy"};
  return state;
}

class StateTest : public testing::Test {
 protected:
  test::TemporaryFolder directory;
  Path file = directory.path() / "state.json";

  void write(const std::string& text) { ASSERT_TRUE(write_file_atomic(file, text, 0600)); }
  std::string bytes() { return read_file(file, 1 << 20).value(); }
  // Writes the example with one replacement made in its text.
  void write_changed(const std::string& from, const std::string& to) {
    ASSERT_TRUE(write_state(file, example()));
    std::string text = bytes();
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write(text.replace(at, from.size(), to));
  }
};

TEST_F(StateTest, RoundTripsEveryMember) {
  ASSERT_TRUE(write_state(file, example()));
  const auto read = read_state(file);
  ASSERT_TRUE(read);
  ASSERT_TRUE(*read);
  const State& state = **read;
  const State wanted = example();
  EXPECT_EQ(state.profile, wanted.profile);
  EXPECT_EQ(state.machine, wanted.machine);
  EXPECT_EQ(state.uuid, wanted.uuid);
  EXPECT_EQ(state.mac, wanted.mac);
  EXPECT_EQ(state.wish, wanted.wish);
  EXPECT_EQ(state.created, wanted.created);
  EXPECT_EQ(state.defined, wanted.defined);
  EXPECT_EQ(state.sockets, wanted.sockets);
  EXPECT_EQ(state.api_port, wanted.api_port);
  EXPECT_EQ(state.server, wanted.server);
  EXPECT_EQ(state.engine_port, wanted.engine_port);
  EXPECT_EQ(state.host, wanted.host);
  EXPECT_EQ(state.host_boot_id, wanted.host_boot_id);
  EXPECT_EQ(state.image_digest, wanted.image_digest);
  EXPECT_EQ(state.image_version, wanted.image_version);
  EXPECT_EQ(state.booted, wanted.booted);
  EXPECT_EQ(state.acceleration, wanted.acceleration);
  EXPECT_EQ(state.acceleration_note, wanted.acceleration_note);
  EXPECT_EQ(state.started_unix_seconds, wanted.started_unix_seconds);
  EXPECT_EQ(state.operation.name, "start");
  EXPECT_EQ(state.operation.step_id, "boot");
  EXPECT_EQ(state.operation.outcome, "failed");
  EXPECT_EQ(state.operation.cause, "cause");
  EXPECT_EQ(state.operation.remedy, "remedy");
}

TEST_F(StateTest, IsPrivate) {
  ASSERT_TRUE(write_state(file, example()));
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(StateTest, AbsentIsNothing) {
  const auto read = read_state(file);
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST_F(StateTest, NewerFormatIsRefusedAndKept) {
  write_changed("\"format\":1", "\"format\":2");
  const std::string before = bytes();
  const auto read = read_state(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(read.error().message().find("a newer Cove wrote it"), std::string::npos);
  EXPECT_NE(read.error().remedy.find("Update Cove"), std::string::npos);
  EXPECT_EQ(bytes(), before);
}

struct Damage {
  const char* name;
  const char* from;
  const char* to;
  const char* said;
};

class DamagedState : public StateTest, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedState, IsNamedAndKept) {
  write_changed(GetParam().from, GetParam().to);
  const std::string before = bytes();
  const auto read = read_state(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(read.error().cause.find(GetParam().said), std::string::npos) << read.error().cause;
  EXPECT_FALSE(read.error().remedy.empty());
  EXPECT_EQ(bytes(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DamagedState,
    testing::Values(
        Damage{"Cut", "\"profile\"", "", "not a JSON object"},
        Damage{"NoFormat", "\"format\":1,", "", "no format number"},
        Damage{"FormatText", "\"format\":1", "\"format\":\"1\"", "no format number"},
        Damage{"FormatZero", "\"format\":1", "\"format\":0", "no format number"},
        Damage{"WrongType", "\"created\":true", "\"created\":1", "'created' is not true or false"},
        Damage{"WrongWord", "\"running\"", "\"flying\"", "'wish.target' is not one of"},
        Damage{"NoWish", "\"wish\":{", "\"wash\":{", "'wish' is not an object"},
        Damage{"PortRange", "\"api_port\":6444", "\"api_port\":70000", "'api_port' is not"},
        Damage{"EnginePort", "\"engine_port\":2377", "\"engine_port\":\"x\"",
               "'engine_port' is not"},
        Damage{"NegativeCpus", "\"cpus\":3", "\"cpus\":-3", "'wish.cpus' is not"},
        Damage{"MirrorType", "\"http://127.0.0.1:5000\"", "5000", "'wish.registry_mirrors' is not"},
        Damage{"ProxyType", "\"http\":\"http://me:s3cret@proxy.example:3128\"", "\"http\":7",
               "'wish.proxy.http' is not a string"},
        Damage{"BootedType", "\"booted\":{", "\"booted\":[],\"x\":{", "'booted' is not an object"},
        Damage{"StepType", "\"step_id\":\"boot\"", "\"step_id\":null",
               "'operation.step_id' is not"}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

TEST_F(StateTest, AFileOfBeforeTheEngineHasNoPortForIt) {
  write_changed("\"engine_port\":2377,", "");
  const auto read = read_state(file);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)->engine_port, 0);
  EXPECT_EQ((*read)->api_port, 6444);
}

TEST_F(StateTest, AFileOfBeforeProxiesHasNoneAndBootedAsItWished) {
  ASSERT_TRUE(write_state(file, example()));
  std::string text = bytes();
  const auto cut = [&](const std::string& from, const std::string& to) {
    const std::size_t begin = text.find(from);
    const std::size_t end = text.find(to, begin);
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << from;
    text.erase(begin, end + to.size() - begin);
  };
  cut(",\"proxy\":{", "}");
  cut("\"booted\":{", "},");
  cut("\"image_version\":", ",");
  write(text);
  const auto read = read_state(file);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)->wish.proxy, Proxy());
  EXPECT_EQ((*read)->booted, (Resources{3, 4096, 40}));
  EXPECT_EQ((*read)->image_version, "");
  EXPECT_EQ((*read)->image_digest, "sha256:aa");
}

TEST_F(StateTest, EmptyAndHugeFilesAreCorrupt) {
  write("");
  EXPECT_EQ(read_state(file).error().code, ErrorCode::kCorrupt);
  write(std::string((1 << 20) + 1, ' '));
  EXPECT_EQ(read_state(file).error().code, ErrorCode::kCorrupt);
  write(std::string(100'000, '['));
  EXPECT_EQ(read_state(file).error().code, ErrorCode::kCorrupt);
}

TEST_F(StateTest, UnreadableFolderIsSaidAsSuch) {
  const auto read = read_state("/proc/1/root/none/state.json");
  if (read) GTEST_SKIP() << "this account may read everything";
  EXPECT_EQ(read.error().code, ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace cove::provision
