#include "core/client/work_queue.h"

#include <atomic>
#include <cmath>

namespace cove::client {

void TokenBucket::refill(SteadyTime now) {
  if (filled_ && now > *filled_) {
    const std::chrono::duration<double> passed = now - *filled_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * rate_);
  }
  filled_ = now;
}

bool TokenBucket::take(SteadyTime now) {
  refill(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::chrono::nanoseconds TokenBucket::reserve(SteadyTime now) {
  refill(now);
  tokens_ -= 1;
  if (tokens_ >= 0) return {};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(-tokens_ / rate_));
}

std::shared_ptr<WorkQueue> WorkQueue::create(Executor& executor, const Clock& clock, Random random,
                                             RetryLimits limits) {
  return std::shared_ptr<WorkQueue>(new WorkQueue(executor, clock, std::move(random), limits));
}

void WorkQueue::add(const std::string& key) {
  const std::lock_guard lock(mutex_);
  add_locked(key);
}

void WorkQueue::add_locked(const std::string& key) {
  if (shut_down_ || !dirty_.insert(key).second) return;
  if (processing_.contains(key)) return;
  order_.push_back(key);
  announce_locked();
}

void WorkQueue::add_after(const std::string& key, std::chrono::nanoseconds delay) {
  const std::lock_guard lock(mutex_);
  if (delay.count() <= 0) return add_locked(key);
  delay_locked(key, delay);
}

void WorkQueue::add_rate_limited(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) return;
  const int failures = failures_[key]++;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const Milliseconds backoff = std::min<Milliseconds>(
      Milliseconds(limits_.first) * std::pow(2.0, std::min(failures, 60)), limits_.longest);
  const auto own = std::chrono::duration_cast<std::chrono::nanoseconds>(
      backoff * (1.0 + limits_.jitter * random_()));
  delay_locked(key, std::max(own, bucket_.reserve(clock_.steady())));
}

void WorkQueue::delay_locked(const std::string& key, std::chrono::nanoseconds delay) {
  if (shut_down_) return;
  const SteadyTime due = clock_.steady() + std::chrono::duration_cast<SteadyTime::duration>(delay);
  const auto [at, added] = due_.try_emplace(key, due);
  if (!added) {
    if (at->second <= due) return;
    delayed_.erase({at->second, key});
    at->second = due;
  }
  delayed_.emplace(due, key);
  arm_locked();
}

void WorkQueue::arm_locked() {
  if (delayed_.empty()) return;
  const SteadyTime first = delayed_.begin()->first;
  if (armed_ && *armed_ <= first) return;
  if (armed_) executor_.cancel(timer_);
  armed_ = first;
  const auto wait = std::max(first - clock_.steady(), SteadyTime::duration(0));
  timer_ = executor_.after(wait, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void WorkQueue::on_timer() {
  const std::lock_guard lock(mutex_);
  armed_.reset();
  const SteadyTime now = clock_.steady();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const std::string key = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    due_.erase(key);
    add_locked(key);
  }
  arm_locked();
}

void WorkQueue::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
}

int WorkQueue::failures(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

std::optional<std::string> WorkQueue::take() {
  const std::lock_guard lock(mutex_);
  if (order_.empty()) return std::nullopt;
  std::string key = std::move(order_.front());
  order_.pop_front();
  dirty_.erase(key);
  processing_.insert(key);
  return key;
}

void WorkQueue::done(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (processing_.erase(key) == 0) return;
  if (dirty_.contains(key)) {
    order_.push_back(key);
    announce_locked();
  }
  announce_drained_locked();
}

std::size_t WorkQueue::size() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

bool WorkQueue::idle() const {
  const std::lock_guard lock(mutex_);
  return order_.empty() && processing_.empty() && delayed_.empty();
}

void WorkQueue::on_ready(std::function<void()> ready) {
  const std::lock_guard lock(mutex_);
  ready_ = std::move(ready);
  if (!order_.empty()) announce_locked();
}

void WorkQueue::announce_locked() {
  if (!ready_ || announced_) return;
  announced_ = true;
  executor_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    std::function<void()> ready;
    {
      const std::lock_guard lock(self->mutex_);
      self->announced_ = false;
      ready = self->ready_;
    }
    if (ready) ready();
  });
}

void WorkQueue::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  delayed_.clear();
  due_.clear();
  if (armed_) executor_.cancel(timer_);
  armed_.reset();
  announce_drained_locked();
}

void WorkQueue::on_drained(std::function<void()> drained) {
  const std::lock_guard lock(mutex_);
  drained_ = std::move(drained);
  announce_drained_locked();
}

void WorkQueue::announce_drained_locked() {
  if (!shut_down_ || !drained_ || !order_.empty() || !processing_.empty()) return;
  executor_.post(std::exchange(drained_, nullptr));
}

// What workers share; outlives the controller while reconciles are under way.
class Controller::State : public std::enable_shared_from_this<Controller::State> {
 public:
  State(std::shared_ptr<WorkQueue> queue, Executor& executor, Logger& logger, Options options,
        Reconcile reconcile)
      : queue_(std::move(queue)),
        executor_(executor),
        logger_(logger),
        options_(std::move(options)),
        reconcile_(std::move(reconcile)) {}

  void start() {
    queue_->on_ready([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->run();
    });
  }
  void stop(std::function<void()> stopped) {
    queue_->on_ready(nullptr);
    queue_->shut_down();
    executor_.post([self = shared_from_this(), stopped = std::move(stopped)]() mutable {
      self->stopping_ = true;
      self->stopped_ = std::move(stopped);
      self->tell_stopped();
    });
  }
  // On the executor, or when nothing runs there any more.
  void abandon() {
    abandoned_ = true;
    queue_->on_ready(nullptr);
    queue_->shut_down();
  }

 private:
  // Calls finish() once, also when whoever holds it lets go of it.
  struct Pending {
    std::shared_ptr<State> state;
    std::string key;
    std::atomic<bool> told = false;

    Pending(std::shared_ptr<State> of, std::string for_key)
        : state(std::move(of)), key(std::move(for_key)) {}
    ~Pending() { tell(no_answer(ErrorCode::kInternal, "it was given up without a result")); }
    void tell(ApiResult<Reconciled> result) {
      if (told.exchange(true)) return;
      state->executor_.post(
          [of = state, name = key, outcome = std::move(result)] { of->finish(name, outcome); });
    }
  };

  void run() {
    while (!stopping_ && !abandoned_ && running_ < options_.workers) {
      const auto key = queue_->take();
      if (!key) return;
      ++running_;
      const auto pending = std::make_shared<Pending>(shared_from_this(), *key);
      reconcile_(*key, [pending](ApiResult<Reconciled> result) { pending->tell(result); });
    }
  }
  void finish(const std::string& key, const ApiResult<Reconciled>& result) {
    --running_;
    if (abandoned_) return;
    if (!result) {
      if (!result.error().is_conflict()) {
        logger_.warn(
            "reconcile failed",
            {{"controller", options_.name}, {"key", key}, {"error", result.error().message}});
      }
      queue_->add_rate_limited(key);
    } else {
      queue_->forget(key);
      if (result->again_after) queue_->add_after(key, *result->again_after);
    }
    queue_->done(key);
    tell_stopped();
    run();
  }
  void tell_stopped() {
    if (stopping_ && running_ == 0 && stopped_) std::exchange(stopped_, nullptr)();
  }

  const std::shared_ptr<WorkQueue> queue_;
  Executor& executor_;
  Logger& logger_;
  const Options options_;
  const Reconcile reconcile_;
  // Of the executor.
  int running_ = 0;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::atomic<bool> abandoned_ = false;
};

Controller::Controller(Executor& executor, const Clock& clock, Random random, Logger& logger,
                       Options options, Reconcile reconcile)
    : queue_(WorkQueue::create(executor, clock, std::move(random), options.limits)),
      state_(std::make_shared<State>(queue_, executor, logger, std::move(options),
                                     std::move(reconcile))) {}

Controller::~Controller() {
  state_->abandon();
}

void Controller::start() {
  state_->start();
}

void Controller::stop(std::function<void()> stopped) {
  state_->stop(std::move(stopped));
}

}  // namespace cove::client
