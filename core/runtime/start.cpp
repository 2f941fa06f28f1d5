#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <future>

#include "core/base/strings.h"
#include "core/runtime/implementation.h"
#include "core/runtime/launch.h"
#include "core/runtime/overlay.h"
#include "core/runtime/spec_json.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

constexpr auto kPatience = std::chrono::seconds(120);
constexpr std::size_t kMostAnswer = 64 * 1024;

// One line from conmon's pipe; what there is when it closes it or takes too long.
std::string read_line(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string line;
  while (line.size() < kMostAnswer && line.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{fd, POLLIN, 0};
    if (left.count() <= 0) break;
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    line.append(buffer, static_cast<std::size_t>(n));
  }
  return line;
}

struct Answer {
  pid_t pid = -1;
  std::string message;
};

Answer parse_answer(std::string_view line) {
  Answer answer;
  boost::system::error_code error;
  const json::value parsed = json::parse(trim(line), error);
  if (error || !parsed.is_object()) {
    answer.message = "the container's monitor ended early";
    return answer;
  }
  const auto& object = parsed.get_object();
  if (const auto* pid = object.if_contains("pid"); pid != nullptr && pid->is_int64())
    answer.pid = static_cast<pid_t>(pid->get_int64());
  if (const auto* message = object.if_contains("message");
      message != nullptr && message->is_string())
    answer.message = trim(std::string_view(message->get_string()));
  return answer;
}

}  // namespace

std::vector<std::string> Runtime::Implementation::conmon_command(const ContainerSpec& spec) {
  const Path place = bundle(spec.id);
  std::vector<std::string> argv = {
      conmon_.string(),
      "-c",
      spec.id,
      "-n",
      spec.id,
      "-u",
      spec.id,
      "-r",
      crun_program().string(),
      "--runtime-arg=--root=" + (parts_.run / "crun").string(),
      "-b",
      place.string(),
      "-p",
      (place / "pid").string(),
      "-P",
      (place / "conmon.pid").string(),
      "--exit-dir",
      (parts_.run / "exits").string(),
      "--socket-dir-path",
      parts_.run.string(),
      "--full-attach",
      "--no-sync-log",
      "--log-level",
      "error",
      "-l",
      spec.log.file.empty() ? "none" : "k8s-file:" + spec.log.file.string()};
  if (!spec.log.file.empty() && spec.log.max_bytes > 0)
    argv.insert(argv.end(), {"--log-size-max", fmt::format("{}", spec.log.max_bytes)});
  if (spec.process.terminal) argv.emplace_back("-t");
  if (spec.open_stdin) argv.emplace_back("-i");
  // A terminal is one descriptor: closed for input, it would take the output along.
  if (spec.open_stdin && (!spec.stdin_once || spec.process.terminal))
    argv.emplace_back("--leave-stdin-open");
  return argv;
}

Error start_error(const std::string& subject, const std::string& program,
                  std::string_view message) {
  Error error{ErrorCode::kInternal, "start", subject, escape_control(message), {}};
  const auto says = [&](std::string_view words) {
    return message.find(words) != std::string_view::npos;
  };
  const std::string command = json_quote(program);
  const bool path = program.find('/') != std::string::npos;
  // A folder cannot be run either.
  const bool folder =
      says("Is a directory") || says("is not a regular file") || says("Operation not permitted");
  const bool denied = folder || says("Permission denied");
  const bool missing = says("No such file");
  if (says("executable file `") && !denied) {
    error.code = ErrorCode::kNotFound;
    error.cause = path ? fmt::format("exec: {}: stat {}: no such file or directory", command,
                                     escape_control(program))
                       : fmt::format("exec: {}: executable file not found in $PATH", command);
  } else if (folder || says("executable file `") || says("open executable") ||
             says("exec container process")) {
    error.code = denied    ? ErrorCode::kPermissionDenied
                 : missing ? ErrorCode::kNotFound
                           : ErrorCode::kInvalidArgument;
    error.cause = fmt::format("exec: {}: {}", command,
                              denied    ? "permission denied"
                              : missing ? "no such file or directory"
                                        : "exec format error");
  }
  return error;
}

Result<void> Runtime::Implementation::make_bundle(const ContainerSpec& spec) {
  const Path place = bundle(spec.id);
  COVE_CHECK(remove_tree(place));
  COVE_CHECK(make_directories(place, 0700));
  // First of all, so that whoever finds the bundle knows what else there may be.
  COVE_CHECK(replace_file(place / "cgroup", cgroup(spec)));
  COVE_CHECK(remove_tree(parts_.run / "exits" / spec.id));
  if (!spec.log.file.empty()) COVE_CHECK(make_directories(spec.log.file.parent_path(), 0700));
  return {};
}

Result<std::string> Runtime::Implementation::fill_bundle(const ContainerSpec& spec) {
  COVE_CHECK(mount_overlay(folder(spec.id), spec.root.lower));
  COVE_TRY(json::object config, oci_config(spec, folder(spec.id) / "merged", cgroup(spec), host_));
  std::string unknown = SeccompPrograms::rules_of(config);
  if (!unknown.empty() && seccomp_programs_.add_to(config, unknown)) unknown.clear();
  COVE_CHECK(replace_file(bundle(spec.id) / "config.json", json::serialize(config)));
  return unknown;
}

// A conmon that waits for its word: it is started while its bundle is still being filled. It is
// told by its pipes; its first process ends once the second, which stays, has begun.
class Runtime::Implementation::Monitor {
 public:
  static Result<Monitor> start(Implementation& runtime, const ContainerSpec& spec) {
    COVE_TRY(Pipe answer, make_pipe());
    COVE_TRY(Pipe go, make_pipe());
    COVE_TRY(Child conmon,
             launch(runtime.conmon_command(spec),
                    {kHelperPath, "_OCI_SYNCPIPE=3", "_OCI_STARTPIPE=4",
                     "TMPDIR=" + runtime.parts_.run.string()},
                    {-1, -1, -1, answer.write.get(), go.read.get()}, runtime.bundle(spec.id)));
    // Out of our own group, which may be ended as a whole. All processors have to stop for that,
    // so others get on meanwhile.
    auto entered = std::async([&runtime, pid = conmon.pid()] {
      if (auto moved = runtime.cgroups_->enter(runtime.monitors(), pid); !moved)
        runtime.parts_.logger.warn(moved.error().message());
    });
    return Monitor(std::move(conmon), std::move(entered), std::move(answer.read),
                   std::move(go.write));
  }
  Monitor(Monitor&&) = default;
  Monitor& operator=(Monitor&&) = delete;
  ~Monitor() {
    if (!go_) return;
    entered_.wait();
    ::kill(conmon_.pid(), SIGKILL);
    conmon_.wait();
  }

  // Has crun make the container; its first process, which waits to be let go.
  Result<pid_t> create(const ContainerSpec& spec) {
    entered_.wait();
    [[maybe_unused]] const auto n = ::write(go_.get(), "x", 1);
    go_.reset();
    const Answer said = parse_answer(read_line(answer_.get()));
    conmon_.wait();
    if (said.pid > 0) return said.pid;
    return start_error("the container " + spec.id, spec.process.args.front(), said.message);
  }

 private:
  Monitor(Child conmon, std::future<void> entered, Fd answer, Fd go)
      : conmon_(std::move(conmon)),
        entered_(std::move(entered)),
        answer_(std::move(answer)),
        go_(std::move(go)) {}
  Child conmon_;
  std::future<void> entered_;
  Fd answer_, go_;
};

class Runtime::Implementation::BegunMonitor final : public Runtime::Begun {
 public:
  BegunMonitor(Implementation& runtime, std::string id, Monitor monitor)
      : runtime_(runtime), id_(std::move(id)), monitor_(std::move(monitor)) {}
  ~BegunMonitor() override {
    if (!monitor_) return;
    monitor_.reset();
    if (auto gone = remove_tree(runtime_.bundle(id_)); !gone)
      runtime_.parts_.logger.warn(gone.error().message());
  }
  const std::string& id() const { return id_; }
  // Once; whoever has it cares for the bundle too.
  Monitor take() {
    Monitor taken = std::move(*monitor_);
    monitor_.reset();
    return taken;
  }

 private:
  Implementation& runtime_;
  const std::string id_;
  std::optional<Monitor> monitor_;
};

Result<Runtime::Implementation::Monitor> Runtime::Implementation::begin_monitor(
    const ContainerSpec& spec) {
  COVE_CHECK(make_bundle(spec));
  return Monitor::start(*this, spec);
}

Result<std::unique_ptr<Runtime::Begun>> Runtime::Implementation::begin(const ContainerSpec& spec) {
  if (!is_container_id(spec.id)) {
    return Error{ErrorCode::kInvalidArgument,
                 "begin",
                 escape_control(spec.id),
                 "it is no container's id",
                 {}};
  }
  // What is left of an earlier run has gone first.
  std::optional<Turn> turn;
  if (find(spec.id)) {
    COVE_TRY(Turn taken, take(spec.id));
    if (taken->status.state == ContainerState::kRunning ||
        taken->status.state == ContainerState::kPaused)
      return Error{ErrorCode::kConflict, "start the container", spec.id, "it is running", {}};
    turn.emplace(std::move(taken));
  }
  auto monitor = begin_monitor(spec);
  if (!monitor) {
    static_cast<void>(remove_tree(bundle(spec.id)));
    return monitor.error();
  }
  return std::unique_ptr<Begun>(
      std::make_unique<BegunMonitor>(*this, spec.id, std::move(*monitor)));
}

// What `crun start` does, without another process, which costs as much as all the rest of a start:
// a container that crun 1 has created reads a byte from a fifo before it becomes its program. Where
// there is no such fifo, crun has the word.
Result<void> Runtime::Implementation::let_go(const ContainerSpec& spec, const Fd& process) {
  const Path fifo = parts_.run / "crun" / spec.id / "exec.fifo";
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  struct stat found {};
  if (::lstat(fifo.c_str(), &found) != 0 || !S_ISFIFO(found.st_mode))
    return crun({"start", spec.id}, "start the container", spec.id);
  while (true) {
    const Fd word(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (word) {
      if (::unlink(fifo.c_str()) == 0 && ::write(word.get(), "", 1) == 1) return {};
      return errno_error(errno, "start the container", spec.id);
    }
    if (errno != ENXIO) return errno_error(errno, "start the container", spec.id);
    // It has not come to its fifo yet, or never will.
    pollfd end{process.get(), POLLIN, 0};
    if (::poll(&end, 1, 1) > 0 || std::chrono::steady_clock::now() > deadline) {
      return Error{ErrorCode::kInternal,
                   "start the container",
                   spec.id,
                   "it ended before it was started",
                   {}};
    }
  }
}

Result<void> Runtime::Implementation::run(const ContainerPtr& container,
                                          const std::function<Result<void>()>& beforehand,
                                          BegunMonitor* begun) {
  const ContainerSpec& spec = container->spec;
  const Path place = bundle(spec.id);
  COVE_TRY(Monitor starting, begun != nullptr ? begun->take() : begin_monitor(spec));
  COVE_TRY(const std::string rules, fill_bundle(spec));
  if (beforehand) COVE_CHECK(beforehand());
  COVE_TRY(const pid_t pid, starting.create(spec));
  if (!rules.empty()) seccomp_programs_.learn(rules, parts_.run / "crun" / spec.id / "seccomp.bpf");
  Fd process = open_pidfd(pid);
  COVE_TRY(const std::string text, read_file(place / "conmon.pid", 64));
  pid_t monitor_pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), monitor_pid);
  Fd monitor = open_pidfd(monitor_pid);
  if (!process || !monitor) {
    return start_error("the container " + spec.id, spec.process.args.front(),
                       "it ended before it was started");
  }

  std::vector<std::shared_ptr<AttachStream>> streams;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : container->streams) {
      if (auto stream = weak.lock()) streams.push_back(std::move(stream));
    }
  }
  for (const auto& stream : streams) COVE_CHECK(stream->connect(place));
  watch_log(*container);
  // conmon takes one connection before it looks at output; the time that crun needs is for others.
  if (auto started = streams.size() > 1 ? crun({"start", spec.id}, "start the container", spec.id)
                                        : let_go(spec, process);
      !started) {
    return start_error("the container " + spec.id, spec.process.args.front(),
                       started.error().cause);
  }
  COVE_CHECK(replace_file(place / "started",
                          fmt::format("{} {}\n", monitor_pid, start_of(monitor_pid).value_or(0))));
  const std::lock_guard lock(mutex_);
  ContainerStatus& status = container->status;
  status.state = ContainerState::kRunning;
  status.pid = pid;
  status.started_at = parts_.clock.wall();
  status.finished_at = {};
  status.exit_code = 0;
  status.oom_killed = false;
  status.error.clear();
  container->process = std::move(process);
  container->monitor = std::move(monitor);
  container->ended = false;
  return {};
}

Result<void> Runtime::Implementation::start(const std::string& id,
                                            const std::function<Result<void>()>& beforehand,
                                            std::unique_ptr<Begun> begun) {
  auto* const monitor = static_cast<BegunMonitor*>(begun.get());
  if (monitor != nullptr && monitor->id() != id) {
    return Error{
        ErrorCode::kInvalidArgument, "start the container", id, "what was begun is another's", {}};
  }
  COVE_TRY(const Turn turn, take(id));
  const ContainerPtr& container = turn.pointer();
  if (container->status.state == ContainerState::kRunning ||
      container->status.state == ContainerState::kPaused)
    return Error{ErrorCode::kConflict, "start the container", id, "it is running", {}};
  if (auto ran = run(container, beforehand, monitor); !ran) {
    wipe(id, cgroup(container->spec), container->mounts > 0);
    std::vector<std::weak_ptr<AttachStream>> streams;
    {
      const std::lock_guard lock(mutex_);
      container->status.error = ran.error().cause;
      container->status.exit_code = ran.error().code == ErrorCode::kNotFound           ? 127
                                    : ran.error().code == ErrorCode::kPermissionDenied ? 126
                                                                                       : 128;
      streams.swap(container->streams);
    }
    for (const auto& weak : streams) {
      if (const auto stream = weak.lock()) stream->give_up();
    }
    COVE_CHECK(save(*container));
    return ran.error();
  }
  // It runs, whether that can be recorded or not: its end must be heard.
  const auto saved = save(*container);
  COVE_CHECK(watch(container));
  return saved;
}

}  // namespace cove::runtime
