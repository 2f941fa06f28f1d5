#include "core/store/watch_hub.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cove::store {
namespace {

std::size_t cost(const Event& event) {
  return event.key->size() + (event.value ? event.value->size() : 0) +
         (event.previous ? event.previous->size() : 0);
}

std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(
      std::mismatch(a.begin(),
                    a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())),
                    b.begin())
          .first -
      a.begin());
}

}  // namespace

struct WatchHub::Queue : std::enable_shared_from_this<WatchHub::Queue> {
  WatchRequest request;
  std::function<void()> ready;
  std::deque<std::shared_ptr<const Event>> events;
  std::size_t replayed = 0;  // of `events`, those that do not count
  std::size_t bytes = 0;     // of those that count
  bool to_notify = false;
  std::optional<Error> ended;
  std::size_t place = 0;  // in its Members
};

struct WatchHub::Registry {
  using Members = std::vector<Queue*>;

  explicit Registry(const Limits& bounds) : limits(bounds) {}

  Members& members(const WatchRequest& request) {
    return request.whole_key ? keys[request.prefix] : prefixes[request.prefix];
  }

  void insert(Queue& queue) {
    Members& all = members(queue.request);
    queue.place = all.size();
    all.push_back(&queue);
    ++count;
  }

  void erase(Queue& queue) {
    Members& all = members(queue.request);
    all[queue.place] = all.back();
    all[queue.place]->place = queue.place;
    all.pop_back();
    --count;
    if (!all.empty()) return;
    if (queue.request.whole_key) {
      keys.erase(queue.request.prefix);
    } else {
      prefixes.erase(queue.request.prefix);
    }
  }

  // Calls visit(members) of every watched prefix of `key`, the longest first.
  template <class Visit>
  void for_prefixes_of(std::string_view key, Visit visit) {
    // The longest watched prefix of `bound` sorts at or below it. When the entry found there is not
    // a prefix, those that are sort below it too, and are no longer than what both have in common.
    std::string_view bound = key;
    while (true) {
      auto place = prefixes.upper_bound(bound);
      if (place == prefixes.begin()) return;
      --place;
      const std::size_t common = common_length(place->first, bound);
      if (common < place->first.size()) {
        bound = bound.substr(0, common);
        continue;
      }
      visit(place->second);
      if (place->first.empty()) return;
      bound = bound.substr(0, place->first.size() - 1);
    }
  }

  void wake(Queue& queue) {
    if (queue.to_notify) return;
    queue.to_notify = true;
    waking.push_back(queue.weak_from_this());
  }

  void offer(Queue& queue, const std::shared_ptr<const Event>& event) {
    if (queue.ended) return;
    const bool idle = queue.events.empty();
    const std::size_t bytes = queue.bytes + cost(*event);
    const std::size_t unread = queue.events.size() - queue.replayed;
    if (unread + 1 > limits.watch_events || bytes > limits.watch_bytes) {
      end(queue, Error{ErrorCode::kResourceExhausted, "watch", queue.request.prefix,
                       fmt::format("it did not read {} events ({}) and was cut off",
                                   queue.events.size(), format_size(queue.bytes)),
                       "List again and watch from there."});
      ++cut_off;
      wake(queue);
      return;
    }
    queue.bytes = bytes;
    queue.events.push_back(event);
    if (idle) wake(queue);
  }

  void end(Queue& queue, Error error) {
    queue.ended = std::move(error);
    queue.events.clear();
    queue.events.shrink_to_fit();
    queue.bytes = queue.replayed = 0;
  }

  const Limits limits;
  std::map<std::string, Members, std::less<>> prefixes;
  std::unordered_map<std::string, Members> keys;
  std::vector<std::weak_ptr<Queue>> waking;
  std::size_t count = 0;
  std::size_t cut_off = 0;
};

namespace {

class QueuedWatch final : public Watch {
 public:
  QueuedWatch(std::shared_ptr<WatchHub::Registry> registry, std::shared_ptr<WatchHub::Queue> queue)
      : registry_(std::move(registry)), queue_(std::move(queue)) {
    registry_->insert(*queue_);
  }
  ~QueuedWatch() override { registry_->erase(*queue_); }

  Result<std::vector<std::shared_ptr<const Event>>> take(std::size_t max) override {
    WatchHub::Queue& queue = *queue_;
    if (queue.ended) return *queue.ended;
    const std::size_t n = std::min(max, queue.events.size());
    std::vector<std::shared_ptr<const Event>> taken;
    taken.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (queue.replayed > 0) {
        --queue.replayed;
      } else {
        queue.bytes -= cost(*queue.events.front());
      }
      taken.push_back(std::move(queue.events.front()));
      queue.events.pop_front();
    }
    return taken;
  }

 private:
  std::shared_ptr<WatchHub::Registry> registry_;
  std::shared_ptr<WatchHub::Queue> queue_;
};

bool matches(const WatchRequest& request, std::string_view key) {
  return request.whole_key ? key == request.prefix : key.starts_with(request.prefix);
}

}  // namespace

WatchHub::WatchHub(const Limits& limits) : registry_(std::make_shared<Registry>(limits)) {}

WatchHub::~WatchHub() {
  const auto end_all = [this](const auto& watched) {
    for (const auto& [name, members] : watched) {
      for (Queue* const queue : members) {
        registry_->end(*queue,
                       Error{ErrorCode::kUnavailable, "watch", name, "the store was closed", {}});
      }
    }
  };
  end_all(registry_->prefixes);
  end_all(registry_->keys);
}

Result<std::unique_ptr<Watch>> WatchHub::add(const WatchRequest& request,
                                             std::function<void()> ready, const History& history,
                                             Revision revision) {
  if (registry_->count >= registry_->limits.watches) {
    return Error{ErrorCode::kResourceExhausted, "watch", request.prefix,
                 fmt::format("{} watches are open", registry_->count), "Close some of them."};
  }
  auto queue = std::make_shared<Queue>();
  queue->request = request;
  queue->ready = std::move(ready);
  for (Revision next = request.after + 1; next <= revision; ++next) {
    const auto& event = history.at(next);
    if (matches(request, *event->key)) queue->events.push_back(event);
  }
  queue->replayed = queue->events.size();
  return std::unique_ptr<Watch>(std::make_unique<QueuedWatch>(registry_, std::move(queue)));
}

void WatchHub::publish(const std::shared_ptr<const Event>& event) {
  Registry& registry = *registry_;
  const auto offer = [&](Registry::Members& members) {
    for (Queue* queue : members) registry.offer(*queue, event);
  };
  registry.for_prefixes_of(*event->key, offer);
  if (!registry.keys.empty()) {
    if (const auto found = registry.keys.find(*event->key); found != registry.keys.end()) {
      offer(found->second);
    }
  }
}

void WatchHub::notify() {
  const auto waking = std::exchange(registry_->waking, {});
  for (const auto& weak : waking) {
    const auto queue = weak.lock();
    if (!queue) continue;
    queue->to_notify = false;
    if (queue->ready) queue->ready();
  }
}

std::size_t WatchHub::size() const {
  return registry_->count;
}
std::size_t WatchHub::cut_off() const {
  return registry_->cut_off;
}

}  // namespace cove::store
