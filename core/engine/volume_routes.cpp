// /volumes
#include <fmt/format.h>

#include <algorithm>

#include "core/engine/container_filter.h"
#include "core/engine/containers.h"
#include "core/engine/fields.h"
#include "core/engine/volumes.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

Outcome<bool> matches(const Volumes& volumes, const Volume& volume, const Filters& filters) {
  for (const auto& [name, values] : filters) {
    if (name == "name") {
      const bool is = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
        return volume.name.find(value) != std::string::npos;
      });
      if (!is) return false;
    } else if (name == "driver") {
      if (std::find(values.begin(), values.end(), "local") == values.end()) return false;
    } else if (name == "dangling") {
      if (values.size() != 1) return ApiError{400, "invalid filter 'dangling'"};
      if (is_on(values[0]) != volumes.users(volume.name).empty()) return false;
    } else if (name != "label") {
      return ApiError{400, fmt::format("invalid filter '{}'", name)};
    }
  }
  return labels_match(filters, volume.labels);
}

Outcome<> list(Containers& containers, Exchange& exchange) {
  COVE_TRY(const Filters filters, exchange.filters());
  const Volumes& volumes = containers.volumes();
  json::array array;
  for (const auto& volume : volumes.list()) {
    COVE_TRY(const bool wanted, matches(volumes, volume, filters));
    if (wanted) array.push_back(volumes.to_json(volume));
  }
  exchange.json(200, json::object{{"Volumes", std::move(array)}, {"Warnings", nullptr}});
  return {};
}

Outcome<> create(Containers& containers, Exchange& exchange) {
  using T = FieldType;
  constexpr Field kFields[] = {{"Name", T::kText},
                               {"Driver", T::kText},
                               {"DriverOpts", T::kTextMap},
                               {"Labels", T::kTextMap}};
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(const json::object fields, conform(body, kFields, ""));
  COVE_TRY(const Volume volume,
           containers.volumes().create(text_of(fields, "Name"), text_of(fields, "Driver"),
                                       text_map_of(fields, "DriverOpts"),
                                       text_map_of(fields, "Labels")));
  exchange.json(201, containers.volumes().to_json(volume));
  return {};
}

Outcome<> prune(Containers& containers, Exchange& exchange) {
  COVE_TRY(const Filters filters, exchange.filters());
  COVE_TRY(const auto pruned, containers.volumes().prune(filters, exchange.api() < 42));
  exchange.json(200, json::object{{"VolumesDeleted", to_array(pruned.names)},
                                  {"SpaceReclaimed", pruned.bytes}});
  return {};
}

}  // namespace

std::vector<Route> volume_routes(Containers& containers) {
  const auto with = [&containers](Outcome<> (*handle)(Containers&, Exchange&)) {
    return [&containers, handle](Exchange& exchange) { return handle(containers, exchange); };
  };
  return {
      {"GET", "/volumes", with(list)},
      {"POST", "/volumes/create", with(create)},
      {"POST", "/volumes/prune", with(prune)},
      {"GET", "/volumes/{name}",
       [&containers](Exchange& exchange) -> Outcome<> {
         COVE_TRY(const Volume volume, containers.volumes().find(exchange.path("name")));
         exchange.json(200, containers.volumes().to_json(volume));
         return {};
       }},
      {"DELETE", "/volumes/{name}",
       [&containers](Exchange& exchange) -> Outcome<> {
         COVE_CHECK(containers.volumes().remove(exchange.path("name"), exchange.flag("force")));
         exchange.empty();
         return {};
       }},
  };
}

}  // namespace cove::engine
