// A Kubernetes API for tests of what stands on it: the real server and store in a private folder,
// reached in process. What is tested runs on the test's own thread and a clock that the test moves.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/node/control_plane.h"
#include "app/node/in_process_transport.h"
#include "core/api/document.h"
#include "core/client/client.h"
#include "core/client/informer.h"
#include "tests/support/manual_executor.h"
#include "tests/support/temporary_folder.h"

namespace cove::test {

namespace json = boost::json;

// Calls block, running the executor meanwhile; one that takes longer than 20 s of real time fails
// the test (the time of `clock` stands still). Not thread-safe.
class Cluster {
 public:
  Cluster();
  ~Cluster();

  FakeClock clock;  // of the server as well
  ManualExecutor executor{clock};

  // The API as that user, on `executor`; an empty name is the administrator.
  client::Transport& as(std::string_view user = {}, std::vector<std::string> groups = {});
  // As kube-system/<account>.
  client::Transport& as_account(std::string_view account);
  // For transports of one's own.
  http::Handler& handler() { return plane_->handler(); }
  // As system:kube-controller-manager, which may read everything.
  client::InformerFactory& informers() { return *informers_; }
  Logger& logger() { return *logger_; }

  // Runs the executor until `done`, and says whether it came. `step` (may be 0) of the clock passes
  // whenever nothing is to be done.
  bool until(const std::function<bool()>& done, std::chrono::nanoseconds step = {});
  // Runs what is to be run until nothing has changed in the API and nothing was posted for a while.
  void settle();

  // The administrator's requests. Documents as YAML or JSON text; a failure fails the test.
  api::ObjectPtr create(std::string_view text);
  api::ObjectPtr create(const json::object& document);
  // "deployments.apps", "pods"; null when it is not there.
  api::ObjectPtr get(std::string_view resource, std::string_view name,
                     std::string_view namespace_name = "default");
  std::vector<api::ObjectPtr> list(std::string_view resource,
                                   std::string_view namespace_name = "default",
                                   std::string_view label_selector = {});
  api::ObjectPtr patch(std::string_view resource, std::string_view name, std::string_view merge,
                       std::string_view namespace_name = "default",
                       std::string_view subresource = {});
  void remove(std::string_view resource, std::string_view name,
              std::string_view namespace_name = "default",
              const client::DeleteOptions& options = {});
  // What the API says about an attempt that is meant to fail.
  client::ApiError refusal(const json::object& document);

  // What a node agent would say: bound to the node, running, ready or not since now.
  void run_pod(std::string_view name, bool ready = true,
               std::string_view namespace_name = "default");
  void end_pod(std::string_view name, int exit_code, std::string_view namespace_name = "default");
  // Removes what is being deleted as a node agent would, at the end of its grace.
  void finish_deletions(std::string_view namespace_name = "default");

 private:
  client::Resource resource_of(std::string_view text) const;

  TemporaryFolder folder_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<node::ControlPlane> plane_;
  std::map<std::string, std::unique_ptr<node::InProcessTransport>, std::less<>> transports_;
  std::unique_ptr<client::InformerFactory> informers_;
};

}  // namespace cove::test
