#include "core/controllers/scale_client.h"

#include <fmt/format.h>

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kFresh{30};
constexpr std::size_t kMostKinds = 1000;

std::string key_of(const std::string& api_version, std::string_view kind) {
  return fmt::format("{} {}", api_version, kind);
}

client::Resource resource_of(const std::string& api_version, const std::string& plural) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string::npos) return {"", api_version, plural};
  return {api_version.substr(0, slash), api_version.substr(slash + 1), plural};
}

}  // namespace

client::ApiResult<client::Resource> ScaleClient::known(const std::string& api_version,
                                                       const std::string& kind) const {
  const auto found = known_.find(key_of(api_version, kind));
  if (found == known_.end()) {
    return client::no_answer(
        ErrorCode::kUnsupported,
        fmt::format("no matches for kind \"{}\" in version \"{}\"", kind, api_version));
  }
  const client::Resource resource = resource_of(api_version, found->second.plural);
  if (!found->second.scales) {
    return client::no_answer(
        ErrorCode::kUnsupported,
        fmt::format(
            "{} does not implement the scale subresource",
            resource.group.empty() ? resource.plural : resource.plural + "." + resource.group));
  }
  return resource;
}

void ScaleClient::learn(const std::string& api_version, const client::ApiResponse& answer) {
  if (!answer.object) return;
  if (known_.size() > kMostKinds) known_.clear();
  const json::array* const all = api::array_at(answer.object->document(), {"resources"});
  if (all == nullptr) return;
  std::map<std::string, std::string> kinds;  // by resource
  for (const json::value& each : *all) {
    if (!each.is_object()) continue;
    const std::string name(api::text_at(each.get_object(), {"name"}));
    if (name.find('/') != name.npos) continue;
    const std::string kind(api::text_at(each.get_object(), {"kind"}));
    kinds[name] = kind;
    known_[key_of(api_version, kind)] = {name, false, clock_.steady()};
  }
  for (const json::value& each : *all) {
    if (!each.is_object()) continue;
    const std::string_view name = api::text_at(each.get_object(), {"name"});
    if (!name.ends_with("/scale")) continue;
    const auto kind = kinds.find(std::string(name.substr(0, name.size() - 6)));
    if (kind != kinds.end()) known_[key_of(api_version, kind->second)].scales = true;
  }
}

void ScaleClient::find(const std::string& api_version, const std::string& kind, Found found) {
  const auto at = known_.find(key_of(api_version, kind));
  if (at != known_.end() && clock_.steady() - at->second.since < kFresh)
    return found(known(api_version, kind));
  // Its resources: "/apis/apps/v1".
  std::string path = client::ResourceClient(transport_, resource_of(api_version, "x")).path();
  path.resize(path.size() - 2);
  transport_
      .send({.path = path},
            [this, alive = std::weak_ptr<const bool>(alive_), api_version, kind,
             found = std::move(found)](const client::ApiResult<client::ApiResponse>& answer) {
              if (alive.expired()) return;
              if (!answer && !answer.error().is_not_found()) return found(answer.error());
              known_.erase(key_of(api_version, kind));
              if (answer) learn(api_version, *answer);
              found(known(api_version, kind));
            })
      .release();
}

void ScaleClient::get(const ScaleTarget& target, Done done) {
  find(target.api_version, target.kind,
       [this, alive = std::weak_ptr<const bool>(alive_), target,
        done = std::move(done)](const client::ApiResult<client::Resource>& resource) {
         if (!resource) return done(resource.error());
         client::ResourceClient(transport_, *resource, target.namespace_name)
             .get(
                 target.name,
                 [alive, done](client::ApiResult<api::ObjectPtr> answer) {
                   if (!alive.expired()) done(std::move(answer));
                 },
                 "scale")
             .release();
       });
}

void ScaleClient::set(const ScaleTarget& target, const api::Object& scale, std::int64_t replicas,
                      Done done) {
  json::object next = scale.document();
  api::set_at(next, {"spec", "replicas"}, replicas);
  find(target.api_version, target.kind,
       [this, alive = std::weak_ptr<const bool>(alive_), target, next = std::move(next),
        done = std::move(done)](const client::ApiResult<client::Resource>& resource) {
         if (!resource) return done(resource.error());
         client::ResourceClient(transport_, *resource, target.namespace_name)
             .update(next, {.subresource = "scale"},
                     [alive, done](client::ApiResult<api::ObjectPtr> answer) {
                       if (!alive.expired()) done(std::move(answer));
                     })
             .release();
       });
}

}  // namespace cove::controllers
