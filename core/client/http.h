// A small HTTPS client over mutual TLS: a few requests, one after the other, on one connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::client {

struct Endpoint {
  std::string host;  // address or name to connect to
  std::uint16_t port = 0;
};

struct TlsIdentity {
  std::string ca_certificate_pem;  // the only authority trusted
  std::string certificate_pem;
  Secret key_pem;
};

struct Request {
  std::string method = "GET";
  std::string target;             // "/readyz?verbose"
  std::string content_type = {};  // of the body
  std::string body = {};
};

struct Response {
  int status = 0;
  std::string content_type;
  std::string body;  // at most 8 MiB; longer is an error
};

// One request. The server's certificate must be valid for `endpoint.host`. A status of any kind is
// a Response; kUnavailable when nobody answers, kTimeout after `timeout` overall, kPermissionDenied
// when TLS verification fails, kCancelled when `stop` is requested. Blocks; thread-safe.
Result<Response> https_send(const Endpoint& endpoint, const TlsIdentity& identity,
                            const Request& request, std::chrono::milliseconds timeout,
                            std::stop_token stop = {});

// GET `target`.
Result<Response> https_get(const Endpoint& endpoint, const TlsIdentity& identity,
                           const std::string& target, std::chrono::milliseconds timeout,
                           std::stop_token stop = {});

// GET of several targets on one connection, in their order, up to the first response whose status
// is not 200: at least one response, at most one a target. `timeout` is for all together.
Result<std::vector<Response>> https_get(const Endpoint& endpoint, const TlsIdentity& identity,
                                        const std::vector<std::string>& targets,
                                        std::chrono::milliseconds timeout,
                                        std::stop_token stop = {});

}  // namespace cove::client
