// What Kubernetes reads out of a request: who asks, and about what (kubernetes.io "API URIs").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/http/handler.h"

namespace cove::server {

using http::Answer;
using http::Handler;
using http::parse_target;
using http::Request;
using http::Stream;

// Who asks. Without a certificate: system:anonymous in system:unauthenticated.
struct User {
  std::string name;
  std::vector<std::string> groups = {};
  bool authenticated = false;
  std::string uid = {};
  std::vector<std::pair<std::string, std::vector<std::string>>> extra = {};
  std::vector<std::string> audiences = {};  // those asked for that its token is for

  bool in_group(std::string_view group) const;
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
// What is to be authorized: who lists, watches or deletes what is called NAME (fieldSelector
// "metadata.name=NAME") may do so as soon as that one object is theirs.
RequestInfo named_by_selector(RequestInfo info, const Request& request);

}  // namespace cove::server
