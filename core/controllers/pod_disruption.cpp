#include "core/controllers/pod_disruption.h"

#include "core/api/document.h"
#include "core/api/pods.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

const client::Resource kPods{"", "v1", "pods"};

void remove_pod(client::Transport& transport, const api::ObjectPtr& pod,
                const Disruption& disruption, std::function<void(client::ApiResult<void>)> done) {
  client::DeleteOptions options;
  options.grace_seconds = disruption.grace_seconds;
  options.uid = pod->uid();
  client::ResourceClient(transport, kPods, std::string(pod->namespace_name()))
      .remove(pod->name(), options,
              [done = std::move(done)](client::ApiResult<void> removed) {
                const bool elsewhere =
                    !removed && (removed.error().is_not_found() || removed.error().is_conflict());
                done(elsewhere ? client::ApiResult<void>() : removed);
              })
      .release();
}

}  // namespace

bool set_pod_condition(json::object& pod, std::string_view type, std::string_view status,
                       std::string_view reason, std::string_view message, WallTime now) {
  json::array& conditions = api::make_array_at(pod, {"status", "conditions"});
  json::object next{
      {"type", api::key(type)}, {"status", api::key(status)}, {"lastTransitionTime", rfc3339(now)}};
  if (!reason.empty()) next["reason"] = api::key(reason);
  if (!message.empty()) next["message"] = api::key(message);
  for (json::value& each : conditions) {
    if (!each.is_object() || api::text_at(each.get_object(), {"type"}) != type) continue;
    json::object& old = each.get_object();
    if (api::text_at(old, {"status"}) == status) {
      if (api::text_at(old, {"reason"}) == reason && api::text_at(old, {"message"}) == message)
        return false;
      if (const json::value* const since = api::value_at(old, {"lastTransitionTime"}))
        next["lastTransitionTime"] = *since;
    }
    for (const char* const kept : {"lastProbeTime", "observedGeneration"}) {
      if (const json::value* const value = api::value_at(old, {kept})) next[kept] = *value;
    }
    old = std::move(next);
    return true;
  }
  conditions.push_back(std::move(next));
  return true;
}

void disrupt_pod(client::Transport& pods, const api::ObjectPtr& pod, const Disruption& disruption,
                 WallTime now, std::function<void(client::ApiResult<void>)> done) {
  json::object next = pod->document();
  const bool ended = api::has_ended(next);
  bool changed = false;
  if (!ended && disruption.fail) {
    api::set_at(next, {"status", "phase"}, "Failed");
    changed = true;
  }
  if (!ended && !disruption.reason.empty()) {
    changed = set_pod_condition(next, "DisruptionTarget", "True", disruption.reason,
                                disruption.message, now) ||
              changed;
  }
  if (!changed) return remove_pod(pods, pod, disruption, std::move(done));
  json::object status;
  if (disruption.fail) status["phase"] = "Failed";
  status["conditions"] = api::make_array_at(next, {"status", "conditions"});
  const json::object patch{
      {"metadata",
       {{"uid", api::key(pod->uid())}, {"resourceVersion", api::key(pod->resource_version())}}},
      {"status", std::move(status)}};
  client::ResourceClient(pods, kPods, std::string(pod->namespace_name()))
      .patch(pod->name(), client::PatchType::kMerge, patch, {.subresource = "status"},
             [&pods, pod, disruption,
              done = std::move(done)](client::ApiResult<api::ObjectPtr> patched) {
               if (!patched && patched.error().is_not_found()) return done({});
               if (!patched) return done(patched.error());
               remove_pod(pods, pod, disruption, done);
             })
      .release();
}

}  // namespace cove::controllers
