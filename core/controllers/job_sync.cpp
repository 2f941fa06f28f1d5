#include "core/controllers/job_sync.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/time.h"
#include "core/controllers/pod_control.h"
#include "core/controllers/replicaset_ranking.h"

namespace cove::controllers {
namespace {

constexpr std::chrono::seconds kFirstBackoff{10};
constexpr std::chrono::minutes kLongestBackoff{6};
constexpr std::size_t kMostUncounted = 500;
constexpr std::int64_t kMostAtOnce = 500;
constexpr std::size_t kMaxPrefix = 58;
constexpr std::string_view kFailureTarget = "FailureTarget";
constexpr std::string_view kSuccessCriteriaMet = "SuccessCriteriaMet";

JobSync::Uids uids_at(const json::object& job, std::string_view list) {
  JobSync::Uids uids;
  const json::array* const all = api::array_at(job, {"status", "uncountedTerminatedPods", list});
  if (all == nullptr) return uids;
  for (const json::value& each : *all) {
    if (each.is_string()) uids.emplace(api::view(each.get_string()));
  }
  return uids;
}

std::chrono::nanoseconds backoff_of(std::int64_t failures, WallTime last, WallTime now) {
  if (failures <= 0) return {};
  std::chrono::nanoseconds wait = kFirstBackoff;
  for (std::int64_t i = 1; i < failures && wait < kLongestBackoff; ++i) wait *= 2;
  wait = std::min<std::chrono::nanoseconds>(wait, kLongestBackoff);
  return std::max<std::chrono::nanoseconds>(wait - (now - last), std::chrono::nanoseconds(0));
}

void add_index_variable(json::object& pod, std::string_view list) {
  json::value* const containers = pod["spec"].get_object().if_contains(list);
  if (containers == nullptr || !containers->is_array()) return;
  constexpr std::string_view kName = "JOB_COMPLETION_INDEX";
  for (json::value& each : containers->get_array()) {
    json::array& variables = api::make_array_at(each.get_object(), {"env"});
    const bool there = std::ranges::any_of(variables, [&](const json::value& variable) {
      return api::text_at(variable.get_object(), {"name"}) == kName;
    });
    if (there) continue;
    variables.push_back(json::object{
        {"name", kName},
        {"valueFrom",
         {{"fieldRef", {{"fieldPath", fmt::format("metadata.labels['{}']", kCompletionIndex)}}}}}});
  }
}

std::string indexed_prefix(std::string_view job, std::int64_t index) {
  const std::string tail = fmt::format("-{}-", index);
  return std::string(job.substr(0, kMaxPrefix - tail.size())) + tail;
}

}  // namespace

std::chrono::nanoseconds JobBackoff::remaining(WallTime now) const {
  return backoff_of(failures, last, now);
}

JobSync::JobSync(api::ObjectPtr job, std::vector<api::ObjectPtr> pods, Uids released,
                 JobBackoff backoff, WallTime now)
    : job_(std::move(job)),
      pods_(std::move(pods)),
      released_(std::move(released)),
      backoff_(backoff),
      now_(now),
      indexed_(is_indexed_job(*job_)),
      next_(job_->document()) {
  look_at_pods();
  if (!api::value_at(next_, {"status", "startTime"}) && !is_suspended_job(*job_))
    status()["startTime"] = rfc3339(now_);
  if (indexed_) look_at_indexes();
  look_for_end();
}

json::object& JobSync::status() {
  return api::make_object_at(next_, {"status"});
}

std::int64_t JobSync::spec_number(std::string_view field, std::int64_t otherwise) const {
  return api::integer_at(job_->document(), {"spec", field}).value_or(otherwise);
}

bool JobSync::has_finalizer(const api::Object& pod) const {
  return is_tracked(pod) && !released_.contains(pod.uid());
}

std::optional<std::int64_t> JobSync::index_of(const api::Object& pod) const {
  return completion_index(pod, *job_);
}

const json::object* JobSync::condition(std::string_view type) const {
  const json::array* const all = api::array_at(next_, {"status", "conditions"});
  if (all == nullptr) return nullptr;
  for (const json::value& each : *all) {
    if (each.is_object() && api::text_at(each.get_object(), {"type"}) == type)
      return &each.get_object();
  }
  return nullptr;
}

bool JobSync::set_condition(const JobCondition& condition, bool value) {
  const char* const text = value ? "True" : "False";
  json::object made{{"type", condition.type},         {"status", text},
                    {"lastProbeTime", rfc3339(now_)}, {"lastTransitionTime", rfc3339(now_)},
                    {"reason", condition.reason},     {"message", condition.message}};
  json::array& all = api::make_array_at(next_, {"status", "conditions"});
  for (json::value& each : all) {
    if (api::text_at(each.get_object(), {"type"}) != condition.type) continue;
    if (api::text_at(each.get_object(), {"status"}) == text) return false;
    each = std::move(made);
    return true;
  }
  if (!value) {
    if (all.empty()) api::erase_at(next_, {"status", "conditions"});
    return false;
  }
  all.push_back(std::move(made));
  return true;
}

void JobSync::look_at_pods() {
  if (indexed_) {
    std::ranges::stable_sort(
        pods_, {}, [&](const api::ObjectPtr& pod) { return index_of(*pod).value_or(-1); });
  }
  uncounted_succeeded_ = uids_at(next_, "succeeded");
  uncounted_failed_ = uids_at(next_, "failed");
  std::vector<api::ObjectPtr> new_succeeded, new_failed;
  std::int64_t ignored = 0;
  for (const api::ObjectPtr& pod : pods_) {
    if (is_pod_active(*pod)) {
      active_pods_.push_back(pod);
      if (is_pod_ready(*pod)) ++ready_;
    }
    if (is_terminating_pod(*pod)) ++terminating_;
    if (!has_finalizer(*pod) || (indexed_ && !index_of(*pod))) continue;
    const bool succeeded = pod_phase(*pod) == "Succeeded";
    if (succeeded && !uncounted_succeeded_.contains(pod->uid())) new_succeeded.push_back(pod);
    if (!succeeded && counts_as_failed(*pod, *job_) && !uncounted_failed_.contains(pod->uid())) {
      new_failed.push_back(pod);
      if (!judge_failure(*job_, *pod).counted) ++ignored;
    }
  }
  active_ = std::ssize(active_pods_);
  succeeded_ = api::integer_at(next_, {"status", "succeeded"}).value_or(0) +
               std::ssize(new_succeeded) + std::ssize(uncounted_succeeded_);
  failed_ = api::integer_at(next_, {"status", "failed"}).value_or(0) + std::ssize(new_failed) -
            ignored + std::ssize(uncounted_failed_);
  look_at_backoff(new_succeeded, new_failed);
}

void JobSync::look_at_backoff(const std::vector<api::ObjectPtr>& succeeded,
                              const std::vector<api::ObjectPtr>& failed) {
  WallTime last_success{};
  for (const api::ObjectPtr& pod : succeeded)
    last_success = std::max(last_success, finish_time(*pod));
  if (!succeeded.empty()) backoff_ = {};
  for (const api::ObjectPtr& pod : failed) {
    const WallTime ended = finish_time(*pod);
    if (!succeeded.empty() && ended <= last_success) continue;
    ++backoff_.failures;
    backoff_.last = std::max(backoff_.last, ended);
  }
}

void JobSync::look_at_indexes() {
  const std::int64_t completions = job_completions(*job_);
  succeeded_before_ =
      JobIndexes::parse(api::text_at(next_, {"status", "completedIndexes"}), completions);
  succeeded_indexes_ = succeeded_before_;
  std::set<std::int64_t> active;
  for (const api::ObjectPtr& pod : pods_) {
    const auto index = index_of(*pod);
    if (!index) continue;
    if (pod_phase(*pod) == "Succeeded") succeeded_indexes_.add(*index);
    if (is_pod_active(*pod)) active.insert(*index);
  }
  succeeded_ = succeeded_indexes_.total();
  if (!has_backoff_per_index(*job_)) return;
  failed_indexes_ =
      JobIndexes::parse(api::text_at(next_, {"status", "failedIndexes"}), completions);
  for (const api::ObjectPtr& pod : pods_) {
    const auto index = index_of(*pod);
    if (index && has_finalizer(*pod) && !succeeded_indexes_.has(*index) &&
        is_index_failed(*job_, *pod)) {
      failed_indexes_->add(*index);
    }
  }
  for (const api::ObjectPtr& pod : pods_) {
    const auto index = index_of(*pod);
    if (!index || !has_finalizer(*pod) || !counts_as_failed(*pod, *job_) ||
        active.contains(*index) || succeeded_indexes_.has(*index) || failed_indexes_->has(*index)) {
      continue;
    }
    api::ObjectPtr& last = held_back_[*index];
    const auto failures = [](const api::Object& of) {
      return annotated_count(of, kIndexFailures) + annotated_count(of, kIgnoredIndexFailures);
    };
    if (!last || (failures(*last) <= failures(*pod) && finish_time(*last) <= finish_time(*pod)))
      last = pod;
  }
}

bool JobSync::past_backoff_by_restarts() const {
  if (api::text_at(job_->document(), {"spec", "template", "spec", "restartPolicy"}) != "OnFailure")
    return false;
  std::int64_t restarts = 0;
  for (const api::ObjectPtr& pod : pods_) {
    const std::string_view phase = pod_phase(*pod);
    if (phase == "Running" || phase == "Pending") restarts += total_restarts(*pod);
  }
  const std::int64_t limit = spec_number("backoffLimit", 6);
  return limit == 0 ? restarts > 0 : restarts >= limit;
}

void JobSync::look_for_end() {
  const auto end = [&](std::string_view type, std::string_view reason, std::string_view message) {
    finished_ = JobCondition{std::string(type), std::string(reason), std::string(message)};
  };
  for (const std::string_view type : {kSuccessCriteriaMet, kFailureTarget}) {
    const json::object* const met = condition(type);
    if (met == nullptr || api::text_at(*met, {"status"}) != "True") continue;
    return end(type, api::text_at(*met, {"reason"}), api::text_at(*met, {"message"}));
  }
  for (const api::ObjectPtr& pod : pods_) {
    if (!counts_as_failed(*pod, *job_)) continue;
    const PodFailure failure = judge_failure(*job_, *pod);
    if (!failure.message.empty()) return end(kFailureTarget, "PodFailurePolicy", failure.message);
  }
  if (failed_ > spec_number("backoffLimit", 6) || past_backoff_by_restarts()) {
    return end(kFailureTarget, "BackoffLimitExceeded",
               "Job has reached the specified backoff limit");
  }
  const auto deadline = api::integer_at(job_->document(), {"spec", "activeDeadlineSeconds"});
  const auto start = api::parse_time(api::text_at(next_, {"status", "startTime"}));
  if (deadline && start && !is_suspended_job(*job_)) {
    const auto left = *start + std::chrono::seconds(*deadline) - now_;
    if (left.count() <= 0) {
      return end(kFailureTarget, "DeadlineExceeded",
                 "Job was active longer than specified deadline");
    }
    again_after_ = left;
  }
  if (!indexed_) return;
  if (failed_indexes_) {
    const std::int64_t failed = failed_indexes_->total();
    const auto most = api::integer_at(job_->document(), {"spec", "maxFailedIndexes"});
    if (most && failed > *most) {
      return end(kFailureTarget, "MaxFailedIndexesExceeded",
                 "Job has exceeded the specified maximal number of failed indexes");
    }
    if (failed > 0 && failed + succeeded_indexes_.total() >= job_completions(*job_))
      return end(kFailureTarget, "FailedIndexes", "Job has failed indexes");
  }
  if (const auto met = met_success_policy(*job_, succeeded_indexes_))
    end(kSuccessCriteriaMet, "SuccessPolicy", *met);
}

std::int64_t JobSync::wanted_at_once() const {
  const std::int64_t parallelism = spec_number("parallelism", 1);
  if (const auto completions = api::integer_at(job_->document(), {"spec", "completions"}))
    return std::clamp<std::int64_t>(*completions - succeeded_, 0, parallelism);
  return succeeded_ > 0 ? active_ : parallelism;
}

std::vector<api::ObjectPtr> JobSync::surplus() {
  std::int64_t too_many = active_;
  if (!is_suspended_job(*job_)) {
    too_many = std::max<std::int64_t>(active_ - wanted_at_once(), 0);
  }
  std::vector<api::ObjectPtr> remove, left;
  if (indexed_) {
    // A second pod of an index, and one of no index, is one too many in any case.
    std::set<std::int64_t> seen;
    for (const api::ObjectPtr& pod : active_pods_) {
      const auto index = index_of(*pod);
      (index && seen.insert(*index).second ? left : remove).push_back(pod);
    }
  } else {
    left = active_pods_;
  }
  if (std::ssize(remove) < too_many) {
    std::ranges::move(
        choose_deletions(left, {}, static_cast<std::size_t>(too_many) - remove.size(), now_),
        std::back_inserter(remove));
  }
  if (!is_suspended_job(*job_) && std::ssize(remove) > kMostAtOnce) remove.resize(kMostAtOnce);
  return remove;
}

std::vector<std::int64_t> JobSync::missing() {
  if (is_suspended_job(*job_)) return {};
  const std::int64_t wanted = wanted_at_once();
  const bool failed_only = only_failed_are_replaced(*job_);
  std::int64_t count = wanted - (failed_only ? terminating_ : 0) - active_;
  if (count <= 0) return {};
  const auto wait = [&](std::chrono::nanoseconds time) {
    again_after_ = again_after_ ? std::min(*again_after_, time) : time;
  };
  if (!has_backoff_per_index(*job_)) {
    if (const auto left = backoff_.remaining(now_); left.count() > 0) {
      wait(left);
      return {};
    }
  }
  count = std::min(count, kMostAtOnce);
  if (!indexed_) return std::vector<std::int64_t>(static_cast<std::size_t>(count), -1);
  JobIndexes taken = succeeded_indexes_;
  if (failed_indexes_) taken.add(*failed_indexes_);
  for (const api::ObjectPtr& pod : pods_) {
    const auto index = index_of(*pod);
    if (index && (is_pod_active(*pod) || (failed_only && is_terminating_pod(*pod))))
      taken.add(*index);
  }
  std::vector<std::int64_t> now;
  std::optional<std::chrono::nanoseconds> least;
  for (const std::int64_t index : taken.first_missing(count, job_completions(*job_))) {
    const auto held = held_back_.find(index);
    const auto left =
        held == held_back_.end()
            ? std::chrono::nanoseconds(0)
            : backoff_of(annotated_count(*held->second, kIndexFailures) +
                             annotated_count(*held->second, kIgnoredIndexFailures) + 1,
                         finish_time(*held->second), now_);
    if (left.count() <= 0) {
      now.push_back(index);
    } else {
      least = least ? std::min(*least, left) : left;
    }
  }
  if (least) wait(*least);
  return now;
}

void JobSync::add_index_failures(json::object& pod, std::int64_t index) const {
  std::int64_t failures = 0;
  std::int64_t ignored = 0;
  if (const auto held = held_back_.find(index); held != held_back_.end()) {
    failures = annotated_count(*held->second, kIndexFailures);
    ignored = annotated_count(*held->second, kIgnoredIndexFailures);
    ++(judge_failure(*job_, *held->second).counted ? failures : ignored);
  }
  api::set_at(pod, {"metadata", "annotations", kIndexFailures},
              json::string(fmt::format("{}", failures)));
  if (ignored > 0) {
    api::set_at(pod, {"metadata", "annotations", kIgnoredIndexFailures},
                json::string(fmt::format("{}", ignored)));
  }
}

json::object JobSync::make_pod(std::int64_t index) const {
  const json::object* const pod_template = api::object_at(job_->document(), {"spec", "template"});
  json::object pod =
      pod_from_template(pod_template == nullptr ? json::object() : *pod_template, *job_);
  json::array& finalizers = api::make_array_at(pod, {"metadata", "finalizers"});
  if (std::ranges::find(finalizers, json::value(api::key(kJobTracking))) == finalizers.end())
    finalizers.push_back(api::key(kJobTracking));
  if (index < 0) return pod;
  const std::string number = fmt::format("{}", index);
  api::set_at(pod, {"metadata", "generateName"}, json::string(indexed_prefix(job_->name(), index)));
  api::set_at(pod, {"metadata", "annotations", kCompletionIndex}, json::string(number));
  api::set_at(pod, {"metadata", "labels", kCompletionIndex}, json::string(number));
  api::set_at(pod, {"spec", "hostname"}, json::string(fmt::format("{}-{}", job_->name(), index)));
  add_index_variable(pod, "initContainers");
  add_index_variable(pod, "containers");
  if (has_backoff_per_index(*job_)) add_index_failures(pod, index);
  return pod;
}

void JobSync::pod_removed(const api::Object& pod) {
  --active_;
  ++terminating_;
  if (is_pod_ready(pod)) --ready_;
}

void JobSync::judge(bool managed) {
  if (!finished_) {
    const auto completions = api::integer_at(job_->document(), {"spec", "completions"});
    const bool complete = completions ? succeeded_ >= *completions : succeeded_ > 0 && active_ == 0;
    if (complete) {
      finished_ = JobCondition{std::string(kSuccessCriteriaMet), "CompletionsReached",
                               "Reached expected number of succeeded pods"};
    } else if (managed && is_suspended_job(*job_)) {
      if (set_condition({"Suspended", "JobSuspended", "Job suspended"}, true))
        suspension_ = "Suspended";
    } else if (managed && set_condition({"Suspended", "JobResumed", "Job resumed"}, false)) {
      suspension_ = "Resumed";
      status()["startTime"] = rfc3339(now_);
    }
  }
  json::object& now = status();
  if (active_ > 0) {
    now["active"] = active_;
  } else {
    now.erase("active");
  }
  now["ready"] = ready_;
  now["terminating"] = terminating_;
}

// The last failure of an index is kept until the pod that takes its place knows the count.
bool JobSync::holds_back(const api::Object& pod) const {
  const auto index = index_of(pod);
  if (!index) return false;
  const auto held = held_back_.find(*index);
  return held != held_back_.end() && held->second->uid() == pod.uid();
}

std::vector<api::ObjectPtr> JobSync::note_ended() {
  Uids with_finalizer;
  for (const api::ObjectPtr& pod : pods_) {
    if (has_finalizer(*pod)) with_finalizer.emplace(pod->uid());
  }
  Uids gone;
  for (const Uids& uids : {uncounted_succeeded_, uncounted_failed_}) {
    std::ranges::copy_if(uids, std::inserter(gone, gone.end()),
                         [&](const std::string& uid) { return !with_finalizer.contains(uid); });
  }
  count_released(gone);

  const bool failing = finished_ && finished_->type == kFailureTarget;
  std::vector<api::ObjectPtr> ended;
  JobIndexes succeeded = succeeded_before_;
  std::size_t noted_indexes = 0;
  for (const api::ObjectPtr& pod : pods_) {
    if (!has_finalizer(*pod)) continue;
    const bool is_failed = counts_as_failed(*pod, *job_);
    const bool is_succeeded = pod_phase(*pod) == "Succeeded";
    if (!job_->deleting() && !is_failed && !is_succeeded) continue;
    if (is_failed && !job_->deleting() && !finished_ && holds_back(*pod)) continue;
    ended.push_back(pod);
    const auto index = index_of(*pod);
    if (is_succeeded) {
      if (indexed_ && index && !succeeded.has(*index)) {
        succeeded.add(*index);
        ++noted_indexes;
      } else if (!indexed_) {
        uncounted_succeeded_.emplace(pod->uid());
      }
    } else if (is_failed && (!indexed_ || index) && judge_failure(*job_, *pod).counted) {
      uncounted_failed_.emplace(pod->uid());
    }
    if (noted_indexes + uncounted_succeeded_.size() + uncounted_failed_.size() >= kMostUncounted) {
      too_many_ended_ = true;
      break;
    }
  }
  if (indexed_) {
    json::object& now = status();
    if (const std::string text = succeeded.text(); !text.empty()) now["completedIndexes"] = text;
    if (succeeded.total() > 0) now["succeeded"] = succeeded.total();
    if (failed_indexes_) now["failedIndexes"] = failed_indexes_->text();
  }
  if (finished_) {
    // What it comes to is said before the finalizers go, so that it is not forgotten.
    set_condition(*finished_, true);
    finished_->type = failing ? "Failed" : "Complete";
  }
  set_counts();
  return ended;
}

void JobSync::set_counts() {
  json::object uncounted;
  const auto list = [&](std::string_view name, const Uids& uids) {
    if (!uids.empty()) uncounted[api::key(name)] = json::array(uids.begin(), uids.end());
  };
  list("succeeded", uncounted_succeeded_);
  list("failed", uncounted_failed_);
  status()["uncountedTerminatedPods"] = std::move(uncounted);
}

void JobSync::count_released(const Uids& released) {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  for (const std::string& uid : released) {
    released_.insert(uid);
    succeeded += static_cast<std::int64_t>(uncounted_succeeded_.erase(uid));
    failed += static_cast<std::int64_t>(uncounted_failed_.erase(uid));
  }
  const auto raise = [&](std::string_view field, std::int64_t by) {
    if (by > 0)
      status()[api::key(field)] = api::integer_at(next_, {"status", field}).value_or(0) + by;
  };
  raise("succeeded", succeeded);
  raise("failed", failed);
  set_counts();
}

std::optional<JobCondition> JobSync::finish() {
  if (!finished_ || too_many_ended_ || terminating_ > 0 || ready_ > 0 ||
      !uncounted_succeeded_.empty() || !uncounted_failed_.empty()) {
    return std::nullopt;
  }
  set_condition(*finished_, true);
  if (finished_->type == "Complete") status()["completionTime"] = rfc3339(now_);
  return finished_;
}

}  // namespace cove::controllers
