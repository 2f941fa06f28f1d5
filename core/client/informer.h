// Informer: one copy of a collection for everybody who is interested in it, and what changed told
// to each of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/client/indexer.h"
#include "core/client/reflector.h"

namespace cove::client {

// What a handler is told. Objects are immutable and shared.
struct Handler {
  // `initial`: it was there when the handler was added, or is of the first state.
  std::function<void(const api::ObjectPtr& object, bool initial)> added = {};
  // A resync tells the same object twice.
  std::function<void(const api::ObjectPtr& old, const api::ObjectPtr& now)> updated = {};
  // `final_state_unknown`: that it went was seen by its absence; `last` is what was known of it.
  std::function<void(const api::ObjectPtr& last, bool final_state_unknown)> deleted = {};
};

struct HandlerOptions {
  Executor* executor = nullptr;  // where it is called; nothing: the informer's
  // Everything there is is told again as updated, every so often; 0: never.
  std::chrono::nanoseconds resync{0};
  // Changes that may wait for the handler. Above this, changes of one object are merged: the
  // handler skips states of it and never misses the last one, and what waits grows by one entry an
  // object at most.
  std::size_t queue = 4096;
};

class Delivery;

// A handler's place with an informer; destruction takes it off. Then no call of the handler begins
// any more: for certain on the handler's executor, elsewhere one may be running. Move-only.
class Registration {
 public:
  Registration() = default;
  explicit Registration(std::shared_ptr<Delivery> delivery);
  Registration(Registration&&) noexcept;
  Registration& operator=(Registration&&) noexcept;
  ~Registration();
  // The first state was told to this handler, all of it.
  bool has_synced() const;

 private:
  std::shared_ptr<Delivery> delivery_;
};

// Thread-safe. The copy is ahead of what handlers have been told, never behind. Handlers see one
// object's changes in order. Runs from start() until stop() or the last shared_ptr is gone.
class Informer : public std::enable_shared_from_this<Informer> {
 public:
  // `transport` and `logger` must outlive it; where the last shared_ptr goes on another thread than
  // the executor's, also what runs there at that moment.
  static std::shared_ptr<Informer> create(Transport& transport, Selection selection, Random random,
                                          Logger& logger, ReflectorOptions options = {});
  ~Informer();

  void start();
  // Nothing is told afterwards but what already waits; the copy stays as it is.
  void stop();
  // The copy has been filled.
  bool has_synced() const { return synced_; }
  // Why the server cannot be followed now; nothing while it can (or before the first attempt).
  std::optional<ApiError> problem() const;

  [[nodiscard]] Registration add_handler(Handler handler, HandlerOptions options = {});
  // Told on the informer's executor whenever has_synced() or problem() may have changed.
  void on_health(std::function<void()> changed);

  const Indexer& objects() const { return objects_; }
  void add_index(std::string_view name, IndexFunction function) {
    objects_.add_index(name, std::move(function));
  }
  const Selection& selection() const { return selection_; }

 private:
  Informer(Transport& transport, Selection selection, Random random, Logger& logger,
           ReflectorOptions options);
  void replace(const std::vector<api::ObjectPtr>& items);
  void change(const WatchEvent& event);
  void tell(const std::function<void(Delivery&)>& what);
  void schedule_resync(const std::shared_ptr<Delivery>& delivery);
  void health_changed(const std::optional<ApiError>& error);

  Executor& executor_;
  const Selection selection_;
  Indexer objects_;
  std::atomic<bool> synced_ = false;
  mutable std::mutex mutex_;
  std::optional<ApiError> problem_;            // under the mutex
  std::vector<std::function<void()>> health_;  // under the mutex
  // The rest belongs to the executor.
  std::vector<std::weak_ptr<Delivery>> deliveries_;
  std::shared_ptr<Reflector> reflector_;
  Transport& transport_;
  const Random random_;
  Logger& logger_;
  const ReflectorOptions options_;
};

// Shares informers: one for each selection. Thread-safe.
class InformerFactory {
 public:
  InformerFactory(Transport& transport, Random random, Logger& logger,
                  ReflectorOptions options = {})
      : transport_(transport), random_(std::move(random)), logger_(logger), options_(options) {}
  ~InformerFactory();

  // Not started yet when it is new.
  std::shared_ptr<Informer> informer(const Selection& selection);
  // Starts what was not.
  void start();
  void stop();
  bool all_synced() const;

 private:
  Transport& transport_;
  const Random random_;
  Logger& logger_;
  const ReflectorOptions options_;
  mutable std::mutex mutex_;
  std::map<Selection, std::shared_ptr<Informer>> informers_;
};

}  // namespace cove::client
