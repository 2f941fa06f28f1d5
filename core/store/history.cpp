#include "core/store/history.h"

namespace cove::store {
namespace {

// Key, record and event: what an event costs besides the value it replaced.
constexpr std::size_t kEventBytes = 192;

// Every replaced value is counted once, with the event that replaced it; current values are not the
// history's.
std::size_t cost(const Event& event) {
  return kEventBytes + (event.previous ? event.previous->size() : 0);
}

}  // namespace

void History::add(std::shared_ptr<const Event> event, Version& version, SteadyTime now) {
  bytes_ += cost(*event);
  records_.push_back({std::move(event), &version, now});
}

void History::expire(SteadyTime now) {
  while (!records_.empty() &&
         (records_.size() > limits_.history_revisions || bytes_ > limits_.history_bytes ||
          now - records_.front().time > limits_.history_age)) {
    drop_oldest();
  }
}

void History::drop_until(Revision revision) {
  while (!records_.empty() && oldest_ < revision) drop_oldest();
}

void History::drop_oldest() {
  Record& record = records_.front();
  bytes_ -= cost(*record.event);
  oldest_ = record.event->revision;
  index_.forget_before(*record.event->key, *record.version);
  records_.pop_front();
}

}  // namespace cove::store
