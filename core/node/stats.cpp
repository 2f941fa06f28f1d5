#include "core/node/stats.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>

#include "core/api/quantity.h"
#include "core/base/strings.h"

namespace cove::node {
namespace {

constexpr std::size_t kMostBytes = 256 * 1024;

std::uint64_t number(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Of "MemTotal:  123 kB", in bytes.
std::uint64_t memory_line(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? 0 : number(text.substr(at + key.size())) * 1024;
}

// "cpu  user nice system idle iowait irq softirq steal …" in ticks; guests are in user already.
std::uint64_t busy_ns(std::string_view text) {
  if (!text.starts_with("cpu ")) return 0;
  text = text.substr(0, text.find('\n'));
  std::vector<std::uint64_t> ticks;
  for (const std::string& word : split(text, ' ')) {
    if (!word.empty() && word != "cpu") ticks.push_back(number(word));
  }
  std::uint64_t busy = 0;
  for (const std::size_t i : {0, 1, 2, 5, 6, 7}) busy += i < ticks.size() ? ticks[i] : 0;
  return busy * 1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

HostReading read_host_usage(const Path& proc) {
  HostReading reading;
  if (const auto stat = read_file(proc / "stat", kMostBytes)) reading.cpu_ns = busy_ns(*stat);
  if (const auto memory = read_file(proc / "meminfo", kMostBytes)) {
    reading.memory_total = memory_line(*memory, "MemTotal:");
    reading.memory_available = memory_line(*memory, "MemAvailable:");
  }
  return reading;
}

std::map<std::string, std::uint64_t> read_huge_pages(const Path& pages) {
  std::map<std::string, std::uint64_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pages, error)) {
    const std::string name = entry.path().filename();  // "hugepages-2048kB"
    const std::uint64_t bytes = number(name.substr(name.find('-') + 1)) * 1024;
    const auto count = read_file(entry.path() / "nr_hugepages", 64);
    if (bytes == 0 || !count) continue;
    const auto size =
        api::Quantity::of(static_cast<std::int64_t>(bytes), api::Quantity::Format::kBinarySi);
    found["hugepages-" + size.text()] = bytes * number(*count);
  }
  return found;
}

std::uint64_t Statistics::rate(const Reading& from, const Reading& to) {
  const auto window = std::chrono::duration_cast<std::chrono::nanoseconds>(to.at - from.at).count();
  if (window <= 0 || to.cpu_ns < from.cpu_ns) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(to.cpu_ns - from.cpu_ns) * 1e9 /
                                    static_cast<double>(window));
}

namespace {

std::uint64_t working_set(const runtime::Statistics& read) {
  return read.memory_bytes - std::min(read.memory_inactive_file, read.memory_bytes);
}

}  // namespace

std::optional<std::uint64_t> Statistics::memory(const std::string& run) const {
  const auto read = parts_.read(run);
  return read ? std::optional(working_set(*read)) : std::nullopt;
}

std::optional<PodUsage> Statistics::measure(const RunningPod& pod,
                                            std::map<std::string, Reading>& next) const {
  PodUsage usage{.namespace_name = std::string(pod.pod->namespace_name()),
                 .pod = std::string(pod.pod->name()),
                 .uid = std::string(pod.pod->uid()),
                 .at = {},
                 .window = {},
                 .containers = {}};
  bool complete = true;
  for (const PodContainer& container : pod.containers) {
    if (container.id.empty() || container.state != runtime::ContainerState::kRunning) continue;
    const auto read = parts_.read(container.id);
    if (!read) continue;  // it has just ended
    const Reading now{parts_.clock.wall(), read->cpu_total_ns};
    next[container.id] = now;
    const auto before = readings_.find(container.id);
    if (before == readings_.end()) {
      complete = false;
      continue;
    }
    usage.at = now.at;
    usage.window = now.at - before->second.at;
    usage.containers.push_back(
        {container.name, {rate(before->second, now), working_set(*read), now.cpu_ns}});
  }
  if (!complete || usage.containers.empty()) return std::nullopt;
  return usage;
}

void Statistics::sample() {
  const std::lock_guard sampling(sampling_);
  std::map<std::string, Reading> next;
  std::vector<PodUsage> pods;
  for (const RunningPod& pod : parts_.pods.list()) {
    if (auto usage = measure(pod, next)) pods.push_back(std::move(*usage));
  }
  const HostReading host = read_host_usage(parts_.proc);
  const Reading now{parts_.clock.wall(), host.cpu_ns};
  const std::lock_guard lock(mutex_);
  readings_ = std::move(next);
  pods_ = std::move(pods);
  if (host_) {
    node_ =
        NodeUsage{now.at, now.at - host_->at,
                  Amounts{rate(*host_, now),
                          host.memory_total - std::min(host.memory_available, host.memory_total),
                          now.cpu_ns}};
  }
  host_ = now;
}

std::vector<PodUsage> Statistics::pods() const {
  const std::lock_guard lock(mutex_);
  return pods_;
}

std::optional<NodeUsage> Statistics::node() const {
  const std::lock_guard lock(mutex_);
  return node_;
}

struct Periodic::State : std::enable_shared_from_this<Periodic::State> {
  State(Executor& its_executor, WorkerPool& its_pool, std::chrono::nanoseconds its_period,
        std::function<void()> its_task)
      : executor(its_executor), pool(its_pool), period(its_period), task(std::move(its_task)) {}

  void begin() {
    if (over) return;
    if (!running.exchange(true)) {
      const bool taken = pool.run([self = shared_from_this()] {
        if (!self->over) self->task();
        self->running = false;
      });
      if (!taken) running = false;
    }
    executor.after(period, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->begin();
    });
  }

  Executor& executor;
  WorkerPool& pool;
  const std::chrono::nanoseconds period;
  const std::function<void()> task;
  std::atomic<bool> running = false, over = false;
};

Periodic::Periodic(Executor& executor, WorkerPool& pool, std::chrono::nanoseconds period,
                   std::function<void()> task)
    : state_(std::make_shared<State>(executor, pool, period, std::move(task))) {
  executor.post([weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock()) state->begin();
  });
}

Periodic::~Periodic() {
  state_->over = true;
}

}  // namespace cove::node
