// /containers/…: what needs no file of its own.
#include "core/engine/container_routes.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/engine/container.h"
#include "core/engine/container_filter.h"
#include "core/engine/fields.h"
#include "core/engine/inspect.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

Outcome<> list(Containers& containers, Exchange& exchange) {
  ListQuery query;
  query.all = exchange.flag("all");
  query.size = exchange.flag("size");
  COVE_TRY(const auto limit, exchange.number("limit"));
  query.limit = std::max<std::int64_t>(limit.value_or(0), 0);
  COVE_TRY(query.filters, exchange.filters());
  std::vector<ContainerRecord> records;
  for (const auto& container : containers.all()) records.push_back(container->snapshot());
  const auto has_ancestor = [&](const ContainerRecord& record, const std::string& ancestor) {
    if (record.image_name == ancestor) return true;
    const auto image = containers.parts().images.find(ancestor);
    if (!image) return false;
    // The images it was built on, step by step.
    image::ImagePtr own = containers.parts().images.by_id(record.image);
    if ((*image)->id == record.image) return true;
    for (; own && !own->parent.empty(); own = containers.parts().images.by_id(own->parent)) {
      if (own->parent == (*image)->id) return true;
    }
    return false;
  };
  COVE_TRY(const auto selected, select(records, query, has_ancestor));
  json::array array;
  for (const auto& record : selected) {
    array.push_back(summarize(containers, record, query.size));
  }
  exchange.json(200, array);
  return {};
}

Outcome<> create(Containers& containers, Exchange& exchange) {
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(const auto created, containers.create(exchange.query("name"), body, exchange.api()));
  exchange.json(201, json::object{{"Id", created.id}, {"Warnings", to_array(created.warnings)}});
  return {};
}

Outcome<> show(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  exchange.json(200,
                inspect(containers, container->snapshot(), exchange.flag("size"), exchange.api()));
  return {};
}

Outcome<> start(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const bool started, containers.start(container));
  exchange.empty(started ? 204 : 304);
  return {};
}

Outcome<std::optional<int>> seconds_of(const Exchange& exchange) {
  COVE_TRY(const auto seconds, exchange.number("t"));
  if (!seconds) return std::optional<int>();
  return std::optional(static_cast<int>(std::clamp<std::int64_t>(*seconds, -1, 1'000'000'000)));
}

Outcome<> stop(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const auto seconds, seconds_of(exchange));
  COVE_TRY(const bool stopped, containers.stop(container, seconds, exchange.query("signal")));
  exchange.empty(stopped ? 204 : 304);
  return {};
}

Outcome<> restart(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const auto seconds, seconds_of(exchange));
  COVE_CHECK(containers.restart(container, seconds, exchange.query("signal")));
  exchange.empty();
  return {};
}

Outcome<> kill(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_CHECK(containers.kill(container, exchange.query("signal"), exchange.path("id")));
  exchange.empty();
  return {};
}

Outcome<> pause(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_CHECK(containers.pause(container));
  exchange.empty();
  return {};
}

Outcome<> unpause(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_CHECK(containers.unpause(container));
  exchange.empty();
  return {};
}

Outcome<> rename(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_CHECK(containers.rename(container, exchange.query("name")));
  exchange.empty();
  return {};
}

Outcome<> update(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(const auto warnings, containers.update(container, body));
  exchange.json(200,
                json::object{{"Warnings", warnings.empty() ? json::value(nullptr)
                                                           : json::value(to_array(warnings))}});
  return {};
}

Outcome<> remove(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  if (exchange.flag("link")) return ApiError{400, "removing a link alone is not supported"};
  COVE_CHECK(containers.remove(container,
                               {.force = exchange.flag("force"), .volumes = exchange.flag("v")}));
  exchange.empty();
  return {};
}

Outcome<> wait(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  const std::string condition = exchange.query("condition");
  auto what = Containers::WaitFor::kNotRunning;
  if (condition == "next-exit") {
    what = Containers::WaitFor::kNextExit;
  } else if (condition == "removed") {
    what = Containers::WaitFor::kRemoved;
  } else if (!condition.empty() && condition != "not-running") {
    return ApiError{400, fmt::format("invalid condition: \"{}\"", condition)};
  }
  std::unique_ptr<Exchange::Stream> stream;
  // The answer's head goes out before the wait, so that a client knows that nothing is missed: it
  // starts the container next.
  const auto armed = [&] {
    stream = exchange.stream("application/json");
    stream->write("");
  };
  COVE_TRY(const auto waited, containers.wait(container, what, armed, exchange.gone()));
  if (!waited) {
    stream->cut();
    return {};
  }
  json::object answer{{"StatusCode", waited->exit_code}};
  if (!waited->error.empty()) answer["Error"] = json::object{{"Message", waited->error}};
  stream->write(json::serialize(answer) + "\n");
  return {};
}

Outcome<> prune(Containers& containers, Exchange& exchange) {
  COVE_TRY(const Filters filters, exchange.filters());
  COVE_TRY(const auto pruned, containers.prune(filters));
  exchange.json(200, json::object{{"ContainersDeleted", pruned.ids.empty()
                                                            ? json::value(nullptr)
                                                            : json::value(to_array(pruned.ids))},
                                  {"SpaceReclaimed", pruned.bytes}});
  return {};
}

}  // namespace

std::function<Outcome<>(Exchange&)> with_container(Containers& containers,
                                                   ContainerHandler handle) {
  return [&containers, handle](Exchange& exchange) -> Outcome<> {
    COVE_TRY(const ContainerPtr container, containers.find(exchange.path("id")));
    return handle(containers, exchange, container);
  };
}

std::vector<Route> container_routes(Containers& containers) {
  const auto with = [&containers](Outcome<> (*handle)(Containers&, Exchange&)) {
    return [&containers, handle](Exchange& exchange) { return handle(containers, exchange); };
  };
  std::vector<Route> routes = {
      {"GET", "/containers/json", with(list)},
      {"POST", "/containers/create", with(create)},
      {"POST", "/containers/prune", with(prune)},
      {"GET", "/containers/{id}/json", with_container(containers, show)},
      {"POST", "/containers/{id}/start", with_container(containers, start)},
      {"POST", "/containers/{id}/stop", with_container(containers, stop)},
      {"POST", "/containers/{id}/restart", with_container(containers, restart)},
      {"POST", "/containers/{id}/kill", with_container(containers, kill)},
      {"POST", "/containers/{id}/pause", with_container(containers, pause)},
      {"POST", "/containers/{id}/unpause", with_container(containers, unpause)},
      {"POST", "/containers/{id}/rename", with_container(containers, rename)},
      {"POST", "/containers/{id}/update", with_container(containers, update)},
      {"POST", "/containers/{id}/wait", with_container(containers, wait)},
      {"DELETE", "/containers/{id}", with_container(containers, remove)},
  };
  for (auto* more : {attach_routes, log_routes, stats_routes, archive_routes, commit_routes}) {
    for (auto& route : more(containers)) routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace cove::engine
