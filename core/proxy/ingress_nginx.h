// The configuration of nginx for a Routing (nginx.org/en/docs).
#pragma once

#include <map>
#include <string>

#include "core/base/fs.h"
#include "core/proxy/ingress_routing.h"

namespace cove::proxy {

struct NginxSettings {
  Path directory;  // of temporary files and the process id
  Path keys;       // of what NginxFiles::keys has
  std::string listen_address = "0.0.0.0";
  std::uint16_t http_port = 80;
  std::uint16_t https_port = 443;
  std::string user = {};  // of the workers; empty: as the master
};

struct NginxFiles {
  std::string configuration;
  std::map<std::string, std::string> keys;  // certificates and keys, by file name
  bool operator==(const NginxFiles&) const = default;
};

// Whatever hosts, paths and names say, nothing of them can be more than a value of one directive.
NginxFiles make_nginx_files(const Routing& routing, const NginxSettings& settings);

// As one parameter of a directive. Without control characters, which no parameter needs.
std::string quote_for_nginx(std::string_view text);

}  // namespace cove::proxy
