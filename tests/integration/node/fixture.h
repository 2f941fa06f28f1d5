// A node agent with the real runtime over a host of the test's own, and the real API server in the
// same process. Pods are bound by the test itself: there is no scheduler and no controller.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/node/control_plane.h"
#include "app/node/in_process_transport.h"
#include "core/client/client.h"
#include "core/node/node_agent.h"
#include "tests/support/containers.h"

namespace cove::node::test {

namespace json = boost::json;

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // The agent with runtime and networks anew, as after a restart of coved.
  void open();
  void close();
  // Everything that a restart of the machine ends.
  void lose_power();

  // --- The API as the administrator; a failure fails the test.
  api::ObjectPtr create(const std::string& yaml);
  // A pod of this node without a service account's token: `spec` are lines of YAML below "spec:".
  api::ObjectPtr create_pod(const std::string& name, const std::string& spec);
  // Null when it is not there.
  api::ObjectPtr pod(const std::string& name);
  void remove(const std::string& name, std::optional<std::int64_t> grace = {});
  std::vector<std::string> events(const std::string& name);  // "Normal Pulled: …", oldest first

  // --- Waiting.
  bool until(const std::string& name, const std::function<bool(const api::Object&)>& condition);
  bool until_phase(const std::string& name, std::string_view phase);
  bool until_ready(const std::string& name);
  bool until_gone(const std::string& name);

  // --- Looking.
  static json::object status_of(const api::Object& pod, const std::string& container);
  static std::string condition(const api::Object& pod, std::string_view type);  // "True", "False"
  std::string log(const std::string& name, const std::string& container, int restart = 0);
  // Of registries, as Docker keeps them: DIR/<domain>/ca.crt.
  Path certificates() const { return host_->folder() / "certs.d"; }
  // Nothing of any pod is left on the host.
  void expect_clean();

  static client::ApiResult<api::ObjectPtr> wait(
      const std::function<client::Operation(client::ResourceClient::ObjectDone)>& start);
  client::ResourceClient pods();

  SystemClock clock_;
  std::unique_ptr<Logger> logger_ = make_logger(2, LogFormat::kText, LogLevel::kWarning);
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  std::optional<cove::test::ContainerHost> host_;
  std::unique_ptr<ControlPlane> plane_;
  std::unique_ptr<EventLoop> admin_loop_, agent_loop_;
  std::unique_ptr<InProcessTransport> admin_, agent_transport_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<image::ContentStore> content_;
  std::unique_ptr<image::LayerStore> layers_;
  std::unique_ptr<image::ImageStore> images_;
  std::unique_ptr<image::Registries> registries_;
  std::unique_ptr<runtime::Runtime> runtime_;
  std::unique_ptr<network::ContainerNetworks> networks_;
  std::unique_ptr<NodeAgent> agent_;
};

}  // namespace cove::node::test
