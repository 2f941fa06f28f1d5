// Jobs and CronJobs.
#include <QCoreApplication>
#include <QDateTime>

#include "core/api/cron_schedule.h"
#include "core/api/readers.h"
#include "core/api/time.h"
#include "ui/models/document_text.h"
#include "ui/models/pod_state.h"
#include "ui/models/revisions.h"
#include "ui/models/text.h"
#include "ui/views/kinds_page.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::size_t kMaxBaseName = 52;  // of a name that gets a suffix of a time
constexpr int kPodsNamed = 5;

struct Jobs {
  Q_DECLARE_TR_FUNCTIONS(JobsPage)
};

std::string_view at(const api::Object& object, api::Steps path) {
  return api::text_at(object.document(), path);
}

std::int64_t number(const api::Object& object, api::Steps path, std::int64_t absent) {
  return api::integer_at(object.document(), path).value_or(absent);
}

std::optional<WallTime> time_at(const api::Object& object, api::Steps path) {
  const auto time = api::parse_time(at(object, path));
  return time ? std::optional<WallTime>(*time) : std::nullopt;
}

bool suspended(const api::Object& object) {
  return api::flag_at(object.document(), {"spec", "suspend"});
}

Cell job_state(const api::Object& job) {
  if (api::condition_holds(job.document(), "Failed")) {
    const auto* failed = api::condition_of(job.document(), "Failed");
    return {Jobs::tr("Failed"), {}, ObjectState::kBad, text(api::text_at(*failed, {"message"}))};
  }
  if (api::condition_holds(job.document(), "Complete"))
    return {Jobs::tr("Complete"), {}, ObjectState::kGood};
  if (suspended(job)) return {Jobs::tr("Suspended"), {}, ObjectState::kOff};
  const auto failures = number(job, {"status", "failed"}, 0);
  if (failures > 0) {
    return {Jobs::tr("Trying again"),
            {},
            ObjectState::kBusy,
            Jobs::tr("%1 of its pods have failed; at %2 it gives up.")
                .arg(failures)
                .arg(number(job, {"spec", "backoffLimit"}, 6) + 1)};
  }
  return {Jobs::tr("Running"), {}, ObjectState::kBusy};
}

QString completions_of(const api::Object& job) {
  const auto wanted = api::integer_at(job.document(), {"spec", "completions"});
  const auto done = number(job, {"status", "succeeded"}, 0);
  return wanted ? QStringLiteral("%1/%2").arg(done).arg(*wanted) : QString::number(done);
}

std::optional<std::chrono::seconds> duration_of(const api::Object& job, WallTime now) {
  const auto started = time_at(job, {"status", "startTime"});
  if (!started) return std::nullopt;
  auto ended = time_at(job, {"status", "completionTime"});
  if (!ended && api::condition_holds(job.document(), "Failed")) {
    const auto* failed = api::condition_of(job.document(), "Failed");
    const auto time = api::parse_time(api::text_at(*failed, {"lastTransitionTime"}));
    if (time) ended = *time;
  }
  return std::chrono::duration_cast<std::chrono::seconds>(ended.value_or(now) - *started);
}

// "name: Error, exit code 3", a line for each failed pod.
QString failed_pods(const api::Object& job, const LiveCollection& pods, WallTime now) {
  QStringList lines;
  const std::string begin = std::string(job.namespace_name()) + "/";
  for (auto each = pods.objects().lower_bound(begin);
       each != pods.objects().end() && each->first.starts_with(begin); ++each) {
    const api::Object& pod = *each->second;
    if (!controlled_by(pod, job.uid())) continue;
    const PodState state = pod_state(pod, now);
    if (state.state != ObjectState::kBad) continue;
    if (lines.size() == kPodsNamed) {
      lines.append(QStringLiteral("…"));
      break;
    }
    QString line = text(pod.name()) + QStringLiteral(": ") + state.reason;
    if (!state.message.isEmpty()) line += QStringLiteral(", ") + state.message;
    if (!state.advice.isEmpty()) line += QLatin1Char('\n') + state.advice;
    lines.append(line);
  }
  return lines.join(QLatin1Char('\n'));
}

// Suspend or resume, whichever it is not; Jobs that have ended have nothing to suspend.
class SuspendingPage : public ObjectPage {
 public:
  SuspendingPage(const PageContext& context, ObjectPageKind kind, QWidget* parent)
      : ObjectPage(context, kind, parent) {
    suspend_ = make_button("default", this);
    suspend_->setObjectName(kind.id + QStringLiteral("_suspend"));
    actions()->addWidget(suspend_);
    connect(suspend_, &QPushButton::clicked, this, [this] {
      if (!chosen()) return;
      patch(client::PatchType::kMerge, {{"spec", {{"suspend", !suspended(*chosen())}}}},
            Jobs::tr("It could not be changed"));
    });
    connect(this, &ObjectPage::chosen_changed, this, [this] { show_suspend(); });
    connect(this, &ObjectPage::retranslated, this, [this] { show_suspend(); });
    show_suspend();
  }

 private:
  void show_suspend() {
    const bool is = chosen() && suspended(*chosen());
    suspend_->setText(is ? Jobs::tr("Resume") : Jobs::tr("Suspend"));
    suspend_->setIcon(context().theme.icon(is ? QStringLiteral("play") : QStringLiteral("pause")));
    suspend_->setToolTip(is ? Jobs::tr("Lets it start pods again")
                            : Jobs::tr("Starts no more pods until it is resumed"));
    suspend_->setEnabled(chosen() && !api::condition_holds(chosen()->document(), "Failed") &&
                         !api::condition_holds(chosen()->document(), "Complete"));
  }

  QPushButton* suspend_;
};

ObjectPageKind jobs_kind(const std::shared_ptr<LiveCollection>& pods) {
  ObjectPageKind kind;
  kind.id = QStringLiteral("jobs");
  kind.resource = {"batch", "v1", "jobs"};
  kind.title = [] { return Jobs::tr("Jobs"); };
  kind.explanation = [] {
    return Jobs::tr(
        "A Job runs pods until enough of them have ended well. “kubectl create job” makes one.");
  };
  kind.facts = [pods](const api::Object& job, WallTime now) {
    const Cell state = job_state(job);
    const auto lasted = duration_of(job, now);
    std::vector<Fact> facts = {
        {Jobs::tr("Status"), state.text, glyph_of(state.state)},
        {Jobs::tr("Why"), state.tip},
        {Jobs::tr("Failed pods"), failed_pods(job, *pods, now)},
        {Jobs::tr("Completions"), completions_of(job)},
        {Jobs::tr("Pods"), Jobs::tr("%1 running, %2 succeeded, %3 failed")
                               .arg(number(job, {"status", "active"}, 0))
                               .arg(number(job, {"status", "succeeded"}, 0))
                               .arg(number(job, {"status", "failed"}, 0))},
        {Jobs::tr("At once"), QString::number(number(job, {"spec", "parallelism"}, 1))},
        {Jobs::tr("Duration"), lasted ? duration(*lasted) : QString()},
        {Jobs::tr("Namespace"), text(job.namespace_name())},
    };
    if (const auto created = created_at(job))
      facts.push_back({Jobs::tr("Age"), age_text(*created, now)});
    return facts;
  };
  kind.columns = {
      name_column(),
      {[] { return Jobs::tr("Status"); },
       [](const api::Object& job, WallTime) { return job_state(job); }, 120},
      {[] { return Jobs::tr("Completions"); },
       [](const api::Object& job, WallTime) { return Cell{completions_of(job)}; }, 100},
      {[] { return Jobs::tr("Duration"); },
       [](const api::Object& job, WallTime now) {
         const auto lasted = duration_of(job, now);
         return lasted ? Cell{duration(*lasted), QVariant(qint64(lasted->count()))} : Cell{};
       },
       100, true, true},
      age_column(),
      namespace_column(),
  };
  return kind;
}

class JobsPage final : public SuspendingPage {
 public:
  JobsPage(const PageContext& context, QWidget* parent)
      : JobsPage(context, context.api.follow({.resource = {"", "v1", "pods"}}), parent) {}

 private:
  JobsPage(const PageContext& context, const std::shared_ptr<LiveCollection>& pods, QWidget* parent)
      : SuspendingPage(context, jobs_kind(pods), parent) {
    depend_on(pods);
    actions()->addStretch(1);
  }
};

std::optional<WallTime> next_run(const api::Object& cron_job, WallTime now) {
  if (suspended(cron_job)) return std::nullopt;
  api::TimeZone zone;
  // A zone of another name than UTC is the server's to know: no guess is shown.
  const auto named = at(cron_job, {"spec", "timeZone"});
  if (!named.empty() && named != "Etc/UTC" && named != "UTC") return std::nullopt;
  const auto schedule = api::CronSchedule::parse(at(cron_job, {"spec", "schedule"}), zone);
  return schedule ? schedule->next(now) : std::nullopt;
}

Cell cron_state(const api::Object& cron_job) {
  if (suspended(cron_job)) return {Jobs::tr("Suspended"), {}, ObjectState::kOff};
  const auto* active = api::array_at(cron_job.document(), {"status", "active"});
  if (active != nullptr && !active->empty()) return {Jobs::tr("Running"), {}, ObjectState::kBusy};
  return {Jobs::tr("Waiting"), {}, ObjectState::kGood};
}

QString local_text(WallTime time) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return QLocale().toString(QDateTime::fromSecsSinceEpoch(seconds), QLocale::ShortFormat);
}

ObjectPageKind cron_kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("cronjobs");
  kind.resource = {"batch", "v1", "cronjobs"};
  kind.title = [] { return Jobs::tr("CronJobs"); };
  kind.explanation = [] {
    return Jobs::tr(
        "A CronJob makes a Job at set times. “kubectl create cronjob” makes one; “Run now” does "
        "not wait for the time.");
  };
  const auto last = [](const api::Object& cron_job, WallTime now) {
    const auto time = time_at(cron_job, {"status", "lastScheduleTime"});
    return time ? Cell{age_text(*time, now), QVariant(qint64(-time->time_since_epoch().count()))}
                : Cell{Jobs::tr("never")};
  };
  kind.facts = [last](const api::Object& cron_job, WallTime now) {
    const Cell state = cron_state(cron_job);
    const auto next = next_run(cron_job, now);
    const auto success = time_at(cron_job, {"status", "lastSuccessfulTime"});
    std::vector<Fact> facts = {
        {Jobs::tr("Status"), state.text, glyph_of(state.state)},
        {Jobs::tr("Schedule"), text(at(cron_job, {"spec", "schedule"})), std::nullopt, true},
        {Jobs::tr("Time zone"), text(at(cron_job, {"spec", "timeZone"}))},
        {Jobs::tr("Next"), next ? local_text(*next) : QString()},
        {Jobs::tr("Last"), last(cron_job, now).text},
        {Jobs::tr("Last success"), success ? age_text(*success, now) : QString()},
        {Jobs::tr("While one runs"), text(at(cron_job, {"spec", "concurrencyPolicy"}))},
        {Jobs::tr("Namespace"), text(cron_job.namespace_name())},
    };
    if (const auto created = created_at(cron_job))
      facts.push_back({Jobs::tr("Age"), age_text(*created, now)});
    return facts;
  };
  kind.columns = {
      name_column(),
      {[] { return Jobs::tr("Status"); },
       [](const api::Object& cron_job, WallTime) { return cron_state(cron_job); }, 120},
      {[] { return Jobs::tr("Schedule"); },
       [](const api::Object& cron_job, WallTime) {
         return Cell{text(at(cron_job, {"spec", "schedule"}))};
       },
       120},
      {[] { return Jobs::tr("Last"); }, last, 84, true, true},
      age_column(),
      namespace_column(),
  };
  return kind;
}

class CronJobsPage final : public SuspendingPage {
 public:
  CronJobsPage(const PageContext& context, QWidget* parent)
      : SuspendingPage(context, cron_kind(), parent) {
    run_ = make_button("primary", this);
    run_->setObjectName(QStringLiteral("cronjob_run"));
    run_->setIcon(context.theme.icon(QStringLiteral("bolt"), Theme::IconRole::kOnAccent));
    actions()->addStretch(1);
    actions()->addWidget(run_);
    connect(run_, &QPushButton::clicked, this, [this] { run_now(); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_actions(); });
    retranslate_actions();
  }

 private:
  void retranslate_actions() {
    run_->setText(Jobs::tr("Run now"));
    run_->setToolTip(Jobs::tr("Makes a Job of its template at once"));
  }

  // As “kubectl create job --from=cronjob/…” has it.
  void run_now() {
    if (!chosen()) return;
    const auto* template_job = api::object_at(chosen()->document(), {"spec", "jobTemplate"});
    const auto* spec = template_job != nullptr ? api::object_at(*template_job, {"spec"}) : nullptr;
    if (spec == nullptr) return;
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(context().clock.wall().time_since_epoch())
            .count();
    const std::string space(chosen()->namespace_name());
    json::object metadata{{"name", std::string(chosen()->name()).substr(0, kMaxBaseName) + "-" +
                                       QString::number(qint64(seconds), 36).toStdString()},
                          {"namespace", space},
                          {"ownerReferences",
                           {{{"apiVersion", "batch/v1"},
                             {"kind", "CronJob"},
                             {"name", std::string(chosen()->name())},
                             {"uid", std::string(chosen()->uid())},
                             {"controller", true}}}}};
    if (const auto* labels = api::object_at(*template_job, {"metadata", "labels"}))
      metadata["labels"] = *labels;
    json::object annotations;
    if (const auto* given = api::object_at(*template_job, {"metadata", "annotations"}))
      annotations = *given;
    annotations["cronjob.kubernetes.io/instantiate"] = "manual";
    metadata["annotations"] = std::move(annotations);
    const json::object job{{"apiVersion", "batch/v1"},
                           {"kind", "Job"},
                           {"metadata", std::move(metadata)},
                           {"spec", *spec}};
    run_->setEnabled(false);
    api().call(
        [=](client::Transport& transport, ApiSession::ObjectDone done) {
          return client::ResourceClient(transport, {"batch", "v1", "jobs"}, space)
              .create(job, {.field_manager = "cove-desktop"}, std::move(done));
        },
        this,
        [this](const client::ApiResult<api::ObjectPtr>& result) {
          run_->setEnabled(true);
          show_result(Jobs::tr("The Job could not be made"), result);
        });
  }

  QPushButton* run_;
};

}  // namespace

QWidget* make_jobs_page(const PageContext& context, QWidget* parent) {
  return new KindsPage(context, QStringLiteral("batch"),
                       {{"jobs", [] { return Jobs::tr("Jobs"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new JobsPage(of, under);
                         }},
                        {"cronjobs", [] { return Jobs::tr("CronJobs"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new CronJobsPage(of, under);
                         }}},
                       parent);
}

}  // namespace cove::ui
