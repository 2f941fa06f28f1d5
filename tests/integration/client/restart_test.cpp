// A coved that dies and comes back, and one that does not know us.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "core/client/https_transport.h"
#include "core/client/kubeconfig_read.h"
#include "core/pki/pki.h"
#include "tests/integration/client/waiting.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using namespace client;
namespace json = boost::json;

class RestartTest : public ::testing::Test {
 protected:
  RestartTest() {
    loop_.start();
    EXPECT_TRUE(coved_.start()) << coved_.log();
    transport_ = connect(*config());
  }
  ~RestartTest() override {
    transport_.reset();
    loop_.stop();
  }
  Result<ClientConfig> config() const {
    COVE_TRY(const Kubeconfig file, Kubeconfig::load({coved_.kubeconfig()}));
    return file.resolve();
  }
  std::unique_ptr<HttpsTransport> connect(const ClientConfig& to) {
    return std::move(
        *HttpsTransport::create(loop_, to, make_credential_source(to, *spawner_, clock_)));
  }
  void kill() {
    coved_.signal(SIGKILL);
    ASSERT_TRUE(coved_.wait());
  }
  void start_again(std::uint16_t port) {
    ASSERT_TRUE(coved_.start({"--listen", "127.0.0.1:" + std::to_string(port)})) << coved_.log();
  }
  ResourceClient maps() { return {*transport_, {"", "v1", "configmaps"}, "default"}; }
  ApiResult<api::ObjectPtr> create(const std::string& name) {
    const json::object map{
        {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}};
    return await<api::ObjectPtr>([&](auto done) { return maps().create(map, {}, done); });
  }

  TempDir directory_;
  Coved coved_{directory_.path()};
  SystemClock clock_;
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  EventLoop loop_;
  std::unique_ptr<HttpsTransport> transport_;
};

TEST_F(RestartTest, NothingIsMissedWhenTheServerIsKilledAndComesBack) {
  Mirror mirror;
  const auto informer =
      Informer::create(*transport_, {{"", "v1", "configmaps"}, "default"}, system_random,
                       null_logger(), {.backoff = {.first = 50ms, .longest = 500ms}});
  std::promise<void> trouble;
  std::atomic<bool> told = false;
  informer->on_health([&] {
    if (informer->problem() && !told.exchange(true)) trouble.set_value();
  });
  const Registration registration = informer->add_handler(mirror.handler());
  informer->start();
  for (int round = 0; round < 3; ++round) {
    const std::uint16_t port = coved_.port();
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(create("m" + std::to_string(round) + "-" + std::to_string(i)).has_value());
    // Not waiting for the informer: it may be anywhere in these.
    kill();
    EXPECT_EQ(create("nobody").error().failure, ErrorCode::kUnavailable);
    start_again(port);
    ASSERT_TRUE(await<void>([&](auto done) {
                  return maps().remove("m" + std::to_string(round) + "-0", {}, done);
                }).has_value());
    const auto list =
        await<std::shared_ptr<const ObjectList>>([&](auto done) { return maps().list({}, done); });
    ASSERT_TRUE(list.has_value()) << list.error().message;
    Mirror::State wanted;
    for (const auto& item : (*list)->items) wanted[key_of(*item)] = item->resource_version();
    EXPECT_TRUE(mirror.wait([&](const auto& state) { return state == wanted; })) << round;
  }
  EXPECT_EQ(trouble.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_FALSE(informer->problem());
}

TEST_F(RestartTest, WhoDoesNotSayWhoTheyAreIsRefused) {
  ClientConfig nobody = *config();
  nobody.certificate_pem.clear();
  nobody.key_pem = {};
  const auto transport = connect(nobody);
  const ResourceClient pods(*transport, {"", "v1", "pods"});
  const auto list =
      await<std::shared_ptr<const ObjectList>>([&](auto done) { return pods.list({}, done); });
  ASSERT_TRUE(list.has_error());
  EXPECT_TRUE(list.error().is_unauthorized() || list.error().is_forbidden())
      << list.error().message;
}

TEST_F(RestartTest, ACertificateOfAnotherAuthorityOrThatHasExpiredIsRefused) {
  const auto file = [&](const char* name) {
    return *read_file(coved_.data() / "pki" / name, 1 << 20);
  };
  const pki::KeyPair ours{file("ca.crt"), Secret(file("ca.key"))};
  const FakeClock past(clock_.wall() - std::chrono::hours(48));
  const pki::KeyPair other = *pki::create_authority("other", std::chrono::hours(10), clock_);
  const auto issue = [](const pki::KeyPair& by, const Clock& clock) {
    return *pki::issue(
        by, {"kubernetes-admin", {"system:masters"}, {}, {}, pki::Usage::kClient, 1h}, clock);
  };
  for (const pki::KeyPair& pair : {issue(ours, past), issue(other, clock_)}) {
    ClientConfig stranger = *config();
    stranger.certificate_pem = pair.certificate_pem;
    stranger.key_pem = pair.key_pem;
    const auto transport = connect(stranger);
    const ResourceClient pods(*transport, {"", "v1", "pods"});
    const auto list =
        await<std::shared_ptr<const ObjectList>>([&](auto done) { return pods.list({}, done); });
    ASSERT_TRUE(list.has_error());
    EXPECT_EQ(list.error().failure, ErrorCode::kPermissionDenied) << list.error().message;
  }
}

}  // namespace
}  // namespace cove::testing
