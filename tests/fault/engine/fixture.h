// A whole coved with its container engine on a host of its own, as root: a tmpfs for its data, a
// registry, an image with busybox.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <boost/json/serialize.hpp>

#include "tests/integration/coved/harness.h"
#include "tests/support/container_traces.h"
#include "tests/support/containers.h"
#include "tests/support/engine_api.h"
#include "tests/support/registry.h"

namespace cove::testing {

namespace json = boost::json;

inline std::string text_of(const json::value& value, std::initializer_list<const char*> path) {
  const json::value* at = &value;
  for (const char* name : path) {
    at = at->is_object() ? at->get_object().if_contains(name) : nullptr;
    if (at == nullptr) return {};
  }
  return at->is_string() ? std::string(at->get_string()) : json::serialize(*at);
}

class EngineFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_run_containers()) GTEST_SKIP() << "real containers need root";
    // A folder of its own file system: overlays do not stand on every temporary folder.
    ASSERT_EQ(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, disk_), 0);
    untouched_ = test::ContainerTraces::look(folder_.path());
    coved_ = std::make_unique<Coved>(folder_.path(), Coved::Runs::kCluster);
    test::make_busybox_layer(folder_.path() / "busybox");
    start();
    const std::string layer =
        test::output_of({"tar", "-C", (folder_.path() / "busybox").string(), "-c", "."});
    ASSERT_EQ(api_->send("/images/create?fromSrc=-&repo=busybox&tag=latest", layer).status, 200);
    before_ = test::ContainerTraces::look(folder_.path());
  }
  void TearDown() override {
    if (coved_) {
      coved_->signal(SIGTERM);
      (void)coved_->wait();
    }
    if (HasFailure()) {
      const std::string log = coved_->log();
      ADD_FAILURE() << log.substr(log.size() - std::min<std::size_t>(log.size(), 8000));
    }
    ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  void start() {
    ASSERT_TRUE(coved_->start({"--insecure-registry", registry_.domain()})) << coved_->log();
    api_ = std::make_unique<EngineApi>(coved_->data() / "engine.sock");
    ASSERT_TRUE(api_->await()) << coved_->log();
  }

  static json::object command(std::string script) {
    return {{"Image", "busybox"},
            {"Cmd", json::array{"sh", "-c", json::string(script)}},
            {"StopTimeout", 0}};
  }
  std::string create(const std::string& name, const json::object& body) {
    const auto made = api_->post("/containers/create?name=" + name, body);
    return made.status == 201 ? text_of(made.body, {"Id"}) : std::string();
  }

  const char* disk_ = "mode=0711";  // how the tmpfs is mounted
  test::TestRegistry registry_;
  TempDir folder_;
  std::unique_ptr<Coved> coved_;
  std::unique_ptr<EngineApi> api_;
  test::ContainerTraces untouched_;  // before coved
  test::ContainerTraces before_;     // before containers
};

}  // namespace cove::testing
