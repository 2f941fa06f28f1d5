// One look at a Job and its pods: what is to be made, ended and written (kubernetes.io "Jobs").
// Pure; the controller (job.cpp) carries it out in the order of the functions.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/controllers/job_policy.h"

namespace cove::controllers {

namespace json = boost::json;

// Failures since the last success, after which the next pod has to wait.
struct JobBackoff {
  std::int64_t failures = 0;
  WallTime last{};

  std::chrono::nanoseconds remaining(WallTime now) const;
};

struct JobCondition {
  std::string type, reason, message;
};

class JobSync {
 public:
  using Uids = std::set<std::string, std::less<>>;

  // `released`: pods whose finalizer was taken off, although their copy may still have it.
  JobSync(api::ObjectPtr job, std::vector<api::ObjectPtr> pods, Uids released, JobBackoff backoff,
          WallTime now);

  const api::ObjectPtr& job() const { return job_; }
  const std::vector<api::ObjectPtr>& active_pods() const { return active_pods_; }
  // With the new status.
  const json::object& next() const { return next_; }
  const JobBackoff& backoff() const { return backoff_; }
  // When time alone will change something.
  std::optional<std::chrono::nanoseconds> again_after() const { return again_after_; }

  // It has ended: its active pods go. It can only be told when all of them did.
  bool is_ending() const { return finished_.has_value(); }
  void postpone_end() { finished_.reset(); }

  // The pods to end because there are too many or the job is suspended.
  std::vector<api::ObjectPtr> surplus();
  // The pods to make, if there is no surplus; each with its index, or -1.
  std::vector<std::int64_t> missing();
  // A pod like that.
  json::object make_pod(std::int64_t index) const;
  void pod_removed(const api::Object& pod);
  void pods_made(std::int64_t count) { active_ += count; }

  // Whether it is complete, or suspended or resumed; `managed`: pods were made and ended as wanted.
  void judge(bool managed);
  // "Suspended" or "Resumed", if that changed now.
  std::string_view suspension() const { return suspension_; }

  // Notes the pods that ended in the status; they may lose their finalizer once that is written.
  std::vector<api::ObjectPtr> note_ended();
  // Their finalizers are gone: they are counted.
  void count_released(const Uids& released);
  // Sets Complete or Failed when everything is counted and gone. Nothing: not yet.
  std::optional<JobCondition> finish();

 private:
  void look_at_pods();
  void look_at_backoff(const std::vector<api::ObjectPtr>& succeeded,
                       const std::vector<api::ObjectPtr>& failed);
  void look_at_indexes();
  void look_for_end();
  bool past_backoff_by_restarts() const;
  bool holds_back(const api::Object& pod) const;
  std::optional<std::int64_t> index_of(const api::Object& pod) const;
  bool has_finalizer(const api::Object& pod) const;
  std::int64_t spec_number(std::string_view field, std::int64_t otherwise) const;
  // Pods that may be active now.
  std::int64_t wanted_at_once() const;
  json::object& status();
  const json::object* condition(std::string_view type) const;
  bool set_condition(const JobCondition& condition, bool value);
  void add_index_failures(json::object& pod, std::int64_t index) const;
  void set_counts();

  const api::ObjectPtr job_;
  std::vector<api::ObjectPtr> pods_;
  std::vector<api::ObjectPtr> active_pods_;
  Uids released_;
  JobBackoff backoff_;
  const WallTime now_;
  const bool indexed_;
  json::object next_;

  std::int64_t active_ = 0, ready_ = 0, terminating_ = 0, succeeded_ = 0, failed_ = 0;
  Uids uncounted_succeeded_, uncounted_failed_;
  JobIndexes succeeded_before_, succeeded_indexes_;
  std::optional<JobIndexes> failed_indexes_;
  std::map<std::int64_t, api::ObjectPtr> held_back_;  // the last failure of an index to be retried
  std::optional<JobCondition> finished_;
  std::optional<std::chrono::nanoseconds> again_after_;
  std::string_view suspension_;
  bool too_many_ended_ = false;
};

}  // namespace cove::controllers
