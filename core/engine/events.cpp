#include "core/engine/events.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

namespace {
constexpr std::size_t kKept = 256;
constexpr std::size_t kWaiting = 1024;
}  // namespace

json::object to_json(const Event& event) {
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(event.time.time_since_epoch()).count();
  json::object object;
  if (event.type == "container" || event.type == "image") {
    object["status"] = event.action;
    object["id"] = event.actor;
    if (event.type == "container") {
      if (const auto image = event.attributes.find("image"); image != event.attributes.end()) {
        object["from"] = image->second;
      }
    }
  }
  object["Type"] = event.type;
  object["Action"] = event.action;
  object["Actor"] = json::object{{"ID", event.actor}, {"Attributes", to_object(event.attributes)}};
  object["scope"] = "local";
  object["time"] = nanoseconds / 1'000'000'000;
  object["timeNano"] = nanoseconds;
  return object;
}

struct Events::Queue {
  std::mutex mutex;
  std::condition_variable_any ready;
  std::deque<Event> waiting;

  void push(const Event& event) {
    std::lock_guard lock(mutex);
    if (waiting.size() == kWaiting) waiting.pop_front();
    waiting.push_back(event);
    ready.notify_one();
  }
};

void Events::publish(Event event) {
  std::lock_guard lock(mutex_);
  if (event.time == WallTime{}) event.time = clock_.wall();
  if (kept_.size() == kKept) kept_.pop_front();
  kept_.push_back(event);
  std::erase_if(queues_, [&](const std::weak_ptr<Queue>& weak) {
    const auto queue = weak.lock();
    if (queue) queue->push(event);
    return !queue;
  });
}

std::unique_ptr<Events::Listener> Events::listen(std::optional<WallTime> since) {
  class QueueListener final : public Listener {
   public:
    QueueListener(std::shared_ptr<Queue> queue, const Clock& clock)
        : queue_(std::move(queue)), clock_(clock) {}

    std::optional<Event> next(std::stop_token stop, std::optional<WallTime> until) override {
      std::unique_lock lock(queue_->mutex);
      const auto ready = [&] { return !queue_->waiting.empty(); };
      if (until) {
        // The wait itself follows the system's clock: `until` is a moment outside.
        const auto left = std::max(*until - clock_.wall(), WallTime::duration::zero());
        queue_->ready.wait_for(lock, stop, left, ready);
      } else {
        queue_->ready.wait(lock, stop, ready);
      }
      if (stop.stop_requested() || queue_->waiting.empty()) return std::nullopt;
      if (until && queue_->waiting.front().time > *until) return std::nullopt;
      Event event = std::move(queue_->waiting.front());
      queue_->waiting.pop_front();
      return event;
    }

   private:
    std::shared_ptr<Queue> queue_;
    const Clock& clock_;
  };

  auto queue = std::make_shared<Queue>();
  std::lock_guard lock(mutex_);
  if (since) {
    for (const Event& event : kept_) {
      if (event.time >= *since) queue->waiting.push_back(event);
    }
  }
  queues_.push_back(queue);
  return std::make_unique<QueueListener>(std::move(queue), clock_);
}

}  // namespace cove::engine
