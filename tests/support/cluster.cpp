#include "tests/support/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace cove::test {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::string_view kManager = "system:kube-controller-manager";

json::object parse(std::string_view text) {
  auto parsed = api::parse_yaml(text);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << text;
    return {};
  }
  return parsed->value.get_object();
}

std::string plural_of(std::string_view kind) {
  std::string plural(kind);
  std::ranges::transform(plural, plural.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (plural == "endpoints") return plural;
  if (plural.ends_with("y")) return plural.substr(0, plural.size() - 1) + "ies";
  if (plural.ends_with("s")) return plural + "es";
  return plural + "s";
}

struct Version {
  std::string_view group, version;
};
constexpr std::array kVersions = {
    Version{"", "v1"},
    Version{"apps", "v1"},
    Version{"batch", "v1"},
    Version{"autoscaling", "v2"},
    Version{"policy", "v1"},
    Version{"discovery.k8s.io", "v1"},
    Version{"networking.k8s.io", "v1"},
    Version{"storage.k8s.io", "v1"},
    Version{"scheduling.k8s.io", "v1"},
    Version{"coordination.k8s.io", "v1"},
    Version{"node.k8s.io", "v1"},
    Version{"rbac.authorization.k8s.io", "v1"},
    Version{"apiextensions.k8s.io", "v1"},
};

bool is_cluster_wide(std::string_view plural) {
  constexpr std::array<std::string_view, 11> kWide = {"nodes",
                                                      "namespaces",
                                                      "persistentvolumes",
                                                      "storageclasses",
                                                      "ingressclasses",
                                                      "priorityclasses",
                                                      "runtimeclasses",
                                                      "clusterroles",
                                                      "clusterrolebindings",
                                                      "customresourcedefinitions",
                                                      "volumeattachments"};
  return std::ranges::find(kWide, plural) != kWide.end();
}

json::object condition(std::string_view type, bool value, WallTime now) {
  return {{"type", api::key(type)},
          {"status", value ? "True" : "False"},
          {"lastTransitionTime", rfc3339(now)}};
}

}  // namespace

Cluster::Cluster() : logger_(make_logger(2, LogFormat::kText, LogLevel::kWarning)) {
  server::NodeFacts facts;
  facts.name = "node";
  facts.internal_ip = "192.0.2.10";
  facts.cpus = 4;
  facts.memory_bytes = 8ULL << 30;
  facts.storage_bytes = 100ULL << 30;
  facts.kubelet_version = "v1.36.0";
  facts.ready_since = clock.wall();
  auto plane =
      node::ControlPlane::start({.store_path = folder_ / "store.db",
                                 .pki_dir = folder_ / "pki",
                                 .ca_certificate_pem = "no certificate",
                                 .service_range = server::Ipv4Range::parse("10.96.0.0/16").value(),
                                 .node = facts,
                                 .clock = clock,
                                 .logger = *logger_});
  if (!plane) throw std::runtime_error(plane.error().message());
  plane_ = std::move(*plane);
  informers_ = std::make_unique<client::InformerFactory>(
      as(kManager), [] { return 0.5; }, *logger_);
}

Cluster::~Cluster() {
  informers_->stop();
  executor.run();
  informers_.reset();
  transports_.clear();
  executor.run();
  plane_.reset();
}

client::Transport& Cluster::as(std::string_view user, std::vector<std::string> groups) {
  const std::string name(user.empty() ? "admin" : user);
  if (user.empty()) groups = {"system:masters"};
  auto& transport = transports_[name];
  if (!transport) {
    transport = std::make_unique<node::InProcessTransport>(
        plane_->handler(), executor, node::ClientUser{name, std::move(groups)});
  }
  return *transport;
}

client::Transport& Cluster::as_account(std::string_view account) {
  const node::ClientUser user = node::service_account(account);
  return as(user.name, user.groups);
}

bool Cluster::until(const std::function<bool()>& done, std::chrono::nanoseconds step) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  int idle = 0;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return done();
    if (executor.run() > 0) {
      idle = 0;
      continue;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    // What is on its way through the server takes a moment of real time.
    if (step.count() > 0 && ++idle % 25 == 0) executor.advance(step);
  }
  return true;
}

void Cluster::settle() {
  // Of one write: its answer, and letting go of what it held.
  constexpr std::size_t kOwnTasks = 2;
  // A write whose answer is here comes after the effects of all that were asked for before it.
  const client::ResourceClient leases(as(), {"coordination.k8s.io", "v1", "leases"}, "kube-system");
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (int quiet = 0; quiet < 2;) {
    bool answered = false;
    const json::object lease{{"apiVersion", "coordination.k8s.io/v1"},
                             {"kind", "Lease"},
                             {"metadata", {{"generateName", "settle-"}}}};
    auto operation = leases.create(lease, {}, [&](auto) { answered = true; });
    std::size_t tasks = 0;
    while (!answered && std::chrono::steady_clock::now() < end) {
      tasks += executor.run();
      if (!answered) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    tasks += executor.run();
    quiet = tasks <= kOwnTasks ? quiet + 1 : 0;
    if (!answered || std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "the API did not settle";
      return;
    }
  }
}

client::Resource Cluster::resource_of(std::string_view text) const {
  const std::size_t dot = text.find('.');
  const std::string plural(text.substr(0, dot));
  const std::string_view group = dot == text.npos ? std::string_view() : text.substr(dot + 1);
  for (const Version& each : kVersions) {
    if (each.group == group || (!group.empty() && each.group.starts_with(group)))
      return {std::string(each.group), std::string(each.version), plural};
  }
  throw std::runtime_error("no such group: " + std::string(text));
}

api::ObjectPtr Cluster::create(std::string_view text) {
  return create(parse(text));
}

namespace {

client::Resource resource_of_document(const json::object& document) {
  const std::string version(api::text_at(document, {"apiVersion"}));
  const std::size_t slash = version.find('/');
  const bool core = slash == std::string::npos;
  return {core ? std::string() : version.substr(0, slash),
          core ? version : version.substr(slash + 1), plural_of(api::text_at(document, {"kind"}))};
}

std::string namespace_of_document(const json::object& document, std::string_view plural) {
  if (is_cluster_wide(plural)) return {};
  const std::string_view name = api::text_at(document, {"metadata", "namespace"});
  return name.empty() ? "default" : std::string(name);
}

}  // namespace

api::ObjectPtr Cluster::create(const json::object& document) {
  const client::Resource resource = resource_of_document(document);
  const client::ResourceClient client(as(), resource,
                                      namespace_of_document(document, resource.plural));
  std::optional<client::ApiResult<api::ObjectPtr>> result;
  auto operation = client.create(document, {}, [&](auto answer) { result = std::move(answer); });
  EXPECT_TRUE(until([&] { return result.has_value(); }));
  if (!result) return nullptr;
  if (!*result) {
    ADD_FAILURE() << "create " << resource.plural << ": " << result->error().message;
    return nullptr;
  }
  return **result;
}

client::ApiError Cluster::refusal(const json::object& document) {
  const client::Resource resource = resource_of_document(document);
  const client::ResourceClient client(as(), resource,
                                      namespace_of_document(document, resource.plural));
  std::optional<client::ApiResult<api::ObjectPtr>> result;
  auto operation = client.create(document, {}, [&](auto answer) { result = std::move(answer); });
  EXPECT_TRUE(until([&] { return result.has_value(); }));
  if (!result || *result) {
    ADD_FAILURE() << "create " << resource.plural << " was not refused";
    return {};
  }
  return result->error();
}

api::ObjectPtr Cluster::get(std::string_view resource, std::string_view name,
                            std::string_view namespace_name) {
  const client::Resource which = resource_of(resource);
  const client::ResourceClient client(
      as(), which, is_cluster_wide(which.plural) ? std::string() : std::string(namespace_name));
  std::optional<client::ApiResult<api::ObjectPtr>> result;
  auto operation = client.get(name, [&](auto answer) { result = std::move(answer); });
  EXPECT_TRUE(until([&] { return result.has_value(); }));
  if (!result || !*result) {
    if (result && !result->error().is_not_found())
      ADD_FAILURE() << "get " << resource << " " << name << ": " << result->error().message;
    return nullptr;
  }
  return **result;
}

std::vector<api::ObjectPtr> Cluster::list(std::string_view resource,
                                          std::string_view namespace_name,
                                          std::string_view label_selector) {
  const client::Resource which = resource_of(resource);
  const client::ResourceClient client(
      as(), which, is_cluster_wide(which.plural) ? std::string() : std::string(namespace_name));
  std::optional<client::ApiResult<std::shared_ptr<const client::ObjectList>>> result;
  auto operation = client.list({.label_selector = std::string(label_selector)},
                               [&](auto answer) { result = std::move(answer); });
  EXPECT_TRUE(until([&] { return result.has_value(); }));
  if (!result || !*result) {
    ADD_FAILURE() << "list " << resource << ": " << (result ? result->error().message : "");
    return {};
  }
  return (**result)->items;
}

api::ObjectPtr Cluster::patch(std::string_view resource, std::string_view name,
                              std::string_view merge, std::string_view namespace_name,
                              std::string_view subresource) {
  const client::Resource which = resource_of(resource);
  const client::ResourceClient client(
      as(), which, is_cluster_wide(which.plural) ? std::string() : std::string(namespace_name));
  std::optional<client::ApiResult<api::ObjectPtr>> result;
  auto operation = client.patch(name, client::PatchType::kMerge, parse(merge),
                                {.subresource = std::string(subresource)},
                                [&](auto answer) { result = std::move(answer); });
  EXPECT_TRUE(until([&] { return result.has_value(); }));
  if (!result || !*result) {
    ADD_FAILURE() << "patch " << resource << " " << name << ": "
                  << (result ? result->error().message : "");
    return nullptr;
  }
  return **result;
}

void Cluster::remove(std::string_view resource, std::string_view name,
                     std::string_view namespace_name, const client::DeleteOptions& options) {
  const client::Resource which = resource_of(resource);
  const client::ResourceClient client(
      as(), which, is_cluster_wide(which.plural) ? std::string() : std::string(namespace_name));
  std::optional<client::ApiResult<void>> result;
  auto operation = client.remove(name, options, [&](auto answer) { result = std::move(answer); });
  EXPECT_TRUE(until([&] { return result.has_value(); }));
  if (!result || !*result)
    ADD_FAILURE() << "delete " << resource << " " << name << ": "
                  << (result ? result->error().message : "");
}

void Cluster::run_pod(std::string_view name, bool ready, std::string_view namespace_name) {
  const api::ObjectPtr pod = get("pods", name, namespace_name);
  if (!pod) return;
  if (api::text_at(pod->document(), {"spec", "nodeName"}).empty()) {
    const json::object binding{
        {"apiVersion", "v1"},
        {"kind", "Binding"},
        {"metadata", {{"name", api::key(name)}, {"namespace", api::key(namespace_name)}}},
        {"target", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", "node"}}}};
    std::optional<client::ApiResult<api::ObjectPtr>> bound;
    const client::ResourceClient pods(as(), {"", "v1", "pods"}, std::string(namespace_name));
    auto operation = pods.create(
        binding, {.subresource = "binding"}, [&](auto answer) { bound = std::move(answer); }, name);
    EXPECT_TRUE(until([&] { return bound.has_value(); }));
  }
  const WallTime now = clock.wall();
  json::array statuses;
  if (const auto* containers = api::array_at(pod->document(), {"spec", "containers"})) {
    for (const json::value& each : *containers) {
      statuses.push_back(json::object{{"name", api::key(api::text_at(each.get_object(), {"name"}))},
                                      {"ready", ready},
                                      {"started", true},
                                      {"restartCount", 0},
                                      {"image", "test"},
                                      {"imageID", "test"},
                                      {"state", {{"running", {{"startedAt", rfc3339(now)}}}}}});
    }
  }
  const json::object status{
      {"status",
       {{"phase", "Running"},
        {"podIP", "10.244.0.2"},
        {"podIPs", {{{"ip", "10.244.0.2"}}}},
        {"startTime", rfc3339(now)},
        {"conditions",
         {condition("PodScheduled", true, now), condition("Initialized", true, now),
          condition("ContainersReady", ready, now), condition("Ready", ready, now)}},
        {"containerStatuses", std::move(statuses)}}}};
  patch("pods", name, api::to_text(status), namespace_name, "status");
}

void Cluster::end_pod(std::string_view name, int exit_code, std::string_view namespace_name) {
  const api::ObjectPtr pod = get("pods", name, namespace_name);
  if (!pod) return;
  const WallTime now = clock.wall();
  json::array statuses;
  if (const auto* containers = api::array_at(pod->document(), {"spec", "containers"})) {
    for (const json::value& each : *containers) {
      statuses.push_back(json::object{{"name", api::key(api::text_at(each.get_object(), {"name"}))},
                                      {"ready", false},
                                      {"restartCount", 0},
                                      {"image", "test"},
                                      {"imageID", "test"},
                                      {"state",
                                       {{"terminated",
                                         {{"exitCode", exit_code},
                                          {"reason", exit_code == 0 ? "Completed" : "Error"},
                                          {"finishedAt", rfc3339(now)}}}}}});
    }
  }
  const json::object status{
      {"status",
       {{"phase", exit_code == 0 ? "Succeeded" : "Failed"},
        {"conditions", {condition("ContainersReady", false, now), condition("Ready", false, now)}},
        {"containerStatuses", std::move(statuses)}}}};
  patch("pods", name, api::to_text(status), namespace_name, "status");
}

void Cluster::finish_deletions(std::string_view namespace_name) {
  for (const api::ObjectPtr& pod : list("pods", namespace_name)) {
    if (!pod->deleting()) continue;
    client::DeleteOptions now;
    now.grace_seconds = 0;
    now.uid = std::string(pod->uid());
    remove("pods", pod->name(), namespace_name, now);
  }
}

}  // namespace cove::test
