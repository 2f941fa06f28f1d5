// The cron job controller (kubernetes.io "CronJob").

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/api/time.h"
#include "core/controllers/cronjob_times.h"
#include "core/controllers/job_policy.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kScheduledAt = "batch.kubernetes.io/cronjob-scheduled-timestamp";
// So that a clock that is a little behind does not wake it too early.
constexpr std::chrono::milliseconds kDelta{100};

bool is_active(const json::object& cronjob, std::string_view field, std::string_view value) {
  const json::array* const active = api::array_at(cronjob, {"status", "active"});
  return active != nullptr && std::ranges::any_of(*active, [&](const json::value& each) {
           return api::text_at(each.get_object(), {field}) == value;
         });
}

void set_inactive(json::object& cronjob, std::string_view uid) {
  json::array left;
  if (const json::array* const active = api::array_at(cronjob, {"status", "active"})) {
    std::ranges::copy_if(*active, std::back_inserter(left), [&](const json::value& each) {
      return api::text_at(each.get_object(), {"uid"}) != uid;
    });
  }
  if (left.empty()) {
    api::erase_at(cronjob, {"status", "active"});
  } else {
    api::set_at(cronjob, {"status", "active"}, std::move(left));
  }
}

// "Complete" or "Failed" of a job that has finished.
std::string_view outcome_of(const api::Object& job) {
  const json::array* const all = api::array_at(job.document(), {"status", "conditions"});
  if (all == nullptr) return "";
  for (const json::value& each : *all) {
    const std::string_view type = api::text_at(each.get_object(), {"type"});
    if ((type == "Complete" || type == "Failed") &&
        api::text_at(each.get_object(), {"status"}) == "True") {
      return type;
    }
  }
  return "";
}

json::object make_job(const api::Object& cronjob, std::string_view name, WallTime due) {
  const json::object& document = cronjob.document();
  json::object metadata{{"name", api::key(name)},
                        {"namespace", api::key(cronjob.namespace_name())},
                        {"ownerReferences", json::array{controller_reference(cronjob)}}};
  if (const auto* const labels =
          api::object_at(document, {"spec", "jobTemplate", "metadata", "labels"})) {
    metadata["labels"] = *labels;
  }
  json::object annotations;
  if (const auto* const own =
          api::object_at(document, {"spec", "jobTemplate", "metadata", "annotations"})) {
    annotations = *own;
  }
  annotations[api::key(kScheduledAt)] = zone_of(cronjob).format(due);
  metadata["annotations"] = std::move(annotations);
  json::object job{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", std::move(metadata)}};
  if (const auto* const spec = api::object_at(document, {"spec", "jobTemplate", "spec"}))
    job["spec"] = *spec;
  return job;
}

class CronJobController final : public KeyedLoop {
 public:
  explicit CronJobController(const Environment& environment)
      : KeyedLoop(environment, {.name = "cronjob-controller",
                                .account = "cronjob-controller",
                                .component = "cronjob-controller"}),
        cronjobs_(informer(batch_resource("cronjobs"))),
        jobs_(informer(batch_resource("jobs"))) {
    handle(cronjobs_,
           {.added = [this](const api::ObjectPtr& cronjob,
                            bool) { queue().add(client::key_of(*cronjob)); },
            .updated = [this](const api::ObjectPtr& old,
                              const api::ObjectPtr& now) { cronjob_changed(*old, *now); },
            .deleted = [this](const api::ObjectPtr& cronjob,
                              bool) { written_.forget(client::key_of(*cronjob)); }});
    handle_each(jobs_, [this](const api::ObjectPtr& job) {
      const json::object* const owner = controller_of(*job);
      if (owner == nullptr || api::text_at(*owner, {"kind"}) != "CronJob") return;
      std::string key(job->namespace_name());
      key += '/';
      key += api::text_at(*owner, {"name"});
      const api::ObjectPtr cronjob = cronjobs_->objects().get(key);
      if (cronjob && cronjob->uid() == api::text_at(*owner, {"uid"})) queue().add(key);
    });
  }

 private:
  // One reconcile from one answer to the next.
  struct Look {
    std::string key;
    api::ObjectPtr cronjob;
    json::object next;  // with its new status
    std::vector<api::ObjectPtr> jobs;
    Done done;
  };
  using LookPtr = std::shared_ptr<Look>;

  // A new schedule does not make up for what it would have started had it been there before.
  void cronjob_changed(const api::Object& old, const api::Object& now) {
    const auto text = [](const api::Object& of, std::string_view field) {
      return api::text_at(of.document(), {"spec", field});
    };
    const std::string key = client::key_of(now);
    if (text(old, "schedule") == text(now, "schedule") &&
        text(old, "timeZone") == text(now, "timeZone")) {
      return queue().add(key);
    }
    const auto schedule = schedule_of(now);
    const auto next = schedule ? schedule->next(environment_.clock.wall()) : std::nullopt;
    if (!next) return queue().add(key);
    queue().add_after(key, *next + kDelta - environment_.clock.wall());
  }

  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr cronjob = written_.newest(*cronjobs_, key);
    if (!cronjob) return done(client::Reconciled{});
    const auto look = std::make_shared<Look>();
    look->key = key;
    look->cronjob = cronjob;
    look->next = cronjob->document();
    look->done = done;
    for (const api::ObjectPtr& job : jobs_->objects().by_index(client::kByOwner, cronjob->uid())) {
      if (is_controlled_by(*job, *cronjob)) look->jobs.push_back(job);
    }
    remove_old_jobs(look, guarded([this, look](const client::ApiResult<void>& result) {
                      if (!result) return look->done(result.error());
                      look_at_jobs(look);
                    }));
  }

  // --- History.

  void remove_old_jobs(const LookPtr& look, const Join::Done& done) {
    const auto join = Join::make(done);
    for (const auto& [outcome, field] : {std::pair{"Complete", "successfulJobsHistoryLimit"},
                                         std::pair{"Failed", "failedJobsHistoryLimit"}}) {
      const auto limit = api::integer_at(look->cronjob->document(), {"spec", field});
      if (!limit) continue;
      std::vector<api::ObjectPtr> ended;
      std::ranges::copy_if(look->jobs, std::back_inserter(ended),
                           [&](const api::ObjectPtr& job) { return outcome_of(*job) == outcome; });
      std::ranges::sort(ended, {}, [](const api::ObjectPtr& job) {
        return std::pair(api::text_at(job->document(), {"status", "startTime"}), job->name());
      });
      const std::int64_t too_many = std::ssize(ended) - *limit;
      for (std::int64_t i = 0; i < too_many; ++i)
        remove_job(look, ended[static_cast<std::size_t>(i)], join->one());
    }
    join->sealed();
  }

  void remove_job(const LookPtr& look, const api::ObjectPtr& job, const Join::Done& done) {
    if (job->deleting()) return done({});
    client::DeleteOptions options{.propagation = "Background"};
    options.uid = std::string(job->uid());
    api(batch_resource("jobs"), job->namespace_name())
        .remove(job->name(), options,
                guarded([this, look, job, done](const client::ApiResult<void>& answer) {
                  if (!answer && !answer.error().is_not_found()) {
                    events_.event(*look->cronjob, "Warning", "FailedDelete",
                                  fmt::format("Deleted job: {}", answer.error().message));
                    return done(answer.error());
                  }
                  set_inactive(look->next, job->uid());
                  if (answer) {
                    events_.event(*look->cronjob, "Normal", "SuccessfulDelete",
                                  fmt::format("Deleted job {}", job->name()));
                  }
                  std::erase(look->jobs, job);
                  done({});
                }))
        .release();
  }

  // --- What its jobs say.

  void look_at_jobs(const LookPtr& look) {
    for (const api::ObjectPtr& job : look->jobs) {
      const bool known = is_active(look->next, "uid", job->uid());
      const std::string_view outcome = outcome_of(*job);
      if (!known && outcome.empty()) {
        events_.event(
            *look->cronjob, "Warning", "UnexpectedJob",
            fmt::format("Saw a job that the controller did not create or forgot: {}", job->name()));
      } else if (known && !outcome.empty()) {
        set_inactive(look->next, job->uid());
        events_.event(*look->cronjob, "Normal", "SawCompletedJob",
                      fmt::format("Saw completed job: {}, condition: {}", job->name(), outcome));
      }
      const std::string_view ended = api::text_at(job->document(), {"status", "completionTime"});
      if (outcome == "Complete" &&
          ended > api::text_at(look->next, {"status", "lastSuccessfulTime"})) {
        api::set_at(look->next, {"status", "lastSuccessfulTime"}, json::string(ended));
      }
    }
    look_for_missing(look);
  }

  // Jobs that it knows and that are not there (any more, or not in the copy yet).
  void look_for_missing(const LookPtr& look) {
    const auto join = Join::make(guarded([this, look](const client::ApiResult<void>& result) {
      if (!result) return finish(look, std::nullopt, result.error());
      schedule(look);
    }));
    if (const json::array* const active = api::array_at(look->next, {"status", "active"})) {
      for (const json::value& each : json::array(*active)) {
        const std::string uid(api::text_at(each.get_object(), {"uid"}));
        const std::string name(api::text_at(each.get_object(), {"name"}));
        if (std::ranges::any_of(look->jobs,
                                [&](const api::ObjectPtr& job) { return job->uid() == uid; })) {
          continue;
        }
        api(batch_resource("jobs"), look->cronjob->namespace_name())
            .get(name, guarded([this, look, name, uid, one = join->one()](const Answer& answer) {
                   if (!answer && !answer.error().is_not_found()) return one(answer.error());
                   if (!answer || (*answer)->uid() != uid) {
                     events_.event(*look->cronjob, "Normal", "MissingJob",
                                   fmt::format("Active job went missing: {}", name));
                     set_inactive(look->next, uid);
                   }
                   one({});
                 }))
            .release();
      }
    }
    join->sealed();
  }

  // --- The next one.

  void schedule(const LookPtr& look) {
    const api::Object& cronjob = *look->cronjob;
    if (cronjob.deleting()) return finish(look, std::nullopt);
    const auto schedule = schedule_of(cronjob);
    const std::string_view zone = api::text_at(cronjob.document(), {"spec", "timeZone"});
    if (!schedule && !api::TimeZone::load(zone)) {
      events_.event(
          cronjob, "Warning", "UnknownTimeZone",
          fmt::format("invalid timeZone: {}: {}", api::quote(zone), schedule.error().cause));
      return finish(look, std::nullopt);
    }
    if (api::flag_at(cronjob.document(), {"spec", "suspend"})) return finish(look, std::nullopt);
    if (!schedule) {
      events_.event(cronjob, "Warning", "UnparseableSchedule",
                    fmt::format("unparseable schedule: {} : {}",
                                api::quote(api::text_at(cronjob.document(), {"spec", "schedule"})),
                                schedule.error().cause));
      return finish(look, std::nullopt);
    }
    const WallTime now = environment_.clock.wall();
    const auto next = schedule->next(now);
    const auto after =
        next ? std::optional<std::chrono::nanoseconds>(*next + kDelta - now) : std::nullopt;
    const DueTime due = due_time(cronjob, *schedule, now);
    if (due.many) {
      events_.event(cronjob, "Warning", "TooManyMissedTimes",
                    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds "
                    "or check clock skew");
    }
    if (!due.time || !may_start(look, *due.time, now)) return finish(look, after);
    if (api::text_at(cronjob.document(), {"spec", "concurrencyPolicy"}) != "Replace")
      return start_job(look, *due.time, after);
    replace(look, guarded([this, look, due, after](const client::ApiResult<void>& result) {
              if (!result) return finish(look, std::nullopt, result.error());
              start_job(look, *due.time, after);
            }));
  }

  bool may_start(const LookPtr& look, WallTime due, WallTime now) {
    const json::object& document = look->cronjob->document();
    const auto deadline = api::integer_at(document, {"spec", "startingDeadlineSeconds"});
    if (deadline && due + std::chrono::seconds(*deadline) < now) {
      events_.event(*look->cronjob, "Warning", "MissSchedule",
                    fmt::format("Missed scheduled time to start a job: {:%a, %d %b %Y %H:%M:%S} "
                                "+0000",
                                fmt::gmtime(std::chrono::system_clock::to_time_t(due))));
      return false;
    }
    if (is_active(look->next, "name", name_of(look, due)) ||
        api::text_at(look->next, {"status", "lastScheduleTime"}) == rfc3339(due)) {
      return false;
    }
    const json::array* const active = api::array_at(look->next, {"status", "active"});
    if (api::text_at(document, {"spec", "concurrencyPolicy"}) == "Forbid" && active != nullptr &&
        !active->empty()) {
      events_.event(*look->cronjob, "Normal", "JobAlreadyActive",
                    "Not starting job because prior execution is running and concurrency policy "
                    "is Forbid");
      return false;
    }
    return true;
  }

  static std::string name_of(const LookPtr& look, WallTime due) {
    const auto minutes =
        std::chrono::duration_cast<std::chrono::minutes>(due.time_since_epoch()).count();
    return fmt::format("{}-{}", look->cronjob->name(), minutes);
  }

  void replace(const LookPtr& look, const Join::Done& done) {
    const auto join = Join::make(done);
    for (const api::ObjectPtr& job : std::vector(look->jobs)) {
      if (is_active(look->next, "uid", job->uid())) remove_job(look, job, join->one());
    }
    join->sealed();
  }

  void start_job(const LookPtr& look, WallTime due, std::optional<std::chrono::nanoseconds> after) {
    const std::string name = name_of(look, due);
    const auto jobs = api(batch_resource("jobs"), look->cronjob->namespace_name());
    jobs.create(make_job(*look->cronjob, name, due), {},
                guarded([this, look, name, due, after, jobs](const Answer& answer) {
                  if (answer) {
                    events_.event(*look->cronjob, "Normal", "SuccessfulCreate",
                                  fmt::format("Created job {}", name));
                    return started(look, **answer, due, after);
                  }
                  if (answer.error().is_already_exists())
                    return adopt_existing(look, name, due, after);
                  if (!answer.error().has_cause("NamespaceTerminating")) {
                    events_.event(*look->cronjob, "Warning", "FailedCreate",
                                  fmt::format("Error creating job: {}", answer.error().message));
                  }
                  finish(look, std::nullopt, answer.error());
                }))
        .release();
  }

  // It was made before and not noted, or it is somebody else's.
  void adopt_existing(const LookPtr& look, const std::string& name, WallTime due,
                      std::optional<std::chrono::nanoseconds> after) {
    api(batch_resource("jobs"), look->cronjob->namespace_name())
        .get(name, guarded([this, look, due, after](const Answer& answer) {
               if (!answer) return finish(look, std::nullopt, answer.error());
               if (!is_controlled_by(**answer, *look->cronjob) ||
                   is_active(look->next, "uid", (*answer)->uid())) {
                 return finish(look, after);
               }
               started(look, **answer, due, after);
             }))
        .release();
  }

  void started(const LookPtr& look, const api::Object& job, WallTime due,
               std::optional<std::chrono::nanoseconds> after) {
    api::make_array_at(look->next, {"status", "active"}).push_back(client::reference_to(job));
    api::set_at(look->next, {"status", "lastScheduleTime"}, json::string(rfc3339(due)));
    finish(look, after);
  }

  void finish(const LookPtr& look, std::optional<std::chrono::nanoseconds> after,
              const std::optional<client::ApiError>& problem = std::nullopt) {
    const auto told = [look, after, problem] {
      if (problem) return look->done(*problem);
      look->done(client::Reconciled{.again_after = after});
    };
    const json::value* const old = api::value_at(look->cronjob->document(), {"status"});
    const json::value* const now = api::value_at(look->next, {"status"});
    if (now == nullptr || (old != nullptr && api::same(*old, *now))) return told();
    api(batch_resource("cronjobs"), look->cronjob->namespace_name())
        .update_status(look->next, {}, guarded([this, look, told](const Answer& answer) {
                         if (!answer) return fail(look->done, answer.error());
                         written_.wrote(*answer);
                         told();
                       }))
        .release();
  }

  const std::shared_ptr<client::Informer> cronjobs_, jobs_;
  LastWritten written_;
};

}  // namespace

Loop make_cronjob_controller(const Environment& environment) {
  return std::make_unique<CronJobController>(environment);
}

}  // namespace cove::controllers
