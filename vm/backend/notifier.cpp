#include "vm/backend/notifier.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

namespace cove::vm {
namespace {

constexpr std::size_t kMaxPending = 1024;

struct Subscriber {
  explicit Subscriber(std::function<void(const std::string&)> f) : changed(std::move(f)) {}
  std::mutex calling;
  bool ended = false;  // guarded by `calling`, except when ended from inside the call
  std::function<void(const std::string&)> changed;
};

}  // namespace

struct Notifier::State {
  std::mutex mutex;
  std::condition_variable_any ready;
  std::set<std::string> pending;
  std::set<std::shared_ptr<Subscriber>> subscribers;
  std::thread::id thread;

  void run(std::stop_token stop) {
    std::unique_lock lock(mutex);
    thread = std::this_thread::get_id();
    while (true) {
      ready.wait(lock, stop, [&] { return !pending.empty(); });
      if (stop.stop_requested()) return;
      const std::set<std::string> names = std::exchange(pending, {});
      const std::vector<std::shared_ptr<Subscriber>> targets(subscribers.begin(),
                                                             subscribers.end());
      lock.unlock();
      for (const auto& target : targets) deliver(*target, names);
      lock.lock();
    }
  }

  static void deliver(Subscriber& target, const std::set<std::string>& names) {
    std::lock_guard calling(target.calling);
    for (const std::string& name : names) {
      if (target.ended) return;
      target.changed(name);
    }
  }
};

class Notifier::Handle final : public Backend::Subscription {
 public:
  Handle(std::shared_ptr<State> state, std::shared_ptr<Subscriber> subscriber)
      : state_(std::move(state)), subscriber_(std::move(subscriber)) {}
  ~Handle() override {
    bool inside = false;
    {
      std::lock_guard lock(state_->mutex);
      state_->subscribers.erase(subscriber_);
      inside = state_->thread == std::this_thread::get_id();
    }
    if (inside) {
      subscriber_->ended = true;
      return;
    }
    std::lock_guard wait(subscriber_->calling);
    subscriber_->ended = true;
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Subscriber> subscriber_;
};

Notifier::Notifier()
    : state_(std::make_shared<State>()),
      thread_([state = state_](std::stop_token stop) { state->run(std::move(stop)); }) {}

Notifier::~Notifier() = default;

std::unique_ptr<Backend::Subscription> Notifier::subscribe(
    std::function<void(const std::string&)> changed) {
  auto subscriber = std::make_shared<Subscriber>(std::move(changed));
  {
    std::lock_guard lock(state_->mutex);
    state_->subscribers.insert(subscriber);
  }
  return std::make_unique<Handle>(state_, std::move(subscriber));
}

void Notifier::notify(const std::string& machine) {
  std::lock_guard lock(state_->mutex);
  if (state_->pending.size() >= kMaxPending) {
    state_->pending = {std::string()};
  } else {
    state_->pending.insert(machine);
  }
  state_->ready.notify_one();
}

}  // namespace cove::vm
