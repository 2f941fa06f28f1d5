#include "core/api/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <tuple>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/kinds.h"

namespace cove::api {
namespace {

// Built-in groups in the order in which discovery lists them; others follow by name.
constexpr std::array<std::string_view, 23> kGroups = {"",
                                                      "apps",
                                                      "events.k8s.io",
                                                      "authentication.k8s.io",
                                                      "authorization.k8s.io",
                                                      "autoscaling",
                                                      "batch",
                                                      "certificates.k8s.io",
                                                      "networking.k8s.io",
                                                      "extensions",
                                                      "policy",
                                                      "rbac.authorization.k8s.io",
                                                      "storage.k8s.io",
                                                      "admissionregistration.k8s.io",
                                                      "apiextensions.k8s.io",
                                                      "scheduling.k8s.io",
                                                      "coordination.k8s.io",
                                                      "node.k8s.io",
                                                      "discovery.k8s.io",
                                                      "flowcontrol.apiserver.k8s.io",
                                                      "resource.k8s.io",
                                                      "apiregistration.k8s.io",
                                                      "metrics.k8s.io"};

std::size_t group_rank(std::string_view group) {
  return static_cast<std::size_t>(std::ranges::find(kGroups, group) - kGroups.begin());
}

std::string resource_key(std::string_view group, std::string_view version,
                         std::string_view plural) {
  return fmt::format("{}/{}/{}", group, version, plural);
}

// "v2", "v1beta3": how stable and which numbers; anything else comes last, by name.
struct VersionRank {
  int stability = 0;  // 0 other, 1 alpha, 2 beta, 3 stable
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const VersionRank&) const = default;
};

VersionRank version_rank(std::string_view version) {
  VersionRank rank;
  if (!version.starts_with('v')) return rank;
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(version.data() + 1, end, rank.major);
  if (major.ec != std::errc()) return {};
  std::string_view rest(major.ptr, static_cast<std::size_t>(end - major.ptr));
  if (rest.empty()) return {3, rank.major, 0};
  const int stability = rest.starts_with("beta") ? 2 : rest.starts_with("alpha") ? 1 : 0;
  if (stability == 0) return {};
  rest.remove_prefix(stability == 2 ? 4 : 5);
  const auto minor = std::from_chars(rest.data(), end, rank.minor);
  if (minor.ec != std::errc() || minor.ptr != end) return {};
  return {stability, rank.major, rank.minor};
}

bool comes_before(const std::shared_ptr<const Kind>& a, const std::shared_ptr<const Kind>& b) {
  const auto group = [](const Kind& kind) {
    return std::tuple(group_rank(kind.gvk.group), std::string_view(kind.gvk.group));
  };
  if (group(*a) != group(*b)) return group(*a) < group(*b);
  if (a->gvk.version != b->gvk.version) return version_precedes(a->gvk.version, b->gvk.version);
  return a->plural < b->plural;
}

}  // namespace

bool version_precedes(std::string_view a, std::string_view b) {
  const VersionRank rank_a = version_rank(a);
  const VersionRank rank_b = version_rank(b);
  if (rank_a != rank_b) return rank_a > rank_b;
  return a < b;
}

Registry::Registry(std::vector<std::shared_ptr<const Kind>> kinds) : kinds_(std::move(kinds)) {
  std::ranges::stable_sort(kinds_, comes_before);
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const GroupVersionKind& gvk = kinds_[i]->gvk;
    by_resource_.emplace(resource_key(gvk.group, gvk.version, kinds_[i]->plural), i);
    preferred_.emplace(gvk.group + "/" + kinds_[i]->plural, i);
    by_kind_.emplace(gvk, i);
  }
}

std::shared_ptr<const Registry> Registry::builtin(const BuiltinSchemas& schemas) {
  return make(schemas, builtin_kinds());
}

std::shared_ptr<const Registry> Registry::of_nodes(const BuiltinSchemas& schemas) {
  return make(schemas, {node_kinds, lease_kinds});
}

std::shared_ptr<const Registry> Registry::make(const BuiltinSchemas& schemas,
                                               const std::vector<MakeKinds>& makers) {
  std::vector<std::shared_ptr<const Kind>> kinds;
  for (const MakeKinds maker : makers) {
    for (Kind& kind : maker(schemas)) {
      // An older group's form of a kind goes by its whole name only: kubectl calls the short one
      // ambiguous, and `get all` shows the objects once.
      if (kind.conversion && kind.conversion->storage_group != kind.gvk.group) {
        kind.short_names.clear();
        kind.categories.clear();
      }
      kinds.push_back(std::make_shared<const Kind>(std::move(kind)));
    }
  }
  return std::shared_ptr<const Registry>(new Registry(std::move(kinds)));
}

Result<std::shared_ptr<const Registry>> Registry::with_custom(
    std::vector<std::shared_ptr<const Kind>> kinds) const {
  std::vector<std::shared_ptr<const Kind>> all;
  for (const auto& kind : kinds_) {
    if (!kind->custom) all.push_back(kind);
  }
  all.insert(all.end(), std::make_move_iterator(kinds.begin()),
             std::make_move_iterator(kinds.end()));
  const std::size_t count = all.size();
  std::shared_ptr<const Registry> made(new Registry(std::move(all)));
  if (made->by_kind_.size() == count && made->by_resource_.size() == count) return made;
  for (std::size_t i = 0; i < count; ++i) {
    const Kind& kind = *made->kinds_[i];
    const bool kind_taken = made->by_kind_.at(kind.gvk) != i;
    if (!kind_taken &&
        made->by_resource_.at(resource_key(kind.gvk.group, kind.gvk.version, kind.plural)) == i)
      continue;
    return Error{
        ErrorCode::kConflict,
        "serve",
        fmt::format("{} in {}", kind_taken ? kind.gvk.kind : kind.plural, kind.gvk.api_version()),
        fmt::format("that {} is served already", kind_taken ? "kind" : "resource"),
        {}};
  }
  return made;
}

std::shared_ptr<const Kind> Registry::resource(std::string_view group, std::string_view version,
                                               std::string_view plural) const {
  const auto found = by_resource_.find(resource_key(group, version, plural));
  return found == by_resource_.end() ? nullptr : kinds_[found->second];
}

std::shared_ptr<const Kind> Registry::resource(std::string_view group,
                                               std::string_view plural) const {
  const auto found = preferred_.find(fmt::format("{}/{}", group, plural));
  return found == preferred_.end() ? nullptr : kinds_[found->second];
}

std::shared_ptr<const Kind> Registry::kind(const GroupVersionKind& gvk) const {
  const auto found = by_kind_.find(gvk);
  return found == by_kind_.end() ? nullptr : kinds_[found->second];
}

bool Registry::serves_group(std::string_view group) const {
  return std::ranges::any_of(kinds_, [&](const auto& kind) { return kind->gvk.group == group; });
}

bool Registry::serves_version(std::string_view group, std::string_view version) const {
  return std::ranges::any_of(kinds_, [&](const auto& kind) {
    return kind->gvk.group == group && kind->gvk.version == version;
  });
}

}  // namespace cove::api
