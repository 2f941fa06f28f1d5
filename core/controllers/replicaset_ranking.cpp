#include "core/controllers/replicaset_ranking.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "core/api/readers.h"
#include "core/api/time.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

// What the order looks at, read once a pod.
struct Rank {
  api::ObjectPtr pod;
  bool assigned = false;
  int phase = 0;
  bool ready = false;
  int cost = 0;
  int neighbours = 0;
  std::optional<WallTime> ready_since;
  std::int64_t restarts = 0;
  std::int64_t sidecar_restarts = 0;
  std::optional<WallTime> created;
};

std::optional<WallTime> time_of(std::string_view text) {
  const auto time = api::parse_time(text);
  return time ? std::optional(*time) : std::nullopt;
}

int phase_order(std::string_view phase) {
  if (phase == "Unknown") return 1;
  return phase == "Running" ? 2 : 0;
}

int deletion_cost(const json::object& pod) {
  const std::string_view text = api::text_at(pod, {"metadata", "annotations", kDeletionCost});
  int cost = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cost);
  return error == std::errc() && end == text.data() + text.size() ? cost : 0;
}

std::int64_t most_restarts(const json::object& pod, std::string_view list) {
  std::int64_t most = 0;
  const json::array* const statuses = api::array_at(pod, {"status", list});
  if (statuses == nullptr) return 0;
  for (const json::value& status : *statuses) {
    if (status.is_object())
      most = std::max(most, api::integer_at(status.get_object(), {"restartCount"}).value_or(0));
  }
  return most;
}

std::optional<WallTime> ready_time(const json::object& pod) {
  const json::object* const ready = api::condition_of(pod, "Ready");
  if (ready == nullptr) return std::nullopt;
  return time_of(api::text_at(*ready, {"lastTransitionTime"}));
}

Rank rank_of(const api::ObjectPtr& pod, const std::map<std::string, int, std::less<>>& on_node) {
  const json::object& document = pod->document();
  const std::string_view node = api::text_at(document, {"spec", "nodeName"});
  const auto neighbours = on_node.find(node);
  return {.pod = pod,
          .assigned = !node.empty(),
          .phase = phase_order(pod_phase(*pod)),
          .ready = is_pod_ready(*pod),
          .cost = deletion_cost(document),
          .neighbours = neighbours == on_node.end() ? 0 : neighbours->second,
          .ready_since = ready_time(document),
          .restarts = most_restarts(document, "containerStatuses"),
          .sidecar_restarts = most_restarts(document, "initContainerStatuses"),
          .created = time_of(api::text_at(document, {"metadata", "creationTimestamp"}))};
}

// Ages count by powers of two, so that of pods that are about as old any may go.
int age_class(WallTime since, WallTime now) {
  const auto age = std::chrono::duration_cast<std::chrono::nanoseconds>(now - since).count();
  return age <= 0 ? -1 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(age))) - 1;
}

// Negative: `a` goes first, as it is younger.
int compare_age(const std::optional<WallTime>& a, const std::optional<WallTime>& b, WallTime now) {
  if (!a || !b) return a.has_value() ? 1 : b.has_value() ? -1 : 0;
  return age_class(*a, now) - age_class(*b, now);
}

bool goes_before(const Rank& a, const Rank& b, WallTime now) {
  if (a.assigned != b.assigned) return !a.assigned;
  if (a.phase != b.phase) return a.phase < b.phase;
  if (a.ready != b.ready) return !a.ready;
  if (a.cost != b.cost) return a.cost < b.cost;
  if (a.neighbours != b.neighbours) return a.neighbours > b.neighbours;
  if (a.ready && b.ready && a.ready_since != b.ready_since) {
    const int order = compare_age(a.ready_since, b.ready_since, now);
    return order != 0 ? order < 0 : a.pod->uid() < b.pod->uid();
  }
  if (a.restarts != b.restarts) return a.restarts > b.restarts;
  if (a.sidecar_restarts != b.sidecar_restarts) return a.sidecar_restarts > b.sidecar_restarts;
  if (a.created != b.created) {
    const int order = compare_age(a.created, b.created, now);
    return order != 0 ? order < 0 : a.pod->uid() < b.pod->uid();
  }
  return a.pod->uid() < b.pod->uid();
}

}  // namespace

std::vector<api::ObjectPtr> choose_deletions(const std::vector<api::ObjectPtr>& pods,
                                             const std::vector<api::ObjectPtr>& related,
                                             std::size_t count, WallTime now) {
  if (count >= pods.size()) return pods;
  std::map<std::string, int, std::less<>> on_node;
  for (const api::ObjectPtr& pod : related)
    ++on_node[std::string(api::text_at(pod->document(), {"spec", "nodeName"}))];
  std::vector<Rank> ranks;
  ranks.reserve(pods.size());
  for (const api::ObjectPtr& pod : pods) ranks.push_back(rank_of(pod, on_node));
  std::ranges::stable_sort(ranks,
                           [now](const Rank& a, const Rank& b) { return goes_before(a, b, now); });
  std::vector<api::ObjectPtr> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(ranks[i].pod);
  return chosen;
}

}  // namespace cove::controllers
