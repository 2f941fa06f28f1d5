#include "core/controllers/keyed_loop.h"

#include "core/api/readers.h"

namespace cove::controllers {
KeyedLoop::KeyedLoop(const Environment& environment, const KeyedLoopOptions& options)
    : environment_(environment),
      transport_(environment.as(options.account)),
      events_(transport_, environment.clock, environment.random, environment.logger,
              {.component = options.component}),
      name_(options.name),
      handler_queue_(options.handler_queue),
      controller_(environment.executor, environment.clock, environment.random, environment.logger,
                  {.name = options.name, .workers = options.workers, .limits = options.limits},
                  [this](const std::string& key, Done done) { reconcile(key, done); }) {}

std::shared_ptr<client::Informer> KeyedLoop::informer(client::Resource resource) const {
  return environment_.informers.informer({.resource = std::move(resource)});
}

void KeyedLoop::handle(const std::shared_ptr<client::Informer>& informer, client::Handler handler) {
  registrations_.push_back(informer->add_handler(
      std::move(handler), {.executor = &environment_.executor, .queue = handler_queue_}));
}

void KeyedLoop::handle_each(const std::shared_ptr<client::Informer>& informer,
                            std::function<void(const api::ObjectPtr& object)> changed) {
  handle(informer,
         {.added = [changed](const api::ObjectPtr& object, bool) { changed(object); },
          .updated = [changed](const api::ObjectPtr&, const api::ObjectPtr& now) { changed(now); },
          .deleted = [changed](const api::ObjectPtr& last, bool) { changed(last); }});
}

void KeyedLoop::queue_each(const std::shared_ptr<client::Informer>& informer) {
  handle_each(informer,
              [this](const api::ObjectPtr& object) { queue().add(client::key_of(*object)); });
}

client::ResourceClient KeyedLoop::api(client::Resource resource,
                                      std::string_view namespace_name) const {
  return {transport_, std::move(resource), std::string(namespace_name)};
}

void KeyedLoop::fail(const Done& done, const client::ApiError& error) {
  if (error.is_not_found()) return done(client::Reconciled{});
  done(error);
}

Join::Done Join::one() {
  ++waiting_;
  return [self = shared_from_this()](client::ApiResult<void> result) {
    self->finish(std::move(result));
  };
}

void Join::finish(client::ApiResult<void> result) {
  if (!result && !first_) first_ = result.error();
  if (--waiting_ > 0) return;
  const Done all = std::exchange(all_, nullptr);
  if (first_) {
    all(*first_);
  } else {
    all({});
  }
}

api::ObjectPtr LastWritten::newest(const client::Informer& informer, const std::string& key) {
  api::ObjectPtr copy = informer.objects().get(key);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return copy;
  const api::ObjectPtr written = found->second;
  if (copy && written->uid() == copy->uid() && version_of(*written) > version_of(*copy))
    return written;
  objects_.erase(found);
  return copy;
}

client::Resource core_resource(std::string_view plural) {
  return {"", "v1", std::string(plural)};
}

client::Resource apps_resource(std::string_view plural) {
  return {"apps", "v1", std::string(plural)};
}

client::Resource batch_resource(std::string_view plural) {
  return {"batch", "v1", std::string(plural)};
}

}  // namespace cove::controllers
