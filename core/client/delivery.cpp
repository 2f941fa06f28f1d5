#include "core/client/delivery.h"

namespace cove::client {
namespace {

// Told in one go before others on the executor have their turn.
constexpr int kBatch = 64;

}  // namespace

void Delivery::added(const std::string& key, const api::ObjectPtr& object, bool initial) {
  put({Type::kAdded, key, nullptr, object, initial});
}

void Delivery::updated(const std::string& key, const api::ObjectPtr& old,
                       const api::ObjectPtr& now) {
  put({Type::kUpdated, key, old, now, false});
}

void Delivery::deleted(const std::string& key, const api::ObjectPtr& last,
                       bool final_state_unknown) {
  put({Type::kDeleted, key, nullptr, last, final_state_unknown});
}

void Delivery::initial_end() {
  put({Type::kInitialEnd, {}, nullptr, nullptr, false});
}

void Delivery::put(Entry entry) {
  if (closed_) return;
  const std::lock_guard lock(mutex_);
  const bool merged = waiting_.size() >= options_.queue && merge(entry);
  if (!merged) {
    const bool of_object = entry.type != Type::kInitialEnd;
    waiting_.push_back(std::move(entry));
    if (of_object) last_[waiting_.back().key] = std::prev(waiting_.end());
  }
  if (scheduled_) return;
  scheduled_ = true;
  executor_.post([self = shared_from_this()] { self->run(); });
}

// Into the last entry of that object that waits; false when none does.
bool Delivery::merge(Entry& entry) {
  const auto found = last_.find(entry.key);
  if (entry.type == Type::kInitialEnd || found == last_.end()) return false;
  Entry& last = *found->second;
  if (entry.type == Type::kDeleted && last.type == Type::kAdded) {
    // The handler never hears of it.
    waiting_.erase(found->second);
    last_.erase(found);
  } else if (entry.type == Type::kDeleted) {
    last.type = Type::kDeleted;
    last.object = std::move(entry.object);
    last.flag = entry.flag;
  } else if (last.type == Type::kDeleted) {
    // Gone and there again: another object of that name, told as relists tell it.
    last = {Type::kUpdated, std::move(entry.key), std::move(last.object), std::move(entry.object),
            false};
  } else {
    last.object = std::move(entry.object);
  }
  return true;
}

void Delivery::run() {
  for (int i = 0; i < kBatch; ++i) {
    Entry entry;
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || waiting_.empty()) {
        scheduled_ = false;
        if (closed_) {
          waiting_.clear();
          last_.clear();
        }
        return;
      }
      const auto found = last_.find(waiting_.front().key);
      if (found != last_.end() && found->second == waiting_.begin()) last_.erase(found);
      entry = std::move(waiting_.front());
      waiting_.pop_front();
    }
    tell(entry);
  }
  executor_.post([self = shared_from_this()] { self->run(); });
}

void Delivery::tell(const Entry& entry) {
  switch (entry.type) {
    case Type::kAdded:
      if (handler_.added) handler_.added(entry.object, entry.flag);
      break;
    case Type::kUpdated:
      if (handler_.updated) handler_.updated(entry.old, entry.object);
      break;
    case Type::kDeleted:
      if (handler_.deleted) handler_.deleted(entry.object, entry.flag);
      break;
    case Type::kInitialEnd: synced_ = true; break;
  }
}

}  // namespace cove::client
