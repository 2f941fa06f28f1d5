// The strings that tests pull on the fake.
#include "vm/fake/fake_backend.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

#include "tests/unit/backend/machine_specs.h"

namespace cove::vm {
namespace {

using testing::sample_machine;

class FakeBackendTest : public ::testing::Test {
 protected:
  FakeBackendTest() {
    EXPECT_TRUE(backend_.define(sample_machine("m")));
    EXPECT_TRUE(backend_.start("m"));
  }
  FakeHypervisor& world() { return backend_.hypervisor(); }
  FakeBackend backend_;
};

TEST_F(FakeBackendTest, FailsTheNextCallOfAKindOnce) {
  world().fail_next("stop", {ErrorCode::kTimeout, "stop", "m", "it hangs", ""});
  EXPECT_TRUE(backend_.observe("m"));
  const auto failed = backend_.stop("m", StopPolicy::kForce);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(backend_.observe("m")->power, Power::kRunning);
  EXPECT_TRUE(backend_.stop("m", StopPolicy::kForce));
}

TEST_F(FakeBackendTest, ACrashIsSeenAndTold) {
  std::promise<std::string> told;
  auto subscription = backend_.subscribe([&, once = false](const std::string& name) mutable {
    if (name == "m" && backend_.observe("m")->power == Power::kOff && !std::exchange(once, true)) {
      told.set_value(name);
    }
  });
  ASSERT_TRUE(subscription);
  world().crash("m");
  EXPECT_EQ(told.get_future().get(), "m");
  EXPECT_EQ(backend_.observe("m")->trouble, "QEMU was killed or crashed");
  EXPECT_TRUE(backend_.start("m"));
  EXPECT_EQ(backend_.observe("m")->trouble, "");
}

TEST_F(FakeBackendTest, ReconnectionIsTheEmptyName) {
  std::promise<void> told;
  auto subscription = backend_.subscribe([&](const std::string& name) {
    if (name.empty()) told.set_value();
  });
  ASSERT_TRUE(subscription);
  world().reconnect();
  told.get_future().get();
}

TEST_F(FakeBackendTest, AnOccupiedPortIsAConflict) {
  world().occupy_port(Protocol::kTcp, 6443);
  const ForwardRule rule{Protocol::kTcp, "127.0.0.1", 6443, 6443};
  const auto taken = backend_.add_forward("m", rule);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  world().release_port(Protocol::kTcp, 6443);
  EXPECT_TRUE(backend_.add_forward("m", rule));
}

TEST_F(FakeBackendTest, AGuestMayIgnoreThePowerButton) {
  world().on_power_button([](const std::string&) { return false; });
  EXPECT_TRUE(backend_.stop("m", StopPolicy::kGraceful));
  EXPECT_EQ(backend_.observe("m")->power, Power::kRunning);
}

TEST_F(FakeBackendTest, ChannelsCarryBytes) {
  auto host = backend_.open_channel("m", sample_machine().channels[0]);
  ASSERT_TRUE(host);
  auto guest = world().take_guest_end("m", "dev.cove.control.0");
  ASSERT_TRUE(guest);
  ASSERT_EQ(::write(host->get(), "hi", 2), 2);
  char bytes[2];
  ASSERT_EQ(::read(guest->get(), bytes, 2), 2);
  EXPECT_EQ(std::string(bytes, 2), "hi");
  world().crash("m");
  guest.reset();
  EXPECT_EQ(::read(host->get(), bytes, 2), 0);
}

TEST_F(FakeBackendTest, RecordsItsCalls) {
  world().clear_calls();
  backend_.start("m").value();
  backend_.observe("m").value();
  const auto calls = world().calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].kind, "start");
  EXPECT_EQ(calls[1].machine, "m");
  EXPECT_EQ(world().count("start"), 1u);
}

TEST_F(FakeBackendTest, AHookRunsBeforeEachCallAndMayActOnTheWorld) {
  world().on_call([this](const FakeHypervisor::Call& call) {
    if (call.kind == "observe") world().crash("m", "struck by a hook");
  });
  EXPECT_EQ(backend_.observe("m")->trouble, "struck by a hook");
}

}  // namespace
}  // namespace cove::vm
