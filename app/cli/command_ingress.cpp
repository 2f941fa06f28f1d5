// ingress list: what Ingresses serve, and how to ask for it.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/cluster_api.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

struct Way {
  std::string namespace_name, name, class_name;
  provision::IngressWay way;
  std::string host() const { return way.host.empty() ? "*" : way.host; }
};

std::vector<Way> ways_of(const provision::ClusterStatus& status, const json::object& ingress) {
  std::vector<Way> ways;
  for (provision::IngressWay& way : provision::ingress_ways(status, ingress)) {
    ways.push_back({std::string(api::text_at(ingress, {"metadata", "namespace"})),
                    std::string(api::text_at(ingress, {"metadata", "name"})),
                    std::string(api::text_at(ingress, {"spec", "ingressClassName"})),
                    std::move(way)});
  }
  return ways;
}

std::string table(const std::vector<Way>& ways) {
  std::vector<std::vector<std::string>> rows{{"NAMESPACE", "NAME", "CLASS", "HOST", "PATH", "TRY"}};
  for (const Way& way : ways) {
    rows.push_back({way.namespace_name, way.name, way.class_name.empty() ? "-" : way.class_name,
                    way.host(), way.way.path, way.way.curl});
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
                      .text("Host", way.host())
                      .text("Path", way.way.path)
                      .text("URL", way.way.url)
                      .text("Curl", way.way.curl)
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
