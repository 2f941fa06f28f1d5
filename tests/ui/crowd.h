// A server that has many pods and nothing else, some of which change.
#pragma once

#include <memory>
#include <mutex>

#include "tests/ui/page_test.h"
#include "tests/ui/wrapped_transport.h"

namespace cove::ui::test {

// Thread-safe.
class Crowd {
 public:
  static std::shared_ptr<Crowd> of(int pods) { return std::make_shared<Crowd>(pods); }
  explicit Crowd(int pods) : pods_(pods) {}

  int size() const { return pods_; }
  // Pods, `count` from `first` on, were restarted so often: whoever watches is told.
  void restarted(int first, int count, int times) {
    const std::lock_guard lock(mutex_);
    if (!watch_) return;
    watch_->executor.post([watch = watch_, first, count, times, size = pods_] {
      if (watch->cancelled) return;
      std::vector<client::WatchEvent> events;
      for (int i = 0; i < count; ++i)
        events.push_back({client::WatchEventType::kModified, pod((first + i) % size, times)});
      watch->callbacks.events(std::move(events));
    });
  }
  void watched_by(std::shared_ptr<HeldWatch> watch) {
    const std::lock_guard lock(mutex_);
    watch_ = std::move(watch);
  }

  static api::ObjectPtr pod(int number, int restarts) {
    const std::string name = "crowd-" + std::to_string(number);
    const std::int64_t version = std::int64_t{1'000'000} * restarts + number + 1;
    return api::Object::make(
        {{"apiVersion", "v1"},
         {"kind", "Pod"},
         {"metadata",
          {{"name", name},
           {"namespace", number % 2 == 0 ? "even" : "odd"},
           {"uid", name},
           {"resourceVersion", std::to_string(version)},
           {"creationTimestamp", "2023-11-14T22:00:00Z"}}},
         {"spec", {{"nodeName", "node"}, {"containers", {{{"name", "a"}, {"image", "a"}}}}}},
         {"status",
          {{"phase", "Running"},
           {"podIP", "10.0.0.1"},
           {"containerStatuses",
            {{{"name", "a"},
              {"ready", true},
              {"restartCount", restarts},
              {"state", {{"running", json::object()}}}}}}}}});
  }

 private:
  const int pods_;
  std::mutex mutex_;
  std::shared_ptr<HeldWatch> watch_;
};

class CrowdTransport final : public client::Transport {
 public:
  CrowdTransport(Executor& executor, std::shared_ptr<Crowd> crowd)
      : executor_(executor), crowd_(std::move(crowd)) {}
  client::Operation send(client::ApiRequest, Callback done) override {
    executor_.post([done = std::move(done)] { done(Line::broken()); });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    const bool of_pods = request.path == "/api/v1/pods";
    const int count = of_pods ? crowd_->size() : 0;
    auto watch = std::make_shared<HeldWatch>(HeldWatch{std::move(callbacks), executor_});
    executor_.post([count, watch] {
      if (watch->callbacks.opened) watch->callbacks.opened();
      std::vector<client::WatchEvent> events;
      for (int i = 0; i < count; ++i) {
        events.push_back({client::WatchEventType::kAdded, Crowd::pod(i, 0)});
        if (events.size() == 500) watch->callbacks.events(std::exchange(events, {}));
      }
      events.push_back(end_of_state("100000"));
      watch->callbacks.events(std::move(events));
    });
    if (!of_pods) return {};
    crowd_->watched_by(watch);
    return client::Operation(std::make_shared<Held>(watch));
  }
  client::Operation stream(client::ApiRequest, client::StreamCallbacks callbacks) override {
    executor_.post([closed = std::move(callbacks.closed)] { closed(Line::broken()); });
    return {};
  }
  Executor& executor() override { return executor_; }

 private:
  struct Held final : client::Operation::Impl {
    explicit Held(std::shared_ptr<HeldWatch> its_watch) : watch(std::move(its_watch)) {}
    void cancel() override { watch->cancelled = true; }
    const std::shared_ptr<HeldWatch> watch;
  };

  Executor& executor_;
  const std::shared_ptr<Crowd> crowd_;
};

}  // namespace cove::ui::test
