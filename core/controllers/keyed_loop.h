// KeyedLoop: what a control loop over keys is made of: handlers that queue keys, workers that
// reconcile them, an account to call the API as, and its events.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/controllers/callback_guard.h"
#include "core/controllers/control_loop.h"

namespace cove::controllers {

struct KeyedLoopOptions {
  std::string name;       // "job-controller"
  std::string account;    // of kube-system, whose rights it has
  std::string component;  // the source of its events
  int workers = 16;       // requests under way, not threads
  client::RetryLimits limits = {};
  std::size_t handler_queue = client::HandlerOptions().queue;
};

// Everything on the executor, where it is also destroyed.
class KeyedLoop : public ControlLoop {
 public:
  std::string_view name() const final { return name_; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 protected:
  using Done = client::Controller::Done;
  using Answer = client::ApiResult<api::ObjectPtr>;

  KeyedLoop(const Environment& environment, const KeyedLoopOptions& options);
  virtual void reconcile(const std::string& key, const Done& done) = 0;

  std::shared_ptr<client::Informer> informer(client::Resource resource) const;
  void handle(const std::shared_ptr<client::Informer>& informer, client::Handler handler);
  // Whatever happens to one of these objects, `changed` is told it; of an update the new one.
  void handle_each(const std::shared_ptr<client::Informer>& informer,
                   std::function<void(const api::ObjectPtr& object)> changed);
  // Likewise their own keys are queued.
  void queue_each(const std::shared_ptr<client::Informer>& informer);
  client::WorkQueue& queue() { return controller_.queue(); }
  // An object that is gone needs nothing; everything else is a failure.
  static void fail(const Done& done, const client::ApiError& error);
  client::ResourceClient api(client::Resource resource, std::string_view namespace_name = {}) const;

  // `call`, which is not called any more once this loop is gone.
  template <class Call>
  auto guarded(Call call) const {
    return guard_(std::move(call));
  }

  const Environment environment_;
  client::Transport& transport_;
  client::EventRecorder events_;

 private:
  const std::string name_;
  const std::size_t handler_queue_;
  std::vector<client::Registration> registrations_;
  client::Controller controller_;
  const CallbackGuard guard_;
};

// Joins answers that come in any order: `all` is called once with the first error, when every
// one() has been answered and sealed() was called.
class Join : public std::enable_shared_from_this<Join> {
 public:
  using Done = std::function<void(client::ApiResult<void>)>;
  static std::shared_ptr<Join> make(Done all) { return std::make_shared<Join>(std::move(all)); }
  explicit Join(Done all) : all_(std::move(all)) {}

  // Another that is waited for; called once.
  Done one();
  // Nothing is added any more.
  void sealed() { finish({}); }

 private:
  void finish(client::ApiResult<void> result);

  Done all_;
  std::size_t waiting_ = 1;
  std::optional<client::ApiError> first_;
};

// Objects as the loop wrote them last, while an informer's copy is behind. Holds those only that
// were written and not asked for since the copy caught up. On the executor.
class LastWritten {
 public:
  void wrote(const api::ObjectPtr& object) { objects_[client::key_of(*object)] = object; }
  void forget(const std::string& key) { objects_.erase(key); }
  // The newer one of the informer's copy and what was written; null when the copy has none.
  api::ObjectPtr newest(const client::Informer& informer, const std::string& key);

 private:
  std::map<std::string, api::ObjectPtr, std::less<>> objects_;
};

// A resource of the groups that controllers use, in the version they use.
client::Resource core_resource(std::string_view plural);
client::Resource apps_resource(std::string_view plural);
client::Resource batch_resource(std::string_view plural);

}  // namespace cove::controllers
