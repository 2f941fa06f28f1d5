#include "core/proxy/ingress_routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/api/each.h"
#include "core/api/names.h"
#include "core/base/base64.h"
#include "core/proxy/ingress_certificate.h"

namespace cove::proxy {
namespace {

constexpr std::size_t kMaxHosts = 1'000;
constexpr std::size_t kMaxPaths = 10'000;
constexpr std::size_t kMaxPath = 1'000;       // bytes
constexpr std::size_t kMaxEndpoints = 1'000;  // of one backend

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Without percent-encoding; nothing when no request can have such a path.
std::optional<std::string> decode_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > kMaxPath) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      const auto high = i + 1 < path.size() ? hex_digit(path[i + 1]) : std::nullopt;
      const auto low = i + 2 < path.size() ? hex_digit(path[i + 2]) : std::nullopt;
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    text += c;
  }
  return text;
}

bool is_host(std::string_view host) {
  return host.starts_with("*.") ? api::check_wildcard_dns1123_subdomain(host).empty()
                                : api::check_dns1123_subdomain(host).empty();
}

// "*.example.com" covers names of one label more.
bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  if (!pattern.starts_with("*.") || host.starts_with("*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != host.npos && host.substr(dot) == pattern.substr(1);
}

bool element_wise(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

std::string_view made_at(const api::Object& object) {
  return api::text_at(object.document(), {"metadata", "creationTimestamp"});
}

bool older(const api::ObjectPtr& a, const api::ObjectPtr& b) {
  return std::tuple(made_at(*a), a->namespace_name(), a->name()) <
         std::tuple(made_at(*b), b->namespace_name(), b->name());
}

class Maker {
 public:
  Maker(const IngressSources& sources, std::vector<IngressProblem>& problems)
      : sources_(sources), problems_(problems) {}

  void add(const api::ObjectPtr& ingress) {
    ingress_ = ingress;
    const json::object& document = ingress->document();
    std::optional<BackendName> fallback;
    if (const json::object* const given = api::object_at(document, {"spec", "defaultBackend"}))
      fallback = backend(*given);
    if (fallback && !fallback_) fallback_ = fallback;
    api::each_object(document, {"spec", "rules"},
                     [&](const json::object& rule) { add_rule(rule, fallback); });
    api::each_object(document, {"spec", "tls"}, [&](const json::object& tls) { add_tls(tls); });
  }

  Routing finish() {
    // What names no host holds for every host as far as that says nothing itself.
    const Routes any = routing_.hosts[""];
    for (auto& [host, routes] : routing_.hosts) {
      if (!host.empty()) complete(routes, any);
      if (!routes.fallback) routes.fallback = fallback_;
    }
    for (const auto& [host, routes] : routing_.hosts) {
      if (const std::string secret = secret_for(host); !secret.empty())
        routing_.certificate_of[host] = secret;
    }
    return std::move(routing_);
  }

 private:
  // By name, by wildcard, or the one that names no host.
  std::string secret_for(const std::string& host) const {
    if (const auto own = tls_.find(host); own != tls_.end()) return own->second;
    for (const auto& [pattern, secret] : tls_) {
      if (covers(pattern, host)) return secret;
    }
    const auto any = tls_.find("");
    return any == tls_.end() ? std::string() : any->second;
  }

  void problem(std::string_view reason, std::string message) {
    problems_.push_back(
        {std::string(ingress_->namespace_name()) + "/" + std::string(ingress_->name()),
         std::string(reason), std::move(message)});
  }

  Routes* routes_of(const std::string& host) {
    if (!host.empty() && !is_host(host)) {
      problem("InvalidHost", fmt::format("host {} is not valid", api::quote(host)));
      return nullptr;
    }
    if (!routing_.hosts.contains(host) && routing_.hosts.size() >= kMaxHosts) {
      problem("TooManyHosts", fmt::format("there are more than {} hosts", kMaxHosts));
      return nullptr;
    }
    return &routing_.hosts[host];
  }

  void add_rule(const json::object& rule, const std::optional<BackendName>& fallback) {
    Routes* const routes = routes_of(std::string(api::text_at(rule, {"host"})));
    if (routes == nullptr) return;
    if (fallback && !routes->fallback) routes->fallback = fallback;
    const json::array* const paths = api::array_at(rule, {"http", "paths"});
    // A rule without paths sends everything to the Ingress' default backend.
    if (paths == nullptr) return;
    for (const json::value& path : *paths) {
      if (path.is_object()) add_path(*routes, path.get_object());
    }
  }

  void add_path(Routes& routes, const json::object& given) {
    std::string_view text = api::text_at(given, {"path"});
    if (text.empty()) text = "/";
    auto path = decode_path(text);
    if (!path) {
      return problem("InvalidPath", fmt::format("no request has the path {}", api::quote(text)));
    }
    if (++paths_ > kMaxPaths)
      return problem("TooManyPaths", fmt::format("there are more than {} paths", kMaxPaths));
    const json::object* const to = api::object_at(given, {"backend"});
    const auto name = to == nullptr ? std::nullopt : backend(*to);
    if (!name) return;
    if (api::text_at(given, {"pathType"}) == "Exact") {
      routes.exact.try_emplace(std::move(*path), *name);
      return;
    }
    while (path->ends_with('/')) path->pop_back();
    routes.prefix.try_emplace(std::move(*path), *name);
  }

  // Nothing: it names no service.
  std::optional<BackendName> backend(const json::object& given) {
    const std::string_view service = api::text_at(given, {"service", "name"});
    if (service.empty()) {
      problem("UnsupportedBackend", "only backends that are services are supported");
      return std::nullopt;
    }
    const std::string_view port_name = api::text_at(given, {"service", "port", "name"});
    const auto port_number = api::integer_at(given, {"service", "port", "number"});
    const std::string port =
        port_name.empty() ? std::to_string(port_number.value_or(0)) : std::string(port_name);
    const std::string namespace_name(ingress_->namespace_name());
    BackendName name = fmt::format("{}/{}:{}", namespace_name, service, port);
    if (!routing_.backends.contains(name) || failed_.contains(name))
      routing_.backends[name] = endpoints(name, namespace_name, service, port_name, port_number);
    return name;
  }

  Endpoints endpoints(const BackendName& backend_name, const std::string& namespace_name,
                      std::string_view name, std::string_view port_name,
                      const std::optional<std::int64_t>& port_number) {
    const api::ObjectPtr service = sources_.service(namespace_name, name);
    if (!service) {
      failed_.insert(backend_name);
      problem("ServiceNotFound", fmt::format("service {} was not found", api::quote(name)));
      return {};
    }
    if (api::text_at(service->document(), {"spec", "type"}) == "ExternalName") {
      failed_.insert(backend_name);
      problem("UnsupportedBackend",
              fmt::format("service {} is of type ExternalName", api::quote(name)));
      return {};
    }
    std::optional<std::string> slice_port;
    api::each_object(service->document(), {"spec", "ports"}, [&](const json::object& port) {
      const std::string_view own = api::text_at(port, {"name"});
      const bool is_it =
          port_name.empty() ? api::integer_at(port, {"port"}) == port_number : own == port_name;
      if (is_it && !slice_port) slice_port = own;
    });
    if (!slice_port) {
      failed_.insert(backend_name);
      problem("PortNotFound",
              fmt::format("service {} has no port {}", api::quote(name),
                          port_name.empty() ? std::to_string(port_number.value_or(0))
                                            : api::quote(port_name)));
      return {};
    }
    return addresses(namespace_name, name, *slice_port);
  }

  Endpoints addresses(const std::string& namespace_name, std::string_view service,
                      const std::string& port_name) {
    std::set<std::string> all;
    for (const api::ObjectPtr& slice : sources_.slices(namespace_name, service)) {
      std::int64_t port = 0;
      api::each_object(slice->document(), {"ports"}, [&](const json::object& given) {
        if (api::text_at(given, {"name"}) == port_name && port == 0)
          port = api::integer_at(given, {"port"}).value_or(0);
      });
      if (port < 1 || port > 65535) continue;
      api::each_object(slice->document(), {"endpoints"}, [&](const json::object& endpoint) {
        const json::value* const ready = api::value_at(endpoint, {"conditions", "ready"});
        if (ready != nullptr && ready->is_bool() && !ready->get_bool()) return;
        const json::array* const texts = api::array_at(endpoint, {"addresses"});
        if (texts == nullptr || texts->empty() || !texts->front().is_string()) return;
        const std::string address = api::canonical_ip(api::view(texts->front().get_string()));
        if (address.empty() || all.size() >= kMaxEndpoints) return;
        all.insert(api::is_ipv6(address) ? fmt::format("[{}]:{}", address, port)
                                         : fmt::format("{}:{}", address, port));
      });
    }
    return {all.begin(), all.end()};
  }

  void add_tls(const json::object& tls) {
    const std::string_view name = api::text_at(tls, {"secretName"});
    const auto key = name.empty() ? std::nullopt : certificate(name);
    if (!key) return;
    const json::array* const hosts = api::array_at(tls, {"hosts"});
    if (hosts == nullptr || hosts->empty()) {
      tls_.try_emplace("", *key);
      return;
    }
    for (const json::value& host : *hosts) {
      if (!host.is_string()) continue;
      const std::string text(api::view(host.get_string()));
      // It is answered by what names no host, if nothing else does.
      if (routes_of(text) != nullptr) tls_.try_emplace(text, *key);
    }
  }

  std::optional<std::string> certificate(std::string_view name) {
    const std::string key = std::string(ingress_->namespace_name()) + "/" + std::string(name);
    if (routing_.certificates.contains(key)) return key;
    const api::ObjectPtr secret = sources_.secret(ingress_->namespace_name(), name);
    if (!secret) {
      problem("SecretNotFound",
              fmt::format("secret {} of type kubernetes.io/tls was not found", api::quote(name)));
      return std::nullopt;
    }
    const auto read = [&](std::string_view field) {
      return base64_decode_lenient(api::text_at(secret->document(), {"data", field}))
          .value_or(std::string());
    };
    CertificatePair pair{read("tls.crt"), read("tls.key")};
    if (const auto checked = check_certificate(pair); !checked) {
      problem("InvalidCertificate",
              fmt::format("secret {} cannot be used: {}", api::quote(name), checked.error().cause));
      return std::nullopt;
    }
    routing_.certificates.emplace(key, std::move(pair));
    return key;
  }

  static void complete(Routes& routes, const Routes& any) {
    const auto covered = [&](std::string_view path) {
      return std::ranges::any_of(routes.prefix,
                                 [&](const auto& own) { return element_wise(own.first, path); });
    };
    Routes more;
    for (const auto& [path, name] : any.exact) {
      if (!covered(path) && !routes.exact.contains(path)) more.exact.emplace(path, name);
    }
    for (const auto& [path, name] : any.prefix) {
      if (!covered(path)) more.prefix.emplace(path, name);
    }
    // Its own default comes before what holds for everything.
    if (routes.fallback) more.prefix.erase("");
    routes.exact.merge(more.exact);
    routes.prefix.merge(more.prefix);
  }

  const IngressSources& sources_;
  std::vector<IngressProblem>& problems_;
  Routing routing_;
  api::ObjectPtr ingress_;
  std::optional<BackendName> fallback_;
  std::map<std::string, std::string, std::less<>> tls_;  // Secrets by host
  std::set<BackendName> failed_;                         // each Ingress that names it is told
  std::size_t paths_ = 0;
};

}  // namespace

const BackendName* Routes::find(std::string_view path) const {
  if (const auto found = exact.find(path); found != exact.end()) return &found->second;
  std::string_view rest = path;
  while (true) {
    if (const auto found = prefix.find(rest); found != prefix.end()) return &found->second;
    const std::size_t slash = rest.rfind('/');
    if (slash == rest.npos) break;
    rest = rest.substr(0, slash);
  }
  return fallback ? &*fallback : nullptr;
}

Routing make_routing(std::vector<api::ObjectPtr> ingresses, const IngressSources& sources,
                     std::vector<IngressProblem>& problems) {
  std::ranges::sort(ingresses, older);
  Maker maker(sources, problems);
  for (const api::ObjectPtr& ingress : ingresses) maker.add(ingress);
  return maker.finish();
}

}  // namespace cove::proxy
