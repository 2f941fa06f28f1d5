// One HTTP request as handlers see it, and what Kubernetes reads out of its URL (kubernetes.io "API
// URIs").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/server/stream.h"

namespace cove::server {

// Who asks. Without a certificate: system:anonymous in system:unauthenticated.
struct User {
  std::string name;
  std::vector<std::string> groups;
  bool authenticated = false;

  bool in_group(std::string_view group) const;
};

struct Request {
  std::string method;                                      // "GET"
  std::string path;                                        // percent-decoded, starts with '/'
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string accept;
  std::string content_type;
  std::string body;
  std::string local_endpoint;  // "127.0.0.1:6443": where the request arrived
  bool impersonates = false;   // an Impersonate-… header is there
  User user;

  // The first value of that name.
  std::optional<std::string> parameter(std::string_view name) const;
  // Whether a boolean parameter is on, as upstream reads it: "true" or "1".
  bool flag(std::string_view name) const;
};

// Splits and decodes a request target. kInvalidArgument when it is not an origin-form target or
// badly encoded.
Result<void> parse_target(std::string_view target, Request& request);

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  // whole, or
  std::shared_ptr<Stream> stream;           // piece by piece, chunked
  std::chrono::seconds stream_lifetime{0};  // the stream is ended after this
};

// Decides what to answer. Called from several threads at once.
class Handler {
 public:
  using Respond = std::function<void(Answer)>;

  virtual ~Handler() = default;
  // Calls `respond` once, now or later, from any thread.
  virtual void handle(std::shared_ptr<const Request> request, Respond respond) = 0;
};

// What a request is about, as authorization and routing see it.
struct RequestInfo {
  bool is_resource = false;
  std::string verb;  // get list watch create update patch delete deletecollection; else the method
                     // in lower case
  std::string group;
  std::string version;
  std::string namespace_name;
  std::string resource;
  std::string name;
  std::string subresource;
};
RequestInfo describe(const Request& request);

}  // namespace cove::server
