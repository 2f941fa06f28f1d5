#include "core/node/probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/api/document.h"

namespace cove::node {

namespace json = boost::json;

namespace {

using Outcome = ProbeAttempt::Outcome;

struct KindField {
  ProbeKind kind;
  std::string_view field;
};
constexpr std::array kKinds = {KindField{ProbeKind::kStartup, "startupProbe"},
                               KindField{ProbeKind::kLiveness, "livenessProbe"},
                               KindField{ProbeKind::kReadiness, "readinessProbe"}};
// A pool without a free thread is asked again after this.
constexpr std::chrono::milliseconds kAgain{500};

std::chrono::seconds seconds_at(const json::object& probe, std::string_view name,
                                std::int64_t otherwise) {
  const auto number = api::integer_at(probe, {name}).value_or(0);
  return std::chrono::seconds(number > 0 ? number : otherwise);
}
int count_at(const json::object& probe, std::string_view name, int otherwise) {
  const auto number = api::integer_at(probe, {name}).value_or(0);
  return number > 0 ? static_cast<int>(std::min<std::int64_t>(number, 1 << 20)) : otherwise;
}

}  // namespace

class Probes::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(Parts parts) : parts_(std::move(parts)) {}

  void watch(const ProbeTarget& target) {
    if (watched_.contains(target.id)) return;
    auto watched = std::make_shared<Watched>();
    watched->target = std::make_shared<const ProbeTarget>(target);
    for (const KindField& each : kKinds) {
      const json::object* const probe = api::object_at(target.spec, {each.field});
      if (probe == nullptr) continue;
      Worker worker;
      worker.kind = each.kind;
      worker.probe = std::make_shared<const json::object>(*probe);
      worker.healthy = each.kind == ProbeKind::kLiveness;
      watched->workers.emplace(each.kind, std::move(worker));
    }
    watched_[target.id] = watched;
    const auto startup = watched->workers.find(ProbeKind::kStartup);
    if (startup != watched->workers.end()) {
      begin(*watched, startup->second, true);
    } else {
      begin_others(*watched, true);
    }
  }

  void forget(const std::string& id) {
    const auto found = watched_.find(id);
    if (found == watched_.end()) return;
    for (auto& [kind, worker] : found->second->workers) halt(worker);
    watched_.erase(found);
  }

  void stop() {
    while (!watched_.empty()) forget(watched_.begin()->first);
  }

  Health health(const std::string& id) const {
    Health out;
    const auto found = watched_.find(id);
    if (found == watched_.end()) return out;
    for (const auto& [kind, worker] : found->second->workers) {
      switch (kind) {
        case ProbeKind::kStartup:
          out.started = worker.healthy;
          out.alive = out.alive && !worker.held;
          break;
        case ProbeKind::kLiveness: out.alive = out.alive && worker.healthy; break;
        case ProbeKind::kReadiness: out.ready = worker.healthy; break;
      }
    }
    out.ready = out.ready && out.started;
    return out;
  }

 private:
  struct Worker {
    ProbeKind kind = ProbeKind::kReadiness;
    std::shared_ptr<const json::object> probe;
    bool healthy = false;
    bool held = false;  // it has failed for good
    Outcome last = Outcome::kError;
    int same = 0;  // how often `last` came in a row
    std::optional<Executor::TimerId> next, deadline;
    std::stop_source stop;
    SteadyTime began_at{};
  };
  struct Watched {
    std::shared_ptr<const ProbeTarget> target;
    std::map<ProbeKind, Worker> workers;
    bool over = false;  // a probe has failed for good
  };
  using WatchedPtr = std::shared_ptr<Watched>;

  // The first attempt: after the initial delay. A container that has run for long was there before
  // us, and so were all others: they take turns.
  void begin(const Watched& watched, Worker& worker, bool first) {
    const auto period = seconds_at(*worker.probe, "periodSeconds", 10);
    const std::chrono::nanoseconds age = parts_.clock.wall() - watched.target->started_at;
    const std::chrono::nanoseconds initial = seconds_at(*worker.probe, "initialDelaySeconds", 0);
    auto delay = std::max(initial - age, std::chrono::nanoseconds(0));
    if (first && delay.count() == 0 && age > period + initial) {
      delay = std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::duration<double>(period) * std::clamp(parts_.random(), 0.0, 1.0));
    }
    schedule(watched.target->id, worker, delay);
  }

  void begin_others(Watched& watched, bool first) {
    for (const ProbeKind kind : {ProbeKind::kLiveness, ProbeKind::kReadiness}) {
      const auto worker = watched.workers.find(kind);
      if (worker != watched.workers.end()) begin(watched, worker->second, first);
    }
  }

  void schedule(const std::string& id, Worker& worker, std::chrono::nanoseconds delay) {
    worker.next = parts_.executor.after(std::max(delay, std::chrono::nanoseconds(0)),
                                        [weak = weak_from_this(), id, kind = worker.kind] {
                                          if (const auto self = weak.lock())
                                            self->attempt(id, kind);
                                        });
  }

  void halt(Worker& worker) {
    worker.stop.request_stop();
    for (auto* timer : {&worker.next, &worker.deadline}) {
      if (*timer) parts_.executor.cancel(**timer);
      timer->reset();
    }
  }

  void attempt(const std::string& id, ProbeKind kind) {
    const auto found = watched_.find(id);
    if (found == watched_.end()) return;
    const WatchedPtr watched = found->second;
    Worker& worker = watched->workers.at(kind);
    worker.next.reset();
    worker.stop = std::stop_source();
    worker.began_at = parts_.clock.steady();
    // The task may outlive this: it holds what it needs.
    const bool taken =
        parts_.pool.run([weak = weak_from_this(), watched, kind, target = watched->target,
                         probe = worker.probe, prober = parts_.prober, executor = &parts_.executor,
                         stop = worker.stop.get_token()]() mutable {
          ProbeAttempt result = prober(*probe, *target, std::move(stop));
          executor->post([weak, watched = std::move(watched), kind, result = std::move(result)] {
            if (const auto self = weak.lock()) self->finished(watched, kind, result);
          });
        });
    if (!taken) {
      schedule(id, worker, kAgain);
      return;
    }
    worker.deadline =
        parts_.executor.after(seconds_at(*worker.probe, "timeoutSeconds", 1),
                              [stop = worker.stop]() mutable { stop.request_stop(); });
  }

  void finished(const WatchedPtr& watched, ProbeKind kind, const ProbeAttempt& result) {
    const std::string& id = watched->target->id;
    const auto found = watched_.find(id);
    if (found == watched_.end() || found->second != watched || watched->over) return;
    Worker& worker = watched->workers.at(kind);
    if (worker.deadline) parts_.executor.cancel(*worker.deadline);
    worker.deadline.reset();
    const bool on = count(*watched, worker, result);
    // A listener may have forgotten the container.
    const auto still = watched_.find(id);
    if (!on || still == watched_.end() || still->second != watched) return;
    const auto period = seconds_at(*worker.probe, "periodSeconds", 10);
    schedule(id, worker, worker.began_at + period - parts_.clock.steady());
  }

  // Whether it is to be probed again.
  bool count(Watched& watched, Worker& worker, const ProbeAttempt& result) {
    const bool success = result.outcome == Outcome::kSuccess;
    if (!success) tell(parts_.failed_once, watched, worker, result, false);
    if (result.outcome == Outcome::kError) return true;
    worker.same = worker.last == result.outcome ? worker.same + 1 : 1;
    worker.last = result.outcome;
    if (worker.same < (success ? count_at(*worker.probe, "successThreshold", 1)
                               : count_at(*worker.probe, "failureThreshold", 3)))
      return true;
    const bool final = worker.kind != ProbeKind::kReadiness && !success;
    const bool news = worker.healthy != success || final;
    worker.healthy = success;
    worker.held = final;
    if (worker.kind == ProbeKind::kStartup && success) begin_others(watched, false);
    if (final) {
      // It is about to be ended: whatever else there is to know, nobody asks any more.
      watched.over = true;
      for (auto& [kind, other] : watched.workers) halt(other);
    }
    if (news) tell(parts_.changed, watched, worker, result, success);
    return !final && worker.kind != ProbeKind::kStartup;
  }

  static void tell(const std::function<void(const ProbeResult&)>& whom, const Watched& watched,
                   const Worker& worker, const ProbeAttempt& result, bool healthy) {
    if (!whom) return;
    const ProbeTarget& target = *watched.target;
    const auto own = api::integer_at(*worker.probe, {"terminationGracePeriodSeconds"});
    whom({.pod_uid = target.pod_uid,
          .container = target.container,
          .id = target.id,
          .kind = worker.kind,
          .healthy = healthy,
          .message = result.message,
          .errored = result.outcome == Outcome::kError,
          .grace_seconds = own.value_or(target.grace_seconds)});
  }

  Parts parts_;
  std::map<std::string, WatchedPtr> watched_;  // by run
};

Probes::Probes(Parts parts) : state_(std::make_shared<State>(std::move(parts))) {}
Probes::~Probes() {
  state_->stop();
}

void Probes::watch(const ProbeTarget& target) {
  state_->watch(target);
}
void Probes::forget(const std::string& id) {
  state_->forget(id);
}
Probes::Health Probes::health(const std::string& id) const {
  return state_->health(id);
}

}  // namespace cove::node
