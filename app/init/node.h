// Node: what init does after the system is up: answers the host, runs coved, reaps, powers off.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "app/init/disk.h"
#include "app/init/output.h"
#include "app/init/reaper.h"
#include "app/init/supervisor.h"
#include "core/base/clock.h"
#include "vm/channel/control_server.h"

namespace cove::init {

inline constexpr const char* kDataFolder = "/var/lib/cove";

class Node final : public channel::ControlHandler {
 public:
  // `signals` is a signalfd for SIGCHLD.
  Node(Reaper& reaper, Clock& clock, Console& console, Fd signals);
  ~Node() override;

  // Something at boot failed: reported to the host and on the console; the first one is kept.
  void trouble(const std::string& sentence);
  // Starts to prepare the data disk; the boot goes on meanwhile.
  void prepare_disk();
  // Starts to set the kernel up; the boot goes on meanwhile, and coved starts when it is done.
  void prepare_kernel(std::function<Result<void>()> set_up);
  // Has coved loaded while the disk and the host are still busy.
  void load_coved();
  void serve_control(Fd port);
  // What the start does not need: once coved has settled, or after a while without it, `load` runs
  // in a thread of its own and then the power button is opened.
  void load_later(std::function<void()> load);

  // Runs until a power-off was asked for and coved has ended.
  void run();

  void configure(channel::NodeConfiguration configuration, Done done) override;
  channel::NodeState state() override;
  Result<void> set_time(std::int64_t unix_nanoseconds) override;
  Result<void> power_off() override;

 private:
  void turn();
  int poll_timeout() const;
  void post(std::function<void()> task);
  void run_posted();
  Result<void> apply(const channel::NodeConfiguration& configuration);
  void disk_is_ready(const Result<void>& result);
  Supervisor::Settings coved(const channel::NodeConfiguration& configuration) const;
  void start_coved();
  void begin_power_off(std::string_view why);
  void read_power_buttons();
  void load_the_rest();

  Reaper& reaper_;
  Clock& clock_;
  Console& console_;
  Fd signals_;
  Fd wake_;
  Supervisor supervisor_;
  std::optional<channel::ControlServer> control_;
  std::vector<Fd> buttons_;
  std::string boot_id_;
  std::string trouble_;
  bool greeted_said_ = false;
  bool ready_said_ = false;
  std::optional<channel::NodeConfiguration> configuration_;
  std::vector<Done> waiting_for_disk_;
  std::optional<Result<void>> disk_;  // nothing while it is being prepared
  std::optional<SteadyTime> power_off_deadline_;
  bool killed_ = false;
  std::mutex posted_mutex_;
  std::deque<std::function<void()>> posted_;
  std::function<void()> rest_;  // until it is due
  SteadyTime rest_due_{};
  std::jthread kernel_thread_;
  std::jthread disk_thread_;
  std::jthread rest_thread_;
};

}  // namespace cove::init
