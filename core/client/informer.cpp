#include "core/client/informer.h"

#include <unordered_set>

#include "core/client/delivery.h"

namespace cove::client {

Registration::Registration(std::shared_ptr<Delivery> delivery) : delivery_(std::move(delivery)) {}

Registration::Registration(Registration&&) noexcept = default;

Registration& Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    if (delivery_) delivery_->close();
    delivery_ = std::move(other.delivery_);
  }
  return *this;
}

Registration::~Registration() {
  if (delivery_) delivery_->close();
}

bool Registration::has_synced() const {
  return delivery_ && delivery_->has_synced();
}

std::shared_ptr<Informer> Informer::create(Transport& transport, Selection selection, Random random,
                                           Logger& logger, ReflectorOptions options) {
  return std::shared_ptr<Informer>(
      new Informer(transport, std::move(selection), std::move(random), logger, options));
}

Informer::Informer(Transport& transport, Selection selection, Random random, Logger& logger,
                   ReflectorOptions options)
    : executor_(transport.executor()),
      selection_(std::move(selection)),
      transport_(transport),
      random_(std::move(random)),
      logger_(logger),
      options_(options) {}

Informer::~Informer() {
  // The reflector ends on its executor; its callbacks hold the informer weakly. The transport may
  // be gone before that.
  if (!reflector_) return;
  reflector_->abandon();
  executor_.post([last = std::move(reflector_)] { last->stop(); });
}

void Informer::start() {
  executor_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->reflector_) return;
    Reflector::Sink sink;
    sink.replace = [weak](const std::vector<api::ObjectPtr>& items) {
      if (const auto informer = weak.lock()) informer->replace(items);
    };
    sink.change = [weak](const WatchEvent& event) {
      if (const auto informer = weak.lock()) informer->change(event);
    };
    sink.health = [weak](const std::optional<ApiError>& error) {
      if (const auto informer = weak.lock()) informer->health_changed(error);
    };
    self->reflector_ =
        std::make_shared<Reflector>(self->transport_, self->selection_, std::move(sink),
                                    self->random_, self->logger_, self->options_);
    self->reflector_->start();
  });
}

void Informer::stop() {
  executor_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->reflector_.reset();
  });
}

std::optional<ApiError> Informer::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Informer::on_health(std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  health_.push_back(std::move(changed));
}

void Informer::health_changed(const std::optional<ApiError>& error) {
  std::vector<std::function<void()>> listeners;
  {
    const std::lock_guard lock(mutex_);
    problem_ = error;
    listeners = health_;
  }
  for (const auto& listener : listeners) listener();
}

Registration Informer::add_handler(Handler handler, HandlerOptions options) {
  Executor& executor = options.executor != nullptr ? *options.executor : executor_;
  const auto delivery = std::make_shared<Delivery>(std::move(handler), options, executor);
  executor_.post([weak = weak_from_this(), delivery] {
    const auto self = weak.lock();
    if (!self || delivery->closed()) return;
    for (const api::ObjectPtr& object : self->objects_.list())
      delivery->added(key_of(*object), object, true);
    if (self->synced_) delivery->initial_end();
    self->deliveries_.push_back(delivery);
    self->schedule_resync(delivery);
  });
  return Registration(delivery);
}

void Informer::schedule_resync(const std::shared_ptr<Delivery>& delivery) {
  if (delivery->options().resync.count() <= 0) return;
  executor_.after(delivery->options().resync,
                  [weak = weak_from_this(), held = std::weak_ptr<Delivery>(delivery)] {
                    const auto self = weak.lock();
                    const auto living = held.lock();
                    if (!self || !living || living->closed()) return;
                    for (const api::ObjectPtr& object : self->objects_.list())
                      living->updated(key_of(*object), object, object);
                    self->schedule_resync(living);
                  });
}

void Informer::tell(const std::function<void(Delivery&)>& what) {
  std::erase_if(deliveries_, [&](const std::weak_ptr<Delivery>& weak) {
    const auto delivery = weak.lock();
    if (!delivery || delivery->closed()) return true;
    what(*delivery);
    return false;
  });
}

void Informer::replace(const std::vector<api::ObjectPtr>& items) {
  const bool first = !synced_;
  std::unordered_set<std::string> present;
  present.reserve(items.size());
  for (const api::ObjectPtr& object : items) {
    const std::string key = key_of(*object);
    present.insert(key);
    const api::ObjectPtr old = objects_.put(key, object);
    if (!old) {
      tell([&](Delivery& to) { to.added(key, object, first); });
    } else if (old->resource_version() != object->resource_version() ||
               old->uid() != object->uid()) {
      tell([&](Delivery& to) { to.updated(key, old, object); });
    }
  }
  for (const std::string& key : objects_.keys()) {
    if (present.contains(key)) continue;
    const api::ObjectPtr last = objects_.erase(key);
    tell([&](Delivery& to) { to.deleted(key, last, true); });
  }
  if (!first) return;
  synced_ = true;
  tell([](Delivery& to) { to.initial_end(); });
  health_changed(std::nullopt);
}

void Informer::change(const WatchEvent& event) {
  const std::string key = key_of(*event.object);
  if (event.type == WatchEventType::kDeleted) {
    if (objects_.erase(key)) tell([&](Delivery& to) { to.deleted(key, event.object, false); });
    return;
  }
  const api::ObjectPtr old = objects_.put(key, event.object);
  if (!old) {
    tell([&](Delivery& to) { to.added(key, event.object, false); });
  } else {
    tell([&](Delivery& to) { to.updated(key, old, event.object); });
  }
}

InformerFactory::~InformerFactory() {
  stop();
}

std::shared_ptr<Informer> InformerFactory::informer(const Selection& selection) {
  const std::lock_guard lock(mutex_);
  auto& place = informers_[selection];
  if (!place) place = Informer::create(transport_, selection, random_, logger_, options_);
  return place;
}

void InformerFactory::start() {
  const std::lock_guard lock(mutex_);
  for (const auto& [selection, informer] : informers_) informer->start();
}

void InformerFactory::stop() {
  const std::lock_guard lock(mutex_);
  for (const auto& [selection, informer] : informers_) informer->stop();
}

bool InformerFactory::all_synced() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::all_of(informers_,
                             [](const auto& entry) { return entry.second->has_synced(); });
}

}  // namespace cove::client
