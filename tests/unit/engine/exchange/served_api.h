// The engine's endpoints behind the house's own HTTP server on a unix socket, and a client for
// them.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/api_handler.h"
#include "core/http/client.h"
#include "core/http/server.h"
#include "tests/support/temporary_folder.h"

namespace cove::engine::test {

struct Reply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  boost::json::value json() const { return boost::json::parse(body); }
  std::string message() const {
    boost::system::error_code failure;
    const boost::json::value value = boost::json::parse(body, failure);
    if (failure || !value.is_object() || !value.get_object().contains("message")) return body;
    return std::string(value.at("message").as_string());
  }
};

class ServedApi {
 public:
  explicit ServedApi(std::vector<Route> routes, WorkerPool::Limits workers = {})
      : handler_({.routes = std::move(routes),
                  .version = "9.9",
                  .logger = null_logger(),
                  .workers = workers}) {
    auto server =
        http::Server::listen_unix(folder_ / "engine.sock", handler_, null_logger(), http::Limits{});
    if (!server) throw std::runtime_error(server.error().message());
    server_ = std::move(*server);
    server_->start(1);
    http::ClientOptions options;
    options.unix_socket = folder_ / "engine.sock";
    client_ = *http::Client::create(options);
  }
  ~ServedApi() {
    handler_.stop();
    server_->stop(std::chrono::seconds(5));
  }

  ApiHandler& handler() { return handler_; }
  http::Client& client() { return *client_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  static http::ClientRequest request(const std::string& method, const std::string& target,
                                     std::string body = {}) {
    http::ClientRequest request;
    request.method = method;
    request.url = *http::parse_url("http://engine" + target);
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    return request;
  }
  Reply send(http::ClientRequest request) {
    auto response = client_->send(std::move(request));
    if (!response) {
      ADD_FAILURE() << response.error().message();
      return {};
    }
    Reply reply{response->status(), response->headers()};
    const auto body = response->read_all(64 << 20);
    if (body) reply.body = *body;
    return reply;
  }
  Reply get(const std::string& target) { return send(request("GET", target)); }
  Reply post(const std::string& target, std::string body = {}) {
    return send(request("POST", target, std::move(body)));
  }
  Reply remove(const std::string& target) { return send(request("DELETE", target)); }

 private:
  cove::test::TemporaryFolder folder_;
  ApiHandler handler_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace cove::engine::test
