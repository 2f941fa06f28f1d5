#include "core/client/event_recorder.h"

#include <fmt/format.h>

#include <deque>
#include <list>
#include <mutex>
#include <set>
#include <unordered_map>

#include "core/client/work_queue.h"

namespace cove::client {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxMessage = 1024;
constexpr std::size_t kMaxName = 236;  // leaves room for a dot and 16 digits

// Values by key, of which those used longest ago go at the bound.
template <class Value>
class Recent {
 public:
  explicit Recent(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}
  // The value of that key; made by `make` when there is none.
  template <class Make>
  Value& get(const std::string& key, const Make& make) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front().second;
    }
    if (entries_.size() >= capacity_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, make());
    places_[key] = entries_.begin();
    return entries_.front().second;
  }

 private:
  std::size_t capacity_;
  std::list<std::pair<std::string, Value>> entries_;
  std::unordered_map<std::string, typename std::list<std::pair<std::string, Value>>::iterator>
      places_;
};

struct Group {
  std::set<std::string, std::less<>> messages;
  WallTime last;
};

struct Told {
  std::string name;  // empty: not yet
  int count = 0;
  std::string first;
};

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(api::text_at(object, {name}));
}

// Length before each part, so that no two lists of parts make the same key.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) key += fmt::format("{}:{}", part.size(), part);
  return key;
}

// At most `size` bytes, not cutting through a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

class EventRecorder::State : public std::enable_shared_from_this<EventRecorder::State> {
 public:
  State(Transport& transport, const Clock& clock, Random random, Logger& logger, EventSource source,
        EventLimits limits)
      : transport_(transport),
        executor_(transport.executor()),
        clock_(clock),
        random_(std::move(random)),
        logger_(logger),
        source_(std::move(source)),
        limits_(limits),
        spam_(limits.remembered),
        groups_(limits.remembered),
        told_(limits.remembered),
        backoff_(limits.backoff) {}

  void record(json::object reference, std::string_view type, std::string_view reason,
              std::string_view text);
  void close();
  std::size_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  struct Write {
    json::object event;
    bool update = false;
  };

  json::object make_event(json::object reference, std::string_view type, std::string_view reason,
                          std::string_view message, const Told& told, const std::string& now) const;
  std::string new_name(std::string_view of);
  void put(Write write);
  void pump();
  void send(bool as_update);
  void finished(const ApiResult<api::ObjectPtr>& result, bool as_update);

  Transport& transport_;
  Executor& executor_;
  const Clock& clock_;
  const Random random_;
  Logger& logger_;
  const EventSource source_;
  const EventLimits limits_;

  mutable std::mutex mutex_;
  Recent<TokenBucket> spam_;
  Recent<Group> groups_;
  Recent<Told> told_;
  std::deque<Write> waiting_;
  std::int64_t last_stamp_ = 0;
  std::size_t dropped_ = 0;
  bool busy_ = false;
  bool closed_ = false;
  Operation operation_;
  // Of the executor.
  Write current_;
  int attempts_ = 0;
  Backoff backoff_;
};

void EventRecorder::State::record(json::object reference, std::string_view type,
                                  std::string_view reason, std::string_view text) {
  const WallTime wall = clock_.wall();
  const std::string now = rfc3339(wall);
  const std::string object = joined({text_of(reference, "apiVersion"), text_of(reference, "kind"),
                                     text_of(reference, "namespace"), text_of(reference, "name"),
                                     text_of(reference, "uid"), text_of(reference, "fieldPath")});
  std::string message(cut(text, kMaxMessage));

  const std::lock_guard lock(mutex_);
  if (closed_) return;
  TokenBucket& bucket = spam_.get(object, [&] { return TokenBucket(limits_.rate, limits_.burst); });
  if (!bucket.take(clock_.steady())) {
    ++dropped_;
    return;
  }
  Group& group = groups_.get(joined({object, type, reason}), [&] { return Group{{}, wall}; });
  if (wall - group.last > limits_.window) group.messages.clear();
  group.last = wall;
  std::string key = joined({object, type, reason, message});
  if (!group.messages.contains(message)) {
    if (group.messages.size() >= limits_.similar) {
      message.insert(0, "(combined from similar events): ");
      key = joined({object, type, reason});
    } else {
      group.messages.insert(message);
    }
  }
  Told& told = told_.get(key, [] { return Told(); });
  const bool update = !told.name.empty();
  if (!update) {
    told.name = new_name(text_of(reference, "name"));
    told.first = now;
  }
  ++told.count;
  put({make_event(std::move(reference), type, reason, message, told, now), update});
}

json::object EventRecorder::State::make_event(json::object reference, std::string_view type,
                                              std::string_view reason, std::string_view message,
                                              const Told& told, const std::string& now) const {
  const std::string in = text_of(reference, "namespace");
  json::object source{{"component", source_.component}};
  if (!source_.host.empty()) source["host"] = source_.host;
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata", {{"name", told.name}, {"namespace", in.empty() ? "default" : in}}},
          {"involvedObject", std::move(reference)},
          {"reason", reason},
          {"message", message},
          {"source", std::move(source)},
          {"firstTimestamp", told.first},
          {"lastTimestamp", now},
          {"count", told.count},
          {"type", type},
          {"reportingComponent", source_.component},
          {"reportingInstance", source_.host}};
}

std::string EventRecorder::State::new_name(std::string_view of) {
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.wall().time_since_epoch())
          .count();
  last_stamp_ = std::max<std::int64_t>(now, last_stamp_ + 1);
  return fmt::format("{}.{:x}", of.substr(0, kMaxName), last_stamp_);
}

// What waits about the same Event takes the newer count; its kind of write stays.
void EventRecorder::State::put(Write write) {
  // A new Event's name is nobody else's.
  if (write.update) {
    const std::string name(api::text_at(write.event, {"metadata", "name"}));
    for (Write& other : waiting_) {
      if (api::text_at(other.event, {"metadata", "name"}) != name) continue;
      other.event = std::move(write.event);
      return;
    }
  }
  if (waiting_.size() >= limits_.waiting) {
    ++dropped_;
    return;
  }
  waiting_.push_back(std::move(write));
  if (busy_) return;
  busy_ = true;
  executor_.post([self = shared_from_this()] { self->pump(); });
}

void EventRecorder::State::pump() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_.empty()) {
      busy_ = false;
      return;
    }
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
  }
  attempts_ = 0;
  backoff_.reset();
  send(current_.update);
}

void EventRecorder::State::send(bool as_update) {
  const json::object& event = current_.event;
  const std::string in(api::text_at(event, {"metadata", "namespace"}));
  const ResourceClient events(transport_, {"", "v1", "events"}, in);
  const auto done = [self = shared_from_this(), as_update](const auto& result) {
    self->finished(result, as_update);
  };
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  operation_.release();
  if (as_update) {
    const json::object patch{{"message", event.at("message")},
                             {"count", event.at("count")},
                             {"lastTimestamp", event.at("lastTimestamp")}};
    operation_ =
        events.patch(api::text_at(event, {"metadata", "name"}), PatchType::kMerge, patch, {}, done);
  } else {
    operation_ = events.create(event, {}, done);
  }
}

void EventRecorder::State::finished(const ApiResult<api::ObjectPtr>& result, bool as_update) {
  if (!result && result.error().is_not_found() && as_update) return send(false);
  const bool again = !result && (result.error().is_unanswered() || result.error().code >= 500 ||
                                 result.error().is_too_many_requests());
  if (again && ++attempts_ < limits_.attempts) {
    executor_.after(backoff_.next(random_), [weak = weak_from_this(), as_update] {
      if (const auto self = weak.lock()) self->send(as_update);
    });
    return;
  }
  if (!result && !result.error().is_already_exists()) {
    logger_.warn("an event was not recorded",
                 {{"about", text_of(current_.event.at("involvedObject").get_object(), "name")},
                  {"reason", text_of(current_.event, "reason")},
                  {"error", result.error().message}});
    const std::lock_guard lock(mutex_);
    ++dropped_;
  }
  pump();
}

void EventRecorder::State::close() {
  Operation running;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  waiting_.clear();
  running = std::move(operation_);
}

EventRecorder::EventRecorder(Transport& transport, const Clock& clock, Random random,
                             Logger& logger, EventSource source, EventLimits limits)
    : state_(std::make_shared<State>(transport, clock, std::move(random), logger, std::move(source),
                                     limits)) {}

EventRecorder::~EventRecorder() {
  state_->close();
}

void EventRecorder::event(const api::Object& about, std::string_view type, std::string_view reason,
                          std::string_view message) {
  event_about(reference_to(about), type, reason, message);
}

void EventRecorder::event_about(json::object reference, std::string_view type,
                                std::string_view reason, std::string_view message) {
  state_->record(std::move(reference), type, reason, message);
}

std::size_t EventRecorder::dropped() const {
  return state_->dropped();
}

json::object reference_to(const api::Object& object) {
  json::object reference;
  const auto set = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) reference[api::key(name)] = json::string(value);
  };
  set("kind", object.kind());
  set("namespace", object.namespace_name());
  set("name", object.name());
  set("uid", object.uid());
  set("apiVersion", object.api_version());
  set("resourceVersion", object.resource_version());
  return reference;
}

}  // namespace cove::client
