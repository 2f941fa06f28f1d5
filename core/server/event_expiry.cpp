#include "core/server/event_expiry.h"

#include "core/api/time.h"

namespace cove::server {
namespace {

constexpr const char* kEvents = "core/events/";
// In one tick: a few milliseconds' work.
constexpr std::size_t kSlice = 100;

}  // namespace

// Clients say when something happened last; a time that is still to come counts for nothing, or it
// would keep the event for ever.
bool EventExpiry::is_over(const json::object& event) const {
  const WallTime now = clock_.wall();
  for (const std::string_view text :
       {api::text_at(event, {"metadata", "creationTimestamp"}),
        api::text_at(event, {"lastTimestamp"}), api::text_at(event, {"eventTime"}),
        api::text_at(event, {"series", "lastObservedTime"})}) {
    const auto time = api::parse_time(text);
    if (time && *time <= now && now - *time < kEventLife) return false;
  }
  return true;
}

void EventExpiry::tick() {
  store::Store& store = storage_.store();
  const auto some = store.list({.prefix = kEvents, .after = after_, .limit = kSlice});
  if (!some) return;
  for (const store::Item& item : some->items) {
    const json::object* const event = storage_.look(item.value);
    if (event == nullptr || !is_over(*event)) continue;
    // One that is told of again meanwhile stays; one that the disk refuses goes the next time.
    (void)store.submit(store::Write::remove(*item.key, item.revision), [](const auto&) {});
  }
  after_ = some->more ? *some->items.back().key : std::string();
}

}  // namespace cove::server
