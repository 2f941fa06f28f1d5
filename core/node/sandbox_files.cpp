// /etc/hosts, /etc/resolv.conf, names and ports of a pod.
#include <fmt/format.h>

#include <algorithm>

#include "core/api/each.h"
#include "core/base/strings.h"
#include "core/node/pod_model.h"
#include "core/node/sandbox.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxServers = 3;
constexpr std::size_t kMaxSearches = 32;
constexpr std::size_t kMaxHostName = 63;
constexpr std::size_t kMaxFullName = 64;

struct Resolver {
  std::vector<std::string> servers, searches, options;
};

void add_new(std::vector<std::string>& list, std::string_view text) {
  if (!text.empty() && std::ranges::find(list, text) == list.end()) list.emplace_back(text);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    const auto end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

Resolver parse(std::string_view text) {
  Resolver out;
  for (const std::string& line : split(text, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 2) continue;
    if (words[0] == "nameserver") add_new(out.servers, words[1]);
    if (words[0] == "search") out.searches.assign(words.begin() + 1, words.end());
    if (words[0] == "options") out.options.assign(words.begin() + 1, words.end());
  }
  return out;
}

// Options of the pod win over those of the same name.
void merge_options(const json::object& pod, std::vector<std::string>& options) {
  const json::array* const list = api::array_at(pod, {"spec", "dnsConfig", "options"});
  if (list == nullptr) return;
  for (const json::value& each : *list) {
    if (!each.is_object()) continue;
    const std::string name(api::text_at(each.get_object(), {"name"}));
    const json::value* const value = api::member(each.get_object(), "value");
    std::erase_if(options, [&](const std::string& option) {
      return option == name || option.starts_with(name + ":");
    });
    options.push_back(value != nullptr && value->is_string()
                          ? fmt::format("{}:{}", name, api::view(value->get_string()))
                          : name);
  }
}

std::string domain_of(const api::Object& pod, const std::string& cluster_domain) {
  const std::string_view subdomain = api::text_at(pod.document(), {"spec", "subdomain"});
  if (subdomain.empty()) return {};
  return fmt::format("{}.{}.svc.{}", subdomain, pod.namespace_name(), cluster_domain);
}

std::string short_name(const api::Object& pod) {
  if (const auto name = api::text_at(pod.document(), {"spec", "hostname"}); !name.empty())
    return std::string(name);
  std::string name(pod.name().substr(0, kMaxHostName));
  while (name.ends_with('-') || name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

Result<std::string> host_name_of(const api::Object& pod, const std::string& cluster_domain,
                                 const std::string& node_name) {
  if (const auto given = api::text_at(pod.document(), {"spec", "hostnameOverride"}); !given.empty())
    return std::string(given);
  if (is_host_network(pod)) return node_name;
  std::string name = short_name(pod);
  const std::string domain = domain_of(pod, cluster_domain);
  if (!api::flag_at(pod.document(), {"spec", "setHostnameAsFQDN"}) || domain.empty()) return name;
  name += "." + domain;
  if (name.size() > kMaxFullName) {
    return Error{ErrorCode::kInvalidArgument,
                 "name",
                 pod_title(pod),
                 fmt::format("pod FQDN {} is too long ({} characters is the max, {} characters "
                             "requested)",
                             name, kMaxFullName, name.size()),
                 {}};
  }
  return name;
}

std::string hosts_of(const api::Object& pod, const std::string& address,
                     const std::string& host_name, const std::string& cluster_domain,
                     const std::string& node_hosts) {
  std::string text;
  if (is_host_network(pod)) {
    text = "# Kubernetes-managed hosts file (host network).\n" + node_hosts;
    if (!text.ends_with('\n')) text += '\n';
  } else {
    text =
        "# Kubernetes-managed hosts file.\n"
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::0\tip6-localnet\n"
        "fe00::0\tip6-mcastprefix\n"
        "fe00::1\tip6-allnodes\n"
        "fe00::2\tip6-allrouters\n";
    const std::string domain = domain_of(pod, cluster_domain);
    const std::string name = host_name.substr(0, host_name.find('.'));
    text += domain.empty() ? fmt::format("{}\t{}\n", address, host_name)
                           : fmt::format("{0}\t{1}.{2}\t{1}\n", address, name, domain);
  }
  const json::array* const aliases = api::array_at(pod.document(), {"spec", "hostAliases"});
  if (aliases == nullptr || aliases->empty()) return text;
  text += "\n# Entries added by HostAliases.\n";
  for (const json::value& each : *aliases) {
    if (!each.is_object()) continue;
    text += api::text_at(each.get_object(), {"ip"});
    api::each_text(each.get_object(), {"hostnames"}, [&](std::string_view name) {
      text += '\t';
      text += name;
    });
    text += '\n';
  }
  return text;
}

std::string resolver_of(const api::Object& pod, const std::string& cluster_dns,
                        const std::string& cluster_domain, const std::string& node) {
  const json::object& document = pod.document();
  std::string_view policy = api::text_at(document, {"spec", "dnsPolicy"});
  if (policy.empty()) policy = "ClusterFirst";
  if (policy == "ClusterFirst" && is_host_network(pod)) policy = "Default";
  Resolver out;
  if (policy == "Default") {
    out = parse(node);
  } else if (policy != "None") {
    out.servers = {cluster_dns};
    out.searches = {fmt::format("{}.svc.{}", pod.namespace_name(), cluster_domain),
                    "svc." + cluster_domain, cluster_domain};
    for (const std::string& search : parse(node).searches) {
      if (search != ".") add_new(out.searches, search);
    }
    out.options = {"ndots:5"};
  }
  api::each_text(document, {"spec", "dnsConfig", "nameservers"},
                 [&](std::string_view server) { add_new(out.servers, server); });
  api::each_text(document, {"spec", "dnsConfig", "searches"},
                 [&](std::string_view search) { add_new(out.searches, search); });
  merge_options(document, out.options);
  if (out.servers.size() > kMaxServers) out.servers.resize(kMaxServers);
  if (out.searches.size() > kMaxSearches) out.searches.resize(kMaxSearches);

  std::string text;
  if (!out.searches.empty()) text += fmt::format("search {}\n", fmt::join(out.searches, " "));
  for (const std::string& server : out.servers) text += fmt::format("nameserver {}\n", server);
  if (!out.options.empty()) text += fmt::format("options {}\n", fmt::join(out.options, " "));
  return text;
}

Result<std::vector<network::PortMapping>> host_ports_of(const api::Object& pod) {
  std::vector<network::PortMapping> out;
  for (const char* list : {"containers", "initContainers"}) {
    const json::array* const containers = api::array_at(pod.document(), {"spec", list});
    for (const json::value& each : containers == nullptr ? json::array() : *containers) {
      if (!each.is_object()) continue;
      const json::array* const ports = api::array_at(each.get_object(), {"ports"});
      for (const json::value& one : ports == nullptr ? json::array() : *ports) {
        if (!one.is_object()) continue;
        const json::object& port = one.get_object();
        const auto host_port = api::integer_at(port, {"hostPort"}).value_or(0);
        if (host_port <= 0) continue;
        const std::string_view protocol = api::text_at(port, {"protocol"});
        if (protocol == "SCTP") {
          return Error{ErrorCode::kUnsupported,
                       "publish",
                       fmt::format("the port {}", host_port),
                       "host ports are of TCP or UDP",
                       {}};
        }
        network::PortMapping mapping;
        mapping.protocol = protocol == "UDP" ? network::Protocol::kUdp : network::Protocol::kTcp;
        if (const auto ip = api::text_at(port, {"hostIP"}); !ip.empty()) mapping.host_ip = ip;
        mapping.host_port = static_cast<std::uint16_t>(host_port);
        mapping.container_port =
            static_cast<std::uint16_t>(api::integer_at(port, {"containerPort"}).value_or(0));
        out.push_back(std::move(mapping));
      }
    }
  }
  return out;
}

}  // namespace cove::node
