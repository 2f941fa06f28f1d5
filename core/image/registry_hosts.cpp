#include "core/image/registry_hosts.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::image {
namespace {

constexpr const char* kHub = "docker.io";
constexpr std::size_t kMaxClients = 64;
constexpr std::size_t kMaxPem = 1 << 20;

std::string host_of(const std::string& domain) {
  return domain == kHub ? "registry-1.docker.io" : domain;
}

Result<Endpoint> endpoint_at(const RegistrySettings& settings, const std::string& url) {
  Endpoint endpoint;
  COVE_TRY(endpoint.base, http::parse_url(url));
  endpoint.path = endpoint.base.target;
  while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  if (endpoint.path.ends_with("/v2")) endpoint.path.resize(endpoint.path.size() - 3);
  endpoint.base.target = "/";
  endpoint.verified = endpoint.base.scheme == "https" && !is_insecure(settings, endpoint.base);
  return endpoint;
}

// The files of a folder with one of these endings, sorted.
std::vector<Path> files_with(const Path& folder, std::string_view ending) {
  std::vector<Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ending) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

bool is_insecure(const RegistrySettings& settings, const http::Url& url) {
  if (http::is_loopback(url.host)) return true;
  const std::string with_port = fmt::format("{}:{}", url.host, url.port);
  return std::ranges::any_of(settings.insecure, [&](const std::string& entry) {
    return entry == url.host || entry == with_port || entry == url.authority() ||
           http::address_in_range(url.host, entry);
  });
}

std::vector<Endpoint> endpoints_of(const RegistrySettings& settings, const std::string& domain,
                                   bool with_mirrors, std::vector<std::string>& skipped) {
  std::vector<Endpoint> all;
  const auto mirrors = settings.mirrors.find(domain);
  if (with_mirrors && mirrors != settings.mirrors.end()) {
    for (const std::string& url : mirrors->second) {
      auto endpoint = endpoint_at(settings, url);
      if (!endpoint) {
        skipped.push_back(fmt::format("mirror {}: {}", url, endpoint.error().cause));
        continue;
      }
      endpoint->mirror = true;
      endpoint->name = endpoint->base.origin() + endpoint->path;
      all.push_back(std::move(*endpoint));
    }
  }
  auto own = endpoint_at(settings, "https://" + host_of(domain));
  if (!own) {
    skipped.push_back(fmt::format("{}: {}", domain, own.error().cause));
    return all;
  }
  own->name = domain;
  all.push_back(*own);
  if (!own->verified) {
    auto plain = endpoint_at(settings, "http://" + host_of(domain));
    if (plain) {
      plain->name = domain;
      plain->fallback = true;
      all.push_back(std::move(*plain));
    }
  }
  return all;
}

Result<std::shared_ptr<http::Client>> RegistryClients::get(const http::Url& url, bool verified) {
  http::ClientOptions options;
  COVE_TRY(options.tls, trust_for(url, verified));
  // An authority that was put there meanwhile counts from now on.
  const std::string key = url.origin() + (verified ? "" : " unverified") + options.tls.ca_pem +
                          options.tls.certificate_pem;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = clients_.find(key); found != clients_.end()) return found->second;
  }
  options.proxies = {settings_.http_proxy, settings_.https_proxy, settings_.no_proxy};
  options.timeouts.header = settings_.patience;
  options.timeouts.stall = settings_.patience;
  COVE_TRY(auto made, http::Client::create(std::move(options)));
  std::lock_guard lock(mutex_);
  if (clients_.size() >= kMaxClients) clients_.clear();
  return clients_.emplace(key, std::move(made)).first->second;
}

Result<http::ClientTls> RegistryClients::trust_for(const http::Url& url, bool verified) const {
  http::ClientTls tls;
  tls.verify = verified;
  tls.ca_file = settings_.system_ca_file;
  tls.system_too = true;
  // A name from a redirect must not lead out of the folder.
  if (url.scheme != "https" || url.host.starts_with('.')) return tls;
  std::vector<Path> folders{settings_.certificates / url.authority()};
  if (url.host == host_of(kHub)) folders.push_back(settings_.certificates / kHub);
  for (const Path& folder : folders) {
    for (const Path& file : files_with(folder, ".crt")) {
      COVE_TRY(const std::string pem, read_file(file, kMaxPem));
      tls.ca_pem += pem + "\n";
    }
    for (const Path& file : files_with(folder, ".cert")) {
      Path key = file;
      key.replace_extension(".key");
      COVE_TRY(tls.certificate_pem, read_file(file, kMaxPem));
      auto secret = read_file(key, kMaxPem);
      if (!secret) {
        return Error{ErrorCode::kCorrupt, "use the client's certificate", file.string(),
                     fmt::format("missing key {} for client certificate {}",
                                 key.filename().string(), file.filename().string()),
                     "A certificate NAME.cert needs its key as NAME.key beside it."};
      }
      tls.key_pem = Secret(std::move(*secret));
    }
  }
  return tls;
}

}  // namespace cove::image
