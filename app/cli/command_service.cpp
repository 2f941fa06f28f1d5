// service, service list: where Services answer on this computer.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/cluster_api.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json.h"
#include "core/api/each.h"
#include "core/api/readers.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

constexpr std::chrono::milliseconds kLookAgain{500};

struct ServiceOptions {
  std::string name;
  std::string namespace_name = "default";
  bool url_only = false;
  bool https = false;
  unsigned wait_seconds = 10;
};

struct Port {
  std::string target;  // "http/80", or "80" of a port without a name
  std::uint16_t node_port = 0;
};

// Those that can be reached from outside of the cluster.
std::vector<Port> outer_ports(const json::object& service) {
  std::vector<Port> ports;
  api::each_object(service, {"spec", "ports"}, [&](const json::object& port) {
    const auto node_port = api::integer_at(port, {"nodePort"}).value_or(0);
    if (node_port < 1 || node_port > 65535) return;
    const std::string_view name = api::text_at(port, {"name"});
    const std::string number = std::to_string(api::integer_at(port, {"port"}).value_or(0));
    ports.push_back({name.empty() ? number : escape_control(name) + "/" + number,
                     static_cast<std::uint16_t>(node_port)});
  });
  return ports;
}

std::string joined(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::vector<std::string> row_of(const json::object& service, const std::vector<Port>& ports,
                                const std::vector<std::string>& urls) {
  std::vector<std::string> targets;
  for (const Port& port : ports) targets.push_back(port.target);
  if (targets.empty()) targets = {"No node port"};
  return {escape_control(api::text_at(service, {"metadata", "namespace"})),
          escape_control(api::text_at(service, {"metadata", "name"})), joined(targets),
          joined(urls)};
}

std::vector<std::string> urls_of(const ClusterApi& api, const std::vector<Port>& ports,
                                 bool https) {
  std::vector<std::string> urls;
  for (const Port& port : ports)
    urls.push_back(url_of(api.status(), https ? "https" : "http", port.node_port));
  return urls;
}

const std::vector<std::string> kHeader{"NAMESPACE", "NAME", "TARGET PORT", "URL"};

// --- Why a service does not answer.

std::string selector_of(const json::object& service) {
  std::string text;
  if (const json::object* const labels = api::object_at(service, {"spec", "selector"})) {
    for (const auto& label : *labels) {
      if (!label.value().is_string()) continue;
      if (!text.empty()) text += ',';
      text += std::string(label.key()) + "=" + std::string(api::view(label.value().get_string()));
    }
  }
  return text;
}

// "ImagePullBackOff", "0/1 nodes are available: …", or the phase.
std::string state_of(const json::object& pod) {
  std::string state(api::text_at(pod, {"status", "phase"}));
  api::each_object(pod, {"status", "conditions"}, [&](const json::object& condition) {
    if (api::text_at(condition, {"type"}) == "PodScheduled" &&
        api::text_at(condition, {"status"}) == "False")
      state = api::text_at(condition, {"message"});
  });
  api::each_object(pod, {"status", "containerStatuses"}, [&](const json::object& container) {
    const std::string_view reason = api::text_at(container, {"state", "waiting", "reason"});
    if (!reason.empty()) state = reason;
  });
  return state;
}

bool is_ready(const json::object& pod) {
  return api::condition_holds(pod, "Ready");
}

// A part of a sentence.
Result<std::string> why_nobody_answers(const ClusterApi& api, const json::object& service,
                                       const std::string& namespace_name) {
  const std::string selector = selector_of(service);
  if (selector.empty()) return std::string("it has no selector and no endpoints");
  COVE_TRY(const auto pods, api.list("/api/v1/namespaces/" + namespace_name + "/pods", selector));
  if (pods.empty()) return fmt::format("no pod has the labels that it selects ({})", selector);
  const auto waiting = std::ranges::find_if_not(pods, is_ready);
  if (waiting == pods.end()) return std::string("its pods have only just become ready");
  return fmt::format("none of its pods is ready, and pod '{}' says: {}",
                     api::text_at(*waiting, {"metadata", "name"}), state_of(*waiting));
}

Result<bool> has_endpoints(const ClusterApi& api, const ServiceOptions& options) {
  COVE_TRY(const auto slices, api.list("/apis/discovery.k8s.io/v1/namespaces/" +
                                           options.namespace_name + "/endpointslices",
                                       "kubernetes.io/service-name=" + options.name));
  bool found = false;
  for (const json::object& slice : slices) {
    api::each_object(slice, {"endpoints"}, [&](const json::object& endpoint) {
      const json::value* const ready = api::value_at(endpoint, {"conditions", "ready"});
      if (ready == nullptr || !ready->is_bool() || ready->get_bool()) found = true;
    });
  }
  return found;
}

// The service once it answers, or why it does not within the time.
Result<json::object> wait_for_service(Invocation& run, const ClusterApi& api,
                                      const ServiceOptions& options) {
  const std::string subject = fmt::format("service '{}/{}'", options.namespace_name, options.name);
  const auto failure = [&](ErrorCode code, std::string cause, std::string remedy) {
    return Error{code, "reach", subject, std::move(cause), std::move(remedy)};
  };
  const SteadyTime end = run.world.clock.steady() + std::chrono::seconds(options.wait_seconds);
  while (true) {
    const auto service =
        api.get("/api/v1/namespaces/" + options.namespace_name + "/services/" + options.name);
    const bool missing = !service && service.error().code == ErrorCode::kNotFound;
    if (!service && !missing) return service.error();
    if (service && outer_ports(*service).empty()) {
      const std::string_view type = api::text_at(*service, {"spec", "type"});
      return failure(
          ErrorCode::kUnsupported,
          fmt::format("it is of type {}, which has no port outside of the cluster", type),
          fmt::format("Make it a NodePort: kubectl -n {} patch service {} -p "
                      "'{{\"spec\":{{\"type\":\"NodePort\"}}}}'.",
                      options.namespace_name, options.name));
    }
    if (service) {
      COVE_TRY(const bool answers, has_endpoints(api, options));
      if (answers) return *service;
    }
    if (run.world.clock.steady() >= end) {
      if (missing) {
        return failure(ErrorCode::kNotFound, "there is no such service",
                       fmt::format("See '{}', or name another namespace with -n.",
                                   run.command("service list")));
      }
      COVE_TRY(std::string why, why_nobody_answers(api, *service, options.namespace_name));
      return failure(ErrorCode::kUnavailable, std::move(why),
                     fmt::format("See 'kubectl -n {} get pods'.", options.namespace_name));
    }
    if (!run.world.clock.sleep(kLookAgain, run.world.interruption.token()))
      return failure(ErrorCode::kCancelled, "interrupted", {});
  }
}

// --- The commands.

Result<void> check_name(const std::string& name, std::string_view what) {
  const bool fine = !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  if (fine && name.front() != '.') return {};
  return Error{ErrorCode::kInvalidArgument,
               "use",
               fmt::format("'{}'", escape_control(name)),
               fmt::format("it is no name of a {}", what),
               {}};
}

Result<void> open_in_browser(Invocation& run, const std::vector<std::string>& urls) {
  constexpr const char* kProgram = "xdg-open";
  const auto failure = [](ErrorCode code, std::string cause) {
    return Error{
        code, "open a browser", {}, std::move(cause), "Use --url to have the address alone."};
  };
  if (!has_display(run.world.environment))
    return failure(ErrorCode::kUnavailable, "there is no graphical display");
  const auto program = run.world.find_program(kProgram);
  if (!program) return failure(ErrorCode::kNotFound, fmt::format("{} is not in PATH", kProgram));
  for (const std::string& url : urls) COVE_CHECK(run.world.launch({program->string(), url}));
  return {};
}

Result<void> show_service(Invocation& run, const ServiceOptions& options) {
  if (options.name.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "reach a service",
                 {},
                 "none is named",
                 fmt::format("See '{}'.", run.command("service list"))};
  }
  COVE_CHECK(check_name(options.name, "service"));
  COVE_CHECK(check_name(options.namespace_name, "namespace"));
  COVE_TRY(const ClusterApi api, ClusterApi::open(run, "reach services of"));
  COVE_TRY(const json::object service, wait_for_service(run, api, options));
  const std::vector<Port> ports = outer_ports(service);
  const std::vector<std::string> urls = urls_of(api, ports, options.https);
  if (options.url_only) {
    run.world.out << joined(urls) << std::endl;
    return {};
  }
  run.world.out << framed_table({kHeader, row_of(service, ports, urls)}) << std::flush;
  COVE_CHECK(open_in_browser(run, urls));
  run.world.out << fmt::format("Opening service {}/{} in the browser.", options.namespace_name,
                               options.name)
                << std::endl;
  return {};
}

std::string service_json(const json::object& service, const std::vector<Port>& ports,
                         const std::vector<std::string>& urls) {
  std::vector<std::string> names, quoted;
  for (const Port& port : ports) names.push_back(json_quote(port.target));
  if (names.empty()) names = {json_quote("No node port")};
  for (const std::string& url : urls) quoted.push_back(json_quote(url));
  return JsonObject()
      .text("Namespace", api::text_at(service, {"metadata", "namespace"}))
      .text("Name", api::text_at(service, {"metadata", "name"}))
      .raw("URLs", json_array(quoted))
      .raw("PortNames", json_array(names))
      .str();
}

Result<void> list_services(Invocation& run, const std::string& namespace_name,
                           OutputFormat format) {
  if (!namespace_name.empty()) COVE_CHECK(check_name(namespace_name, "namespace"));
  COVE_TRY(const ClusterApi api, ClusterApi::open(run, "list the services of"));
  COVE_TRY(const auto services,
           api.list(namespace_name.empty() ? "/api/v1/services"
                                           : "/api/v1/namespaces/" + namespace_name + "/services"));
  std::vector<std::vector<std::string>> rows{kHeader};
  std::vector<std::string> objects;
  for (const json::object& service : services) {
    const std::vector<Port> ports = outer_ports(service);
    const std::vector<std::string> urls = urls_of(api, ports, false);
    rows.push_back(row_of(service, ports, urls));
    objects.push_back(service_json(service, ports, urls));
  }
  run.world.out << (format == OutputFormat::kJson ? json_array(objects) + "\n" : framed_table(rows))
                << std::flush;
  return {};
}

int exit_of(Invocation& run, const Result<void>& done) {
  return done ? static_cast<int>(kOk) : run.fail(done.error());
}

}  // namespace

void add_service_commands(const Registry& registry) {
  const auto options = std::make_shared<ServiceOptions>();
  const auto listed = std::make_shared<std::string>();  // the namespace
  const auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  const auto list_chosen = std::make_shared<bool>(false);
  // The parser tells of the command above after the one below it.
  CLI::App* command =
      registry.add("service", "Open a service, or print where it answers on this computer",
                   kLookGroup, [=](Invocation& run) {
                     return exit_of(run, *list_chosen ? list_services(run, *listed, *format)
                                                      : show_service(run, *options));
                   });
  command->require_subcommand(0, 1);
  command->add_option("name", options->name, "The service")->type_name("NAME");
  command->add_option("-n,--namespace", options->namespace_name, "Its namespace (default: default)")
      ->type_name("NS");
  command->add_flag("--url", options->url_only, "Print the addresses and open nothing");
  command->add_flag("--https", options->https, "The service speaks TLS: addresses with https");
  command
      ->add_option("--wait", options->wait_seconds,
                   "How long to wait for the service and a pod of it that is ready (default 10)")
      ->check(CLI::Range(0, 3600))
      ->type_name("SECONDS");
  command->footer(
      "Services of type NodePort and LoadBalancer answer at their node port on this computer.\n\n"
      "Examples:\n"
      "  cove service web\n"
      "  curl $(cove service web --url)\n"
      "  cove service list\n");
  CLI::App* list = command->add_subcommand("list", "List all services with their addresses");
  list->group("Commands")->fallthrough();
  list->parse_complete_callback([list_chosen] { *list_chosen = true; });
  list->add_option("-n,--namespace", *listed, "Of this namespace alone")->type_name("NS");
  add_output_option(*list, format);
}

}  // namespace cove::cli
