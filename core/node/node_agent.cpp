#include "core/node/node_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "core/api/pods.h"
#include "core/client/informer.h"
#include "core/node/background.h"
#include "core/node/pod_admission.h"
#include "core/node/pod_table.h"
#include "core/node/pod_worker.h"
#include "core/node/static_pods.h"

namespace cove::node {
namespace {

constexpr std::int64_t kCritical = 2'000'000'000;  // priorities from here on are the system's

// What is known of a pod that the API has no more: enough to end it.
api::ObjectPtr remains_of(const std::vector<KnownRun>& runs) {
  json::array containers;
  std::vector<std::string> names;
  for (const KnownRun& each : runs) {
    if (std::ranges::find(names, each.container) != names.end()) continue;
    names.push_back(each.container);
    containers.emplace_back(json::object{{"name", each.container}, {"image", "unknown"}});
  }
  const KnownRun& first = runs.front();
  return api::Object::make(
      {{"apiVersion", "v1"},
       {"kind", "Pod"},
       {"metadata", {{"name", first.pod}, {"namespace", first.namespace_name}, {"uid", first.uid}}},
       {"spec",
        {{"terminationGracePeriodSeconds", first.grace_seconds},
         {"containers", std::move(containers)}}}});
}

std::string created(const api::Object& pod) {
  return std::string(api::text_at(pod.document(), {"metadata", "creationTimestamp"}));
}

}  // namespace

// Everything but start(), the destructor, stop() and `table_` is of the executor.
class NodeAgent::Implementation : public std::enable_shared_from_this<NodeAgent::Implementation> {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)) {}

  Result<void> open();
  void close();
  void stop(std::chrono::seconds grace);
  void evict(const std::string& uid, const std::string& reason, const std::string& message,
             const std::string& disruption, std::int64_t grace);
  const PodsOfNode& pods() const { return table_; }

 private:
  using WorkerPtr = std::shared_ptr<PodWorker>;

  void find_runs();
  void begin();
  std::shared_ptr<StaticPods> make_static_pods();
  void run_static_pods();
  // Whether anything is left of what a mirror shows.
  bool runs(const api::Object& mirror);
  void pod_there(const api::ObjectPtr& shown);
  void take_in(const api::ObjectPtr& pod);
  void pod_gone(const api::ObjectPtr& shown);
  void node_there();
  void admit(const api::ObjectPtr& pod);
  std::vector<api::ObjectPtr> active_pods() const;
  void add_worker(const api::ObjectPtr& pod);
  void find_orphans();
  void end_remains();
  void remove_leftovers(const std::vector<std::string>& known);
  void changed(const std::string& uid);
  void finished(const std::string& uid);
  void run_ended(const KnownRun& known);
  void halt_next();
  PodWorker* worker(const std::string& uid);
  // Its own: anybody may make a pod that says it is the mirror of another.
  PodWorker* worker_of(const api::Object& shown);
  // Runs it on the executor and waits.
  void on_executor(const std::function<void()>& task);

  const Parts parts_;
  std::shared_ptr<client::Informer> pods_informer_, node_informer_;
  client::Registration pods_registration_, node_registration_;
  std::unique_ptr<client::EventRecorder> events_;
  std::unique_ptr<Background> background_;
  std::unique_ptr<Sandboxes> sandboxes_;
  std::unique_ptr<PodVolumes> volumes_;
  std::unique_ptr<References> references_;
  std::unique_ptr<EnvironmentSource> source_;
  std::unique_ptr<ImagePuller> puller_;
  std::unique_ptr<Probes> probes_;
  std::shared_ptr<StaticPods> static_pods_;
  std::unique_ptr<PodEnvironment> environment_;
  std::map<std::string, WorkerPtr> workers_;            // by uid
  std::map<std::string, api::ObjectPtr> unadmitted_;    // until the node is known
  std::map<std::string, std::vector<KnownRun>> found_;  // by uid: runs of before
  // By uid: what they stand on, until a worker holds it.
  std::map<std::string, std::vector<std::shared_ptr<image::ImageStore::Lease>>> found_holds_;
  PodTable table_;
  std::mutex listening_;
  bool deaf_ = false;  // to the runtime; under the mutex
  bool closed_ = false, swept_ = false, halting_ = false;
  std::int64_t halt_grace_ = 0;
  SteadyTime halt_since_{};
  std::function<void()> halted_;
};

void NodeAgent::Implementation::on_executor(const std::function<void()>& task) {
  std::mutex mutex;
  std::condition_variable done;
  bool over = false;
  parts_.executor.post([&] {
    task();
    const std::lock_guard lock(mutex);
    over = true;
    done.notify_all();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return over; });
}

Result<void> NodeAgent::Implementation::open() {
  const Path pods = parts_.directory / "pods";
  for (const Path& folder : {parts_.directory, pods, parts_.directory / "logs"})
    COVE_CHECK(make_directories(folder, 0755));
  COVE_TRY(sandboxes_, Sandboxes::open({.directory = pods,
                                        .pause = parts_.pause,
                                        .spawner = parts_.spawner,
                                        .networks = parts_.networks,
                                        .pod_subnet = parts_.pod_subnet,
                                        .node_address = parts_.node_address,
                                        .cluster_dns = parts_.cluster_dns,
                                        .cluster_domain = parts_.cluster_domain,
                                        .cgroup_root = parts_.cgroup_root,
                                        .logger = parts_.logger}));
  events_ = std::make_unique<client::EventRecorder>(
      parts_.transport, parts_.clock, parts_.random, parts_.logger,
      client::EventSource{"kubelet", parts_.node_name});
  background_ = std::make_unique<Background>(parts_.pool, parts_.executor);
  volumes_ =
      std::make_unique<PodVolumes>(PodVolumes::Parts{.directory = parts_.directory / "volumes",
                                                     .transport = parts_.transport,
                                                     .images = parts_.images,
                                                     .layers = parts_.layers,
                                                     .node_name = parts_.node_name,
                                                     .clock = parts_.clock,
                                                     .logger = parts_.logger});
  source_ = make_environment_source(parts_.transport);
  puller_ = std::make_unique<ImagePuller>(ImagePuller::Parts{.images = parts_.images,
                                                             .layers = parts_.layers,
                                                             .registries = parts_.registries,
                                                             .source = *source_,
                                                             .background = *background_,
                                                             .clock = parts_.clock,
                                                             .logger = parts_.logger});
  const auto weak = weak_from_this();
  const auto probed = [weak](const ProbeResult& result, auto member) {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    if (PodWorker* const found = self->worker(result.pod_uid)) (found->*member)(result);
  };
  probes_ = std::make_unique<Probes>(Probes::Parts{
      .executor = parts_.executor,
      .pool = parts_.pool,
      .clock = parts_.clock,
      .random = parts_.random,
      .logger = parts_.logger,
      .changed = [probed](const ProbeResult& result) { probed(result, &PodWorker::probed); },
      .failed_once =
          [probed](const ProbeResult& result) { probed(result, &PodWorker::probe_failed_once); },
      .prober =
          [&runtime = parts_.runtime](const json::object& probe, const ProbeTarget& target,
                                      std::stop_token stop) {
            return probe_once(probe, target, runtime, std::move(stop));
          }});
  references_ = std::make_unique<References>(
      References::Parts{.transport = parts_.transport,
                        .random = parts_.random,
                        .logger = parts_.logger,
                        .changed = [this](const std::string& uid) {
                          if (PodWorker* const found = closed_ ? nullptr : worker(uid))
                            found->reference_changed();
                        }});
  environment_ = std::make_unique<PodEnvironment>(PodEnvironment{
      .directory = parts_.directory,
      .node_address = parts_.node_address,
      .transport = parts_.transport,
      .events = *events_,
      .executor = parts_.executor,
      .background = *background_,
      .runtime = parts_.runtime,
      .images = parts_.images,
      .layers = parts_.layers,
      .sandboxes = *sandboxes_,
      .volumes = *volumes_,
      .references = *references_,
      .puller = *puller_,
      .probes = *probes_,
      .source = *source_,
      .settings = {},
      .clock = parts_.clock,
      .logger = parts_.logger,
      .uid_in_api =
          [this](const api::Object& pod) {
            const auto shown = pods_informer_->objects().get(client::key_of(pod));
            return std::string((shown && mirrored_uid(*shown) == pod.uid() ? *shown : pod).uid());
          },
      .as_run = [this](const api::ObjectPtr& pod) { return static_pods_->as_run(pod); },
      .refuses_resize = [this](const api::Object& pod) -> std::optional<Refusal> {
        const auto node = node_informer_->objects().get(parts_.node_name);
        if (!node) return refused_resize(pod);  // as before, until there is somebody to say
        return node::refuses_resize(pod, *node, active_pods());
      },
      .changed = [this](const std::string& uid) { changed(uid); },
      .finished = [this](const std::string& uid) { finished(uid); }});
  static_pods_ = make_static_pods();
  find_runs();
  on_executor([this] { begin(); });
  return {};
}

std::shared_ptr<StaticPods> NodeAgent::Implementation::make_static_pods() {
  return std::make_shared<StaticPods>(
      StaticPods::Parts{.folder = parts_.manifests,
                        .node_name = parts_.node_name,
                        .transport = parts_.transport,
                        .executor = parts_.executor,
                        .background = *background_,
                        .clock = parts_.clock,
                        .logger = parts_.logger,
                        .pods = [this] { return pods_informer_->objects().list(); },
                        .node = [this] { return node_informer_->objects().get(parts_.node_name); },
                        .runs = [this](const api::Object& mirror) { return runs(mirror); },
                        .changed = [this] { run_static_pods(); }});
}

bool NodeAgent::Implementation::runs(const api::Object& mirror) {
  const std::string uid = mirrored_uid(mirror);
  if (worker(uid) != nullptr) return worker_of(mirror) != nullptr;
  const auto before = found_.find(uid);
  return before != found_.end() && !before->second.empty() &&
         before->second.front().namespace_name == mirror.namespace_name() &&
         before->second.front().pod == mirror.name();
}

// The runtime tells ends from a thread of its own, which has the time to read what was left to say.
void NodeAgent::Implementation::find_runs() {
  parts_.runtime.on_exit([weak = weak_from_this()](const runtime::ContainerStatus& status) {
    const auto self = weak.lock();
    if (!self) return;
    // close() waits for who is in here.
    const std::lock_guard listening(self->listening_);
    if (self->deaf_) return;
    const auto spec = self->parts_.runtime.spec(status.id);
    auto known = spec ? known_run(*spec, status) : std::nullopt;
    if (!known) return;
    known->run.message = termination_message(*known);
    self->parts_.executor.post([weak, known = std::move(*known)] {
      if (const auto alive = weak.lock()) alive->run_ended(known);
    });
  });
  for (const runtime::ContainerStatus& status : parts_.runtime.list()) {
    const auto spec = parts_.runtime.spec(status.id);
    auto known = spec ? known_run(*spec, status) : std::nullopt;
    if (!known) continue;
    if (known->run.state == ContainerRun::State::kExited && known->run.message.empty())
      known->run.message = termination_message(*known);
    count_halted(*known);
    found_holds_[known->uid].push_back(hold(parts_.images, *known));
    found_[known->uid].push_back(std::move(*known));
  }
}

void NodeAgent::Implementation::begin() {
  const auto select = [&](const char* plural, std::string fields) {
    return client::Informer::create(
        parts_.transport, {.resource = {"", "v1", plural}, .field_selector = std::move(fields)},
        parts_.random, parts_.logger);
  };
  node_informer_ = select("nodes", "metadata.name=" + parts_.node_name);
  pods_informer_ = select("pods", "spec.nodeName=" + parts_.node_name);
  const auto weak = weak_from_this();
  node_registration_ = node_informer_->add_handler({.added = [weak](const api::ObjectPtr&, bool) {
    if (const auto self = weak.lock()) self->node_there();
  }});
  pods_registration_ = pods_informer_->add_handler(
      {.added =
           [weak](const api::ObjectPtr& pod, bool) {
             if (const auto self = weak.lock()) self->pod_there(pod);
           },
       .updated =
           [weak](const api::ObjectPtr& old, const api::ObjectPtr& now) {
             const auto self = weak.lock();
             if (!self) return;
             if (self->static_pods_->as_run(old)->uid() != self->static_pods_->as_run(now)->uid())
               self->pod_gone(old);
             self->pod_there(now);
           },
       .deleted =
           [weak](const api::ObjectPtr& last, bool) {
             if (const auto self = weak.lock()) self->pod_gone(last);
           }});
  // Told once all pods of the first state have been.
  pods_informer_->on_health([weak] {
    const auto self = weak.lock();
    if (!self || !self->pods_informer_->has_synced()) return;
    self->parts_.executor.post([weak] {
      if (const auto alive = weak.lock()) alive->find_orphans();
    });
  });
  node_informer_->start();
  pods_informer_->start();
}

PodWorker* NodeAgent::Implementation::worker(const std::string& uid) {
  const auto found = workers_.find(uid);
  return found == workers_.end() ? nullptr : found->second.get();
}

PodWorker* NodeAgent::Implementation::worker_of(const api::Object& shown) {
  const std::string mirrored = mirrored_uid(shown);
  PodWorker* const found = worker(mirrored.empty() ? std::string(shown.uid()) : mirrored);
  const bool same = found && client::key_of(*found->facts().pod) == client::key_of(shown);
  return same ? found : nullptr;
}

void NodeAgent::Implementation::pod_there(const api::ObjectPtr& shown) {
  if (closed_) return;
  const api::ObjectPtr pod = static_pods_->as_run(shown);
  const std::string uid(pod->uid());
  if (const bool wanted = static_pods_->wants(*shown);
      pod != shown && (wanted ? pod->deleting() : !runs(*shown)))
    return static_pods_->reconcile();
  if (PodWorker* const found = worker(uid)) {
    // A static pod that is wanted again, while it ends: finished() begins it anew.
    const bool again = found->removed() || (found->facts().pod->deleting() && !pod->deleting());
    return again && pod != shown ? found->gone() : found->update(pod);
  }
  take_in(pod);
}

// One without a worker.
void NodeAgent::Implementation::take_in(const api::ObjectPtr& pod) {
  if (halting_) return;  // the next agent's
  const std::string uid(pod->uid());
  const bool accepted = has_ended(*pod) || found_.contains(uid) ||
                        !api::text_at(pod->document(), {"status", "startTime"}).empty();
  if (accepted) return add_worker(pod);
  unadmitted_[uid] = pod;
  if (node_informer_->has_synced()) node_there();
}

void NodeAgent::Implementation::pod_gone(const api::ObjectPtr& shown) {
  if (closed_) return;
  // A mirror is not what it shows.
  if (static_pods_->wants(*shown)) return static_pods_->reconcile();
  const auto waiting = unadmitted_.find(std::string(static_pods_->as_run(shown)->uid()));
  if (waiting != unadmitted_.end() && client::key_of(*waiting->second) == client::key_of(*shown))
    unadmitted_.erase(waiting);
  if (PodWorker* const found = worker_of(*shown)) found->gone();
}

// What files want runs whether or not the API shows it, once the pods of the API are known; what
// they want no more and the API does not show either is ended.
void NodeAgent::Implementation::run_static_pods() {
  if (closed_ || halting_ || !swept_) return;
  const auto is_over = [this](const api::ObjectPtr& pod) {
    const auto shown = pods_informer_->objects().get(client::key_of(*pod));
    const std::string uid = mirrored_uid(*pod);
    return !uid.empty() && !static_pods_->may_want(uid) && (!shown || mirrored_uid(*shown) != uid);
  };
  std::erase_if(unadmitted_, [&](const auto& each) { return is_over(each.second); });
  for (const auto& [uid, each] : std::map(workers_)) {
    if (is_over(each->facts().pod)) each->gone();
  }
  end_remains();
  // One begins when the one before it, of which the file said something else, has ended.
  std::set<std::string> names;
  for (const auto& [uid, each] : workers_) {
    if (is_static_uid(uid)) names.insert(client::key_of(*each->facts().pod));
  }
  for (const api::ObjectPtr& pod : static_pods_->wanted()) {
    if (!names.contains(client::key_of(*pod)) && !unadmitted_.contains(std::string(pod->uid())))
      take_in(pod);
  }
}

void NodeAgent::Implementation::node_there() {
  std::vector<api::ObjectPtr> waiting;
  for (auto& [uid, pod] : unadmitted_) waiting.push_back(pod);
  unadmitted_.clear();
  std::ranges::sort(waiting, {}, [](const api::ObjectPtr& each) { return created(*each); });
  for (const api::ObjectPtr& each : waiting) admit(each);
}

// What the API has no more is over in a moment, and whoever placed another pod here could not know
// of it.
std::vector<api::ObjectPtr> NodeAgent::Implementation::active_pods() const {
  std::vector<api::ObjectPtr> all;
  for (const auto& [uid, each] : workers_) {
    if (!each->ended() && !each->removed() && !has_ended(*each->facts().pod))
      all.push_back(allocated_pod(each->facts()));
  }
  return all;
}

void NodeAgent::Implementation::admit(const api::ObjectPtr& pod) {
  std::optional<Refusal> refusal = unsupported(*pod);
  if (const auto sysctl = forbidden_sysctl(*pod); sysctl && !refusal)
    refusal = Refusal{"SysctlForbidden", *sysctl};
  const api::ObjectPtr node = node_informer_->objects().get(parts_.node_name);
  if (!refusal && node) refusal = refuses(*pod, *node, active_pods());
  if (!refusal) return add_worker(pod);
  const auto made = std::make_shared<PodWorker>(*environment_, pod, std::vector<KnownRun>());
  workers_[std::string(pod->uid())] = made;
  made->refuse(std::move(refusal->reason), std::move(refusal->message));
}

void NodeAgent::Implementation::add_worker(const api::ObjectPtr& pod) {
  const std::string uid(pod->uid());
  auto runs = found_.extract(uid);
  const auto made = std::make_shared<PodWorker>(
      *environment_, pod, runs.empty() ? std::vector<KnownRun>() : std::move(runs.mapped()));
  workers_[uid] = made;
  found_holds_.erase(uid);
  made->start();
  changed(uid);
}

// What is left of pods that the API has no more is brought to its end.
void NodeAgent::Implementation::find_orphans() {
  if (swept_ || closed_) return;
  if (!pods_registration_.has_synced()) {
    parts_.executor.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->find_orphans();
    });
    return;
  }
  swept_ = true;
  end_remains();
  if (!parts_.manifests.empty()) static_pods_->start();
  std::vector<std::string> known;
  for (const auto& [uid, each] : workers_) known.push_back(uid);
  for (const auto& [uid, each] : unadmitted_) known.push_back(uid);
  for (const auto& [uid, each] : found_) known.push_back(uid);
  remove_leftovers(known);
}

// Of what neither the API nor a file has.
void NodeAgent::Implementation::end_remains() {
  auto left = std::exchange(found_, {});
  for (auto& [uid, runs] : left) {
    if (static_pods_->may_want(uid)) {
      found_[uid] = std::move(runs);
      continue;
    }
    const auto made = std::make_shared<PodWorker>(*environment_, remains_of(runs), runs);
    workers_[uid] = made;
    found_holds_.erase(uid);
    made->gone();
  }
}

void NodeAgent::Implementation::remove_leftovers(const std::vector<std::string>& known) {
  // Pods of later are not among those that are looked at now.
  std::vector<std::string> folders = volumes_->pods();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parts_.directory / "pods", error))
    folders.push_back(entry.path().filename());
  std::vector<Path> logs;
  for (const auto& entry : std::filesystem::directory_iterator(parts_.directory / "logs", error)) {
    const std::string name = entry.path().filename();
    const auto uid = name.rfind('_');
    if (uid == std::string::npos || std::ranges::find(known, name.substr(uid + 1)) == known.end())
      logs.push_back(entry.path());
  }
  std::erase_if(folders, [&](const std::string& each) {
    return std::ranges::find(known, each) != known.end();
  });
  sandboxes_->keep_only(known);
  background_->run(
      [this, folders, logs] {
        const auto tell = [&](const Result<void>& result) {
          if (!result) parts_.logger.warn(result.error().message());
        };
        for (const std::string& each : folders) {
          tell(volumes_->unmount(each));
          tell(sandboxes_->remove(each));
          tell(remove_tree(parts_.directory / "pods" / each));
        }
        for (const Path& each : logs) tell(remove_tree(each));
      },
      {});
}

void NodeAgent::Implementation::changed(const std::string& uid) {
  const auto found = workers_.find(uid);
  if (found == workers_.end()) return;
  // Another pod may have its name by now.
  const PodWorker& one = *found->second;
  if (one.removed()) {
    table_.erase(*one.facts().pod);
  } else {
    table_.put(one.snapshot());
  }
  if (halting_) halt_next();
}

void NodeAgent::Implementation::finished(const std::string& uid) {
  const auto found = workers_.find(uid);
  if (found == workers_.end()) return;
  const api::ObjectPtr pod = found->second->facts().pod;
  table_.erase(*pod);
  found->second->close();
  workers_.erase(found);
  if (halting_) return halt_next();
  // A static pod may be wanted again.
  const auto shown = pods_informer_->objects().get(client::key_of(*pod));
  if (shown && mirrored_uid(*shown) == uid) pod_there(shown);
  run_static_pods();
}

void NodeAgent::Implementation::run_ended(const KnownRun& known) {
  if (closed_) return;
  if (PodWorker* const found = worker(known.uid)) return found->run_ended(known);
  // Its pod has not been told yet.
  const auto runs = found_.find(known.uid);
  if (runs == found_.end()) return;
  for (KnownRun& each : runs->second) {
    if (each.run.id == known.run.id) each = known;
  }
}

void NodeAgent::Implementation::evict(const std::string& uid, const std::string& reason,
                                      const std::string& message, const std::string& disruption,
                                      std::int64_t grace) {
  parts_.executor.post([weak = weak_from_this(), uid, reason, message, disruption, grace] {
    const auto self = weak.lock();
    PodWorker* const found = self && !self->closed_ ? self->worker(uid) : nullptr;
    if (found != nullptr) found->fail(reason, message, disruption, grace);
  });
}

// Ordinary pods first; the system's have what of the time is left.
void NodeAgent::Implementation::halt_next() {
  bool ordinary = false, any = false;
  const auto is_critical = [](const PodWorker& worker) {
    const api::Object& pod = *worker.facts().pod;
    return !mirrored_uid(pod).empty() ||
           api::integer_at(pod.document(), {"spec", "priority"}).value_or(0) >= kCritical;
  };
  for (const auto& [uid, each] : workers_) {
    const bool over = each->halted() || each->ended();
    any = any || !over;
    ordinary = ordinary || (!over && !is_critical(*each));
  }
  const auto spent =
      std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.steady() - halt_since_);
  const std::int64_t left = std::max<std::int64_t>(1, halt_grace_ - spent.count());
  for (const auto& [uid, each] : std::map(workers_)) {
    if (!each->halted() && !each->ended() && (!ordinary || !is_critical(*each))) each->halt(left);
  }
  if (!any && halted_) std::exchange(halted_, nullptr)();
}

void NodeAgent::Implementation::stop(std::chrono::seconds grace) {
  // Half a minute more than the grace: what does not die by SIGKILL is left.
  constexpr std::chrono::seconds kPatience{30};
  struct Halt {
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
  };
  const auto halt = std::make_shared<Halt>();
  on_executor([&] {
    halting_ = true;
    static_pods_->stop();
    halt_grace_ = grace.count();
    halt_since_ = parts_.clock.steady();
    halted_ = [halt] {
      const std::lock_guard lock(halt->mutex);
      halt->over = true;
      halt->changed.notify_all();
    };
    if (grace.count() > 0) halt_next();
  });
  if (grace.count() <= 0) return close();
  std::unique_lock lock(halt->mutex);
  if (!halt->changed.wait_for(lock, grace + kPatience, [&] { return halt->over; }))
    parts_.logger.warn("containers do not end; they are left as they are");
}

void NodeAgent::Implementation::close() {
  on_executor([this] {
    closed_ = true;
    halting_ = false;
    if (static_pods_) static_pods_->stop();
    pods_registration_ = {};
    node_registration_ = {};
    if (pods_informer_) pods_informer_->stop();
    if (node_informer_) node_informer_->stop();
    for (const auto& [uid, each] : workers_) each->close();
    if (puller_) puller_->stop();
  });
  background_->stop();
  {
    const std::lock_guard listening(listening_);
    deaf_ = true;
  }
  on_executor([this] {
    workers_.clear();
    static_pods_.reset();
    references_.reset();
    probes_.reset();
    puller_.reset();
    pods_informer_.reset();
    node_informer_.reset();
    events_.reset();
  });
}

NodeAgent::NodeAgent(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

NodeAgent::~NodeAgent() {
  implementation_->close();
}

Result<std::unique_ptr<NodeAgent>> NodeAgent::start(Parts parts) {
  auto made = std::make_shared<Implementation>(std::move(parts));
  COVE_CHECK(made->open());
  return std::unique_ptr<NodeAgent>(new NodeAgent(std::move(made)));
}

const PodsOfNode& NodeAgent::pods() const {
  return implementation_->pods();
}

void NodeAgent::stop(std::chrono::seconds grace) {
  implementation_->stop(grace);
}

void NodeAgent::evict(const std::string& pod_uid, std::string reason, std::string message,
                      std::string disruption, std::int64_t grace_seconds) {
  implementation_->evict(pod_uid, reason, message, disruption, grace_seconds);
}

}  // namespace cove::node
