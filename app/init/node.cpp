#include "app/init/node.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "app/init/network.h"
#include "app/init/system.h"
#include "core/base/strings.h"

namespace cove::init {
namespace {

using channel::NodeConfiguration;
constexpr std::chrono::seconds kStopGrace{25};
constexpr std::chrono::seconds kRestPatience{5};
constexpr const char* kPki = "/run/cove/pki";
// In memory alone, as all of /run: what it says may have a password in it.
constexpr const char* kProxies = "/run/cove/proxies";

bool same_node(const NodeConfiguration& a, const NodeConfiguration& b) {
  return a.node_name == b.node_name && a.ca_certificate_pem == b.ca_certificate_pem &&
         a.server_certificate_pem == b.server_certificate_pem &&
         a.server_key_pem.reveal() == b.server_key_pem.reveal() &&
         a.registry_mirrors == b.registry_mirrors &&
         a.proxy.http.reveal() == b.proxy.http.reveal() &&
         a.proxy.https.reveal() == b.proxy.https.reveal() && a.proxy.no_proxy == b.proxy.no_proxy;
}

Result<void> set_clock(std::int64_t unix_nanoseconds) {
  if (unix_nanoseconds <= 0) {
    return Error{ErrorCode::kInvalidArgument, "set", "the clock", "the time is before 1970", ""};
  }
  timespec time{};
  time.tv_sec = unix_nanoseconds / 1'000'000'000;
  time.tv_nsec = unix_nanoseconds % 1'000'000'000;
  if (::clock_settime(CLOCK_REALTIME, &time) != 0) return errno_error(errno, "set", "the clock");
  return {};
}

Result<void> write_configuration(const NodeConfiguration& c) {
  const Path pki = kPki;
  COVE_CHECK(write_file_atomic(pki / "ca.crt", c.ca_certificate_pem, 0600));
  COVE_CHECK(write_file_atomic(pki / "server.crt", c.server_certificate_pem, 0600));
  COVE_CHECK(write_file_atomic(pki / "server.key", c.server_key_pem.reveal(), 0600));
  COVE_CHECK(write_file_atomic(
      kProxies,
      fmt::format("HTTP_PROXY={}\nHTTPS_PROXY={}\nNO_PROXY={}\n", c.proxy.http.reveal(),
                  c.proxy.https.reveal(), c.proxy.no_proxy),
      0600));
  COVE_CHECK(write_file_atomic("/run/hostname", c.node_name + "\n", 0644));
  COVE_CHECK(write_file_atomic(
      "/run/hosts",
      fmt::format("127.0.0.1 localhost\n::1 localhost\n{} {}\n", c.address, c.node_name), 0644));
  return write_file_atomic(
      "/run/resolv.conf",
      c.name_server.empty() ? "" : fmt::format("nameserver {}\n", c.name_server), 0644);
}

Result<void> prepare(Reaper& reaper, Console& console) {
  const auto say = [&](const std::string& sentence) { console.say(sentence); };
  const auto run = [&](const std::vector<std::string>& argv, std::chrono::milliseconds timeout) {
    return run_program(reaper, argv, timeout);
  };
  COVE_TRY(const Path device, find_disk("cove-data", std::chrono::seconds(5)));
  COVE_TRY(const DiskContent content, make_ready(device, run, say));
  COVE_CHECK(mount_data(device, content, kDataFolder, say));
  for (const char* folder : {"coved", "log"})
    COVE_CHECK(make_directories(Path(kDataFolder) / folder, 0700));
  return {};
}

// Opens the input devices that have a power key.
std::vector<Fd> open_power_buttons() {
  std::vector<Fd> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/input", ignored)) {
    if (!entry.path().filename().string().starts_with("event")) continue;
    Fd fd(::open(entry.path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    std::array<unsigned char, KEY_MAX / 8 + 1> keys{};
    if (!fd || ::ioctl(fd.get(), EVIOCGBIT(EV_KEY, keys.size()), keys.data()) < 0) continue;
    if ((keys[KEY_POWER / 8] >> (KEY_POWER % 8) & 1) != 0) out.push_back(std::move(fd));
  }
  return out;
}

}  // namespace

Node::Node(Reaper& reaper, Clock& clock, Console& console, Fd signals)
    : reaper_(reaper),
      clock_(clock),
      console_(console),
      signals_(std::move(signals)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      supervisor_(reaper, clock, console) {
  const auto id = read_file("/proc/sys/kernel/random/boot_id", 64);
  if (id.has_value()) boot_id_ = trim(*id);
}

Node::~Node() = default;

void Node::trouble(const std::string& sentence) {
  console_.say(sentence);
  if (trouble_.empty()) trouble_ = sentence;
  if (control_) control_->state_changed();
}

void Node::post(std::function<void()> task) {
  std::lock_guard lock(posted_mutex_);
  posted_.push_back(std::move(task));
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void Node::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
  std::deque<std::function<void()>> tasks;
  {
    std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void Node::prepare_disk() {
  disk_thread_ = std::jthread([this] {
    Result<void> result{};
    try {
      result = prepare(reaper_, console_);
    } catch (const std::exception& error) {
      result = Error{ErrorCode::kInternal, "prepare", "the data disk", error.what(), ""};
    }
    post([this, result] { disk_is_ready(result); });
  });
}

void Node::prepare_kernel(std::function<Result<void>()> set_up) {
  kernel_thread_ = std::jthread([this, set_up = std::move(set_up)] {
    Result<void> result{};
    try {
      result = set_up();
    } catch (const std::exception& error) {
      result = Error{ErrorCode::kInternal, "set up", "the kernel", error.what(), ""};
    }
    if (result.has_error()) post([this, result] { trouble(result.error().message()); });
  });
}

void Node::load_later(std::function<void()> load) {
  rest_ = std::move(load);
  rest_due_ = clock_.steady() + kRestPatience;
}

void Node::load_the_rest() {
  rest_thread_ = std::jthread([this, load = std::exchange(rest_, nullptr)] {
    try {
      load();
      auto buttons = std::make_shared<std::vector<Fd>>(open_power_buttons());
      post([this, buttons] { buttons_ = std::move(*buttons); });
    } catch (const std::exception& error) {
      console_.say(fmt::format("loading drivers failed: {}", error.what()));
    }
  });
}

void Node::serve_control(Fd port) {
  auto server = channel::ControlServer::open(std::move(port), *this);
  if (server.has_error()) return trouble(server.error().message());
  control_ = std::move(*server);
}

void Node::disk_is_ready(const Result<void>& result) {
  disk_ = result;
  if (result.has_error()) {
    // The disk's own sentence names what it holds.
    const Error& error = result.error();
    trouble(error.code == ErrorCode::kCorrupt ? error.cause : error.message());
  } else if (configuration_) {
    start_coved();
  }
  for (const Done& done : std::exchange(waiting_for_disk_, {})) done(*disk_);
}

void Node::configure(NodeConfiguration configuration, Done done) {
  if (power_off_deadline_) {
    return done(Error{ErrorCode::kConflict, "configure", "the node", "it is powering off",
                      "Start it again."});
  }
  auto applied = apply(configuration);
  if (applied.has_error()) {
    trouble(applied.error().message());
    return done(applied.error());
  }
  const bool first = !configuration_;
  const bool changed = first || !same_node(*configuration_, configuration);
  configuration_ = std::move(configuration);
  if (!disk_) {
    waiting_for_disk_.push_back(std::move(done));
    return;
  }
  if (disk_->has_error()) return done(*disk_);
  if (first) {
    start_coved();
  } else if (changed) {
    supervisor_.restart(coved(*configuration_).argv);
  }
  done({});
}

Result<void> Node::apply(const NodeConfiguration& c) {
  COVE_CHECK(set_clock(c.unix_nanoseconds));
  if (::sethostname(c.node_name.data(), c.node_name.size()) != 0)
    return errno_error(errno, "set", "the host name");
  COVE_CHECK(configure_interface("eth0", c.address, c.prefix_length, c.gateway,
                                 configuration_ ? configuration_->address : std::string()));
  return write_configuration(c);
}

void Node::load_coved() {
  supervisor_.stand_by(coved({}));
}

Supervisor::Settings Node::coved(const NodeConfiguration& configuration) const {
  Supervisor::Settings settings;
  settings.argv = {"/usr/bin/coved",
                   "--data-dir",
                   "/var/lib/cove/coved",
                   "--listen",
                   "0.0.0.0:6443",
                   "--engine-listen",
                   "0.0.0.0:2376",
                   "--pki-dir",
                   kPki,
                   "--node-name",
                   configuration.node_name,
                   "--log-dir",
                   (Path(kDataFolder) / "log").string(),
                   "--proxy-file",
                   kProxies};
  for (const std::string& mirror : configuration.registry_mirrors)
    settings.argv.push_back("--registry-mirror=" + mirror);
  settings.notify_socket = "/run/cove/notify";
  settings.log_file = Path(kDataFolder) / "log/coved.log";
  settings.cgroup = [] { return make_cgroup("coved"); };
  // The machine goes down with it, and pods get their time to end.
  settings.stop_signal = SIGPWR;
  return settings;
}

void Node::start_coved() {
  if (kernel_thread_.joinable()) kernel_thread_.join();
  console_.say(fmt::format("starting coved at {:.2f} s", uptime()));
  const auto started = supervisor_.run(coved(*configuration_));
  if (started.has_error()) trouble(started.error().message());
}

channel::NodeState Node::state() {
  channel::NodeState state;
  state.configured = configuration_.has_value();
  state.coved_running = supervisor_.running();
  state.coved_ready = supervisor_.ready();
  state.coved_restarts = supervisor_.restarts();
  state.coved_last_exit = supervisor_.last_exit();
  state.trouble = trouble_;
  state.boot_id = boot_id_;
  const auto meminfo = read_file("/proc/meminfo", 64 * 1024);
  if (meminfo.has_value()) {
    const Memory memory = parse_memory(*meminfo);
    state.memory_total_bytes = memory.total_bytes;
    state.memory_used_bytes = memory.used_bytes;
  }
  return state;
}

Result<void> Node::set_time(std::int64_t unix_nanoseconds) {
  return set_clock(unix_nanoseconds);
}

Result<void> Node::power_off() {
  begin_power_off("the host asks for it");
  return {};
}

void Node::begin_power_off(std::string_view why) {
  if (power_off_deadline_) return;
  console_.say(fmt::format("powering off: {}", why));
  power_off_deadline_ = clock_.steady() + kStopGrace;
  supervisor_.stop();
}

void Node::read_power_buttons() {
  for (const Fd& button : buttons_) {
    input_event event{};
    while (::read(button.get(), &event, sizeof event) == sizeof event) {
      if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1)
        begin_power_off("the power button");
    }
  }
}

int Node::poll_timeout() const {
  std::optional<SteadyTime> next = supervisor_.deadline();
  if (power_off_deadline_ && (!next || *power_off_deadline_ < *next)) next = power_off_deadline_;
  if (rest_ && (!next || rest_due_ < *next)) next = rest_due_;
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.steady());
  return static_cast<int>(std::clamp<long>(left.count(), 0, 60'000));
}

void Node::turn() {
  std::vector<pollfd> fds{{signals_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  if (control_) fds.push_back({control_->fd(), POLLIN, 0});
  for (const int fd : supervisor_.fds()) fds.push_back({fd, POLLIN, 0});
  for (const Fd& button : buttons_) fds.push_back({button.get(), POLLIN, 0});
  ::poll(fds.data(), fds.size(), poll_timeout());
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) > 0) {
  }
  reaper_.reap();
  run_posted();
  read_power_buttons();
  if (supervisor_.act() && control_) control_->state_changed();
  if (control_) control_->process();
  if (rest_ && (supervisor_.settled() || clock_.steady() >= rest_due_)) load_the_rest();
  if (supervisor_.ready() && !ready_said_) {
    ready_said_ = true;
    console_.say(fmt::format("coved is ready at {:.2f} s", uptime()));
  }
  if (control_ && control_->greeted() && !greeted_said_) {
    greeted_said_ = true;
    console_.say(fmt::format("answering the host at {:.2f} s", uptime()));
  }
}

void Node::run() {
  while (!power_off_deadline_ || !supervisor_.stopped()) {
    turn();
    if (power_off_deadline_ && !killed_ && clock_.steady() >= *power_off_deadline_) {
      killed_ = true;
      console_.say("coved does not end; killing it");
      supervisor_.kill();
      *power_off_deadline_ += kStopGrace;
    } else if (killed_ && clock_.steady() >= *power_off_deadline_) {
      break;  // not even a kill ends it: stuck in the kernel
    }
  }
  supervisor_.close_log();
}

}  // namespace cove::init
