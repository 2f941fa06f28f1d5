#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "core/engine/container_config.h"
#include "core/engine/fields.h"
#include "core/engine/random_name.h"
#include "tests/unit/engine/containers/documents.h"

namespace cove::engine {
namespace {

using network::Protocol;
using test::read;
using ::testing::ElementsAre;

TEST(ParsePorts, TakesNumbersRangesAndProtocols) {
  EXPECT_THAT(*parse_ports("80"), ElementsAre(ContainerPort{80, Protocol::kTcp}));
  EXPECT_THAT(*parse_ports("53/udp"), ElementsAre(ContainerPort{53, Protocol::kUdp}));
  EXPECT_EQ(parse_ports("8000-8010/tcp")->size(), 11U);
  for (const char* bad : {"", "0", "65536", "-1", "1-", "9-8", "80/", "80/x", "80 ", "8 0/tcp"}) {
    EXPECT_TRUE(parse_ports(bad).has_error()) << bad;
  }
  EXPECT_EQ(parse_ports("80/sctp").error().status, 501);
}

TEST(PublishedPorts, SpreadsRangesAndPublishesWhatIsExposed) {
  const auto config = read(R"({"Image": "a", "ExposedPorts": {"80/tcp": {}, "9/udp": {}},
    "HostConfig": {"PublishAllPorts": true, "PortBindings": {
      "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}],
      "90-92/tcp": [{"HostPort": "9000-9002"}]}}})");
  const auto ports = published_ports(*config);
  ASSERT_TRUE(ports.has_value());
  ASSERT_EQ(ports->size(), 5U);
  EXPECT_EQ((*ports)[0], (network::PortMapping{Protocol::kTcp, "127.0.0.1", 8080, 80}));
  EXPECT_EQ((*ports)[3], (network::PortMapping{Protocol::kTcp, "0.0.0.0", 9002, 92}));
  EXPECT_EQ((*ports)[4], (network::PortMapping{Protocol::kUdp, "0.0.0.0", 0, 9}));
}

TEST(ParseSignal, KnowsNamesAndNumbers) {
  EXPECT_EQ(parse_signal("SIGTERM"), SIGTERM);
  EXPECT_EQ(parse_signal("hup"), SIGHUP);
  EXPECT_EQ(parse_signal("9"), 9);
  EXPECT_EQ(parse_signal("RTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(parse_signal("SIGRTMAX-1"), SIGRTMAX - 1);
  for (const char* bad : {"", "0", "-1", "99", "SIGNOPE", "9x", "RTMIN+99", "RTMIN-1", "RTMIN+"}) {
    EXPECT_FALSE(parse_signal(bad)) << bad;
  }
}

TEST(ParseNetworkMode, KnowsTheFive) {
  using Kind = NetworkMode::Kind;
  EXPECT_EQ(parse_network_mode("default").kind, Kind::kBridge);
  EXPECT_EQ(parse_network_mode("host").kind, Kind::kHost);
  EXPECT_EQ(parse_network_mode("none").kind, Kind::kNone);
  EXPECT_EQ(parse_network_mode("container:abc").name, "abc");
  EXPECT_EQ(parse_network_mode("mine").kind, Kind::kUser);
}

TEST(Capabilities, AddAndDrop) {
  const auto has = [](const std::vector<std::string>& set, const std::string& name) {
    return std::find(set.begin(), set.end(), name) != set.end();
  };
  const auto standard = *capabilities({}, {});
  EXPECT_TRUE(has(standard, "CAP_CHOWN"));
  EXPECT_FALSE(has(standard, "CAP_SYS_ADMIN"));
  EXPECT_TRUE(has(*capabilities({"sys_admin"}, {}), "CAP_SYS_ADMIN"));
  EXPECT_FALSE(has(*capabilities({}, {"CAP_CHOWN"}), "CAP_CHOWN"));
  EXPECT_THAT(*capabilities({"net_raw"}, {"ALL"}), ElementsAre("CAP_NET_RAW"));
  const auto nearly_all = *capabilities({"ALL"}, {"MKNOD"});
  EXPECT_TRUE(has(nearly_all, "CAP_SYS_ADMIN"));
  EXPECT_FALSE(has(nearly_all, "CAP_MKNOD"));
}

TEST(SecurityOptions, AreRead) {
  const auto options =
      parse_security_options({"no-new-privileges", "seccomp={\"a\": \"b=c\"}", "apparmor=x"});
  ASSERT_TRUE(options.has_value());
  EXPECT_TRUE(options->no_new_privileges);
  EXPECT_EQ(options->seccomp, runtime::SeccompMode::kProfile);
  EXPECT_EQ(options->seccomp_profile, "{\"a\": \"b=c\"}");
  EXPECT_EQ(parse_security_options({"seccomp:unconfined"})->seccomp,
            runtime::SeccompMode::kUnconfined);
}

TEST(Resources, BecomeLimits) {
  const auto config = read(R"({"Image": "a", "HostConfig": {"Memory": 10485760,
      "NanoCpus": 1500000000, "CpuShares": 1, "PidsLimit": 7, "CpusetCpus": "0"}})");
  const auto limits = resources(config->host);
  EXPECT_EQ(limits.memory_bytes, 10485760);
  EXPECT_EQ(limits.memory_swap_bytes, 2 * 10485760);
  EXPECT_EQ(limits.cpu_quota_us, 150'000);
  EXPECT_EQ(limits.cpu_period_us, 100'000U);
  EXPECT_EQ(limits.cpu_shares, 2U);
  EXPECT_EQ(limits.pids, 7);
}

TEST(ValidName, IsDockersPattern) {
  for (const char* good : {"ab", "a1", "A_.-", "0x"}) EXPECT_TRUE(valid_name(good)) << good;
  for (const char* bad : {"", "a", "-a", "_a", ".a", "a b", "a/b", "\xc3\xa4z", "a\n"}) {
    EXPECT_FALSE(valid_name(bad)) << bad;
  }
  EXPECT_FALSE(valid_name(std::string(300, 'a')));
}

TEST(RandomName, IsAValidNameForEveryNumber) {
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::string name = random_name(i * 0x9E3779B97F4A7C15ULL, static_cast<unsigned>(i % 20));
    EXPECT_TRUE(valid_name(name)) << name;
  }
  EXPECT_NE(random_number(), random_number());
}

struct TimeCase {
  std::string text;
  std::int64_t nanoseconds = 0;
};
class ParsedTime : public ::testing::TestWithParam<TimeCase> {};
TEST_P(ParsedTime, IsThatMoment) {
  const auto time = parse_time(GetParam().text, "since");
  ASSERT_TRUE(time.has_value());
  ASSERT_TRUE(time->has_value());
  EXPECT_EQ((*time)->time_since_epoch(), std::chrono::nanoseconds(GetParam().nanoseconds));
}
INSTANTIATE_TEST_SUITE_P(
    Texts, ParsedTime,
    ::testing::Values(TimeCase{"1700000000", 1'700'000'000'000'000'000},
                      TimeCase{"1700000000.5", 1'700'000'000'500'000'000},
                      TimeCase{"1700000000.000000001", 1'700'000'000'000'000'001},
                      TimeCase{"2023-11-14T22:13:20Z", 1'700'000'000'000'000'000},
                      TimeCase{"2023-11-14T23:13:20.25+01:00", 1'700'000'000'250'000'000}));

TEST(ParseTime, RefusesTheRest) {
  for (const char* bad : {"x", "-5", "1e9", "2023-11-14", "1700000000.x", "99999999999999999999"}) {
    EXPECT_TRUE(parse_time(bad, "since").has_error()) << bad;
  }
  EXPECT_FALSE(parse_time("", "since")->has_value());
  EXPECT_FALSE(parse_time("0", "since")->has_value());
}

TEST(Rfc3339Nano, PrintsLikeGo) {
  EXPECT_EQ(rfc3339_nano(WallTime{}), "0001-01-01T00:00:00Z");
  const WallTime time(std::chrono::seconds(1'700'000'000) + std::chrono::microseconds(1500));
  EXPECT_EQ(rfc3339_nano(time), "2023-11-14T22:13:20.0015Z");
  EXPECT_EQ(rfc3339_nano_fixed(time), "2023-11-14T22:13:20.001500000Z");
}

}  // namespace
}  // namespace cove::engine
