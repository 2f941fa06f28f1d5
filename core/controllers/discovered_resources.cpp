#include "core/controllers/discovered_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/api/document.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
// Their objects are stored as those of other groups.
constexpr std::array<std::string_view, 2> kViews{"extensions", "events.k8s.io"};

std::string kind_key(std::string_view api_version, std::string_view kind) {
  return fmt::format("{} {}", api_version, kind);
}

DiscoveredResource read_resource(const json::object& entry, std::string_view group,
                                 std::string_view version) {
  DiscoveredResource found;
  found.resource = {std::string(group), std::string(version),
                    std::string(api::text_at(entry, {"resource"}))};
  found.kind = api::text_at(entry, {"responseKind", "kind"});
  found.namespaced = api::text_at(entry, {"scope"}) == "Namespaced";
  if (const json::array* const verbs = api::array_at(entry, {"verbs"})) {
    for (const json::value& verb : *verbs) {
      if (verb.is_string()) found.verbs.emplace_back(api::view(verb.get_string()));
    }
  }
  return found;
}

}  // namespace

bool DiscoveredResource::can(std::string_view verb) const {
  return std::ranges::find(verbs, verb) != verbs.end();
}

std::string DiscoveredResource::api_version() const {
  return resource.group.empty() ? resource.version : resource.group + "/" + resource.version;
}

const DiscoveredResource* DiscoveredResources::of_kind(std::string_view api_version,
                                                       std::string_view kind) const {
  const auto found = kinds_.find(kind_key(api_version, kind));
  return found == kinds_.end() ? nullptr : &found->second;
}

void DiscoveredResources::add_group(const json::object& group) {
  const std::string_view name = api::text_at(group, {"metadata", "name"});
  const json::array* const versions = api::array_at(group, {"versions"});
  if (versions == nullptr) return;
  std::set<std::string> seen;
  for (const json::value& each : *versions) {
    if (!each.is_object()) continue;
    const json::object& version = each.get_object();
    const std::string_view version_name = api::text_at(version, {"version"});
    if (api::text_at(version, {"freshness"}) == "Stale")
      failures_.push_back(
          fmt::format("{0}/{1}: stale GroupVersion discovery: {0}/{1}", name, version_name));
    const json::array* const resources = api::array_at(version, {"resources"});
    if (resources == nullptr) continue;
    for (const json::value& entry : *resources) {
      if (!entry.is_object()) continue;
      DiscoveredResource found = read_resource(entry.get_object(), name, version_name);
      if (found.resource.plural.empty() || found.kind.empty()) continue;
      kinds_.try_emplace(kind_key(found.api_version(), found.kind), found);
      if (std::ranges::find(kViews, name) != kViews.end()) continue;
      if (seen.insert(found.resource.plural).second) preferred_.push_back(std::move(found));
    }
  }
}

std::shared_ptr<const DiscoveredResources> DiscoveredResources::from_lists(
    const std::vector<std::shared_ptr<const client::ObjectList>>& lists) {
  auto all = std::make_shared<DiscoveredResources>();
  for (const auto& list : lists) {
    for (const api::ObjectPtr& group : list->items) all->add_group(group->document());
  }
  return all;
}

void discover(
    client::Transport& transport,
    std::function<void(client::ApiResult<std::shared_ptr<const DiscoveredResources>>)> done) {
  using Lists = std::vector<std::shared_ptr<const client::ObjectList>>;
  const auto ask = [&transport](std::string path, client::Transport::Callback answered) {
    client::ApiRequest request{.path = std::move(path)};
    request.accept = kAccept;
    transport.send(std::move(request), std::move(answered)).release();
  };
  ask("/api", [ask, done = std::move(done)](client::ApiResult<client::ApiResponse> core) {
    if (!core) return done(core.error());
    ask("/apis", [done, core = core->list](client::ApiResult<client::ApiResponse> others) {
      if (!others) return done(others.error());
      if (!core || !others->list) {
        return done(client::no_answer(ErrorCode::kUnavailable,
                                      "the server's discovery is no APIGroupDiscoveryList"));
      }
      done(DiscoveredResources::from_lists(Lists{core, others->list}));
    });
  });
}

}  // namespace cove::controllers
