// The TTL-after-finished controller: removes jobs some time after they finished (kubernetes.io
// "Automatic Cleanup for Finished Jobs").

#include "core/api/time.h"
#include "core/controllers/job_policy.h"
#include "core/controllers/keyed_loop.h"
#include "core/controllers/list.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

// When a job is to go; nothing: never, or not yet known.
std::optional<WallTime> expiry_of(const api::Object& job) {
  const auto ttl = api::integer_at(job.document(), {"spec", "ttlSecondsAfterFinished"});
  const json::array* const all = api::array_at(job.document(), {"status", "conditions"});
  if (!ttl || all == nullptr || job.deleting()) return std::nullopt;
  for (const json::value& each : *all) {
    const json::object& condition = each.get_object();
    const std::string_view type = api::text_at(condition, {"type"});
    if ((type != "Complete" && type != "Failed") || api::text_at(condition, {"status"}) != "True") {
      continue;
    }
    const auto finished = api::parse_time(api::text_at(condition, {"lastTransitionTime"}));
    if (finished) return *finished + std::chrono::seconds(*ttl);
  }
  return std::nullopt;
}

class TtlAfterFinished final : public KeyedLoop {
 public:
  explicit TtlAfterFinished(const Environment& environment)
      : KeyedLoop(environment, {.name = "ttl-after-finished-controller",
                                .account = "ttl-after-finished-controller",
                                .component = "ttl-after-finished-controller"}),
        jobs_(informer(batch_resource("jobs"))) {
    handle(jobs_,
           {.added = [this](const api::ObjectPtr& job, bool) { saw(*job); },
            .updated = [this](const api::ObjectPtr&, const api::ObjectPtr& now) { saw(*now); }});
  }

 private:
  void saw(const api::Object& job) {
    if (expiry_of(job)) queue().add(client::key_of(job));
  }

  // How long it has still to live; nothing: it has no end, or it came.
  std::optional<std::chrono::nanoseconds> left(const api::Object& job) const {
    const auto expiry = expiry_of(job);
    if (!expiry) return std::nullopt;
    const auto wait = *expiry - environment_.clock.wall();
    return wait.count() > 0 ? std::optional<std::chrono::nanoseconds>(wait) : std::nullopt;
  }

  void reconcile(const std::string& key, const Done& done) override {
    const api::ObjectPtr job = jobs_->objects().get(key);
    if (!job || !expiry_of(*job)) return done(client::Reconciled{});
    if (const auto wait = left(*job)) return done(client::Reconciled{.again_after = wait});
    // The copy may be behind: what it says may have been changed to a longer life.
    api(batch_resource("jobs"), job->namespace_name())
        .get(job->name(), guarded([this, done](const Answer& answer) {
               if (!answer && !answer.error().is_not_found()) return done(answer.error());
               if (!answer || !expiry_of(**answer)) return done(client::Reconciled{});
               if (const auto wait = left(**answer))
                 return done(client::Reconciled{.again_after = wait});
               remove(**answer, done);
             }))
        .release();
  }

  void remove(const api::Object& job, const Done& done) {
    client::DeleteOptions options{.propagation = "Foreground"};
    options.uid = std::string(job.uid());
    options.resource_version = std::string(job.resource_version());
    api(batch_resource("jobs"), job.namespace_name())
        .remove(job.name(), options, guarded([done](const client::ApiResult<void>& answer) {
                  if (!answer && !answer.error().is_not_found()) return done(answer.error());
                  done(client::Reconciled{});
                }))
        .release();
  }

  const std::shared_ptr<client::Informer> jobs_;
};

}  // namespace

Loop make_ttl_after_finished_controller(const Environment& environment) {
  return std::make_unique<TtlAfterFinished>(environment);
}

}  // namespace cove::controllers
