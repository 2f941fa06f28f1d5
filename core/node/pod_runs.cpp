#include "core/node/pod_runs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/strings.h"
#include "core/runtime/log_reader.h"

namespace cove::node {
namespace {

constexpr const char* kUid = "io.kubernetes.pod.uid";
constexpr const char* kNamespace = "io.kubernetes.pod.namespace";
constexpr const char* kPod = "io.kubernetes.pod.name";
constexpr const char* kContainer = "io.kubernetes.container.name";
constexpr const char* kRestart = "io.kubernetes.container.restartCount";
constexpr const char* kMessagePath = "io.kubernetes.container.terminationMessagePath";
constexpr const char* kMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
constexpr const char* kGrace = "io.kubernetes.pod.terminationGracePeriod";
constexpr const char* kRole = "cove.container.role";
constexpr const char* kSandbox = "cove.sandbox.attempt";
constexpr const char* kWanted = "cove.image.wanted";
constexpr const char* kImage = "cove.image.name";
constexpr const char* kImageId = "cove.image.id";
constexpr const char* kResources = "cove.container.resources";
constexpr const char* kStopSignal = "cove.image.stopSignal";

constexpr std::size_t kMostMessage = 4096;
constexpr std::size_t kMostLogMessage = 2048;
constexpr std::uint64_t kMostLogLines = 80;
constexpr const char* kFromLog = "FallbackToLogsOnError";

std::string word(const runtime::ContainerSpec& spec, const char* name) {
  const auto found = spec.annotations.find(name);
  return found == spec.annotations.end() ? std::string() : found->second;
}

std::int64_t number(const runtime::ContainerSpec& spec, const char* name, std::int64_t otherwise) {
  const std::string text = word(spec, name);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return text.empty() || read.ec != std::errc() ? otherwise : value;
}

std::string read_message(const Path& file) {
  // Any process of the container may have put something else there.
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::string text(kMostMessage, '\0');
  const ssize_t size = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::string end_of_log(const Path& file) {
  std::string text;
  static_cast<void>(runtime::read_log_files(file, {.tail = kMostLogLines},
                                            [&](const runtime::LogLine& line) {
                                              text += line.text;
                                              if (!line.partial) text += '\n';
                                              if (text.size() > 4 * kMostLogMessage)
                                                text.erase(0, text.size() - kMostLogMessage);
                                              return true;
                                            },
                                            nullptr, {}));
  if (text.size() > kMostLogMessage) text.erase(0, text.size() - kMostLogMessage);
  return text;
}

}  // namespace

void annotate(runtime::ContainerSpec& spec, const KnownRun& known) {
  const ContainerRun& run = known.run;
  spec.annotations[kRole] = fmt::format("{}", static_cast<int>(known.role));
  spec.annotations[kSandbox] = fmt::format("{}", run.sandbox);
  spec.annotations[kGrace] = fmt::format("{}", known.grace_seconds);
  spec.annotations[kWanted] = run.wanted_image;
  spec.annotations[kImage] = run.image;
  spec.annotations[kImageId] = run.image_id;
  spec.annotations[kStopSignal] = run.stop_signal;
  spec.annotations[kResources] = api::to_text(run.resources);
  spec.annotations[kMessagePath] = known.termination_log.string();
  spec.annotations[kMessagePolicy] = known.message_from_log ? kFromLog : "File";
}

std::optional<KnownRun> known_run(const runtime::ContainerSpec& spec,
                                  const runtime::ContainerStatus& status) {
  KnownRun known;
  known.uid = word(spec, kUid);
  known.container = word(spec, kContainer);
  if (known.uid.empty() || known.container.empty()) return std::nullopt;
  known.namespace_name = word(spec, kNamespace);
  known.pod = word(spec, kPod);
  known.role = static_cast<ContainerRole>(std::clamp<std::int64_t>(number(spec, kRole, 2), 0, 3));
  known.grace_seconds = number(spec, kGrace, known.grace_seconds);
  known.termination_log = word(spec, kMessagePath);
  known.message_from_log = word(spec, kMessagePolicy) == kFromLog;
  known.log = spec.log.file;
  // DIR/<hexadecimal digits>/fs, as LayerStore has it.
  for (const Path& layer : spec.root.lower) {
    if (auto digest = image::Digest::parse("sha256:" + layer.parent_path().filename().string()))
      known.layers.push_back(std::move(*digest));
  }
  ContainerRun& run = known.run;
  run.id = spec.id;
  run.restart = static_cast<unsigned>(number(spec, kRestart, 0));
  run.sandbox = static_cast<unsigned>(number(spec, kSandbox, 0));
  run.wanted_image = word(spec, kWanted);
  run.image = word(spec, kImage);
  run.image_id = word(spec, kImageId);
  run.stop_signal = word(spec, kStopSignal);
  if (const auto resources = api::parse_json(word(spec, kResources));
      resources && resources->value.is_object())
    run.resources = resources->value.get_object();
  run.user = {spec.process.uid, spec.process.gid, spec.process.groups};
  run.started_at = status.started_at;
  run.finished_at = status.finished_at;
  run.exit_code = status.exit_code;
  if (status.oom_killed) run.reason = "OOMKilled";
  switch (status.state) {
    case runtime::ContainerState::kRunning:
    case runtime::ContainerState::kPaused: run.state = ContainerRun::State::kRunning; break;
    case runtime::ContainerState::kStopped: run.state = ContainerRun::State::kExited; break;
    case runtime::ContainerState::kCreated:
      // Made and never started, or its start failed: it will not run any more.
      run.state = ContainerRun::State::kExited;
      run.reason = "StartError";
      run.exit_code = 128;
      run.message = status.error;
      run.finished_at = status.created_at;
      break;
  }
  return known;
}

std::shared_ptr<image::ImageStore::Lease> hold(image::ImageStore& images, const KnownRun& known) {
  std::shared_ptr<image::ImageStore::Lease> lease = images.lease(image::ImageStore::Purpose::kUse);
  for (const image::Digest& layer : known.layers) lease->hold_layer(layer);
  if (const auto image = images.find(known.run.image_id)) lease->hold_image((*image)->id);
  return lease;
}

std::vector<std::shared_ptr<image::ImageStore::Lease>> hold_all(image::ImageStore& images,
                                                                const runtime::Runtime& runtime) {
  std::vector<std::shared_ptr<image::ImageStore::Lease>> held;
  for (const runtime::ContainerStatus& status : runtime.list()) {
    const auto spec = runtime.spec(status.id);
    if (const auto known = spec ? known_run(*spec, status) : std::nullopt)
      held.push_back(hold(images, *known));
  }
  return held;
}

std::string termination_message(const KnownRun& known) {
  std::string text = read_message(known.termination_log);
  if (text.empty() && known.message_from_log && known.run.exit_code != 0)
    text = end_of_log(known.log);
  return text;
}

Path halt_mark(const Path& termination_log) {
  return Path(termination_log).replace_extension("halted");
}

void count_halted(KnownRun& known) {
  if (known.run.state != ContainerRun::State::kExited || known.run.exit_code != 0) return;
  if (::access(halt_mark(known.termination_log).c_str(), F_OK) == 0)
    known.run.exit_code = 128 + SIGTERM;
}

int signal_number(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size())
    return value >= 1 && value <= SIGRTMAX ? value : SIGTERM;
  if (text.starts_with("SIG")) text.remove_prefix(3);
  struct Name {
    std::string_view name;
    int number;
  };
  static constexpr std::array kNames = {
      Name{"ABRT", SIGABRT},     Name{"ALRM", SIGALRM},     Name{"BUS", SIGBUS},
      Name{"CHLD", SIGCHLD},     Name{"CLD", SIGCHLD},      Name{"CONT", SIGCONT},
      Name{"FPE", SIGFPE},       Name{"HUP", SIGHUP},       Name{"ILL", SIGILL},
      Name{"INT", SIGINT},       Name{"IO", SIGIO},         Name{"IOT", SIGIOT},
      Name{"KILL", SIGKILL},     Name{"PIPE", SIGPIPE},     Name{"POLL", SIGPOLL},
      Name{"PROF", SIGPROF},     Name{"PWR", SIGPWR},       Name{"QUIT", SIGQUIT},
      Name{"SEGV", SIGSEGV},     Name{"STKFLT", SIGSTKFLT}, Name{"STOP", SIGSTOP},
      Name{"SYS", SIGSYS},       Name{"TERM", SIGTERM},     Name{"TRAP", SIGTRAP},
      Name{"TSTP", SIGTSTP},     Name{"TTIN", SIGTTIN},     Name{"TTOU", SIGTTOU},
      Name{"URG", SIGURG},       Name{"USR1", SIGUSR1},     Name{"USR2", SIGUSR2},
      Name{"VTALRM", SIGVTALRM}, Name{"WINCH", SIGWINCH},   Name{"XCPU", SIGXCPU},
      Name{"XFSZ", SIGXFSZ}};
  for (const Name& each : kNames) {
    if (each.name == text) return each.number;
  }
  for (const auto& [name, base] :
       {std::pair<std::string_view, int>("RTMIN", SIGRTMIN), {"RTMAX", SIGRTMAX}}) {
    if (!text.starts_with(name)) continue;
    const std::string_view rest = text.substr(name.size());
    int offset = 0;
    const std::string_view digits = rest.starts_with('+') ? rest.substr(1) : rest;
    std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    const int number = base + offset;
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : SIGTERM;
  }
  return SIGTERM;
}

}  // namespace cove::node
