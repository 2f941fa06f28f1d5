// ClusterApi: the objects of a running cluster, as the user of its kubeconfig context.
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
Result<client::Response> ask_api(const provision::ClusterStatus& status,
                                 const client::Request& request, std::stop_token stop);

// Asks for a page of a service; what World::ask_page is outside of tests. An answer of any status
// is a success.
Result<void> ask_page(const std::string& url, std::stop_token stop);

class ClusterApi {
 public:
  // `action` as in Error: what cannot be done when the cluster does not run.
  static Result<ClusterApi> open(Invocation& run, const std::string& action);

  // "/api/v1/namespaces/a/services/b". kNotFound and kConflict when the API says so; other refusals
  // with what it says. The same of those below.
  Result<json::object> get(const std::string& path) const;
  // `collection` is "/api/v1/namespaces/a/services"; what was made.
  Result<json::object> create(const std::string& collection, const json::object& object) const;
  // By a strategic merge patch.
  Result<void> patch(const std::string& path, const json::object& change) const;
  // With `uid` as its precondition; what it owns goes first.
  Result<void> remove(const std::string& path, std::string_view uid) const;
  // The items of a list; `selector` chooses by labels.
  Result<std::vector<json::object>> list(const std::string& path,
                                         const std::string& selector = {}) const;
  const provision::ClusterStatus& status() const { return status_; }

 private:
  Result<json::object> send(const client::Request& request) const;
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
