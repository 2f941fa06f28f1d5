// ScriptedService: a ClusterService that does what a test or a screenshot says, step by step.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "ui/bridge/cluster_service.h"

namespace cove::ui::test {

// Thread-safe. Operations walk through their steps; each step waits for a permit of release().
class ScriptedService : public ClusterService {
 public:
  // Made in the GUI thread; calls from it are counted as the mistake they are.
  ScriptedService();

  Result<provision::HostFacts> host(vm::NetworkMode network) override;
  Result<void> start(const std::string& profile, const provision::StartRequest& request,
                     provision::Progress& progress, std::stop_token stop) override;
  Result<void> configure(const std::string& profile, const provision::StartRequest& request,
                         provision::Progress& progress, std::stop_token stop) override;
  Result<void> restart(const std::string& profile, provision::Progress& progress,
                       std::stop_token stop) override;
  Result<void> stop(const std::string& profile, provision::Progress& progress,
                    std::stop_token stop) override;
  Result<void> pause(const std::string& profile, provision::Progress& progress,
                     std::stop_token stop) override;
  Result<void> remove(const std::string& profile, provision::Progress& progress,
                      std::stop_token stop) override;
  std::unique_ptr<Watch> watch(std::function<void(Statuses)> changed) override;

  // Lets this many steps pass. A step takes `kStepTime` by its own account.
  void release(int steps);
  void release_all() { release(1'000'000); }
  void hold();
  // The next time this step is reached it fails.
  void fail_at(const std::string& step, const Error& error);
  // Steps that take longer than kStepTime, by their own account.
  void set_elapsed(const std::string& step, std::chrono::milliseconds elapsed);
  void set_detail(const std::string& step, const std::string& detail);

  void set_status(const provision::ClusterStatus& status);
  void forget(const std::string& profile);
  provision::ClusterStatus running(const std::string& profile) const;
  int calls_from_gui_thread() const { return calls_from_gui_thread_; }
  // Of a start or a change of settings.
  std::optional<provision::StartRequest> last_start() const;

  provision::HostFacts facts;
  std::optional<Error> host_error;
  WallTime now{std::chrono::seconds(1'700'000'000)};
  Path console_log;

  static constexpr std::chrono::milliseconds kStepTime{400};

 private:
  class Subscription;
  Result<void> walk(const std::string& operation, const std::vector<std::string>& steps,
                    provision::Progress& progress, const std::stop_token& stop);
  void set_phase(const std::string& profile, provision::Phase phase, const std::string& reason = {},
                 const std::string& remedy = {});
  void publish_locked();
  void note_thread();

  const std::thread::id gui_thread_;
  std::atomic<int> calls_from_gui_thread_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable_any permitted_;
  int permits_ = 0;
  std::map<std::string, Error> failures_;
  std::map<std::string, std::chrono::milliseconds> elapsed_;
  std::map<std::string, std::string> details_;
  std::map<std::string, provision::ClusterStatus> statuses_;
  std::optional<provision::StartRequest> last_start_;
  std::function<void(Statuses)> changed_;
};

}  // namespace cove::ui::test
