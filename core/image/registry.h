// Registries: pull and push by the OCI distribution-spec v1.1 (Docker Registry HTTP API V2).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/image/image_store.h"

namespace cove::image {

struct RegistryAuth {
  std::string username;
  Secret password;
  Secret identity_token;
  Secret registry_token;
};

struct RegistrySettings {
  // By domain ("docker.io"): base URLs tried in order before the registry itself.
  std::map<std::string, std::vector<std::string>> mirrors;
  // Domains or CIDRs spoken to without verified TLS, and then by plain HTTP; 127.0.0.0/8 always.
  std::vector<std::string> insecure;
  // As Docker's: DIR/<domain>/{*.crt,*.cert,*.key}.
  Path certificates = "/etc/docker/certs.d";
  std::string system_ca_file;  // empty: OpenSSL's default
  // From HTTP_PROXY, HTTPS_PROXY, NO_PROXY.
  std::string http_proxy, https_proxy, no_proxy;
  unsigned parallel_downloads = 3;
  std::chrono::milliseconds patience{60'000};  // with a registry that says nothing
};

// Docker's progress: {"id","status","progressDetail"} as JSON messages come of it.
struct Progress {
  std::string id;      // layer's short hex, tag, or empty
  std::string status;  // "Pulling fs layer", "Downloading", "Pull complete", "Pushed" …
  std::uint64_t current = 0;
  std::uint64_t total = 0;
};
using OnProgress = std::function<void(const Progress&)>;  // from several threads, one at a time

struct Pulled {
  ImagePtr image;
  Digest digest;  // of what the reference named
  bool up_to_date = false;
  std::string source;  // the registry or mirror that answered
};

struct SearchResult {
  std::string name, description;
  int stars = 0;
  bool official = false;
};

// Thread-safe; calls block. Errors carry the registry's own words and what to do: an unknown host,
// a refused or failed TLS handshake, 401, 403, 404 (kNotFound), 429 with the limit said plainly.
class Registries {
 public:
  struct Parts {
    RegistrySettings settings;
    ImageStore& images;
    ContentStore& content;
    LayerStore& layers;
    Clock& clock;  // also sleeps between attempts
    Logger& logger;
    // From 0 to 1, for the spread of waits; empty: the operating system's.
    std::function<double()> random = {};
  };
  explicit Registries(Parts parts);
  ~Registries();

  // Mirrors, insecure registries … from now on.
  void set_settings(RegistrySettings settings);
  Result<Pulled> pull(const Reference& reference, const Platform& platform,
                      const RegistryAuth& auth, const OnProgress& progress,
                      std::stop_token stop = {});
  // Every tag of a repository, one after the other until one fails: what the reference says behind
  // the name does not count.
  Result<void> pull_all(const Reference& repository, const Platform& platform,
                        const RegistryAuth& auth, const OnProgress& progress,
                        std::stop_token stop = {});
  // One tag. Layers the registry has, or can mount from a repository the image was pulled from, are
  // not sent. Returns digest and size of the manifest.
  Result<Descriptor> push(const Reference& reference, const RegistryAuth& auth,
                          const OnProgress& progress, std::stop_token stop = {});
  // What a reference names: its descriptor, and the platforms of an index.
  struct Resolved {
    Descriptor descriptor;
    std::vector<Platform> platforms;
  };
  Result<Resolved> resolve(const Reference& reference, const RegistryAuth& auth,
                           std::stop_token stop = {});
  // Checks credentials; returns an identity token when the registry gives one.
  Result<Secret> login(const std::string& domain, const RegistryAuth& auth,
                       std::stop_token stop = {});
  Result<std::vector<SearchResult>> search(const std::string& term, unsigned limit,
                                           const RegistryAuth& auth, std::stop_token stop = {});

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::image
