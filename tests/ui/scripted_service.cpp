#include "tests/ui/scripted_service.h"

namespace cove::ui::test {

using provision::ClusterStatus;
using provision::Phase;
using provision::Step;
using provision::StepState;

namespace {

const std::map<std::string, std::string>& english() {
  static const std::map<std::string, std::string> titles = {
      {"check-host", "Check this computer"},
      {"create-keys", "Create keys and certificates"},
      {"create-disk", "Create the disk"},
      {"define-machine", "Define the virtual machine"},
      {"boot", "Boot the virtual machine"},
      {"configure-node", "Configure the node"},
      {"open-ports", "Open the ports"},
      {"wait-api", "Wait for the Kubernetes API"},
      {"wait-node", "Wait for the node to be ready"},
      {"write-kubeconfig", "Write the kubeconfig entry"},
  };
  return titles;
}

std::string title(const std::string& id) {
  const auto found = english().find(id);
  return found == english().end() ? id : found->second;
}

void wish_for(provision::Wish& wish, const provision::StartRequest& request) {
  if (request.cpus) wish.resources.cpus = *request.cpus;
  if (request.memory_mib) wish.resources.memory_mib = *request.memory_mib;
  if (request.disk_gib) wish.resources.disk_gib = *request.disk_gib;
  if (request.registry_mirrors) wish.registry_mirrors = *request.registry_mirrors;
  if (request.http_proxy) wish.proxy.http = *request.http_proxy;
  if (request.https_proxy) wish.proxy.https = *request.https_proxy;
  if (request.no_proxy) wish.proxy.no_proxy = *request.no_proxy;
}

}  // namespace

class ScriptedService::Subscription final : public ClusterService::Watch {
 public:
  explicit Subscription(ScriptedService& service) : service_(service) {}
  ~Subscription() override {
    std::lock_guard lock(service_.mutex_);
    service_.changed_ = nullptr;
  }

 private:
  ScriptedService& service_;
};

ScriptedService::ScriptedService() : gui_thread_(std::this_thread::get_id()) {
  facts.cpus = 8;
  facts.memory_mib = 16 * 1024;
  facts.memory_available_mib = 9 * 1024 + 512;
  facts.disk_free_gib = 118;
  facts.backend.name = "libvirt";
  facts.backend.version = "libvirt 9.0.0, QEMU 7.2.22";
  facts.backend.acceleration = vm::Acceleration::kKvm;
  facts.image_version = "0.1.0";
  facts.image_digest = "sha256:4995b9cf17af540062a05ac635931b0660a3296d940ed5fdce05d13eb7a77923";
}

void ScriptedService::note_thread() {
  if (std::this_thread::get_id() == gui_thread_) ++calls_from_gui_thread_;
}

Result<provision::HostFacts> ScriptedService::host(vm::NetworkMode network) {
  note_thread();
  std::lock_guard lock(mutex_);
  if (host_error) return *host_error;
  provision::HostFacts answer = facts;
  answer.backend.network = network;
  return answer;
}

ClusterStatus ScriptedService::running(const std::string& profile) const {
  ClusterStatus status;
  status.profile = profile;
  status.phase = Phase::kRunning;
  status.acceleration = facts.backend.acceleration;
  status.acceleration_note = facts.backend.acceleration_note;
  status.host = "127.0.0.1";
  status.server = "https://127.0.0.1:6443";
  status.ports = {{"kubernetes-api", 6443, 6443}};
  status.node_name = profile;
  status.api_ready = true;
  status.node_ready = true;
  status.kubernetes_version = "v1.36.0";
  status.kubeconfig_ok = true;
  status.kubeconfig = "/home/ada/.kube/config";
  status.context = profile;
  status.console_log = console_log;
  status.directory = Path("/home/ada/.local/share/cove/clusters") / profile;
  status.started_at = now - std::chrono::minutes(134);
  status.wish.target = provision::Target::kRunning;
  status.image_version = facts.image_version;
  status.image_digest = facts.image_digest;
  return status;
}

Result<void> ScriptedService::walk(const std::string& operation,
                                   const std::vector<std::string>& ids,
                                   provision::Progress& progress, const std::stop_token& stop) {
  std::vector<Step> steps;
  for (const auto& id : ids) {
    Step step;
    step.id = id;
    step.title = title(id);
    std::lock_guard lock(mutex_);
    const auto known = elapsed_.find(id);
    step.expected = known == elapsed_.end() ? kStepTime : known->second;
    steps.push_back(step);
  }
  progress.plan(operation, steps);
  for (Step& step : steps) {
    std::unique_lock lock(mutex_);
    if (const auto detail = details_.find(step.id); detail != details_.end()) {
      step.detail = detail->second;
    }
    step.state = StepState::kRunning;
    progress.update(step);
    const bool go = permitted_.wait(lock, stop, [&] { return permits_ > 0; });
    step.elapsed = *step.expected;
    if (!go) {
      step.state = StepState::kCancelled;
      progress.update(step);
      return Error{ErrorCode::kCancelled, operation, {}, "you cancelled it", {}};
    }
    --permits_;
    if (const auto failure = failures_.find(step.id); failure != failures_.end()) {
      const Error error = failure->second;
      failures_.erase(failure);
      step.state = StepState::kFailed;
      progress.update(step);
      return error;
    }
    step.state = StepState::kDone;
    progress.update(step);
  }
  return {};
}

Result<void> ScriptedService::start(const std::string& profile,
                                    const provision::StartRequest& request,
                                    provision::Progress& progress, std::stop_token stop) {
  note_thread();
  bool fresh = false;
  {
    std::lock_guard lock(mutex_);
    last_start_ = request;
    fresh = !statuses_.contains(profile);
    if (fresh) {
      ClusterStatus status = running(profile);
      status.phase = Phase::kCreating;
      status.api_ready = status.node_ready = false;
      wish_for(status.wish, request);
      status.booted = status.wish.resources;
      statuses_[profile] = status;
    }
  }
  set_phase(profile, fresh ? Phase::kCreating : Phase::kStarting);
  const std::vector<std::string> again = {"check-host",      "boot",     "configure-node",
                                          "open-ports",      "wait-api", "wait-node",
                                          "write-kubeconfig"};
  const std::vector<std::string> first = {
      "check-host",     "create-keys", "create-disk", "define-machine", "boot",
      "configure-node", "open-ports",  "wait-api",    "wait-node",      "write-kubeconfig"};
  const auto result = walk("start", fresh ? first : again, progress, stop);
  if (result.has_error()) {
    set_phase(profile, Phase::kBroken, result.error().message(), result.error().remedy);
    return result.error();
  }
  std::lock_guard lock(mutex_);
  const provision::Wish wish = statuses_[profile].wish;
  statuses_[profile] = running(profile);
  statuses_[profile].wish = wish;
  statuses_[profile].booted = wish.resources;
  publish_locked();
  return {};
}

Result<void> ScriptedService::configure(const std::string& profile,
                                        const provision::StartRequest& request,
                                        provision::Progress& progress, std::stop_token stop) {
  note_thread();
  {
    std::lock_guard lock(mutex_);
    last_start_ = request;
  }
  COVE_CHECK(walk("configure", {"save-settings"}, progress, stop));
  std::lock_guard lock(mutex_);
  wish_for(statuses_[profile].wish, request);
  publish_locked();
  return {};
}

Result<void> ScriptedService::restart(const std::string& profile, provision::Progress& progress,
                                      std::stop_token stop) {
  note_thread();
  set_phase(profile, Phase::kStopping);
  COVE_CHECK(walk("restart", {"shutdown", "power-off", "boot", "wait-node"}, progress, stop));
  std::lock_guard lock(mutex_);
  const provision::Wish wish = statuses_[profile].wish;
  statuses_[profile] = running(profile);
  statuses_[profile].wish = wish;
  statuses_[profile].booted = wish.resources;
  publish_locked();
  return {};
}

Result<void> ScriptedService::stop(const std::string& profile, provision::Progress& progress,
                                   std::stop_token stop) {
  note_thread();
  set_phase(profile, Phase::kStopping);
  COVE_CHECK(walk("stop", {"shutdown", "power-off"}, progress, stop));
  set_phase(profile, Phase::kStopped);
  return {};
}

Result<void> ScriptedService::pause(const std::string& profile, provision::Progress& progress,
                                    std::stop_token stop) {
  note_thread();
  set_phase(profile, Phase::kPausing);
  COVE_CHECK(walk("pause", {"save-memory"}, progress, stop));
  set_phase(profile, Phase::kPaused);
  return {};
}

Result<void> ScriptedService::remove(const std::string& profile, provision::Progress& progress,
                                     std::stop_token stop) {
  note_thread();
  set_phase(profile, Phase::kDeleting);
  COVE_CHECK(walk("delete", {"close-ports", "remove-machine", "remove-kubeconfig", "remove-files"},
                  progress, stop));
  forget(profile);
  return {};
}

std::unique_ptr<ClusterService::Watch> ScriptedService::watch(
    std::function<void(Statuses)> changed) {
  note_thread();
  std::lock_guard lock(mutex_);
  changed_ = std::move(changed);
  publish_locked();
  return std::make_unique<Subscription>(*this);
}

void ScriptedService::release(int steps) {
  std::lock_guard lock(mutex_);
  permits_ += steps;
  permitted_.notify_all();
}

void ScriptedService::hold() {
  std::lock_guard lock(mutex_);
  permits_ = 0;
}

void ScriptedService::fail_at(const std::string& step, const Error& error) {
  std::lock_guard lock(mutex_);
  failures_[step] = error;
}

void ScriptedService::set_elapsed(const std::string& step, std::chrono::milliseconds elapsed) {
  std::lock_guard lock(mutex_);
  elapsed_[step] = elapsed;
}

void ScriptedService::set_detail(const std::string& step, const std::string& detail) {
  std::lock_guard lock(mutex_);
  details_[step] = detail;
}

void ScriptedService::set_status(const ClusterStatus& status) {
  std::lock_guard lock(mutex_);
  statuses_[status.profile] = status;
  publish_locked();
}

void ScriptedService::forget(const std::string& profile) {
  std::lock_guard lock(mutex_);
  statuses_.erase(profile);
  publish_locked();
}

std::optional<provision::StartRequest> ScriptedService::last_start() const {
  std::lock_guard lock(mutex_);
  return last_start_;
}

void ScriptedService::set_phase(const std::string& profile, Phase phase, const std::string& reason,
                                const std::string& remedy) {
  std::lock_guard lock(mutex_);
  ClusterStatus& status = statuses_[profile];
  status.profile = profile;
  status.phase = phase;
  status.reason = reason;
  status.remedy = remedy;
  if (phase != Phase::kRunning) {
    status.api_ready = status.node_ready = false;
    status.started_at.reset();
  }
  publish_locked();
}

void ScriptedService::publish_locked() {
  if (!changed_) return;
  Statuses all;
  for (const auto& [profile, status] : statuses_) all.push_back(status);
  changed_(all);
}

}  // namespace cove::ui::test
