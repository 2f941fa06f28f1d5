// The job controller (kubernetes.io "Jobs"). What is decided stands in job_sync.h; here it is
// carried out: pods made and ended, then the pods that ended noted in the status, then their
// finalizers taken off, then what they add up to written.

#include <fmt/format.h>

#include "core/controllers/job_sync.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/label_index.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kOwnName = "kubernetes.io/job-controller";
// Begins keys of pods that lost their job; no namespace begins so.
constexpr char kOrphan = '@';

bool is_managed_here(const api::Object& job) {
  const std::string_view manager = api::text_at(job.document(), {"spec", "managedBy"});
  return manager.empty() || manager == kOwnName;
}

const json::object* demanded_labels(const api::Object& job) {
  static const json::object none;
  const json::object* const selector = api::object_at(job.document(), {"spec", "selector"});
  if (selector == nullptr) return nullptr;
  const json::object* const labels = api::object_at(*selector, {"matchLabels"});
  return labels == nullptr ? &none : labels;
}

class JobController final : public KeyedLoop {
 public:
  explicit JobController(const Environment& environment)
      : KeyedLoop(environment, {.name = "job-controller",
                                .account = "job-controller",
                                .component = "job-controller",
                                .workers = 64}),
        jobs_(informer(batch_resource("jobs"))),
        pods_(informer(core_resource("pods"))),
        control_(transport_, events_),
        expectations_(environment.clock),
        refs_(transport_, batch_resource("jobs"), core_resource("pods"),
              {std::string(kJobTracking)}) {
    add_orphan_index(*pods_);
    index_by_demanded_labels(*jobs_, demanded_labels);
    handle(jobs_,
           {.added = [this](const api::ObjectPtr& job, bool) { queue().add(client::key_of(*job)); },
            .updated = [this](const api::ObjectPtr&,
                              const api::ObjectPtr& now) { queue().add(client::key_of(*now)); },
            .deleted = [this](const api::ObjectPtr& job, bool) { job_went(*job); }});
    handle(pods_, {.added = [this](const api::ObjectPtr& pod, bool) { pod_came(*pod); },
                   .updated = [this](const api::ObjectPtr& old,
                                     const api::ObjectPtr& now) { pod_changed(*old, *now); },
                   .deleted = [this](const api::ObjectPtr& pod, bool) { pod_went(*pod); }});
  }

 private:
  using SyncPtr = std::shared_ptr<JobSync>;

  struct Record {
    std::string uid;
    JobBackoff backoff;
    JobSync::Uids released;
  };

  // --- What happened.

  // The job that controls the pod, as far as it is there.
  api::ObjectPtr job_of(const api::Object& pod) const {
    const json::object* const owner = controller_of(pod);
    if (owner == nullptr || api::text_at(*owner, {"kind"}) != "Job" ||
        !api::text_at(*owner, {"apiVersion"}).starts_with("batch/")) {
      return nullptr;
    }
    std::string key(pod.namespace_name());
    key += '/';
    key += api::text_at(*owner, {"name"});
    api::ObjectPtr job = jobs_->objects().get(key);
    return job && job->uid() == api::text_at(*owner, {"uid"}) ? job : nullptr;
  }

  void queue_orphan(const api::Object& pod) { queue().add(kOrphan + client::key_of(pod)); }

  void pod_came(const api::Object& pod) {
    if (pod.deleting()) return pod_went(pod);
    const api::ObjectPtr job = job_of(pod);
    if (job) {
      const std::string key = client::key_of(*job);
      expectations_.saw_creation(key);
      queue().add(key);
      return;
    }
    if (controller_of(pod) == nullptr) queue_choosers(pod);
    if (is_tracked(pod)) queue_orphan(pod);
  }

  // Jobs that may adopt it.
  void queue_choosers(const api::Object& pod) {
    const json::object* const labels = api::object_at(pod.document(), {"metadata", "labels"});
    for (const api::ObjectPtr& job :
         that_may_choose(jobs_->objects(), pod.namespace_name(), labels)) {
      const auto selector =
          api::LabelSelector::from_document(api::object_at(job->document(), {"spec", "selector"}));
      if (selector && selector->matches(pod.document())) queue().add(client::key_of(*job));
    }
  }

  void pod_changed(const api::Object& old, const api::Object& now) {
    if (now.resource_version() == old.resource_version()) return;
    const api::ObjectPtr before = job_of(old);
    const api::ObjectPtr job = job_of(now);
    if (job && !is_tracked(now)) forget_release(client::key_of(*job), now.uid());
    if (now.deleting() && !old.deleting()) return pod_went(now);
    if (before && before != job) queue().add(client::key_of(*before));
    if (job) queue().add(client::key_of(*job));
    if (is_tracked(now) && (!job || is_finished_job(*job))) queue_orphan(now);
    if (controller_of(now) == nullptr && controller_of(old) != nullptr) queue_choosers(now);
  }

  void pod_went(const api::Object& pod) {
    const api::ObjectPtr job = job_of(pod);
    if (job) {
      const std::string key = client::key_of(*job);
      if (!is_tracked(pod)) forget_release(key, pod.uid());
      expectations_.saw_deletion(key, pod.uid());
      queue().add(key);
    }
    if (is_tracked(pod) && (!job || is_finished_job(*job))) queue_orphan(pod);
  }

  void forget_release(const std::string& key, std::string_view uid) {
    const auto record = records_.find(key);
    if (record == records_.end()) return;
    const auto at = record->second.released.find(uid);
    if (at != record->second.released.end()) record->second.released.erase(at);
  }

  void job_went(const api::Object& job) {
    queue().add(client::key_of(job));
    for (const api::ObjectPtr& pod : pods_->objects().by_index(client::kByOwner, job.uid())) {
      if (is_tracked(*pod)) queue_orphan(*pod);
    }
  }

  // --- Reconciling.

  void reconcile(const std::string& key, const Done& done) override {
    if (key.front() == kOrphan) return release_orphan(key.substr(1), done);
    const api::ObjectPtr job = written_.newest(*jobs_, key);
    if (!job) {
      expectations_.forget(key);
      records_.erase(key);
      written_.forget(key);
      return done(client::Reconciled{});
    }
    if (!is_managed_here(*job)) return done(client::Reconciled{});
    if (is_finished_job(*job)) {
      if (const api::ObjectPtr seen = jobs_->objects().get(key); is_finished_job(*seen))
        records_.erase(key);
      return done(client::Reconciled{});
    }
    if (records_[key].uid != job->uid()) {
      expectations_.forget(key);
      records_[key] = {.uid = std::string(job->uid()), .backoff = {}, .released = {}};
    }
    const auto selector =
        api::LabelSelector::from_document(api::object_at(job->document(), {"spec", "selector"}));
    if (!selector) return done(client::Reconciled{});
    // Before the pods are looked at: one that comes meanwhile is then no surprise.
    const bool satisfied = expectations_.satisfied(key);
    refs_.claim(job, *selector, owned_or_orphaned(*pods_, *job),
                guarded([this, key, job, satisfied,
                         done](const client::ApiResult<std::vector<api::ObjectPtr>>& pods) {
                  if (!pods) return done(pods.error());
                  sync(key, job, *pods, satisfied, done);
                }));
  }

  void sync(const std::string& key, const api::ObjectPtr& job,
            const std::vector<api::ObjectPtr>& pods, bool satisfied, const Done& done) {
    const Record& record = records_[key];
    const auto sync = std::make_shared<JobSync>(job, pods, record.released, record.backoff,
                                                environment_.clock.wall());
    if (sync->is_ending() && satisfied) {
      return remove(key, sync, sync->active_pods(),
                    guarded([this, key, sync, done, wanted = sync->active_pods().size()](
                                std::size_t removed, const std::optional<client::ApiError>& error) {
                      // One that was not ended would be forgotten.
                      if (removed != wanted) sync->postpone_end();
                      sync->judge(false);
                      track(key, sync, error, done);
                    }));
    }
    // There may be pods that are not seen yet.
    if (sync->is_ending()) sync->postpone_end();
    const auto managed = [this, key, sync, done](const std::optional<client::ApiError>& error) {
      sync->judge(true);
      track(key, sync, error, done);
    };
    if (!satisfied || job->deleting()) {
      sync->judge(false);
      return track(key, sync, std::nullopt, done);
    }
    const auto surplus = sync->surplus();
    if (!surplus.empty()) {
      return remove(key, sync, surplus,
                    guarded([managed](std::size_t, const std::optional<client::ApiError>& error) {
                      managed(error);
                    }));
    }
    make(key, sync, managed);
  }

  using Removed = std::function<void(std::size_t, const std::optional<client::ApiError>&)>;

  void remove(const std::string& key, const SyncPtr& sync, const std::vector<api::ObjectPtr>& pods,
              const Removed& removed) {
    if (pods.empty()) return removed(0, std::nullopt);
    std::vector<std::string> uids;
    for (const api::ObjectPtr& pod : pods) uids.emplace_back(pod->uid());
    expectations_.expect_deletions(key, uids);
    const auto count = std::make_shared<std::size_t>(0);
    const auto join = Join::make([count, removed](const client::ApiResult<void>& result) {
      removed(*count, result ? std::nullopt : std::optional(result.error()));
    });
    for (const api::ObjectPtr& pod : pods) {
      control_.remove(
          pod, sync->job(),
          [this, key, sync, pod, count, one = join->one()](const client::ApiResult<void>& result) {
            if (result) {
              ++*count;
              sync->pod_removed(*pod);
            } else {
              expectations_.saw_deletion(key, pod->uid());
            }
            one(result);
          });
    }
    join->sealed();
  }

  void make(const std::string& key, const SyncPtr& sync,
            const std::function<void(const std::optional<client::ApiError>&)>& managed) {
    const auto indexes = sync->missing();
    if (indexes.empty()) return managed(std::nullopt);
    const auto one = [this, key, sync, indexes](int i,
                                                std::function<void(client::ApiResult<void>)> told) {
      expectations_.expect_creations(key, 1);
      control_.create(sync->make_pod(indexes[static_cast<std::size_t>(i)]), sync->job(),
                      [this, key, sync, told = std::move(told)](const Answer& answer) {
                        if (answer) {
                          sync->pods_made(1);
                          return told({});
                        }
                        expectations_.saw_creation(key);
                        // What is being emptied takes nothing new.
                        if (answer.error().has_cause("NamespaceTerminating")) return told({});
                        told(answer.error());
                      });
    };
    in_slow_start(
        static_cast<int>(indexes.size()), one,
        guarded([managed](int, const std::optional<client::ApiError>& first) { managed(first); }));
  }

  // --- Counting what ended.

  void track(const std::string& key, const SyncPtr& sync,
             const std::optional<client::ApiError>& problem, const Done& done) {
    const auto ended = sync->note_ended();
    write(sync, sync->job(), [=, this](const Answer& answer) {
      if (!answer) return fail(done, answer.error());
      records_[key].backoff = sync->backoff();
      if (!sync->suspension().empty()) {
        const bool suspended = sync->suspension() == "Suspended";
        events_.event(*sync->job(), "Normal", sync->suspension(),
                      suspended ? "Job suspended" : "Job resumed");
      }
      release(key, ended,
              guarded([=, this, written = *answer](const JobSync::Uids& released,
                                                   const client::ApiResult<void>& result) {
                sync->count_released(released);
                const auto error = result ? problem : std::optional(result.error());
                conclude(sync, written, error, done);
              }));
    });
  }

  void conclude(const SyncPtr& sync, const api::ObjectPtr& written,
                const std::optional<client::ApiError>& problem, const Done& done) {
    const auto finished = problem ? std::nullopt : sync->finish();
    write(sync, written, [=, this](const Answer& answer) {
      if (!answer) return fail(done, answer.error());
      if (finished) tell_finished(*sync->job(), (*answer)->document(), *finished);
      if (problem) return done(*problem);
      done(client::Reconciled{.again_after = sync->again_after()});
    });
  }

  void tell_finished(const api::Object& job, const json::object& now,
                     const JobCondition& condition) {
    if (condition.type != "Complete")
      return events_.event(job, "Warning", condition.reason, condition.message);
    const auto wanted = api::integer_at(now, {"spec", "completions"});
    if (wanted && api::integer_at(now, {"status", "succeeded"}).value_or(0) > *wanted) {
      events_.event(job, "Warning", "TooManySucceededPods",
                    "Too many succeeded pods running after completion count reached");
    }
    events_.event(job, "Normal", "Completed", "Job completed");
  }

  // Writes the status unless `before` has it already; told what is there then.
  void write(const SyncPtr& sync, const api::ObjectPtr& before,
             const std::function<void(const Answer&)>& told) {
    const json::value* const old = api::value_at(before->document(), {"status"});
    const json::value& now = sync->next().at("status");
    if (old != nullptr && api::same(*old, now)) return told(before);
    json::object document = before->document();
    document["status"] = now;
    api(batch_resource("jobs"), before->namespace_name())
        .update_status(document, {}, guarded([this, told](const Answer& answer) {
                         if (answer) written_.wrote(*answer);
                         told(answer);
                       }))
        .release();
  }

  using Released =
      std::function<void(const JobSync::Uids& released, const client::ApiResult<void>& result)>;

  static json::object without_finalizer(const api::Object& pod) {
    return {{"metadata",
             {{"uid", api::key(pod.uid())},
              {"$deleteFromPrimitiveList/finalizers", json::array{api::key(kJobTracking)}}}}};
  }

  void release(const std::string& key, const std::vector<api::ObjectPtr>& pods,
               const Released& done) {
    const auto released = std::make_shared<JobSync::Uids>();
    const auto join = Join::make(
        [released, done](const client::ApiResult<void>& result) { done(*released, result); });
    for (const api::ObjectPtr& pod : pods) {
      records_[key].released.emplace(pod->uid());
      control_.patch(pod, without_finalizer(*pod),
                     [this, key, pod, released, one = join->one()](const Answer& answer) {
                       const bool gone = !answer && (answer.error().is_not_found() ||
                                                     answer.error().is_conflict());
                       if (answer || gone) {
                         released->emplace(pod->uid());
                         forget_if_seen(key, *pod);
                         return one({});
                       }
                       forget_release(key, pod->uid());
                       one(answer.error());
                     });
    }
    join->sealed();
  }

  // The informer may have told of the release before its answer came.
  void forget_if_seen(const std::string& key, const api::Object& pod) {
    const api::ObjectPtr now = pods_->objects().get(client::key_of(pod));
    if (!now || now->uid() != pod.uid() || !is_tracked(*now)) forget_release(key, pod.uid());
  }

  void release_orphan(const std::string& key, const Done& done) {
    const api::ObjectPtr pod = pods_->objects().get(key);
    if (!pod || !is_tracked(*pod)) return done(client::Reconciled{});
    const api::ObjectPtr job = job_of(*pod);
    if (job && (!is_finished_job(*job) || !is_managed_here(*job)))
      return done(client::Reconciled{});
    const json::object* const owner = controller_of(*pod);
    if (!job && owner != nullptr && api::text_at(*owner, {"kind"}) != "Job")
      return done(client::Reconciled{});
    control_.patch(pod, without_finalizer(*pod), [done](const Answer& answer) {
      if (!answer && !answer.error().is_not_found() && !answer.error().is_conflict())
        return done(answer.error());
      done(client::Reconciled{});
    });
  }

  const std::shared_ptr<client::Informer> jobs_, pods_;
  PodControl control_;
  Expectations expectations_;
  const ControllerRefs refs_;
  LastWritten written_;
  std::map<std::string, Record> records_;  // one a job that has not finished
};

}  // namespace

Loop make_job_controller(const Environment& environment) {
  return std::make_unique<JobController>(environment);
}

}  // namespace cove::controllers
