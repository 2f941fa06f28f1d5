// ClusterApi: reads objects of a running cluster, as the user of its kubeconfig context.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/context.h"
#include "core/api/document.h"
#include "vm/provision/ways.h"

namespace cove::cli {

namespace json = boost::json;

// The real way; what World::ask_api is outside of tests.
Result<client::Response> ask_api(const provision::ClusterStatus& status, const std::string& target,
                                 std::stop_token stop);

class ClusterApi {
 public:
  // `action` as in Error: what cannot be done when the cluster does not run.
  static Result<ClusterApi> open(Invocation& run, const std::string& action);

  // "/api/v1/namespaces/a/services/b". kNotFound when the API says so; other refusals with what it
  // says.
  Result<json::object> get(const std::string& path) const;
  // The items of a list; `selector` chooses by labels.
  Result<std::vector<json::object>> list(const std::string& path,
                                         const std::string& selector = {}) const;
  const provision::ClusterStatus& status() const { return status_; }

 private:
  ClusterApi(World& world, std::string action, provision::ClusterStatus status)
      : world_(&world), action_(std::move(action)), status_(std::move(status)) {}

  World* world_;
  std::string action_;
  provision::ClusterStatus status_;
};

// Where a port of the node answers on this computer: "http://127.0.0.1:30080". The default port of
// the scheme is left out.
std::string url_of(const provision::ClusterStatus& status, std::string_view scheme,
                   std::uint16_t node_port);
using provision::host_port;  // the port alone

// Rows as minikube draws them, the first as the header; a cell may have several lines.
std::string framed_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace cove::cli
