// Events: what `docker events` shows, kept for a while and handed to whoever listens.
#pragma once

#include <boost/json/object.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace cove::engine {

struct Event {
  std::string type;    // "container", "image", "network", "volume", "builder", "daemon"
  std::string action;  // "start", "die" …
  std::string actor;   // id or name
  std::map<std::string, std::string> attributes;
  WallTime time{};
};
boost::json::object to_json(const Event& event);

// Thread-safe. Keeps the newest 256. A listener that does not keep up loses the oldest waiting ones
// (1,024 wait at most).
class Events {
 public:
  explicit Events(const Clock& clock) : clock_(clock) {}
  void publish(Event event);  // the time is set when it is unset

  class Listener {
   public:
    virtual ~Listener() = default;
    // The next event; nothing at `until`, or when `stop` was requested.
    virtual std::optional<Event> next(std::stop_token stop,
                                      std::optional<WallTime> until = std::nullopt) = 0;
  };
  // First those kept that are not older than `since`, then what comes.
  std::unique_ptr<Listener> listen(std::optional<WallTime> since = std::nullopt);

 private:
  struct Queue;
  const Clock& clock_;
  std::mutex mutex_;
  std::deque<Event> kept_;
  std::vector<std::weak_ptr<Queue>> queues_;
};

}  // namespace cove::engine
