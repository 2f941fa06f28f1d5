#include "tests/support/engine_api.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace cove::testing {

EngineApi::EngineApi(const Path& socket) {
  http::ClientOptions options;
  options.unix_socket = socket;
  auto made = http::Client::create(std::move(options));
  if (!made) throw std::runtime_error(made.error().message());
  http_ = std::move(*made);
}

EngineApi::Reply EngineApi::post(const std::string& path, const boost::json::value& body) const {
  return call("POST", path, body.is_null() ? "" : boost::json::serialize(body));
}

EngineApi::Reply EngineApi::call(const std::string& method, const std::string& path,
                                 std::string body, const std::string& type) const {
  http::ClientRequest request;
  request.method = method;
  request.url = *http::parse_url("http://engine");
  request.url.target = "/v1.43" + path;
  if (!body.empty()) request.headers.emplace_back("Content-Type", type);
  request.body = std::move(body);
  auto response = http_->send(std::move(request));
  if (!response) return {};
  auto text = response->read_all(64 << 20);
  if (!text) return {};
  Reply reply{response->status(), nullptr, std::move(*text)};
  boost::system::error_code error;
  reply.body = boost::json::parse(reply.text, error);
  return reply;
}

bool EngineApi::await() const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < deadline) {
    if (get("/_ping").status == 200) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace cove::testing
