// An API server over TLS in this process, and a node that plays its pods: containers are folders,
// what is executed in them are processes of this machine.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/node/control_plane.h"
#include "core/base/event_loop.h"
#include "core/base/process.h"
#include "core/http/server.h"
#include "core/pki/pki.h"
#include "core/server/pod_streams.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {

class PlayedNode final : public server::PodStreams {
 public:
  explicit PlayedNode(Path root) : root_(std::move(root)) {}
  ~PlayedNode() override;

  // --- What the test arranges.
  void set_log(const std::string& container, std::vector<std::string> lines);
  void append_log(const std::string& container, std::string line);
  void end_log(const std::string& container);
  // Ports inside of the pod are these of this machine.
  void map_port(std::uint16_t inside, std::uint16_t outside);
  std::vector<std::string> sizes() const;  // "24x80", of terminals
  int followers() const;
  Path root() const { return root_; }

  std::optional<server::ContainerState> find(
      const server::ContainerOfPod& container) const override;
  Result<std::unique_ptr<server::PodLog>> open_log(const server::ContainerOfPod& container,
                                                   const server::LogRequest& request) override;
  Result<std::unique_ptr<server::PodProcess>> exec(const server::ContainerOfPod& container,
                                                   const server::CommandRequest& request,
                                                   server::PodProcess::Handlers handlers) override;
  // To a container that is `cat` with a greeting.
  Result<std::unique_ptr<server::PodProcess>> attach(
      const server::ContainerOfPod& container, const server::CommandRequest& request,
      server::PodProcess::Handlers handlers) override;
  Result<Fd> connect(const server::ContainerOfPod& pod, std::uint16_t port) override;
  Result<server::NodeLogPage> open_node_log(const std::string& node,
                                            const std::string& path) override;

  struct Log {
    std::vector<std::string> lines;
    bool ended = false;
  };
  struct Shared {
    mutable std::mutex mutex;
    std::condition_variable_any changed;
    std::map<std::string, Log> logs;
    std::vector<std::string> sizes;
    int followers = 0;
  };

 private:
  const Path root_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::map<std::uint16_t, std::uint16_t> ports_;
};

class StreamsWorld {
 public:
  StreamsWorld();
  ~StreamsWorld();

  PlayedNode& node() { return *node_; }
  // Another node instead of the played one.
  void serve(std::shared_ptr<server::PodStreams> node) {
    plane_->pod_streams().set_node(std::move(node));
  }
  server::MetricsServer& metrics() { return plane_->metrics(); }
  client::TlsIdentity admin() const;
  std::vector<std::string> kubectl_command(const std::string& version,
                                           std::vector<std::string> arguments) const;
  Command command(const std::string& version, std::vector<std::string> arguments,
                  std::string input = {}) const;
  Completed kubectl(const std::string& version, std::vector<std::string> arguments,
                    std::string input = {}) const;
  // A pod of these containers on the node; `states` is status.containerStatuses as JSON.
  void make_pod(const std::string& name, const std::vector<std::string>& containers,
                const std::string& states);
  static std::string running(const std::string& container);
  std::uint16_t port() const { return https_->port(); }
  const pki::ClusterPki& certificates() const { return pki_; }

 private:
  TempDir directory_;
  SystemClock clock_;
  pki::ClusterPki pki_;
  std::unique_ptr<node::ControlPlane> plane_;
  std::unique_ptr<http::Server> https_;
  std::shared_ptr<PlayedNode> node_;
};

// Answers every connection by one line of what it got, upper case, until the peer sends no more;
// "GET" gets a body of `size` bytes.
class TestServer {
 public:
  explicit TestServer(std::size_t size);
  ~TestServer();
  std::uint16_t port() const { return port_; }

 private:
  void serve();
  std::size_t size_;
  std::uint16_t port_ = 0;
  Fd listener_;
  std::thread thread_;
};

Fd connect_local(std::uint16_t port);
std::string read_to_end(int fd);
bool write_to(int fd, std::string_view bytes);

}  // namespace cove::testing
