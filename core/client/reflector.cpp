#include "core/client/reflector.h"

#include <fmt/format.h>

#include "core/client/indexer.h"

namespace cove::client {
namespace {

constexpr std::chrono::seconds kGrace{30};
constexpr std::string_view kInitialEnd = "k8s.io/initial-events-end";

std::string describe(const Selection& selection) {
  const Resource& resource = selection.resource;
  return resource.group.empty() ? resource.plural : resource.plural + "." + resource.group;
}

// Being away, busy or restarting says nothing about the version we have.
bool is_passing(const ApiError& error) {
  if (error.has_cause("ResourceVersionTooLarge")) return false;
  return error.is_unanswered() || error.is_too_many_requests() || error.code >= 500;
}

bool ends_initial(const api::Object& bookmark) {
  return api::text_at(bookmark.document(), {"metadata", "annotations", kInitialEnd}) == "true";
}

}  // namespace

Reflector::Reflector(Transport& transport, Selection selection, Sink sink, Random random,
                     Logger& logger, ReflectorOptions options)
    : transport_(transport),
      executor_(transport.executor()),
      selection_(std::move(selection)),
      sink_(std::move(sink)),
      random_(std::move(random)),
      logger_(logger),
      options_(options),
      client_(transport_, selection_.resource, selection_.namespace_name),
      watch_list_(options.watch_list),
      backoff_(options.backoff) {}

Reflector::~Reflector() {
  stop();
}

void Reflector::start() {
  if (!stopped_) return;
  stopped_ = false;
  alive_ = std::make_shared<std::atomic<bool>>(true);
  begin();
}

void Reflector::stop() {
  if (stopped_) return;
  stopped_ = true;
  *alive_ = false;
  disarm();
  operation_.cancel();
  initial_.clear();
  pages_.clear();
  phase_ = Phase::kIdle;
}

// Reads the whole state.
void Reflector::begin() {
  initial_.clear();
  pages_.clear();
  if (watch_list_) {
    open_watch(true);
  } else {
    list_page({});
  }
}

void Reflector::list_page(std::string continue_token) {
  phase_ = Phase::kListing;
  ListOptions options{.label_selector = selection_.label_selector,
                      .field_selector = selection_.field_selector,
                      .limit = paging_ ? options_.page : 0,
                      .continue_token = std::move(continue_token)};
  operation_ = client_.list(options, [this, alive = alive_](auto page) {
    if (*alive) on_page(std::move(page));
  });
}

void Reflector::on_page(ApiResult<std::shared_ptr<const ObjectList>> page) {
  if (!page) {
    // The pages' version went away between two of them: take all in one.
    if (page.error().is_expired() && paging_) {
      paging_ = false;
      pages_.clear();
      return list_page({});
    }
    return retry(page.error(), true);
  }
  const ObjectList& list = **page;
  pages_.insert(pages_.end(), list.items.begin(), list.items.end());
  if (!list.continue_token.empty()) return list_page(list.continue_token);
  paging_ = true;
  const auto alive = alive_;
  finish_state(list.resource_version);
  if (*alive) open_watch(false);
}

void Reflector::open_watch(bool initial) {
  phase_ = initial ? Phase::kWatchList : Phase::kWatching;
  progress_ = false;
  const auto base = options_.watch_time;
  const auto time = std::chrono::duration_cast<std::chrono::seconds>(base * (1.0 + random_()));
  WatchOptions options{.label_selector = selection_.label_selector,
                       .field_selector = selection_.field_selector,
                       .resource_version = initial ? "" : version_,
                       .send_initial_events = initial,
                       .timeout = time};
  WatchCallbacks callbacks;
  callbacks.opened = [this, alive = alive_] {
    if (*alive && phase_ == Phase::kWatching) healthy();
  };
  callbacks.events = [this, alive = alive_](std::vector<WatchEvent> events) {
    if (*alive) on_events(std::move(events));
  };
  callbacks.closed = [this, alive = alive_](const std::optional<ApiError>& error) {
    if (*alive) on_closed(error);
  };
  operation_ = client_.watch(options, std::move(callbacks));
  arm_guard(time + kGrace);
}

void Reflector::on_events(std::vector<WatchEvent> events) {
  const auto alive = alive_;
  for (const WatchEvent& event : events) {
    if (!*alive) return;
    on_event(event);
  }
}

void Reflector::on_event(const WatchEvent& event) {
  progress_ = true;
  backoff_.reset();
  const std::string version(event.object->resource_version());
  if (phase_ == Phase::kWatchList) {
    if (event.type == WatchEventType::kBookmark) {
      if (!ends_initial(*event.object)) return;
      for (auto& [key, object] : initial_) pages_.push_back(std::move(object));
      initial_.clear();
      phase_ = Phase::kWatching;
      finish_state(version);
    } else if (event.type == WatchEventType::kDeleted) {
      initial_.erase(key_of(*event.object));
    } else {
      initial_[key_of(*event.object)] = event.object;
    }
    return;
  }
  if (!version.empty()) version_ = version;
  if (event.type != WatchEventType::kBookmark) sink_.change(event);
}

void Reflector::finish_state(std::string version) {
  version_ = std::move(version);
  const auto alive = alive_;
  sink_.replace(std::exchange(pages_, {}));
  if (*alive) healthy();
}

void Reflector::on_closed(const std::optional<ApiError>& error) {
  disarm();
  operation_.release();
  if (phase_ == Phase::kWatchList) {
    const ApiError why =
        error.value_or(no_answer(ErrorCode::kUnavailable, "the watch ended before the state did"));
    // A server that does not know how refuses it; one that cannot hold the whole state in its
    // buffer breaks off. A list works with both.
    const bool refused = !is_passing(why) && !why.is_unauthorized() && !why.is_forbidden();
    if (progress_ || refused) watch_list_ = false;
    return refused ? begin() : retry(why, true);
  }
  if (!error) {
    if (progress_) return open_watch(false);
    // Ended at once without a word: the server may be in trouble, do not hammer it.
    return retry(no_answer(ErrorCode::kUnavailable, "the watch ended without any event"), false);
  }
  if (error->is_expired()) {
    logger_.debug("reading the state anew", {{"of", describe(selection_)}});
    if (progress_) return begin();
    return retry(*error, true);
  }
  retry(*error, !is_passing(*error));
}

void Reflector::retry(const ApiError& error, bool anew) {
  disarm();
  if (!unhealthy_ && !error.is_expired()) {
    logger_.warn("cannot follow the server",
                 {{"of", describe(selection_)}, {"error", error.message}});
  }
  unhealthy_ = true;
  const auto alive = alive_;
  if (sink_.health) sink_.health(error);
  if (!*alive) return;
  phase_ = Phase::kWaiting;
  initial_.clear();
  pages_.clear();
  const auto least = std::chrono::nanoseconds(error.retry_after.value_or(std::chrono::seconds(0)));
  const auto wait = std::max(backoff_.next(random_), least);
  timer_ = executor_.after(wait, [this, alive, anew] {
    if (!*alive) return;
    timer_ = 0;
    if (anew || version_.empty()) {
      begin();
    } else {
      open_watch(false);
    }
  });
}

void Reflector::healthy() {
  if (!unhealthy_) return;
  unhealthy_ = false;
  if (sink_.health) sink_.health(std::nullopt);
}

void Reflector::arm_guard(std::chrono::seconds time) {
  timer_ = executor_.after(time, [this, alive = alive_] {
    if (!*alive) return;
    timer_ = 0;
    operation_.cancel();
    on_closed(no_answer(ErrorCode::kTimeout, "the server did not end a watch that was over"));
  });
}

void Reflector::disarm() {
  if (timer_ != 0) executor_.cancel(std::exchange(timer_, 0));
}

}  // namespace cove::client
