#include "core/scheduler/queue.h"

#include <algorithm>

namespace cove::scheduler {
namespace {

bool same_wishes(const PodInfo& a, const PodInfo& b) {
  const auto same = [](const json::value* one, const json::value* other) {
    return one == nullptr || other == nullptr ? one == other : *one == *other;
  };
  const json::object& first = a.object->document();
  const json::object& second = b.object->document();
  return same(api::value_at(first, {"spec"}), api::value_at(second, {"spec"})) &&
         same(api::value_at(first, {"metadata", "labels"}),
              api::value_at(second, {"metadata", "labels"}));
}

}  // namespace

SteadyTime Queue::backoff_end(const QueuedPod& queued) const {
  const int times = std::max(queued.failed, queued.tried);
  if (times == 0) return queued.since;
  std::chrono::seconds wait = kFirstBackoff;
  for (int i = 1; i < times && wait < kLongestBackoff; ++i) wait *= 2;
  return queued.since + std::min(wait, kLongestBackoff);
}

Queue::Active Queue::active_key(const std::string& uid, const Entry& entry) {
  return {-entry.queued.pod->priority, entry.queued.since, entry.order, uid};
}

void Queue::insert(QueuedPod queued, Where where) {
  const std::string uid = queued.pod->uid;
  Entry entry{std::move(queued), where, next_order_++, {}};
  entry.until = backoff_end(entry.queued);
  if (where == Where::kActive) active_.insert(active_key(uid, entry));
  if (where == Where::kBackoff) backoff_.emplace(entry.until, entry.order, uid);
  if (where == Where::kParked) parked_.emplace(entry.queued.since, entry.order, uid);
  entries_.insert_or_assign(uid, std::move(entry));
}

void Queue::take_out(const std::string& uid, const Entry& entry) {
  switch (entry.where) {
    case Where::kActive: active_.erase(active_key(uid, entry)); break;
    case Where::kBackoff: backoff_.erase({entry.until, entry.order, uid}); break;
    case Where::kParked: parked_.erase({entry.queued.since, entry.order, uid}); break;
    case Where::kGated: break;
  }
}

void Queue::put(const PodPtr& pod) {
  const auto found = entries_.find(pod->uid);
  if (found == entries_.end())
    return insert({.pod = pod, .since = clock_.steady()},
                  pod->gated ? Where::kGated : Where::kActive);
  Entry& entry = found->second;
  const PodPtr before = entry.queued.pod;
  if (entry.where == Where::kActive) active_.erase(active_key(pod->uid, entry));
  entry.queued.pod = pod;
  if (entry.where == Where::kActive) active_.insert(active_key(pod->uid, entry));
  if (entry.where == Where::kGated && !pod->gated) {
    entry.queued.since = clock_.steady();
    activate(pod->uid);
  } else if (entry.where == Where::kParked && !same_wishes(*before, *pod)) {
    move(pod->uid);
  }
}

void Queue::remove(std::string_view uid) {
  const auto found = entries_.find(std::string(uid));
  if (found == entries_.end()) return;
  take_out(found->first, found->second);
  entries_.erase(found);
}

std::optional<QueuedPod> Queue::pop() {
  std::string uid;
  if (!active_.empty()) {
    uid = std::get<std::string>(*active_.begin());
  } else {
    const auto early = std::ranges::find_if(backoff_, [&](const Timed& each) {
      return entries_.at(std::get<std::string>(each)).queued.failed == 0;
    });
    if (early == backoff_.end()) return std::nullopt;
    uid = std::get<std::string>(*early);
  }
  const auto found = entries_.find(uid);
  take_out(uid, found->second);
  QueuedPod queued = std::move(found->second.queued);
  entries_.erase(found);
  return queued;
}

void Queue::park(QueuedPod pod, std::set<std::string_view> rejected_by) {
  pod.since = clock_.steady();
  pod.rejected_by = std::move(rejected_by);
  pod.failed = 0;
  ++pod.tried;
  insert(std::move(pod), Where::kParked);
}

void Queue::retry(QueuedPod pod) {
  pod.since = clock_.steady();
  pod.rejected_by.clear();
  ++pod.failed;
  insert(std::move(pod), Where::kBackoff);
}

void Queue::activate(const std::string& uid) {
  Entry& entry = entries_.at(uid);
  take_out(uid, entry);
  entry.where = Where::kActive;
  active_.insert(active_key(uid, entry));
}

void Queue::move(std::string_view uid) {
  const auto found = entries_.find(std::string(uid));
  if (found == entries_.end() || found->second.where != Where::kParked) return;
  if (found->second.until <= clock_.steady()) return activate(found->first);
  take_out(found->first, found->second);
  found->second.where = Where::kBackoff;
  backoff_.emplace(found->second.until, found->second.order, found->first);
}

void Queue::on(const Event& event) {
  std::vector<std::string> helped;
  for (const Timed& each : parked_) {
    const std::string& uid = std::get<std::string>(each);
    const QueuedPod& queued = entries_.at(uid).queued;
    const bool may_help = queued.rejected_by.empty() ||
                          std::ranges::any_of(queued.rejected_by, [&](std::string_view name) {
                            const FilterPlugin* const plugin = filter_plugin(name);
                            return plugin == nullptr || plugin->helped_by(*queued.pod, event);
                          });
    if (may_help) helped.push_back(uid);
  }
  for (const std::string& uid : helped) move(uid);
}

void Queue::tick() {
  const SteadyTime now = clock_.steady();
  while (!backoff_.empty() && std::get<SteadyTime>(*backoff_.begin()) <= now)
    activate(std::string(std::get<std::string>(*backoff_.begin())));
  while (!parked_.empty() && std::get<SteadyTime>(*parked_.begin()) + kLongestParked <= now) {
    // Its backoff is shorter than that.
    activate(std::string(std::get<std::string>(*parked_.begin())));
  }
}

std::optional<SteadyTime> Queue::due() const {
  std::optional<SteadyTime> first;
  if (!backoff_.empty()) first = std::get<SteadyTime>(*backoff_.begin());
  if (!parked_.empty()) {
    const SteadyTime parked = std::get<SteadyTime>(*parked_.begin()) + kLongestParked;
    first = first ? std::min(*first, parked) : parked;
  }
  return first;
}

}  // namespace cove::scheduler
