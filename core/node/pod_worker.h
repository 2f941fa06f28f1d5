// PodWorker: brings one pod from what is to what is wanted, step after step. What the next step is
// says plan_pod(); this carries it out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/client/client.h"
#include "core/client/event_recorder.h"
#include "core/node/background.h"
#include "core/node/container_config.h"
#include "core/node/image_puller.h"
#include "core/node/pod_admission.h"
#include "core/node/pod_model.h"
#include "core/node/pod_plan.h"
#include "core/node/pod_runs.h"
#include "core/node/probes.h"
#include "core/node/references.h"
#include "core/node/sandbox.h"
#include "core/node/volumes.h"
#include "core/runtime/runtime.h"

namespace cove::node {

// What all workers stand on; it outlives them.
struct PodEnvironment {
  Path directory;  // DIR/pods, DIR/volumes, DIR/logs
  std::string node_address;
  client::Transport& transport;
  client::EventRecorder& events;
  Executor& executor;
  Background& background;
  runtime::Runtime& runtime;
  image::ImageStore& images;
  image::LayerStore& layers;
  Sandboxes& sandboxes;
  PodVolumes& volumes;
  References& references;
  ImagePuller& puller;
  Probes& probes;
  EnvironmentSource& source;
  NodeSettings settings;
  Clock& clock;
  Logger& logger;
  // The uid that the API knows a pod by: another one than its own when it is a static pod.
  std::function<std::string(const api::Object& pod)> uid_in_api;
  // Why a pod's new resources have to wait.
  std::function<std::optional<Refusal>(const api::Object& pod)> refuses_resize;
  // What runs of the pod has changed; and: nothing of it is left, the worker may go.
  std::function<void(const std::string& uid)> changed;
  std::function<void(const std::string& uid)> finished;

  Path folder(std::string_view uid) const { return directory / "pods" / uid; }
};

// Everything on the agent's executor. Blocking steps run in the background: making the sandbox and
// mounting volumes beside each other, then one container's start after the other.
class PodWorker : public std::enable_shared_from_this<PodWorker> {
 public:
  // `runs`: what the runtime has of it, from before.
  PodWorker(PodEnvironment& environment, api::ObjectPtr pod, std::vector<KnownRun> runs);
  ~PodWorker();
  PodWorker(const PodWorker&) = delete;

  // After making it.
  void start();
  // The API has it like this now.
  void update(const api::ObjectPtr& pod);
  // The API has it no more: it is ended, and then everything of it goes.
  void gone();
  // Nothing is begun or told any more; containers go on.
  void close();

  void run_ended(const KnownRun& known);
  // What its volumes show is not what it was.
  void reference_changed() { refresh_volumes(); }
  void probed(const ProbeResult& result);
  void probe_failed_once(const ProbeResult& result);

  // The node does not take it: it is Failed at once. Instead of start().
  void refuse(std::string reason, std::string message);
  // It is Failed once nothing of it runs any more, with that reason and message, unless it had
  // ended by itself; `disruption` is the reason of its condition DisruptionTarget.
  void fail(std::string reason, std::string message, std::string disruption,
            std::optional<std::int64_t> grace);
  // Its containers are ended and none is started any more, but the pod is not over: the next agent
  // starts them again.
  void halt(std::int64_t grace);
  bool halted() const {
    return halting_ && !anything_runs() && !busy() && !write_under_way_ && !sync_asked_;
  }

  // The sandbox and the volumes have gone: its resources are free.
  bool ended() const { return facts_.ended; }
  // The API has it no more.
  bool removed() const { return removed_; }
  const PodFacts& facts() const { return facts_; }
  RunningPod snapshot() const;

 private:
  enum class Starting { kImage, kReady, kMaking };
  struct Start {
    Starting phase = Starting::kImage;
    ImageOutcome image = {};
  };
  struct Killing {
    SteadyTime deadline{};
    Executor::TimerId timer = 0;
    std::stop_source hook;
    bool signalled = false;
  };
  struct StartResultOf;

  // pod_worker.cpp
  void ask_sync();
  void sync();
  void run_plan();
  void read_health();
  void crash_loops(const PodPlan& plan);
  void check_deadline();
  void take_runs(std::vector<KnownRun> runs);
  void wake_at(WallTime time);
  ContainerFacts* container(std::string_view name);
  ContainerFacts* container_of_run(std::string_view id);
  Path message_file(const std::string& name, unsigned restart) const;
  bool anything_runs() const;
  bool busy() const { return making_sandbox_ || mounting_ || making_; }
  // Wraps a member's call so that it is dropped once the worker has gone or is closed.
  std::function<void()> guarded(std::function<void()> task);

  // pod_start.cpp
  void make_sandbox();
  void mount_volumes();
  void refresh_volumes();
  void refresh_later();
  void begin(std::size_t index);
  void image_ready(const std::string& name, ImageOutcome outcome);
  void make_next();
  void made(const std::string& name, const std::shared_ptr<StartResultOf>& result);
  void watch(const ContainerFacts& container);
  ProbeTarget target_of(const ContainerFacts& container) const;
  void run_post_start(const ContainerFacts& container);
  void resize();
  void resize_one(const ContainerFacts& container, json::object wanted);
  void begin_resize();
  void end_resize();
  bool resize_has_to_wait();
  void tell_resize(std::string_view type, std::string_view reason, std::string_view what,
                   const std::string& error = {});
  void wait_with(ContainerFacts& container, std::string reason, std::string message,
                 std::optional<WallTime> again_at);

  // pod_stop.cpp
  void end();
  void hurry();
  void run_termination();
  void kill(std::size_t index, std::int64_t grace, const std::string& message);
  void stop_signal(const std::string& id);
  void kill_overdue(const std::string& id);
  void signal_run(const std::string& id, int number);
  std::int64_t grace_of(const ContainerFacts& container) const;
  void clean_up();
  void remove_from_api();
  void remove_rest();
  void drop_old_runs(const std::string& name);

  // pod_report.cpp
  void publish();
  void write_status(const json::object& patch);
  void take(const api::ObjectPtr& pod);
  void tell(std::string_view type, std::string_view reason, const std::string& message);
  void tell_of(const ContainerFacts& container, std::string_view type, std::string_view reason,
               const std::string& message);

  PodEnvironment& environment_;
  const std::string uid_;
  PodFacts facts_;
  CrashBackoff backoff_;
  std::optional<PodSandbox> sandbox_;
  MountedVolumes volumes_;
  std::map<std::string, Start, std::less<>> starts_;         // by container
  std::map<std::string, WallTime, std::less<>> not_before_;  // of the next attempt, by container
  std::map<std::string, Killing, std::less<>> kills_;        // by run
  std::map<std::string, std::shared_ptr<image::ImageStore::Lease>> leases_;  // by run
  std::map<std::string, std::vector<std::string>> old_runs_;  // by container, oldest first
  std::set<std::string> told_crash_loops_;                    // runs
  std::map<std::string, KnownRun, std::less<>> early_ends_;   // of runs whose start is not told yet
  bool closed_ = false;
  bool sync_asked_ = false;
  bool removed_ = false;  // from the API
  bool halting_ = false;
  bool making_sandbox_ = false, mounting_ = false, making_ = false;
  bool mounted_ = false;
  bool refresh_asked_ = false;  // meanwhile: what is being read may be from before the change
  bool cleaning_ = false;
  bool removing_ = false, finishing_ = false;
  std::optional<std::int64_t> grace_;  // of the end, when it is not the pod's own
  SteadyTime ended_since_{};           // when the end began
  std::chrono::seconds sandbox_delay_{0}, mount_delay_{0};
  WallTime sandbox_not_before_{}, mount_not_before_{}, resize_not_before_{};
  // Of the pod whose resize is under way, and whose wait was told.
  std::optional<std::int64_t> resized_generation_, pending_generation_;
  std::set<std::string, std::less<>> resize_restarts_;  // containers that start anew for it
  std::stop_source stop_;                               // of the start under way
  Executor::TimerId timer_ = 0;
  std::optional<WallTime> timer_at_;
  Executor::TimerId refresh_timer_ = 0;
  // The status.
  client::Operation writing_, deleting_;
  bool write_under_way_ = false;
  bool final_written_ = false;
  std::string last_patch_, last_version_;  // of the last write and its answer
  std::optional<std::pair<std::string, std::string>> refusal_;
};

}  // namespace cove::node
