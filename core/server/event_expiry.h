// EventExpiry: events go an hour after they were last told of, as kubernetes.io "Event v1 core"
// says that they are kept for a limited time: what keeps happening must not fill the store.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/server/storage.h"

namespace cove::server {

inline constexpr std::chrono::hours kEventLife{1};

// On the state thread.
class EventExpiry {
 public:
  // Both must outlive it.
  EventExpiry(Storage& storage, const Clock& clock) : storage_(storage), clock_(clock) {}

  // Looks at some events, after those of the last time, and removes what is too old. To be called
  // every few seconds: so nobody waits for a look at all of them.
  void tick();

 private:
  bool is_over(const json::object& event) const;

  Storage& storage_;
  const Clock& clock_;
  std::string after_;
};

}  // namespace cove::server
