// What a Job's pods say about it: their states, and what its policies make of them
// (kubernetes.io "Jobs", "Pod failure policy", "Success policy"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/controllers/job_indexes.h"

namespace cove::controllers {

inline constexpr std::string_view kJobTracking = "batch.kubernetes.io/job-tracking";
inline constexpr std::string_view kCompletionIndex = "batch.kubernetes.io/job-completion-index";
inline constexpr std::string_view kIndexFailures = "batch.kubernetes.io/job-index-failure-count";
inline constexpr std::string_view kIgnoredIndexFailures =
    "batch.kubernetes.io/job-index-ignored-failure-count";

bool is_indexed_job(const api::Object& job);
bool is_suspended_job(const api::Object& job);
bool has_backoff_per_index(const api::Object& job);
std::int64_t job_completions(const api::Object& job);  // 0 when absent
// Failed pods alone are replaced, not those that are only being ended.
bool only_failed_are_replaced(const api::Object& job);
// Complete or Failed.
bool is_finished_job(const api::Object& job);

bool is_tracked(const api::Object& pod);
bool is_terminating_pod(const api::Object& pod);
// It counts as failed: it did, or it is being ended and that is enough for its job.
bool counts_as_failed(const api::Object& pod, const api::Object& job);
// Below completions; nothing for pods without.
std::optional<std::int64_t> completion_index(const api::Object& pod, const api::Object& job);
// When its last container ended, or the nearest time that is known.
WallTime finish_time(const api::Object& pod);
// Of all its containers.
std::int64_t total_restarts(const api::Object& pod);
// Number in an annotation; 0 when absent.
std::int64_t annotated_count(const api::Object& pod, std::string_view annotation);

struct PodFailure {
  std::string action;  // of the rule that matches; empty: none does
  bool counted = true;
  std::string message;  // of FailJob
};
PodFailure judge_failure(const api::Object& job, const api::Object& pod);

// The failed pod's index will not be tried again.
bool is_index_failed(const api::Object& job, const api::Object& pod);
// "Matched rules at index 0"; nothing while no rule holds.
std::optional<std::string> met_success_policy(const api::Object& job, const JobIndexes& succeeded);

}  // namespace cove::controllers
