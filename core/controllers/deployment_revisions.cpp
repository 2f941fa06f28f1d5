#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/strings.h"
#include "core/controllers/deployment_plan.h"

namespace cove::controllers {
namespace {

constexpr std::size_t kLongestHistory = 2'000;
// What is an object's own and not copied between a Deployment and its ReplicaSets.
constexpr std::array kOwn = {std::string_view("kubectl.kubernetes.io/last-applied-configuration"),
                             kRevision,
                             kRevisionHistory,
                             kDesiredReplicas,
                             kMaxReplicas,
                             kRollbackTo};

bool is_own(std::string_view name) {
  return std::ranges::find(kOwn, name) != kOwn.end();
}

std::string_view annotation(const json::object& object, std::string_view name) {
  return api::text_at(object, {"metadata", "annotations", name});
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool set_annotation(json::object& object, std::string_view name, std::string_view value) {
  const json::value* const there = api::value_at(object, {"metadata", "annotations", name});
  if (there != nullptr && there->is_string() && api::view(there->get_string()) == value)
    return false;
  api::set_at(object, {"metadata", "annotations", name}, json::string(value));
  return true;
}

void add_to_history(json::object& replica_set, std::string_view revision) {
  const std::string history(annotation(replica_set, kRevisionHistory));
  if (history.empty()) {
    set_annotation(replica_set, kRevisionHistory, revision);
    return;
  }
  std::string_view kept = history;
  while (kept.size() + 1 + revision.size() > kLongestHistory) {
    const std::size_t comma = kept.find(',');
    if (comma == std::string_view::npos) return;
    kept.remove_prefix(comma + 1);
  }
  std::string next(kept);
  next += ',';
  next += revision;
  set_annotation(replica_set, kRevisionHistory, next);
}

}  // namespace

std::int64_t revision_of(const json::object& object) {
  return number(annotation(object, kRevision)).value_or(0);
}

std::int64_t newest_revision(const std::vector<const json::object*>& objects) {
  std::int64_t newest = 0;
  for (const json::object* const object : objects) newest = std::max(newest, revision_of(*object));
  return newest;
}

std::int64_t newest_but_one_revision(const std::vector<const json::object*>& objects) {
  std::int64_t newest = 0;
  std::int64_t second = 0;
  for (const json::object* const object : objects) {
    const std::int64_t revision = revision_of(*object);
    if (revision >= newest) {
      second = std::exchange(newest, revision);
    } else {
      second = std::max(second, revision);
    }
  }
  return second;
}

std::optional<int> count_annotation(const json::object& object, std::string_view name) {
  const auto value = number(annotation(object, name));
  if (!value || *value < 0 || *value > INT32_MAX) return std::nullopt;
  return static_cast<int>(*value);
}

bool set_replica_annotations(json::object& replica_set, int desired, int most) {
  const bool first = set_annotation(replica_set, kDesiredReplicas, std::to_string(desired));
  return set_annotation(replica_set, kMaxReplicas, std::to_string(most)) || first;
}

bool adopt_annotations(json::object& replica_set, const json::object& deployment,
                       std::int64_t revision) {
  bool changed = false;
  if (const json::object* const all = api::object_at(deployment, {"metadata", "annotations"})) {
    for (const auto& member : *all) {
      const std::string_view name(member.key().data(), member.key().size());
      if (is_own(name) || !member.value().is_string()) continue;
      changed |= set_annotation(replica_set, name, api::view(member.value().get_string()));
    }
  }
  const std::string former(annotation(replica_set, kRevision));
  const auto before = number(former);
  if (!before && !former.empty()) return false;
  if (before.value_or(0) >= revision) return changed;
  set_annotation(replica_set, kRevision, std::to_string(revision));
  // One that had a revision is being returned to.
  if (before) add_to_history(replica_set, former);
  return true;
}

void restore_annotations(json::object& deployment, const json::object& replica_set) {
  json::object next;
  const auto copy = [&next](const json::object& from, bool own) {
    const json::object* const all = api::object_at(from, {"metadata", "annotations"});
    if (all == nullptr) return;
    for (const auto& member : *all) {
      if (is_own({member.key().data(), member.key().size()}) == own)
        next[member.key()] = member.value();
    }
  };
  copy(deployment, true);
  copy(replica_set, false);
  api::set_at(deployment, {"metadata", "annotations"}, std::move(next));
}

}  // namespace cove::controllers
