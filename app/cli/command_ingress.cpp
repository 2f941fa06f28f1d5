// ingress list: what Ingresses serve, and how to ask for it.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/cluster_api.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;
// Where the two answer on this computer, unless the cluster says otherwise.
constexpr std::uint16_t kForwardedHttp = 8080;
constexpr std::uint16_t kForwardedHttps = 8443;

std::uint16_t ingress_port(const provision::ClusterStatus& status, bool https) {
  const std::uint16_t own = https ? kHttps : kHttp;
  const std::uint16_t port = host_port(status, own);
  if (port != own || status.wish.network != vm::NetworkMode::kUser) return port;
  return https ? kForwardedHttps : kForwardedHttp;
}

struct Way {
  std::string namespace_name, name, class_name, host, path, url, curl;
};

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._~/:@%+,=").find(c) != std::string_view::npos;
  });
}

// As one word of a shell.
std::string word(const std::string& text) {
  if (is_plain(text)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

bool has_tls(const json::object& ingress, std::string_view host) {
  const json::array* const all = api::array_at(ingress, {"spec", "tls"});
  if (all == nullptr) return false;
  return std::ranges::any_of(*all, [&](const json::value& tls) {
    const json::array* const hosts =
        tls.is_object() ? api::array_at(tls.get_object(), {"hosts"}) : nullptr;
    if (hosts == nullptr || hosts->empty()) return true;
    return std::ranges::any_of(*hosts, [&](const json::value& each) {
      if (!each.is_string()) return false;
      const std::string_view pattern = api::view(each.get_string());
      const std::size_t dot = host.find('.');
      return pattern == host || (pattern.starts_with("*.") && dot != host.npos &&
                                 host.substr(dot) == pattern.substr(1));
    });
  });
}

Way way_to(const provision::ClusterStatus& status, const json::object& ingress,
           const std::string& host, const std::string& path) {
  Way way;
  way.namespace_name = api::text_at(ingress, {"metadata", "namespace"});
  way.name = api::text_at(ingress, {"metadata", "name"});
  way.class_name = api::text_at(ingress, {"spec", "ingressClassName"});
  way.host = host.empty() ? "*" : host;
  way.path = path;
  const bool https = has_tls(ingress, host);
  const std::uint16_t port = ingress_port(status, https);
  const std::string scheme = https ? "https" : "http";
  // Any name below a wildcard will do.
  const std::string asked = host.empty()             ? status.host
                            : host.starts_with("*.") ? "any" + host.substr(1)
                                                     : host;
  way.url = port == (https ? kHttps : kHttp)
                ? fmt::format("{}://{}{}", scheme, asked, path)
                : fmt::format("{}://{}:{}{}", scheme, asked, port, path);
  way.curl = "curl ";
  if (!host.empty()) way.curl += fmt::format("--resolve {}:{}:{} ", word(asked), port, status.host);
  way.curl += word(way.url);
  return way;
}

std::vector<Way> ways_of(const provision::ClusterStatus& status, const json::object& ingress) {
  std::vector<Way> ways;
  if (const json::array* const rules = api::array_at(ingress, {"spec", "rules"})) {
    for (const json::value& rule : *rules) {
      if (!rule.is_object()) continue;
      const std::string host(api::text_at(rule.get_object(), {"host"}));
      const json::array* const paths = api::array_at(rule.get_object(), {"http", "paths"});
      if (paths == nullptr) {
        ways.push_back(way_to(status, ingress, host, "/"));
        continue;
      }
      for (const json::value& path : *paths) {
        if (!path.is_object()) continue;
        const std::string_view text = api::text_at(path.get_object(), {"path"});
        ways.push_back(way_to(status, ingress, host, text.empty() ? "/" : std::string(text)));
      }
    }
  }
  if (ways.empty() && api::object_at(ingress, {"spec", "defaultBackend"}) != nullptr)
    ways.push_back(way_to(status, ingress, "", "/"));
  return ways;
}

std::string table(const std::vector<Way>& ways) {
  std::vector<std::vector<std::string>> rows{{"NAMESPACE", "NAME", "CLASS", "HOST", "PATH", "TRY"}};
  for (const Way& way : ways) {
    rows.push_back({way.namespace_name, way.name, way.class_name.empty() ? "-" : way.class_name,
                    way.host, way.path, way.curl});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = escape_control(row[i]);
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      text += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += row.back() + "\n";
  }
  return text;
}

std::string as_json(const std::vector<Way>& ways) {
  std::vector<std::string> all;
  for (const Way& way : ways) {
    all.push_back(JsonObject()
                      .text("Namespace", way.namespace_name)
                      .text("Name", way.name)
                      .text("Class", way.class_name)
                      .text("Host", way.host)
                      .text("Path", way.path)
                      .text("URL", way.url)
                      .text("Curl", way.curl)
                      .str());
  }
  return json_array(all) + "\n";
}

Result<void> list_ingresses(Invocation& run, const std::string& namespace_name,
                            OutputFormat format) {
  COVE_TRY(const ClusterApi api, ClusterApi::open(run, "list the Ingresses of"));
  COVE_TRY(const auto ingresses, api.list("/apis/networking.k8s.io/v1/ingresses"));
  std::vector<Way> ways;
  for (const json::object& ingress : ingresses) {
    if (!namespace_name.empty() &&
        api::text_at(ingress, {"metadata", "namespace"}) != namespace_name)
      continue;
    for (Way& way : ways_of(api.status(), ingress)) ways.push_back(std::move(way));
  }
  run.world.out << (format == OutputFormat::kJson ? as_json(ways) : table(ways)) << std::flush;
  return {};
}

}  // namespace

void add_ingress_commands(const Registry& registry) {
  CLI::App* ingress = registry.app.add_subcommand("ingress", "Look at what Ingresses serve");
  ingress->group(kLookGroup)->fallthrough()->require_subcommand(1);
  const Registry below{*ingress, registry.globals, registry.chosen, registry.root_may};
  const auto namespace_name = std::make_shared<std::string>();
  const auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  CLI::App* list = below.add("list", "List hosts and paths, each with a command that asks for it",
                             "Commands", [=](Invocation& run) {
                               const auto done = list_ingresses(run, *namespace_name, *format);
                               return done ? static_cast<int>(kOk) : run.fail(done.error());
                             });
  list->add_option("-n,--namespace", *namespace_name, "Of this namespace alone")->type_name("NS");
  add_output_option(*list, format);
  list->footer(
      "Host names of Ingresses mean nothing to this computer's name server; 'curl --resolve' asks\n"
      "for them all the same. For a browser, add a line to /etc/hosts: 127.0.0.1 "
      "web.example.com\n");
}

}  // namespace cove::cli
