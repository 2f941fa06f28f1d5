// ClientConfig: everything a client must know to speak to one cluster as one user.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/fs.h"
#include "core/base/log.h"

namespace cove::client {

// A program that hands out credentials (client.authentication.k8s.io/v1 or v1beta1).
struct ExecPlugin {
  enum class Interactive { kNever, kIfAvailable, kAlways };
  std::string api_version;
  std::string command;  // absolute, or looked up in PATH
  std::vector<std::string> arguments = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  Interactive interactive = Interactive::kIfAvailable;
  bool provide_cluster_info = false;
  std::string install_hint = {};
};

// An HTTP proxy that is asked to CONNECT (RFC 9110 section 9.3.6).
struct HttpProxy {
  std::string host;
  std::uint16_t port = 0;
  Secret basic;  // "user:password"; empty: none
};

struct Impersonate {
  std::string user = {};
  std::string uid = {};
  std::vector<std::string> groups = {};
  std::vector<std::pair<std::string, std::string>> extra = {};
};

struct ClientConfig {
  std::string host;
  std::uint16_t port = 443;
  std::string path_prefix = {};         // "/k8s/clusters/c-1" of a server behind a path
  std::string ca_certificate_pem = {};  // the only authorities trusted; empty: the system's
  bool insecure_skip_tls_verify = false;
  std::string tls_server_name = {};  // what the certificate must name; empty: the host
  std::optional<HttpProxy> proxy = std::nullopt;

  // Who we are: a certificate, one of the others, both or nothing.
  std::string certificate_pem = {};
  Secret key_pem = {};
  Secret token = {};
  Path token_file = {};  // counts before `token`; read anew every minute
  std::optional<ExecPlugin> exec = std::nullopt;
  Impersonate impersonate = {};

  std::string namespace_name = "default";
};

}  // namespace cove::client
