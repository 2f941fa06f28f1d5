// The wish changed after the creation: what counts at once, what from the next boot.
#include "tests/unit/provision/life_fixture.h"

namespace cove::provision {
namespace {

class SettingsTest : public LifeTest {
 protected:
  Result<ClusterStatus> configure(const StartRequest& request) {
    return program()->configure("cove", request, progress);
  }
  const channel::NodeConfiguration& told() { return guest->configurations.back(); }

  static constexpr const char* kSecretProxy = "http://me:s3cret@proxy.example:3128";
};

TEST_F(SettingsTest, ANewClusterTakesTheProxyOfTheEnvironment) {
  ASSERT_TRUE(start({.proxy_of_new = {kSecretProxy, kSecretProxy, "lan"}}));
  EXPECT_EQ(state().wish.proxy, (Proxy{kSecretProxy, kSecretProxy, "lan"}));
  EXPECT_EQ(told().proxy.https.reveal(), kSecretProxy);
  ASSERT_FALSE(progress.notes.empty());
  EXPECT_NE(progress.notes.front().find("http://…@proxy.example:3128"), std::string::npos);
  ASSERT_TRUE(start({.proxy_of_new = {"http://other:1", "", ""}}));
  EXPECT_EQ(state().wish.proxy.http, kSecretProxy) << "it is there already";
  for (const std::string& note : progress.notes) EXPECT_EQ(note.find("s3cret"), std::string::npos);
  for (const std::string& line : progress.lines) EXPECT_EQ(line.find("s3cret"), std::string::npos);
}

TEST_F(SettingsTest, WhatIsAskedForGoesBeforeTheEnvironment) {
  ASSERT_TRUE(start({.http_proxy = "", .proxy_of_new = {"http://env:1", "http://env:1", ""}}));
  EXPECT_EQ(state().wish.proxy, Proxy());
  ASSERT_TRUE(start({.https_proxy = "http://later:1"}));
  EXPECT_EQ(state().wish.proxy, (Proxy{"", "http://later:1", ""}));
  EXPECT_EQ(told().proxy.https.reveal(), "http://later:1");
}

TEST_F(SettingsTest, AWrongProxyLeavesNothingBehind) {
  const auto refused = start({.http_proxy = "https://me:s3cret@proxy:1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message().find("s3cret"), std::string::npos);
  EXPECT_EQ(leftovers(), (std::vector<std::string>{"data/cove", "data/cove/locks"}));
}

TEST_F(SettingsTest, MirrorsAndProxiesReachARunningNodeAtOnce) {
  ASSERT_TRUE(start());
  const auto before = guest->configurations.size();
  const auto changed = configure({.registry_mirrors = std::vector<std::string>{"https://m.example"},
                                  .http_proxy = "http://127.0.0.1:3128",
                                  .no_proxy = "lan"});
  ASSERT_TRUE(changed) << changed.error().message();
  EXPECT_EQ(changed->phase, Phase::kRunning);
  EXPECT_EQ(changed->busy, "");
  ASSERT_EQ(guest->configurations.size(), before + 1);
  EXPECT_EQ(told().registry_mirrors, std::vector<std::string>{"https://m.example"});
  // As the fake's guests see the host.
  EXPECT_NE(told().proxy.http.reveal(), "http://127.0.0.1:3128");
  EXPECT_TRUE(told().proxy.no_proxy.starts_with("lan,"));
  EXPECT_EQ(told().server_certificate_pem, guest->configurations.front().server_certificate_pem);
  EXPECT_EQ(progress.lines[progress.lines.size() - 5],
            "plan configure save-settings configure-node");
  EXPECT_EQ(state().operation.name, "start") << "the record is of what changes the machine";
}

TEST_F(SettingsTest, SizesCountFromTheNextBoot) {
  ASSERT_TRUE(start({.cpus = 1, .memory_mib = 1024, .disk_gib = 10}));
  const auto before = guest->configurations.size();
  const auto changed = configure({.memory_mib = 2048, .disk_gib = 12});
  ASSERT_TRUE(changed) << changed.error().message();
  EXPECT_EQ(guest->configurations.size(), before) << "there is nothing to tell the node";
  EXPECT_EQ(changed->wish.resources, (Resources{1, 2048, 12}));
  EXPECT_EQ(changed->booted, (Resources{1, 1024, 10}));
  EXPECT_EQ(hypervisor->spec("cove")->memory_mib, 1024U);

  const auto restarted = program()->restart("cove", progress);
  ASSERT_TRUE(restarted) << restarted.error().message();
  EXPECT_EQ(restarted->phase, Phase::kRunning);
  EXPECT_EQ(restarted->booted, (Resources{1, 2048, 12}));
  EXPECT_EQ(hypervisor->spec("cove")->memory_mib, 2048U);
  // One plan that grew, with what was done in it.
  const auto& plan = progress.plans.back();
  EXPECT_EQ(plan.front().id, "shutdown");
  EXPECT_EQ(plan.front().state, StepState::kDone);
  EXPECT_EQ(plan.back().id, "write-kubeconfig");
}

TEST_F(SettingsTest, AStoppedClusterStaysStoppedWithItsNewWish) {
  ASSERT_TRUE(start({.cpus = 1, .memory_mib = 1024, .disk_gib = 10}));
  ASSERT_TRUE(program()->stop("cove", progress));
  const auto before = guest->configurations.size();
  const auto changed = configure({.https_proxy = kSecretProxy});
  ASSERT_TRUE(changed) << changed.error().message();
  EXPECT_EQ(changed->phase, Phase::kStopped);
  EXPECT_EQ(guest->configurations.size(), before);
  ASSERT_TRUE(start());
  EXPECT_EQ(told().proxy.https.reveal(), kSecretProxy);
}

TEST_F(SettingsTest, WhatCannotBeChangesNothing) {
  EXPECT_EQ(configure({.cpus = 1}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(start({.cpus = 1, .memory_mib = 1024, .disk_gib = 10}));
  const std::string before = text(state_file());
  const auto smaller = configure({.disk_gib = 9});
  ASSERT_FALSE(smaller);
  EXPECT_EQ(smaller.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(smaller.error().message().find("disks cannot shrink"), std::string::npos);
  EXPECT_FALSE(configure({.cpus = 4000}));
  EXPECT_FALSE(configure({.network = vm::NetworkMode::kNat}));
  EXPECT_FALSE(configure({.https_proxy = "proxy:x"}));
  EXPECT_EQ(text(state_file()), before);
}

TEST_F(SettingsTest, ASilentNodeKeepsTheWishAndIsNoBrokenCluster) {
  ASSERT_TRUE(start());
  guest->init_silent = true;
  EXPECT_FALSE(configure({.http_proxy = "http://proxy.example:1"}));
  EXPECT_EQ(state().wish.proxy.http, "http://proxy.example:1");
  EXPECT_EQ(status().phase, Phase::kRunning);
}

TEST_F(SettingsTest, TheImageThatRunsAndTheOneThatIsInstalledAreTold) {
  const auto started = start();
  ASSERT_TRUE(started);
  EXPECT_EQ(started->image_version, "0.1.0");
  EXPECT_EQ(started->image_digest, program()->host()->image_digest);
  EXPECT_FALSE(started->image_digest.empty());
}

}  // namespace
}  // namespace cove::provision
