// Inside of Runtime: what its parts share.
//
// Folders: DIR/containers/<id>/{spec.json,state.json,upper,work,merged} are durable; RUN/c/<id> is
// the bundle of a run, there exactly while the container has conmon, crun or a control group; in it
// `started` says that start() succeeded. RUN/crun is crun's state, RUN/exits has conmon's exit
// files, RUN/x what execs need, RUN/bin crun as it is started. A folder that is being made or
// removed has a name with a dot.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "core/os/cgroup.h"
#include "core/runtime/attach_stream.h"
#include "core/runtime/log_reader.h"
#include "core/runtime/oci_config.h"
#include "core/runtime/runtime.h"
#include "core/runtime/sealed_program.h"
#include "core/runtime/seccomp_programs.h"

namespace cove::runtime {

struct Container {
  ContainerSpec spec;
  ContainerStatus status;
  bool busy = false;      // a call is at work on it; others wait
  bool ended = false;     // its conmon has gone, and nobody has cleaned up yet
  bool clearing = false;  // nobody has cleaned up to the end
  bool gone = false;      // removed
  unsigned mounts = 0;    // who else keeps the root mounted
  std::uint64_t run = 0;
  Fd process, monitor;  // pidfds
  std::vector<std::weak_ptr<AttachStream>> streams;
  std::vector<std::weak_ptr<LogEnd>> followers;
};
using ContainerPtr = std::shared_ptr<Container>;

class ExecProcess;

class Runtime::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)) {}
  ~Implementation();
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  // One call's right to work on a container.
  class Turn {
   public:
    Turn(Implementation& runtime, ContainerPtr container)
        : runtime_(&runtime), container_(std::move(container)) {}
    Turn(Turn&& other) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (container_) runtime_->give_back(container_);
    }
    Container& operator*() const { return *container_; }
    Container* operator->() const { return container_.get(); }
    const ContainerPtr& pointer() const { return container_; }

   private:
    Implementation* runtime_;
    ContainerPtr container_;
  };

  // --- runtime.cpp
  Result<void> create(const ContainerSpec& spec);
  Result<void> remove(const std::string& id, bool force);
  Result<void> reconfigure(const ContainerSpec& spec);
  Result<void> signal(const std::string& id, int number);
  Result<void> pause(const std::string& id, bool on);
  Result<void> update(const std::string& id, const ResourceLimits& limits);
  Result<ContainerPtr> find(const std::string& id) const;
  Result<Turn> take(const std::string& id);
  // The container, when it runs (or is paused); else kConflict.
  Result<Turn> take_running(const std::string& id, const char* action);
  Result<std::optional<ContainerStatus>> wait(const std::string& id, std::stop_token stop,
                                              Until until);
  void listen(std::function<void(const ContainerStatus&)> listener);
  Result<std::unique_ptr<Streams>> attach(const std::string& id, Streams::Handlers handlers);
  Result<void> resize(const std::string& id, unsigned rows, unsigned columns);
  Result<std::unique_ptr<Mounted>> mount_root(const std::string& id);
  void release_root(const std::string& id);

  // --- start.cpp
  Result<void> start(const std::string& id, const std::function<Result<void>()>& beforehand,
                     std::unique_ptr<Begun> begun);
  Result<std::unique_ptr<Begun>> begin(const ContainerSpec& spec);

  // --- recover.cpp: before any thread runs.
  Result<void> recover();

  // --- watch.cpp
  Result<void> start_threads();
  Result<void> watch(const ContainerPtr& container);
  void watch_log(const Container& container);

  // --- exec.cpp
  Result<std::unique_ptr<Exec>> exec(const std::string& id, const ExecSpec& spec,
                                     Streams::Handlers handlers, std::function<void(int)> ended);

  // --- Places.
  Path folder(const std::string& id) const { return parts_.directory / "containers" / id; }
  Path bundle(const std::string& id) const { return parts_.run / "c" / id; }
  std::string cgroup(const ContainerSpec& spec) const;
  std::string monitors() const { return "/" + parts_.cgroup_root + "/monitors"; }
  // `crun` with these arguments, to its end; what it said is the cause of an error.
  Result<void> crun(std::vector<std::string> arguments, const char* action, const std::string& id);
  std::vector<std::string> crun_command();
  // The path to start crun by: a sealed copy, made when it is first needed, or else the program
  // itself.
  const Path& crun_program();

  Parts parts_;
  std::unique_ptr<os::Cgroups> cgroups_;
  Path crun_, conmon_;
  std::once_flag sealing_;
  std::optional<SealedProgram> sealed_;  // once `sealing_` is through
  Path sealed_path_;
  ConfigHost host_;
  SeccompPrograms seccomp_programs_;

  mutable std::mutex mutex_;  // of everything below and of every Container
  std::condition_variable_any changed_;
  std::map<std::string, ContainerPtr> containers_;

 private:
  friend class ExecProcess;
  void give_back(const ContainerPtr& container);

  // start.cpp
  class Monitor;
  class BegunMonitor;
  Result<Monitor> begin_monitor(const ContainerSpec& spec);
  Result<void> make_bundle(const ContainerSpec& spec);
  // The seccomp rules whose program crun is to make; "" when there is nothing to learn from it.
  Result<std::string> fill_bundle(const ContainerSpec& spec);
  Result<void> let_go(const ContainerSpec& spec, const Fd& process);
  Result<void> run(const ContainerPtr& container, const std::function<Result<void>()>& beforehand,
                   BegunMonitor* begun);
  std::vector<std::string> conmon_command(const ContainerSpec& spec);

  // What is out of sight already and may take the disk a while: the last descriptor of a root that
  // was taken away, for which the kernel has to write; a removed container's folder. After a crash
  // the next open() removes such folders.
  struct Leftover {
    Fd root;
    Path folder;
  };
  // On a thread of its own; at once when too many wait.
  void dispose(Leftover leftover);
  void clear(Leftover& leftover) const;
  // Takes a container's root away.
  Result<void> unmount_root(const std::string& id);
  // What is left of a run goes: conmon, processes, control group, bundle, mount.
  void wipe(const std::string& id, const std::string& group, bool keep_mounted);
  // The same where no process and no control group is left.
  void wipe_files(const std::string& id, bool keep_mounted);
  // After conmon's end; its exit file says how.
  void finish(const ContainerPtr& container);
  // Its record on the disk: all of it but the specification.
  std::string state_of(const Container& container) const;
  Result<void> save(const Container& container) const;

  // recover.cpp
  void load(const Path& folder);
  void adopt(const ContainerPtr& container, std::set<pid_t>& kept);
  void remove_strays(const std::set<pid_t>& kept);

  // watch.cpp
  void watch_loop();
  void notify_loop();
  void clear_loop();
  void monitor_ended(std::uint64_t run);
  void logs_changed();
  void rotate(const LogPolicy& log) const;

  Fd epoll_, logs_;
  std::unique_ptr<Wake> wake_;
  std::map<std::uint64_t, std::weak_ptr<Container>> watched_;  // by run
  std::map<int, std::set<std::string>> log_watches_;           // ids by watch
  std::uint64_t runs_ = 0;
  bool stopping_ = false;
  std::vector<std::function<void(const ContainerStatus&)>> listeners_;
  std::deque<ContainerStatus> exits_;  // at most one a container's run
  std::vector<std::weak_ptr<ExecProcess>> execs_;
  std::uint64_t next_exec_ = 0;
  std::set<std::string> reduced_;   // said already
  std::deque<Leftover> leftovers_;  // at most kMostLeftovers
  std::thread watcher_, notifier_, clearer_;
};

// What crun said about a command that could not be run, as people know it from Docker: the code
// says whether it was not found or not allowed.
Error start_error(const std::string& subject, const std::string& program, std::string_view message);

inline constexpr const char* kHelperPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace cove::runtime
