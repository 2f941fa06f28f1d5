#include "core/server/agent_pages.h"

#include "core/api/document.h"
#include "core/api/each.h"
#include "core/base/strings.h"
#include "core/server/refusal.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

namespace json = boost::json;

bool runs_on(const api::Object& pod, std::string_view node) {
  return api::text_at(pod.document(), {"spec", "nodeName"}) == node;
}

// What the runtime has of a pod: its name, and the containers that run; nothing when none does.
json::object running_part(const api::Object& pod) {
  json::array containers;
  for (const char* const list :
       {"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"}) {
    api::each_object(pod.document(), {"status", list}, [&](const json::object& status) {
      if (api::object_at(status, {"state", "running"}) == nullptr) return;
      containers.push_back(json::object{{"name", api::key(api::text_at(status, {"name"}))},
                                        {"image", api::key(api::text_at(status, {"image"}))},
                                        {"resources", json::object()}});
    });
  }
  if (containers.empty()) return {};
  return {{"metadata", json::object{{"name", api::key(pod.name())},
                                    {"namespace", api::key(pod.namespace_name())},
                                    {"uid", api::key(pod.uid())},
                                    {"creationTimestamp", nullptr}}},
          {"spec", json::object{{"containers", std::move(containers)}}},
          {"status", json::object()}};
}

void serve_pods(const CallPtr& call, const AgentPages& pages, bool running) {
  if (!pages.state.object("", "nodes", "", call->info.name))
    return respond(call, refuse::not_found(*call->kind, call->info.name));
  json::array items;
  for (const api::ObjectPtr& pod : pages.state.objects("", "pods", "")) {
    if (!runs_on(*pod, call->info.name)) continue;
    json::object shown = running ? running_part(*pod) : pod->document();
    if (!shown.empty()) items.emplace_back(std::move(shown));
  }
  call->respond(json_answer(json::object{{"kind", "PodList"},
                                         {"apiVersion", "v1"},
                                         {"metadata", json::object()},
                                         {"items", std::move(items)}}));
}

// The kubelet has names of its own for the streams of a command.
std::string stream_name(const std::string& name) {
  if (name == "input") return "stdin";
  if (name == "output") return "stdout";
  return name == "error" ? "stderr" : name;
}

// The same request at the pod, as `subresource` of it; `path`: the namespace, the pod, perhaps its
// uid, and the container where there is one.
void serve_stream(const CallPtr& call, const AgentPages& pages, std::string_view subresource,
                  std::vector<std::string> path) {
  const bool has_container = subresource != "portforward";
  const std::size_t least = has_container ? 3 : 2;
  const api::ObjectPtr pod =
      path.size() >= least ? pages.state.object("", "pods", path[0], path[1]) : nullptr;
  const bool has_uid = path.size() == least + 1;
  if (!pod || !runs_on(*pod, call->info.name) || path.size() > least + 1 ||
      (has_uid && path[2] != pod->uid()))
    return call->respond(text_answer(404, "404 page not found\n"));
  const auto request = std::make_shared<Request>(*call->request);
  for (auto& [name, value] : request->query) name = stream_name(name);
  if (has_container) request->query.emplace_back("container", path.back());
  const auto there = std::make_shared<Call>(*call);
  there->request = request;
  there->info.namespace_name = path[0];
  there->info.resource = "pods";
  there->info.name = path[1];
  there->info.subresource = subresource;
  there->kind = there->stored = call->registry->resource("", "v1", "pods");
  pages.streams.serve(there);
}

}  // namespace

void serve_agent_page(const CallPtr& call, const AgentPages& pages) {
  std::vector<std::string> path = split(call->info.subresource, '/');  // "proxy" first
  const std::string page = path.size() > 1 ? path[1] : "";
  if (path.size() == 2 && (page == "pods" || page == "runningpods"))
    return serve_pods(call, pages, page == "runningpods");
  if (page == "logs") {
    const std::size_t rest = std::string_view("proxy/logs/").size();
    return pages.streams.serve_node_log(call, call->info.subresource.size() < rest
                                                  ? std::string()
                                                  : call->info.subresource.substr(rest));
  }
  for (const auto& [name, subresource] : {std::pair{"containerLogs", "log"},
                                          {"exec", "exec"},
                                          {"attach", "attach"},
                                          {"portForward", "portforward"}}) {
    if (page != name) continue;
    path.erase(path.begin(), path.begin() + 2);
    return serve_stream(call, pages, subresource, std::move(path));
  }
  pages.metrics.serve_node(call);
}

}  // namespace cove::server
