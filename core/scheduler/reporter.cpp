#include "core/scheduler/reporter.h"

#include <fmt/format.h>

#include "core/api/readers.h"

namespace cove::scheduler {
namespace {

constexpr std::string_view kManager = "kube-scheduler";
constexpr std::string_view kScheduler = "default-scheduler";

json::object condition(const PodInfo& pod, std::string_view type, std::string_view status,
                       std::string_view reason, std::string_view message, WallTime now) {
  const json::object* const before = api::condition_of(pod.object->document(), type);
  const bool same_status = before != nullptr && api::text_at(*before, {"status"}) == status;
  const std::string_view since =
      same_status ? api::text_at(*before, {"lastTransitionTime"}) : std::string_view();
  json::object result{{"type", api::key(type)},
                      {"status", api::key(status)},
                      {"reason", api::key(reason)},
                      {"message", api::key(message)},
                      {"lastProbeTime", nullptr},
                      {"lastTransitionTime", since.empty() ? rfc3339(now) : std::string(since)}};
  if (const std::int64_t generation = pod.object->generation(); generation > 0)
    result["observedGeneration"] = generation;
  return result;
}

bool says(const PodInfo& pod, std::string_view type, std::string_view status,
          std::string_view reason, std::string_view message) {
  const json::object* const has = api::condition_of(pod.object->document(), type);
  return has != nullptr && api::text_at(*has, {"status"}) == status &&
         api::text_at(*has, {"reason"}) == reason && api::text_at(*has, {"message"}) == message;
}

}  // namespace

Reporter::Reporter(client::Transport& transport, const Clock& clock, const client::Random& random,
                   Logger& logger)
    : transport_(transport),
      clock_(clock),
      logger_(logger),
      events_(std::make_shared<client::EventRecorder>(
          transport, clock, random, logger,
          client::EventSource{.component = std::string(kScheduler)})) {}

client::ResourceClient Reporter::pods(const PodInfo& pod) const {
  return {transport_, {"", "v1", "pods"}, pod.namespace_name};
}

void Reporter::patch_status(const PodInfo& pod, json::object status,
                            std::function<void(bool)> done) const {
  const json::object patch{{"metadata", {{"uid", pod.uid}}}, {"status", std::move(status)}};
  pods(pod)
      .patch(pod.name, client::PatchType::kStrategicMerge, patch,
             {.field_manager = std::string(kManager), .subresource = "status"},
             [&logger = logger_, key = pod.key,
              done = std::move(done)](const client::ApiResult<api::ObjectPtr>& answer) {
               if (!answer && !answer.error().is_not_found() && !answer.error().is_conflict())
                 logger.warn("cannot write a pod's status",
                             {{"pod", key}, {"cause", answer.error().message}});
               if (done) done(answer.has_value());
             })
      .release();
}

void Reporter::scheduled(const PodInfo& pod, const std::string& node) {
  events_->event(*pod.object, "Normal", "Scheduled",
                 fmt::format("Successfully assigned {} to {}", pod.key, node));
}

void Reporter::failed(const PodInfo& pod, std::string_view reason, const std::string& message,
                      const std::optional<std::string>& nominated) {
  events_->event(*pod.object, "Warning", "FailedScheduling", message);
  const bool moves = nominated && *nominated != pod.nominated_node;
  if (!moves && says(pod, "PodScheduled", "False", reason, message)) return;
  json::object status{{"conditions", json::array{condition(pod, "PodScheduled", "False", reason,
                                                           message, clock_.wall())}}};
  if (moves)
    status["nominatedNodeName"] =
        nominated->empty() ? json::value(nullptr) : json::value(api::key(*nominated));
  patch_status(pod, std::move(status), nullptr);
}

void Reporter::clear_nomination(const PodInfo& pod) {
  patch_status(pod, {{"nominatedNodeName", nullptr}}, nullptr);
}

void Reporter::preempt(const PodPtr& victim, const PodInfo& by, const std::string& node,
                       std::function<void()> done) {
  if (victim->deleting) return done();
  const std::string message =
      fmt::format("{}: preempting to accommodate a higher priority pod", by.scheduler);
  json::object status{
      {"conditions", json::array{condition(*victim, "DisruptionTarget", "True",
                                           "PreemptionByScheduler", message, clock_.wall())}}};
  const auto remove = [client = pods(*victim), victim, node, by_uid = by.uid, events = events_,
                       &logger = logger_, done](bool marked) {
    // Gone, or another one of that name.
    if (!marked) return done();
    client
        .remove(victim->name, {.uid = victim->uid},
                [victim, node, by_uid, events, &logger, done](const client::ApiResult<void>& gone) {
                  if (gone) {
                    events->event(*victim->object, "Normal", "Preempted",
                                  fmt::format("Preempted by pod {} on node {}", by_uid, node));
                  } else if (!gone.error().is_not_found()) {
                    logger.warn("cannot preempt a pod",
                                {{"pod", victim->key}, {"cause", gone.error().message}});
                  }
                  done();
                })
        .release();
  };
  patch_status(*victim, std::move(status), remove);
}

}  // namespace cove::scheduler
