#include "app/node/node_upkeep.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "app/node/usage_source.h"
#include "core/node/eviction.h"
#include "core/node/eviction_images.h"
#include "core/node/node_status.h"
#include "core/node/stats.h"
#include "core/server/metrics.h"

namespace cove::node {
namespace {

constexpr std::chrono::seconds kLook{10};
constexpr std::chrono::minutes kTidy{5};
constexpr std::size_t kMaxImages = 50;  // that the Node's status names, the largest

std::uint64_t size_below(const Path& folder) {
  std::uint64_t bytes = 0;
  std::error_code failure;
  std::filesystem::recursive_directory_iterator each(
      folder, std::filesystem::directory_options::skip_permission_denied, failure);
  for (; !failure && each != std::filesystem::recursive_directory_iterator();
       each.increment(failure)) {
    std::error_code unreadable;
    if (each->is_regular_file(unreadable) && !each->is_symlink(unreadable))
      bytes += each->file_size(unreadable);
  }
  return bytes;
}

}  // namespace

class NodeUpkeep::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  explicit Implementation(const Parts& parts)
      : parts_(parts),
        events_(parts.transport, parts.clock, client::system_random, parts.logger,
                {"kubelet", parts.node_name}),
        statistics_({.pods = parts.agent.pods(),
                     .read =
                         [this](const std::string& id) {
                           return parts_.host.of_pods.runtime->statistics(id);
                         },
                     .clock = parts.clock}),
        unused_({.images = *parts.host.images,
                 .in_use = [this](const image::Digest& id,
                                  bool& running) { return user_of(id, running); },
                 .space = [this] { return disk_space(parts_.data_dir); },
                 .clock = parts.clock,
                 .logger = parts.logger}),
        eviction_({.pods = parts.agent.pods(),
                   .statistics = statistics_,
                   .room = [this] { return room(); },
                   .disk_usage = [this](const RunningPod& pod) { return disk_usage(pod); },
                   .free_images = [this] { return unused_.remove_all(); },
                   .evict =
                       [this](const std::string& uid, const std::string& reason,
                              const std::string& message, const std::string& disruption,
                              std::int64_t grace) {
                         parts_.agent.evict(uid, reason, message, disruption, grace);
                       },
                   .events = events_,
                   .clock = parts.clock,
                   .logger = parts.logger,
                   .node_name = parts.node_name,
                   .limits = parts.eviction}) {}

  void start() {
    parts_.plane.leave_node_to_agent();
    status_ = std::make_unique<NodeStatus>(NodeStatus::Parts{.transport = parts_.transport,
                                                             .clock = parts_.clock,
                                                             .events = events_,
                                                             .logger = parts_.logger,
                                                             .node_name = parts_.node_name,
                                                             .pod_subnet = parts_.pod_subnet},
                                           observation());
    parts_.plane.metrics().set_source(
        make_usage_source(statistics_, parts_.node_name, parts_.data_dir, parts_.configuration));
    Executor& executor = parts_.transport.executor();
    const std::weak_ptr<Implementation> weak = weak_from_this();
    const auto every = [&](std::chrono::nanoseconds period, void (Implementation::*task)()) {
      periodic_.push_back(std::make_unique<Periodic>(executor, parts_.pool, period, [weak, task] {
        if (const auto self = weak.lock()) self->work(task);
      }));
    };
    every(kSamplePeriod, &Implementation::sample);
    every(kLook, &Implementation::look);
    every(kTidy, &Implementation::tidy);
  }

  // Waits for the pool's work under way; nothing of it begins any more.
  void stop() {
    periodic_.clear();
    {
      const std::lock_guard lock(working_);
      stopped_ = true;
    }
    parts_.plane.metrics().set_source(nullptr);
    status_.reset();
  }

 private:
  // On the pool, as all that it does.
  void work(void (Implementation::*task)()) {
    const std::shared_lock lock(working_);
    if (!stopped_) (this->*task)();
  }
  void sample() { statistics_.sample(); }
  void look() {
    eviction_.step();
    parts_.transport.executor().post([weak = weak_from_this(), seen = observation()] {
      const auto self = weak.lock();
      if (self && self->status_) self->status_->observe(seen);
    });
  }
  void tidy() { unused_.step(); }

  NodeObservation observation() const {
    NodeObservation seen;
    seen.memory_pressure = eviction_.memory_pressure();
    seen.disk_pressure = eviction_.disk_pressure();
    seen.huge_pages = read_huge_pages("/sys/kernel/mm/hugepages");
    for (const image::ImagePtr& each : parts_.host.images->list()) {
      NodeImage image;
      for (const auto* names : {&each->tags, &each->digests}) {
        for (const image::Reference& name : *names) image.names.push_back(name.canonical());
      }
      if (image.names.empty()) continue;
      image.bytes = each->size;
      seen.images.push_back(std::move(image));
    }
    std::ranges::sort(seen.images, std::greater<>(), &NodeImage::bytes);
    if (seen.images.size() > kMaxImages) seen.images.resize(kMaxImages);
    return seen;
  }

  NodeRoom room() const {
    NodeRoom room;
    const HostReading host = read_host_usage("/proc");
    room.memory_available = host.memory_available;
    room.memory_total = host.memory_total;
    if (const auto space = disk_space(parts_.data_dir)) {
      room.disk_available = space->available_bytes;
      room.disk_total = space->total_bytes;
    }
    return room;
  }

  std::uint64_t disk_usage(const RunningPod& pod) const {
    std::uint64_t bytes =
        size_below(parts_.data_dir / "node/volumes" / std::string(pod.pod->uid()));
    for (const PodContainer& container : pod.containers) {
      if (container.id.empty()) continue;
      if (const auto root = parts_.host.of_pods.runtime->root(container.id))
        bytes += size_below(root->upper);
    }
    return bytes;
  }

  // The container that stands on the image's layers, as ImageStore::InUse says it.
  std::string user_of(const image::Digest& id, bool& running) const {
    const image::ImagePtr image = parts_.host.images->by_id(id);
    if (!image || image->config.diff_ids.empty()) return {};
    const Path top = parts_.host.layers->path(image->config.diff_ids.back());
    for (const auto* const containers : {&parts_.host.of_pods, &parts_.host.of_engine}) {
      for (const runtime::ContainerStatus& each : containers->runtime->list()) {
        const auto spec = containers->runtime->spec(each.id);
        if (!spec || std::ranges::find(spec->root.lower, top) == spec->root.lower.end()) continue;
        running = each.state == runtime::ContainerState::kRunning;
        return "container " + each.id + " is using it";
      }
    }
    return {};
  }

  const Parts parts_;
  client::EventRecorder events_;
  Statistics statistics_;
  UnusedImages unused_;
  Eviction eviction_;
  std::shared_mutex working_;
  bool stopped_ = false;  // under working_
  // The executor's.
  std::unique_ptr<NodeStatus> status_;
  std::vector<std::unique_ptr<Periodic>> periodic_;
};

NodeUpkeep::NodeUpkeep(const Parts& parts)
    : implementation_(std::make_shared<Implementation>(parts)) {
  implementation_->start();
}

NodeUpkeep::~NodeUpkeep() {
  implementation_->stop();
}

}  // namespace cove::node
