// Runtime: containers by crun under conmon, which outlive this process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/runtime/spec.h"

namespace cove::runtime {

enum class ContainerState { kCreated, kRunning, kPaused, kStopped };

struct ContainerStatus {
  std::string id;
  ContainerState state = ContainerState::kCreated;
  pid_t pid = 0;  // on the host; 0 unless it runs
  WallTime created_at{}, started_at{}, finished_at{};
  int exit_code = 0;  // 128 + signal
  bool oom_killed = false;
  std::string error;  // why it could not be started
};

struct Statistics {
  WallTime read_at{};
  std::uint64_t cpu_total_ns = 0, cpu_user_ns = 0, cpu_system_ns = 0, host_cpu_ns = 0;
  std::uint64_t throttled_periods = 0, periods = 0, throttled_ns = 0;
  std::uint64_t memory_bytes = 0, memory_limit = 0, memory_peak = 0;
  std::uint64_t memory_inactive_file = 0, memory_anon = 0, memory_rss = 0;
  std::uint64_t page_faults = 0, major_page_faults = 0;
  std::uint64_t pids = 0, pids_limit = 0;
  std::uint64_t read_bytes = 0, written_bytes = 0, read_ops = 0, write_ops = 0;
  unsigned online_cpus = 0;
};

// One end of a process' standard streams. Thread-safe; destruction lets go, the process goes on.
class Streams {
 public:
  enum class Channel { kOut, kError };
  struct Handlers {
    // From one thread of the stream's own; must return soon, the process waits meanwhile.
    std::function<void(Channel, std::string_view)> output;
    std::function<void()> closed;  // no more output
  };
  virtual ~Streams() = default;
  // Blocks while the process does not read; kUnavailable once it cannot.
  virtual Result<void> write(std::string_view input) = 0;
  virtual void close_input() = 0;
};

struct ExecSpec {
  Process process;
  bool privileged = false;
  bool open_stdin = false;
  bool stdout_wanted = true, stderr_wanted = true;
  std::optional<std::vector<std::string>> capabilities = std::nullopt;
};

struct LogLine {
  WallTime time{};
  Streams::Channel channel = Streams::Channel::kOut;
  bool partial = false;  // the line goes on in the next entry
  std::string text;      // without its end
};
struct LogQuery {
  bool follow = false;  // until the container's end or `stop`
  bool out = true, error = true;
  std::optional<WallTime> since = std::nullopt, until = std::nullopt;
  std::optional<std::uint64_t> tail = std::nullopt;  // lines
};

struct ProcessRow {
  pid_t pid = 0;
  std::vector<std::string> columns;
};

// Thread-safe; calls block for as long as crun takes, and one container's are one after the other.
// A call for an unknown id is kNotFound.
class Runtime {
 public:
  struct Parts {
    Path directory;  // DIR/containers/<id>: spec, bundle, root; survives reboots
    Path run;        // sockets, pid files: gone after a reboot; short (sockets live there)
    std::string cgroup_root = "cove";
    Clock& clock;
    Logger& logger;
    Spawner& spawner;
    Path init = {};  // static program, process 1 of containers that ask; without: kUnsupported
    // Nobody makes containers of these ids again: open() removes folders whose records a loss of
    // power took. Else they stay, with what was written in them.
    bool remove_unreadable = false;
  };
  // Finds again what runs; containers that ended meanwhile are told to on_exit() listeners once
  // they listen. What a crash left half-made is removed. Fails with a sentence when crun or conmon
  // is missing.
  static Result<std::unique_ptr<Runtime>> open(Parts parts);
  // Containers go on.
  ~Runtime();

  // Makes root, bundle and cgroup; nothing runs yet. kAlreadyExists.
  Result<void> create(const ContainerSpec& spec);
  // The monitor of a container's next run, which waits for its start(); it ends with this object
  // where there is none. Only one for an id, which nobody starts without it; the runtime outlives
  // it.
  class Begun {
   public:
    virtual ~Begun() = default;
  };
  // Of `spec` the id, the log and what it says of the streams count; the container itself need not
  // be there yet.
  Result<std::unique_ptr<Begun>> begin(const ContainerSpec& spec);
  // A container that has ended may be started again: same root, new process. A command that cannot
  // be run is kNotFound ('exec: "foo": executable file not found in $PATH') or kPermissionDenied
  // ('exec: "/foo": permission denied'); exit_code says 127 or 126 then. `beforehand` is called
  // once the container's monitor has begun and its root is mounted; nothing is made of its
  // namespaces and bound folders before it returns, and what it fails with is why the container
  // does not start. `begun` is of begin() for this container.
  Result<void> start(const std::string& id, const std::function<Result<void>()>& beforehand = {},
                     std::unique_ptr<Begun> begun = nullptr);
  Result<void> signal(const std::string& id, int number);  // kConflict unless it runs
  Result<void> pause(const std::string& id);
  Result<void> resume(const std::string& id);
  // Changes what the new limits say and keeps the rest, now and for later starts.
  Result<void> update(const std::string& id, const ResourceLimits& limits);
  // Kills it first when it runs and `force`; else kConflict.
  Result<void> remove(const std::string& id, bool force);
  // Replaces what a stopped container is made of; its root stays.
  Result<void> reconfigure(const ContainerSpec& spec);

  Result<ContainerStatus> status(const std::string& id) const;
  std::vector<ContainerStatus> list() const;
  Result<ContainerSpec> spec(const std::string& id) const;
  // Waits for the end; nothing when `stop` came first. Until its process has gone, or its control
  // group, its mounts and its files in `run` as well, which calls for it wait for anyhow.
  enum class Until { kEnded, kCleared };
  Result<std::optional<ContainerStatus>> wait(const std::string& id, std::stop_token stop,
                                              Until until = Until::kCleared);
  // Told when it has ended. From a thread of its own, in order. Listeners are added before anything
  // is started.
  void on_exit(std::function<void(const ContainerStatus&)> listener);

  // Output from now on (what came before is in the log); several may listen. Of a container that
  // does not run: all output of its next run; input waits for it. A container that is paused or
  // whose listeners are slow waits with its output.
  Result<std::unique_ptr<Streams>> attach(const std::string& id, Streams::Handlers handlers);
  Result<void> resize(const std::string& id, unsigned rows, unsigned columns);
  Result<void> read_log(const std::string& id, const LogQuery& query,
                        const std::function<bool(const LogLine&)>& line, std::stop_token stop = {});

  // A process beside the container's. `ended` is called once, after the last output, from the
  // stream's thread. A process' end is not seen by a later Runtime: it is killed then. A command
  // that cannot be run fails as in start().
  class Exec {
   public:
    virtual ~Exec() = default;  // the process goes on
    virtual pid_t pid() const = 0;
    virtual Streams& streams() = 0;
    virtual Result<void> resize(unsigned rows, unsigned columns) = 0;
    virtual void signal(int number) = 0;
    virtual std::optional<int> exit_code() const = 0;
  };
  Result<std::unique_ptr<Exec>> exec(const std::string& id, const ExecSpec& spec,
                                     Streams::Handlers handlers,
                                     std::function<void(int exit_code)> ended);

  Result<Statistics> statistics(const std::string& id) const;
  // As `ps` with these arguments would print ("-ef" when empty): titles and rows of the container's
  // processes.
  Result<std::pair<std::vector<std::string>, std::vector<std::vector<std::string>>>> processes(
      const std::string& id, const std::vector<std::string>& ps_arguments) const;

  // The overlay's folders of a container, mounted or not.
  struct RootFolders {
    Path merged, upper, work;
    std::vector<Path> lower;
  };
  Result<RootFolders> root(const std::string& id) const;
  // Keeps the root mounted while it lives (archives, commit, export of stopped containers); the
  // runtime outlives it.
  class Mounted {
   public:
    virtual ~Mounted() = default;
    virtual const Path& path() const = 0;
  };
  Result<std::unique_ptr<Mounted>> mount_root(const std::string& id);
  // The namespaces of a running container ("/proc/812/ns").
  Result<Path> namespaces(const std::string& id) const;

 private:
  class Implementation;
  explicit Runtime(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::runtime
