// Supervisor: keeps coved running. Containers live outside its cgroup, so they outlast it.
#pragma once

#include <signal.h>

#include <optional>
#include <string>

#include "app/init/backoff.h"
#include "app/init/output.h"
#include "app/init/reaper.h"
#include "core/base/clock.h"

namespace cove::init {

// Not thread-safe: everything happens on the thread that polls.
class Supervisor {
 public:
  struct Settings {
    std::vector<std::string> argv;
    Path notify_socket;  // made here; coved gets it as $NOTIFY_SOCKET (sd_notify(3))
    Path log_file;
    std::function<Result<Fd>()> cgroup;  // its cgroup.procs
    int stop_signal = SIGTERM;           // of stop()
  };
  Supervisor(Reaper& reaper, Clock& clock, Console& console)
      : reaper_(reaper), clock_(clock), console_(console) {}

  // Starts the program ahead of its time, to wait for its arguments (--standby) with everything
  // loaded that does not depend on them. The first start then goes to it, if it is still there.
  // Only argv's first word, the cgroup and the socket are used. Optional; failing costs nothing but
  // the time.
  void stand_by(const Settings& settings);
  Result<void> run(Settings settings);
  // Ends it and starts it anew with `argv`, without waiting and without counting a restart.
  void restart(std::vector<std::string> argv);
  // The stop signal, and no new start. stopped() says when it is gone.
  void stop();
  void kill();
  bool stopped() const { return !child_; }  // a program standing by counts for nothing
  // Lets go of the log, so that its file system can be unmounted. Nothing is written to it
  // afterwards.
  void close_log() { log_.reset(); }

  bool running() const { return child_.has_value(); }
  bool ready() const { return ready_; }
  // Its start is over and what came with it is done (X_SETTLED=1, after READY=1).
  bool settled() const { return settled_; }
  unsigned restarts() const { return restarts_; }
  const std::string& last_exit() const { return last_exit_; }

  // Output, error, end and notifications of coved; -1 where there is none.
  std::array<int, 4> fds() const;
  // When act() wants to be called even if nothing is readable.
  std::optional<SteadyTime> deadline() const { return next_start_; }
  // Handles what happened. True when running() or ready() changed.
  bool act();

 private:
  void start();
  Result<Child> launch(const Settings& settings, std::vector<std::string> argv);
  bool use_standby();
  void ended(int status);
  void read_output(Fd& fd, LineSplitter& lines);
  void flush_rest();
  void log(const std::string& line);
  void emit(const std::string& line);
  bool read_notifications();

  Reaper& reaper_;
  Clock& clock_;
  Console& console_;
  Settings settings_;
  Fd notify_;
  std::optional<RotatingLog> log_;
  std::optional<Child> child_;
  std::optional<Child> standby_;
  LineSplitter output_;
  LineSplitter error_;
  Backoff backoff_;
  SteadyTime started_{};
  std::optional<SteadyTime> next_start_;
  bool ready_ = false;
  bool settled_ = false;
  bool stopping_ = false;
  bool restarting_ = false;
  unsigned restarts_ = 0;
  std::string last_exit_;
};

}  // namespace cove::init
