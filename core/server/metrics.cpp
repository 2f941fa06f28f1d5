#include "core/server/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "core/api/time.h"
#include "core/server/listing.h"
#include "core/server/metrics_pages.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

json::object amounts(const Usage& usage) {
  return {{"cpu", fmt::format("{}n", usage.cpu_nanocores)},
          {"memory", fmt::format("{}Ki", usage.memory_bytes / 1024)}};
}

json::object document_of(const api::Kind& kind, const UsageReport& report,
                         const api::Object& subject) {
  json::object metadata{{"name", report.name}};
  if (kind.namespaced) metadata["namespace"] = report.namespace_name;
  metadata["creationTimestamp"] = rfc3339(report.at);
  if (const auto* labels = api::object_at(subject.document(), {"metadata", "labels"}))
    metadata["labels"] = *labels;
  // Whole milliseconds read better than what a clock gives.
  const auto window = std::chrono::round<std::chrono::milliseconds>(report.window);
  json::object document{{"kind", kind.gvk.kind},
                        {"apiVersion", kind.gvk.api_version()},
                        {"metadata", std::move(metadata)},
                        {"timestamp", rfc3339(report.at)},
                        {"window", api::format_duration(window)}};
  if (!kind.namespaced) {
    document["usage"] = amounts(report.usage);
    return document;
  }
  json::array containers;
  for (const ContainerUsage& each : report.containers)
    containers.push_back(json::object{{"name", each.container}, {"usage", amounts(each.usage)}});
  document["containers"] = std::move(containers);
  return document;
}

json::object cpu_of(const Usage& usage, const std::string& time) {
  return {{"time", time},
          {"usageNanoCores", usage.cpu_nanocores},
          {"usageCoreNanoSeconds", usage.cpu_total_ns}};
}

json::object memory_of(const Usage& usage, const std::string& time) {
  return {{"time", time}, {"workingSetBytes", usage.memory_bytes}};
}

json::object disk_of(const DiskUsage& disk, const std::string& time) {
  return {{"time", time},
          {"availableBytes", disk.available_bytes},
          {"capacityBytes", disk.capacity_bytes},
          {"usedBytes", disk.capacity_bytes - disk.available_bytes}};
}

json::object pod_summary(const UsageReport& report, std::string_view uid) {
  const std::string time = rfc3339(report.at);
  Usage all;
  json::array containers;
  for (const ContainerUsage& each : report.containers) {
    all.cpu_nanocores += each.usage.cpu_nanocores;
    all.memory_bytes += each.usage.memory_bytes;
    all.cpu_total_ns += each.usage.cpu_total_ns;
    containers.push_back(json::object{{"name", each.container},
                                      {"cpu", cpu_of(each.usage, time)},
                                      {"memory", memory_of(each.usage, time)}});
  }
  return {{"podRef", json::object{{"name", report.name},
                                  {"namespace", report.namespace_name},
                                  {"uid", api::key(uid)}}},
          {"containers", std::move(containers)},
          {"cpu", cpu_of(all, time)},
          {"memory", memory_of(all, time)}};
}

// The agent's health, and each part that the kubelet looks at.
bool is_health(std::string_view path) {
  return path == "proxy/healthz" || path == "proxy/healthz/ping" || path == "proxy/healthz/log" ||
         path == "proxy/healthz/syncloop";
}

using Page = std::string (*)(const NodeReports& reports);
Page metrics_page(std::string_view path) {
  if (path == "proxy/metrics") return agent_metrics;
  if (path == "proxy/metrics/resource") return resource_metrics;
  return path == "proxy/metrics/cadvisor" ? cadvisor_metrics : nullptr;
}

}  // namespace

class MetricsServer::Implementation {
 public:
  explicit Implementation(const ClusterState& state) : state_(state) {}

  void set_source(std::shared_ptr<const UsageSource> source) {
    const std::lock_guard lock(mutex_);
    source_.swap(source);
  }

  // Of what the agent of a node answers, what it says of itself; other pages there are none.
  void serve_node(const CallPtr& call) const {
    if (!state_.object("", "nodes", "", call->info.name))
      return respond(call, refuse::not_found(*call->kind, call->info.name));
    const auto source = this->source();
    const auto nodes = source ? source->nodes() : std::vector<UsageReport>();
    const auto node = std::ranges::find(nodes, call->info.name, &UsageReport::name);
    const std::string& path = call->info.subresource;
    if (is_health(path) && source) return call->respond(text_answer(200, "ok"));
    if (path == "proxy/configz" && source) {
      return call->respond(json_answer(json::object{{"kubeletconfig", source->configuration()}}));
    }
    if (const auto page = metrics_page(path); page && source) {
      NodeReports reports{.node_name = call->info.name, .state = state_, .pods = source->pods()};
      if (node != nodes.end()) reports.node = *node;
      Answer answer = text_answer(200, page(reports));
      answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
      answer.compressible = true;
      return call->respond(std::move(answer));
    }
    if (path != "proxy/stats/summary")
      return call->respond(text_answer(404, "404 page not found\n"));
    if (node == nodes.end())
      return respond(call, Refusal{503, "ServiceUnavailable", "the node has no statistics yet"});
    const std::string time = rfc3339(node->at);
    json::array pods;
    for (const UsageReport& pod : source->pods()) {
      if (const auto object = state_.object("", "pods", pod.namespace_name, pod.name))
        pods.push_back(pod_summary(pod, object->uid()));
    }
    json::object whole{{"nodeName", node->name},
                       {"cpu", cpu_of(node->usage, time)},
                       {"memory", memory_of(node->usage, time)}};
    if (node->disk) whole["fs"] = disk_of(*node->disk, time);
    call->respond(json_answer(json::object{{"node", std::move(whole)}, {"pods", std::move(pods)}}));
  }

  void serve(const CallPtr& call) {
    if (call->info.verb == "get") return get(call);
    const auto options = read_list_options(*call, std::numeric_limits<store::Revision>::max());
    if (!options) return respond(call, options.error());
    std::vector<api::ObjectPtr> objects = all(*call);
    std::erase_if(objects, [&](const auto& each) { return !options->matches(each->document()); });
    Answer answer;
    answer.content_type = call->media.to_string();
    answer.body =
        std::make_shared<const std::string>(encode_objects(*call, json::object(), objects));
    answer.compressible = true;
    call->respond(std::move(answer));
  }

 private:
  void get(const CallPtr& call) {
    for (const api::ObjectPtr& each : all(*call)) {
      if (each->name() == call->info.name) return respond(call, 200, each);
    }
    // As upstream's server of metrics names what is missing.
    const bool pod = call->kind->namespaced;
    const std::string name =
        pod ? call->info.namespace_name + "/" + call->info.name : call->info.name;
    const api::Kind kind{
        .gvk = call->kind->gvk, .plural = pod ? "podmetrics" : "nodemetrics", .singular = ""};
    respond(call, refuse::not_found(kind, name));
  }

  std::shared_ptr<const UsageSource> source() const {
    const std::lock_guard lock(mutex_);
    return source_;
  }

  // Of the call's namespace, in the order of their names; of what the API knows alone.
  std::vector<api::ObjectPtr> all(const Call& call) const {
    const auto source = this->source();
    std::vector<api::ObjectPtr> objects;
    if (!source) return objects;
    const api::Kind& kind = *call.kind;
    auto reports = kind.namespaced ? source->pods() : source->nodes();
    std::ranges::sort(reports, {}, [](const UsageReport& each) {
      return std::pair<std::string_view, std::string_view>(each.namespace_name, each.name);
    });
    for (const UsageReport& report : reports) {
      if (!call.info.namespace_name.empty() && report.namespace_name != call.info.namespace_name)
        continue;
      const api::ObjectPtr subject =
          state_.object("", kind.plural, report.namespace_name, report.name);
      if (subject) objects.push_back(api::Object::make(document_of(kind, report, *subject)));
    }
    return objects;
  }

  const ClusterState& state_;
  mutable std::mutex mutex_;
  std::shared_ptr<const UsageSource> source_;
};

MetricsServer::MetricsServer(ApiServer& server, const ClusterState& state)
    : implementation_(std::make_shared<Implementation>(state)) {
  for (const std::string_view plural : {"nodes", "pods"}) {
    server.add_source("metrics.k8s.io", plural,
                      [shared = implementation_](const CallPtr& call) { shared->serve(call); });
  }
}

MetricsServer::~MetricsServer() = default;

void MetricsServer::serve_node(const CallPtr& call) const {
  implementation_->serve_node(call);
}

void MetricsServer::set_source(std::shared_ptr<const UsageSource> source) {
  implementation_->set_source(std::move(source));
}

}  // namespace cove::server
