// Where the registry of a domain is, and with what trust it is spoken to.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/http/client.h"
#include "core/image/registry.h"

namespace cove::image {

// One place to ask.
struct Endpoint {
  http::Url base;    // its target does not count
  std::string path;  // in front of "/v2/", for mirrors below a folder; "" for none
  std::string name;  // what people know it as: the domain, or the mirror's URL
  bool mirror = false;
  bool verified = true;   // TLS with a verified certificate
  bool fallback = false;  // only if nobody spoke at the endpoint before it
};

// Mirrors first when `with_mirrors`. Mirrors that are no URLs are left out and named in `skipped`.
std::vector<Endpoint> endpoints_of(const RegistrySettings& settings, const std::string& domain,
                                   bool with_mirrors, std::vector<std::string>& skipped);
// Whether a host ("name", "name:5000", an address) may be spoken to without verification.
bool is_insecure(const RegistrySettings& settings, const http::Url& url);

// One client for each host, with the certificates of that host alone, so that none is shown to
// another. Thread-safe.
class RegistryClients {
 public:
  explicit RegistryClients(RegistrySettings settings) : settings_(std::move(settings)) {}

  const RegistrySettings& settings() const { return settings_; }
  // kCorrupt names a file of the certificates' folder that cannot be used.
  Result<std::shared_ptr<http::Client>> get(const http::Url& url, bool verified);

 private:
  Result<http::ClientTls> trust_for(const http::Url& url, bool verified) const;

  const RegistrySettings settings_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<http::Client>> clients_;
};

}  // namespace cove::image
