#include "core/controllers/job_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/api/each.h"
#include "core/api/time.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

using api::each_object;

bool exit_code_matches(const json::object& codes, std::int64_t code) {
  bool listed = false;
  if (const json::array* const values = api::array_at(codes, {"values"})) {
    listed = std::ranges::any_of(*values, [&](const json::value& each) {
      return each.is_number() && each.to_number<std::int64_t>() == code;
    });
  }
  return listed == (api::text_at(codes, {"operator"}) == "In");
}

// "Container main for pod a/b failed with exit code 42"; empty: it does not match.
std::string match_exit_codes(const json::object& codes, const api::Object& pod) {
  const std::string_view only = api::text_at(codes, {"containerName"});
  std::string text;
  const auto look = [&](const json::object& status) {
    const std::string_view name = api::text_at(status, {"name"});
    const auto code = api::integer_at(status, {"state", "terminated", "exitCode"});
    if (!text.empty() || !code || *code == 0 || (!only.empty() && only != name)) return;
    if (!exit_code_matches(codes, *code)) return;
    text = fmt::format("Container {} for pod {} failed with exit code {}", name,
                       client::key_of(pod), *code);
  };
  each_object(pod.document(), {"status", "containerStatuses"}, look);
  each_object(pod.document(), {"status", "initContainerStatuses"}, look);
  return text;
}

// "Pod a/b has condition DisruptionTarget"; empty: it does not match.
std::string match_conditions(const json::object& rule, const api::Object& pod) {
  std::string text;
  each_object(rule, {"onPodConditions"}, [&](const json::object& pattern) {
    const std::string_view type = api::text_at(pattern, {"type"});
    const std::string_view status = api::text_at(pattern, {"status"});
    each_object(pod.document(), {"status", "conditions"}, [&](const json::object& condition) {
      if (!text.empty() || api::text_at(condition, {"type"}) != type ||
          api::text_at(condition, {"status"}) != (status.empty() ? "True" : status)) {
        return;
      }
      text = fmt::format("Pod {} has condition {}", client::key_of(pod), type);
    });
  });
  return text;
}

}  // namespace

bool is_indexed_job(const api::Object& job) {
  return api::text_at(job.document(), {"spec", "completionMode"}) == "Indexed";
}

bool is_suspended_job(const api::Object& job) {
  return api::flag_at(job.document(), {"spec", "suspend"});
}

bool has_backoff_per_index(const api::Object& job) {
  return api::value_at(job.document(), {"spec", "backoffLimitPerIndex"}) != nullptr;
}

std::int64_t job_completions(const api::Object& job) {
  return api::integer_at(job.document(), {"spec", "completions"}).value_or(0);
}

bool only_failed_are_replaced(const api::Object& job) {
  return api::text_at(job.document(), {"spec", "podReplacementPolicy"}) == "Failed" ||
         api::value_at(job.document(), {"spec", "podFailurePolicy"}) != nullptr;
}

bool is_finished_job(const api::Object& job) {
  return api::condition_holds(job.document(), "Complete") ||
         api::condition_holds(job.document(), "Failed");
}

bool is_tracked(const api::Object& pod) {
  const json::array* const all = api::array_at(pod.document(), {"metadata", "finalizers"});
  return all != nullptr && std::ranges::any_of(*all, [](const json::value& each) {
           return each.is_string() && api::view(each.get_string()) == kJobTracking;
         });
}

bool is_terminating_pod(const api::Object& pod) {
  return pod.deleting() && !has_ended(pod);
}

bool counts_as_failed(const api::Object& pod, const api::Object& job) {
  if (pod_phase(pod) == "Failed") return true;
  // Pods that lost their node never come to fail.
  return !only_failed_are_replaced(job) && is_terminating_pod(pod);
}

std::optional<std::int64_t> completion_index(const api::Object& pod, const api::Object& job) {
  const std::string_view text =
      api::text_at(pod.document(), {"metadata", "annotations", kCompletionIndex});
  std::int64_t index = -1;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, index);
  if (text.empty() || read.ec != std::errc() || read.ptr != end || index < 0) return std::nullopt;
  return index < job_completions(job) ? std::optional(index) : std::nullopt;
}

WallTime finish_time(const api::Object& pod) {
  WallTime latest{};
  each_object(pod.document(), {"status", "containerStatuses"}, [&](const json::object& status) {
    const auto ended = api::parse_time(api::text_at(status, {"state", "terminated", "finishedAt"}));
    if (ended) latest = std::max(latest, *ended);
  });
  if (latest != WallTime{}) return latest;
  const auto deleted =
      api::parse_time(api::text_at(pod.document(), {"metadata", "deletionTimestamp"}));
  if (deleted) {
    const auto grace =
        api::integer_at(pod.document(), {"metadata", "deletionGracePeriodSeconds"}).value_or(0);
    return *deleted - std::chrono::seconds(grace);
  }
  each_object(pod.document(), {"status", "conditions"}, [&](const json::object& condition) {
    if (api::text_at(condition, {"type"}) != "Ready") return;
    const auto changed = api::parse_time(api::text_at(condition, {"lastTransitionTime"}));
    if (changed) latest = *changed;
  });
  if (latest != WallTime{}) return latest;
  const auto made =
      api::parse_time(api::text_at(pod.document(), {"metadata", "creationTimestamp"}));
  return made ? *made : latest;
}

std::int64_t total_restarts(const api::Object& pod) {
  std::int64_t restarts = 0;
  const auto add = [&](const json::object& status) {
    restarts += api::integer_at(status, {"restartCount"}).value_or(0);
  };
  each_object(pod.document(), {"status", "initContainerStatuses"}, add);
  each_object(pod.document(), {"status", "containerStatuses"}, add);
  return restarts;
}

std::int64_t annotated_count(const api::Object& pod, std::string_view annotation) {
  const std::string_view text =
      api::text_at(pod.document(), {"metadata", "annotations", annotation});
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::max<std::int64_t>(count, 0);
}

PodFailure judge_failure(const api::Object& job, const api::Object& pod) {
  PodFailure failure;
  const json::object* const policy = api::object_at(job.document(), {"spec", "podFailurePolicy"});
  if (policy == nullptr) return failure;
  std::size_t index = 0;
  each_object(*policy, {"rules"}, [&](const json::object& rule) {
    const std::size_t own = index++;
    if (!failure.action.empty()) return;
    const json::object* const codes = api::object_at(rule, {"onExitCodes"});
    const std::string text =
        codes != nullptr ? match_exit_codes(*codes, pod) : match_conditions(rule, pod);
    if (text.empty()) return;
    failure.action = api::text_at(rule, {"action"});
    failure.counted = failure.action != "Ignore";
    if (failure.action == "FailJob")
      failure.message = fmt::format("{} matching {} rule at index {}", text, failure.action, own);
  });
  return failure;
}

bool is_index_failed(const api::Object& job, const api::Object& pod) {
  if (!counts_as_failed(pod, job)) return false;
  const PodFailure failure = judge_failure(job, pod);
  if (failure.action == "FailIndex") return true;
  const auto limit = api::integer_at(job.document(), {"spec", "backoffLimitPerIndex"}).value_or(0);
  return failure.counted && annotated_count(pod, kIndexFailures) >= limit;
}

std::optional<std::string> met_success_policy(const api::Object& job, const JobIndexes& succeeded) {
  const json::object* const policy = api::object_at(job.document(), {"spec", "successPolicy"});
  if (policy == nullptr) return std::nullopt;
  std::optional<std::string> met;
  std::size_t index = 0;
  each_object(*policy, {"rules"}, [&](const json::object& rule) {
    const std::size_t own = index++;
    if (met) return;
    const auto count = api::integer_at(rule, {"succeededCount"});
    bool holds = false;
    if (api::value_at(rule, {"succeededIndexes"}) != nullptr) {
      const auto wanted =
          JobIndexes::parse(api::text_at(rule, {"succeededIndexes"}), job_completions(job));
      holds = wanted.common(succeeded) >= count.value_or(wanted.total());
    } else {
      holds = count && succeeded.total() >= *count;
    }
    if (holds) met = fmt::format("Matched rules at index {}", own);
  });
  return met;
}

}  // namespace cove::controllers
