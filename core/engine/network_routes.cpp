// /networks
#include <fmt/format.h>

#include <algorithm>

#include "core/engine/container.h"
#include "core/engine/container_filter.h"
#include "core/engine/containers.h"
#include "core/engine/fields.h"
#include "core/engine/networks.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

bool contains_text(const std::vector<std::string>& values, const std::string& text) {
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return text.find(value) != std::string::npos;
  });
}

bool is_one_of(const std::vector<std::string>& values, const std::string& text) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

Outcome<bool> matches(const Containers& containers, const Network& network,
                      const Filters& filters) {
  for (const auto& [name, values] : filters) {
    if (name == "name") {
      if (!contains_text(values, network.name())) return false;
    } else if (name == "id") {
      const bool prefix = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
        return network.id().starts_with(value);
      });
      if (!prefix) return false;
    } else if (name == "driver") {
      if (!is_one_of(values, network.driver)) return false;
    } else if (name == "scope") {
      if (!is_one_of(values, "local")) return false;
    } else if (name == "type") {
      for (const auto& value : values) {
        if (value != "custom" && value != "builtin") {
          return ApiError{400, fmt::format("invalid filter: 'type'='{}'", value)};
        }
      }
      if (!is_one_of(values, network.predefined ? "builtin" : "custom")) return false;
    } else if (name == "dangling") {
      if (values.size() != 1) return ApiError{400, "invalid filter 'dangling'"};
      const bool wanted = is_on(values[0]);
      const bool dangling = !network.predefined && containers.in_network(network.id()).empty();
      if (wanted != dangling) return false;
    } else if (name != "label" && name != "label!") {
      return ApiError{400, fmt::format("invalid filter '{}'", name)};
    }
  }
  return labels_match(filters, network.labels);
}

json::object inspect(Containers& containers, const Network& network) {
  json::object object = containers.networks().to_json(network);
  json::object endpoints;
  for (const auto& container : containers.in_network(network.id())) {
    const ContainerRecord record = container->snapshot();
    for (const auto& attachment : record.networks) {
      if (attachment.network_id != network.id()) continue;
      const bool shared = network.driver != "bridge";
      if (!record.state.running || (!shared && !attachment.endpoint)) continue;
      const network::Endpoint endpoint = attachment.endpoint.value_or(network::Endpoint{});
      endpoints[record.id] = json::object{
          {"Name", record.name},
          {"EndpointID", endpoint.id},
          {"MacAddress", endpoint.mac},
          {"IPv4Address", endpoint.address.empty()
                              ? std::string()
                              : fmt::format("{}/{}", endpoint.address, endpoint.prefix_length)},
          {"IPv6Address", ""}};
    }
  }
  object["Containers"] = std::move(endpoints);
  return object;
}

Outcome<> list(Containers& containers, Exchange& exchange) {
  COVE_TRY(const Filters filters, exchange.filters());
  json::array array;
  for (const auto& network : containers.networks().list()) {
    COVE_TRY(const bool wanted, matches(containers, network, filters));
    if (wanted) array.push_back(containers.networks().to_json(network));
  }
  exchange.json(200, array);
  return {};
}

Outcome<> remove(Containers& containers, Exchange& exchange) {
  COVE_TRY(const Network network, containers.networks().find(exchange.path("id")));
  COVE_CHECK(containers.networks().remove(network));
  exchange.empty();
  return {};
}

Outcome<> connect(Containers& containers, Exchange& exchange) {
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(const Network network, containers.networks().find(exchange.path("id")));
  COVE_TRY(const ContainerPtr container, containers.find(text_of(body, "Container")));
  COVE_CHECK(containers.connect(network, container, object_of(body, "EndpointConfig")));
  exchange.empty(200);
  return {};
}

Outcome<> disconnect(Containers& containers, Exchange& exchange) {
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(const Network network, containers.networks().find(exchange.path("id")));
  COVE_CHECK(containers.disconnect(network, text_of(body, "Container"), flag_of(body, "Force")));
  exchange.empty(200);
  return {};
}

Outcome<> prune(Containers& containers, Exchange& exchange) {
  COVE_TRY(const Filters filters, exchange.filters());
  std::optional<WallTime> until;
  for (const auto& [name, values] : filters) {
    if (name == "until" && values.size() == 1) {
      COVE_TRY(until, parse_until(values[0], containers.parts().clock.wall()));
    } else if (name != "label" && name != "label!") {
      return ApiError{400, fmt::format("invalid filter '{}'", name)};
    }
  }
  json::array deleted;
  for (const auto& network : containers.networks().list()) {
    if (network.predefined || !labels_match(filters, network.labels)) continue;
    if (until && network.created_at > *until) continue;
    if (!containers.in_network(network.id()).empty()) continue;
    if (containers.networks().remove(network)) deleted.emplace_back(network.name());
  }
  exchange.json(200, json::object{{"NetworksDeleted",
                                   deleted.empty() ? json::value(nullptr) : json::value(deleted)}});
  return {};
}

}  // namespace

std::vector<Route> network_routes(Containers& containers) {
  const auto with = [&containers](Outcome<> (*handle)(Containers&, Exchange&)) {
    return [&containers, handle](Exchange& exchange) { return handle(containers, exchange); };
  };
  return {
      {"GET", "/networks", with(list)},
      {"POST", "/networks/create",
       [&containers](Exchange& exchange) -> Outcome<> {
         COVE_TRY(const json::object body, exchange.json_body());
         COVE_TRY(const auto created, containers.networks().create(body));
         exchange.json(201, json::object{{"Id", created.id}, {"Warning", created.warning}});
         return {};
       }},
      {"POST", "/networks/prune", with(prune)},
      {"GET", "/networks/{id}",
       [&containers](Exchange& exchange) -> Outcome<> {
         COVE_TRY(const Network network, containers.networks().find(exchange.path("id")));
         exchange.json(200, inspect(containers, network));
         return {};
       }},
      {"DELETE", "/networks/{id}", with(remove)},
      {"POST", "/networks/{id}/connect", with(connect)},
      {"POST", "/networks/{id}/disconnect", with(disconnect)},
  };
}

}  // namespace cove::engine
