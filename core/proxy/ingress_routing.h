// Routing: what all Ingresses together say, as one table (kubernetes.io "Ingress").
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"

namespace cove::proxy {

namespace json = boost::json;

// Where requests go: addresses with ports, "10.244.0.7:8080" or "[fd00::1]:80". None: nobody can
// answer now.
using Endpoints = std::vector<std::string>;

// The key into Routing::backends.
using BackendName = std::string;

struct CertificatePair {
  std::string certificate_pem;  // the server's own first
  std::string key_pem;
  bool operator==(const CertificatePair&) const = default;
};

// By path as requests have it, without percent-encoding.
struct Routes {
  std::map<std::string, BackendName, std::less<>> exact;
  // Without the "/" at the end: "/a" matches "/a", "/a/" and "/a/b"; "" everything.
  std::map<std::string, BackendName, std::less<>> prefix;
  std::optional<BackendName> fallback = std::nullopt;

  // Exact first, then the longest prefix, then the fallback; null: none.
  const BackendName* find(std::string_view path) const;
  bool operator==(const Routes&) const = default;
};

struct Routing {
  // By host in lower case: "a.example.com"; "*.example.com" is one label more; "" any other.
  std::map<std::string, Routes, std::less<>> hosts;
  std::map<BackendName, Endpoints, std::less<>> backends;
  // By the Secret's "namespace/name".
  std::map<std::string, CertificatePair, std::less<>> certificates;
  std::map<std::string, std::string, std::less<>> certificate_of;  // by host

  bool operator==(const Routing&) const = default;
};

// What of an Ingress cannot be carried out; the rest of it is.
struct IngressProblem {
  std::string ingress;  // "namespace/name"
  std::string reason;   // as an Event has it
  std::string message;
  auto operator<=>(const IngressProblem&) const = default;
};

// Where to find what Ingresses name; null when it is not there.
struct IngressSources {
  std::function<api::ObjectPtr(std::string_view namespace_name, std::string_view name)> service;
  std::function<std::vector<api::ObjectPtr>(std::string_view namespace_name,
                                            std::string_view service)>
      slices;
  std::function<api::ObjectPtr(std::string_view namespace_name, std::string_view name)> secret;
};

// Of two that say the same, the older Ingress counts. At most 1,000 hosts and 10,000 paths count.
Routing make_routing(std::vector<api::ObjectPtr> ingresses, const IngressSources& sources,
                     std::vector<IngressProblem>& problems);

}  // namespace cove::proxy
