#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/forward/fake_proc.h"
#include "vm/forward/forward.h"

namespace cove::vm {
namespace {

using test::FakeProc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Keeps rules as a machine would, and refuses ports it was told are taken.
class FakeForwarding final : public Forwarding {
 public:
  Result<void> add_forward(const std::string& machine, const ForwardRule& rule) override {
    EXPECT_EQ(machine, "cove");
    ++added;
    if (failure) return *failure;
    const bool used = std::any_of(rules.begin(), rules.end(), [&](const ForwardRule& other) {
      return other.host_port == rule.host_port;
    });
    if (used || refuse_all || refused.contains(rule.host_port)) {
      return Error{ErrorCode::kConflict, "forward", "port", "it is taken", ""};
    }
    rules.push_back(rule);
    return {};
  }
  Result<void> remove_forward(const std::string&, const ForwardRule& rule) override {
    ++removed;
    std::erase(rules, rule);
    return {};
  }
  Result<std::vector<ForwardRule>> forwards(const std::string&) override {
    if (failure) return *failure;
    return rules;
  }

  std::vector<ForwardRule> rules;
  std::set<std::uint16_t> refused;
  bool refuse_all = false;
  std::optional<Error> failure;
  int added = 0;
  int removed = 0;
};

ForwardRule tcp(std::uint16_t host, std::uint16_t guest) {
  return {Protocol::kTcp, "127.0.0.1", host, guest};
}

class ForwarderTest : public ::testing::Test {
 protected:
  std::vector<OpenForward> ensure(const std::vector<WantedForward>& wanted,
                                  const std::vector<std::uint16_t>& reserved = {}) {
    auto open = forwarder_.ensure(wanted, reserved);
    if (!open) {
      ADD_FAILURE() << open.error().message();
      return {};
    }
    return *open;
  }

  FakeProc proc_;
  FakeForwarding machine_;
  Forwarder forwarder_{machine_, "cove", proc_.path()};
  const WantedForward api_{"kubernetes-api", Protocol::kTcp, 6443, 16443};
  const WantedForward docker_{"docker-api", Protocol::kTcp, 2376, 12376};
};

TEST_F(ForwarderTest, OpensPreferredPortsInOrder) {
  const auto open = ensure({api_, docker_});
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].name, "kubernetes-api");
  EXPECT_EQ(open[0].rule, tcp(16443, 6443));
  EXPECT_EQ(open[1].rule, tcp(12376, 2376));
  EXPECT_TRUE(open[0].note.empty());
  EXPECT_THAT(machine_.rules, ElementsAre(tcp(16443, 6443), tcp(12376, 2376)));
}

TEST_F(ForwarderTest, CallingAgainChangesNothing) {
  ensure({api_, docker_});
  const auto open = ensure({api_, docker_});
  EXPECT_EQ(open[1].rule, tcp(12376, 2376));
  EXPECT_EQ(machine_.added, 2);
  EXPECT_EQ(machine_.removed, 0);
}

TEST_F(ForwarderTest, LeavesRulesToOtherPortsAndRemovesSecondOnesToItsOwn) {
  machine_.rules = {tcp(30000, 30000), tcp(16443, 6443), tcp(17000, 6443)};
  const auto open = ensure({api_});
  EXPECT_EQ(open[0].rule, tcp(16443, 6443));
  EXPECT_THAT(machine_.rules, ElementsAre(tcp(30000, 30000), tcp(16443, 6443)));
  ensure({});
  EXPECT_THAT(machine_.rules, ElementsAre(tcp(30000, 30000), tcp(16443, 6443)));
}

TEST_F(ForwarderTest, TakenPortIsNamedAndTheNextChosen) {
  proc_.socket("tcp", "00000000", 16443, 0x0A, 77);
  proc_.process(812, "nginx", 77);
  const auto open = ensure({api_});
  EXPECT_EQ(open[0].rule.host_port, 16444);
  EXPECT_EQ(open[0].note, "port 16443 is taken by nginx (process 812); using 16444");
  EXPECT_EQ(ensure({api_})[0].note, open[0].note) << "a kept port says why as well";
}

TEST_F(ForwarderTest, PortTakenBetweenLookAndUse) {
  machine_.refused = {16443, 16444};
  const auto open = ensure({api_});
  EXPECT_EQ(open[0].rule.host_port, 16445);
  EXPECT_EQ(open[0].note, "port 16443 is taken by another program; using 16445");
}

TEST_F(ForwarderTest, OnlyPreferredFailsWithTheHolder) {
  proc_.socket("tcp", "0100007F", 16443, 0x0A, 77);
  proc_.process(812, "nginx", 77);
  WantedForward wanted = api_;
  wanted.only_preferred = true;
  auto open = forwarder_.ensure({wanted});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::kConflict);
  EXPECT_EQ(open.error().message(),
            "cannot open port 16443 for kubernetes-api: it is taken by nginx (process 812). Free "
            "that port and try "
            "again.");
}

TEST_F(ForwarderTest, OnlyPreferredReplacesARuleOnAnotherPort) {
  machine_.rules = {tcp(20000, 6443)};
  WantedForward wanted = api_;
  wanted.only_preferred = true;
  EXPECT_EQ(ensure({wanted})[0].rule.host_port, 16443);
  EXPECT_THAT(machine_.rules, ElementsAre(tcp(16443, 6443)));
}

TEST_F(ForwarderTest, OtherClustersPortsAreLeftToThem) {
  const auto open = ensure({api_}, {16443, 16444});
  EXPECT_EQ(open[0].rule.host_port, 16445);
  EXPECT_EQ(open[0].note, "port 16443 belongs to another cluster of yours; using 16445");
}

TEST_F(ForwarderTest, DoesNotTakeWhatAnotherServicePrefers) {
  machine_.refused = {16443};
  WantedForward neighbour{"web", Protocol::kTcp, 80, 16444};
  const auto open = ensure({api_, neighbour});
  EXPECT_EQ(open[0].rule.host_port, 16445);
  EXPECT_EQ(open[1].rule.host_port, 16444);
}

TEST_F(ForwarderTest, TwoPortsToOneGuestPortKeepTheirs) {
  machine_.rules = {tcp(20001, 80), tcp(20000, 80)};
  const auto open = ensure({{"a", Protocol::kTcp, 80, 20000}, {"b", Protocol::kTcp, 80, 20001}});
  EXPECT_EQ(open[0].rule.host_port, 20000);
  EXPECT_EQ(open[1].rule.host_port, 20001);
  EXPECT_EQ(machine_.added, 0);
}

TEST_F(ForwarderTest, NoPreferenceTakesAnyPort) {
  const auto open = ensure({{"any", Protocol::kTcp, 80, 0}});
  EXPECT_GE(open[0].rule.host_port, 1024);
  EXPECT_TRUE(open[0].note.empty());
}

TEST_F(ForwarderTest, AfterTwoHundredNeighboursAnyPort) {
  for (unsigned port = 16443; port <= 16443 + 200; ++port)
    machine_.refused.insert(static_cast<std::uint16_t>(port));
  const auto open = ensure({api_});
  EXPECT_FALSE(machine_.refused.contains(open[0].rule.host_port));
}

TEST_F(ForwarderTest, SearchHasAnEnd) {
  machine_.refuse_all = true;
  auto open = forwarder_.ensure({{"top", Protocol::kTcp, 80, 65530}});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::kResourceExhausted);
  EXPECT_LE(machine_.added, 6 + 16);
}

TEST_F(ForwarderTest, OtherFailuresAreReported) {
  machine_.failure =
      Error{ErrorCode::kUnavailable, "forward", "cove", "the machine is not running", ""};
  auto open = forwarder_.ensure({api_});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cove::vm
