// BuildRunner: the RUN steps of builds, each a container of its own that is gone afterwards.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/log.h"
#include "core/engine/exchange.h"
#include "core/image/build/build.h"
#include "core/network/container_networks.h"
#include "core/runtime/runtime.h"

namespace cove::engine {

// Thread-safe. A step has the sandbox of a container with default settings: default capabilities,
// seccomp profile and masked paths. Its network is "bridge" ("default", "bridge"), another network
// by name, the host's, none, or that of a running container.
class BuildRunner final : public image::Runner {
 public:
  struct Parts {
    runtime::Runtime& runtime;
    network::ContainerNetworks& networks;
    Path scratch;  // files of steps under way
    Logger& logger;
    // The network namespace of a running container, by name or id.
    std::function<Outcome<Path>(const std::string& name_or_id)> namespace_of;
  };
  explicit BuildRunner(Parts parts) : parts_(std::move(parts)) {}
  ~BuildRunner() override { finish(); }

  // Removes what steps of an earlier process left behind. Before the first run().
  void sweep();
  Result<int> run(const Step& step, const Output& output, std::stop_token stop) override;
  // Its network and its monitor.
  void prepare(const std::string& id, const std::string& network_mode) override;
  void forget(const std::string& id) override;
  void finish() override;

 private:
  class Sandbox;
  std::shared_ptr<Sandbox> take(const std::string& id);
  void dissolve(std::shared_ptr<Sandbox> sandbox);

  Parts parts_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Sandbox>> prepared_;  // by id; at most one a stage
  std::deque<std::shared_future<void>> ending_;  // sandboxes on their way out, a few at most
};

}  // namespace cove::engine
