// Reflector: keeps a copy of a collection the same as the server's, by list and watch
// (kubernetes.io "Kubernetes API Concepts", efficient detection of changes).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/client/backoff.h"
#include "core/client/client.h"

namespace cove::client {

// Which objects.
struct Selection {
  Resource resource;
  std::string namespace_name = {};  // empty: all
  std::string label_selector = {};
  std::string field_selector = {};

  auto operator<=>(const Selection&) const = default;
};

struct ReflectorOptions {
  bool watch_list = true;  // ask for the state as a watch first; without it, or refused: a list
  int page = 500;          // objects in one answer of a list
  // The server ends a watch after a time between this and twice this; one that goes on for half a
  // minute longer is cut here.
  std::chrono::seconds watch_time{300};
  BackoffLimits backoff = {};
};

// Everything on the transport's executor, start() and the destructor too; after either of stop()
// and the destructor nothing more is told.
//
// A refused or broken watch is begun again from the last version seen. When the server does not
// know that version any more, or answers in another way than by being away or busy, the whole state
// is read anew and told as replace(). Between attempts that failed there is the backoff (or what
// Retry-After says, when that is longer). Bookmarks only move the version.
class Reflector {
 public:
  struct Sink {
    // The whole state.
    std::function<void(std::vector<api::ObjectPtr> items)> replace;
    // One change after it: kAdded, kModified or kDeleted.
    std::function<void(const WatchEvent& event)> change;
    // An attempt failed, or (nothing) the server is being watched again.
    std::function<void(const std::optional<ApiError>& error)> health = {};
  };

  // `transport` and `logger` must outlive it.
  Reflector(Transport& transport, Selection selection, Sink sink, Random random, Logger& logger,
            ReflectorOptions options = {});
  ~Reflector();
  Reflector(const Reflector&) = delete;

  void start();
  void stop();
  // From any thread, once started: nothing more is asked or told from now on, but by what runs on
  // the executor this very moment. What is under way is ended by stop().
  void abandon() { *alive_ = false; }
  // The version up to which the sink knows everything; empty before the first state.
  const std::string& version() const { return version_; }

 private:
  enum class Phase { kIdle, kListing, kWatchList, kWatching, kWaiting };

  void begin();
  void list_page(std::string continue_token);
  void on_page(ApiResult<std::shared_ptr<const ObjectList>> page);
  void open_watch(bool initial);
  void on_events(std::vector<WatchEvent> events);
  void on_event(const WatchEvent& event);
  void on_closed(const std::optional<ApiError>& error);
  void finish_state(std::string version);
  void retry(const ApiError& error, bool anew);
  void arm_guard(std::chrono::seconds time);
  void disarm();
  void healthy();

  Transport& transport_;
  Executor& executor_;
  const Selection selection_;
  const Sink sink_;
  const Random random_;
  Logger& logger_;
  const ReflectorOptions options_;
  const ResourceClient client_;

  Phase phase_ = Phase::kIdle;
  bool stopped_ = true;
  bool watch_list_ = true;  // the server is believed to have it
  bool paging_ = true;      // pages did not expire under us
  bool progress_ = false;   // this watch brought something
  bool unhealthy_ = false;
  std::string version_;
  std::map<std::string, api::ObjectPtr> initial_;  // the state as far as a watch-list told it
  std::vector<api::ObjectPtr> pages_;
  Backoff backoff_;
  Operation operation_;
  Executor::TimerId timer_ = 0;
  // False: what timers and requests call does nothing.
  std::shared_ptr<std::atomic<bool>> alive_;
};

}  // namespace cove::client
