// /containers/{id}/stats, /containers/{id}/top
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>

#include "core/base/strings.h"
#include "core/engine/container.h"
#include "core/engine/container_routes.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"
#include "core/engine/stats.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

std::uint64_t host_memory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

json::object cpu_json(const runtime::Statistics* sample) {
  const runtime::Statistics cpu = sample != nullptr ? *sample : runtime::Statistics{};
  json::object object{{"cpu_usage",
                       {{"total_usage", cpu.cpu_total_ns},
                        {"usage_in_kernelmode", cpu.cpu_system_ns},
                        {"usage_in_usermode", cpu.cpu_user_ns}}},
                      {"throttling_data",
                       {{"periods", cpu.periods},
                        {"throttled_periods", cpu.throttled_periods},
                        {"throttled_time", cpu.throttled_ns}}}};
  if (sample != nullptr) {
    object["system_cpu_usage"] = cpu.host_cpu_ns;
    object["online_cpus"] = cpu.online_cpus;
  }
  return object;
}

json::object memory_json(const runtime::Statistics& sample) {
  // Whoever computes what is in use takes inactive_file away from usage.
  return {{"usage", sample.memory_bytes},
          {"max_usage", sample.memory_peak},
          {"stats",
           {{"inactive_file", sample.memory_inactive_file},
            {"anon", sample.memory_anon},
            {"rss", sample.memory_rss},
            {"pgfault", sample.page_faults},
            {"pgmajfault", sample.major_page_faults}}},
          {"limit", sample.memory_limit == 0 ? host_memory()
                                             : std::min(sample.memory_limit, host_memory())}};
}

json::object blkio_json(const runtime::Statistics& sample) {
  const auto entry = [](const char* op, std::uint64_t value) {
    return json::object{{"major", 0}, {"minor", 0}, {"op", op}, {"value", value}};
  };
  return {{"io_service_bytes_recursive",
           json::array{entry("read", sample.read_bytes), entry("write", sample.written_bytes)}},
          {"io_serviced_recursive",
           json::array{entry("read", sample.read_ops), entry("write", sample.write_ops)}},
          {"io_queue_recursive", nullptr},
          {"io_service_time_recursive", nullptr},
          {"io_wait_time_recursive", nullptr},
          {"io_merged_recursive", nullptr},
          {"io_time_recursive", nullptr},
          {"sectors_recursive", nullptr}};
}

json::object links_json(Containers& containers, const ContainerRecord& record) {
  json::object links;
  const auto namespaces = containers.parts().runtime.namespaces(record.id);
  if (!namespaces) return links;
  for (const auto& attachment : record.networks) {
    if (!attachment.endpoint) continue;
    const std::string& name = attachment.endpoint->interface;
    const auto link = containers.parts().networks.statistics(*namespaces / "net", name);
    if (!link) continue;
    links[name] = json::object{{"rx_bytes", link->rx_bytes},   {"rx_packets", link->rx_packets},
                               {"rx_errors", link->rx_errors}, {"rx_dropped", link->rx_dropped},
                               {"tx_bytes", link->tx_bytes},   {"tx_packets", link->tx_packets},
                               {"tx_errors", link->tx_errors}, {"tx_dropped", link->tx_dropped}};
  }
  return links;
}

// What there is of a container now; nothing when it does not run.
std::optional<runtime::Statistics> sample(Containers& containers, const ContainerPtr& container) {
  if (!container->look([](const auto& record) { return record.state.running; })) {
    return std::nullopt;
  }
  const auto statistics = containers.parts().runtime.statistics(container->id);
  return statistics ? std::optional(*statistics) : std::nullopt;
}

Outcome<> stats(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  constexpr auto kPeriod = std::chrono::seconds(1);
  Clock& clock = containers.parts().clock;
  const bool streams = exchange.flag("stream", true);
  const bool one_shot = exchange.flag("one-shot");
  std::optional<runtime::Statistics> before;
  const auto document = [&](const std::optional<runtime::Statistics>& now) {
    const ContainerRecord record = container->snapshot();
    return stats_json(record, now ? &*now : nullptr, before ? &*before : nullptr,
                      now ? links_json(containers, record) : json::object());
  };
  if (!streams) {
    auto now = sample(containers, container);
    if (now && !one_shot) {
      before = now;
      if (!clock.sleep(kPeriod, exchange.gone())) return {};
      now = sample(containers, container);
    }
    exchange.json(200, document(now));
    return {};
  }
  const auto stream = exchange.stream("application/json");
  do {
    {
      std::lock_guard lock(container->mutex);
      if (container->removed) return {};
    }
    const auto now = sample(containers, container);
    if (!stream->write(json::serialize(document(now)) + "\n")) return {};
    before = now;
  } while (clock.sleep(kPeriod, exchange.gone()));
  return {};
}

Outcome<> top(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  const ContainerState state =
      container->look([](const ContainerRecord& record) { return record.state; });
  if (!state.running) {
    return ApiError{409, fmt::format("container {} is not running", container->id)};
  }
  std::vector<std::string> arguments;
  for (const auto& argument : split(exchange.query("ps_args"), ' ')) {
    if (!argument.empty()) arguments.push_back(argument);
  }
  COVE_TRY(const auto table,
           outcome(containers.parts().runtime.processes(container->id, arguments)));
  json::array rows;
  for (const auto& row : table.second) rows.push_back(to_array(row));
  containers.publish(container, "top");
  exchange.json(200,
                json::object{{"Titles", to_array(table.first)}, {"Processes", std::move(rows)}});
  return {};
}

}  // namespace

json::object stats_json(const ContainerRecord& record, const runtime::Statistics* now,
                        const runtime::Statistics* before, json::object links) {
  json::object object{{"name", "/" + record.name},
                      {"id", record.id},
                      {"read", rfc3339_nano(now != nullptr ? now->read_at : WallTime{})},
                      {"preread", rfc3339_nano(before != nullptr ? before->read_at : WallTime{})},
                      {"num_procs", 0},
                      {"storage_stats", json::object()},
                      {"cpu_stats", cpu_json(now)},
                      {"precpu_stats", cpu_json(before)}};
  if (now == nullptr) {
    object["pids_stats"] = json::object();
    object["memory_stats"] = json::object();
    object["blkio_stats"] = blkio_json({});
    return object;
  }
  json::object pids{{"current", now->pids}};
  if (now->pids_limit != 0) pids["limit"] = now->pids_limit;
  object["pids_stats"] = std::move(pids);
  object["memory_stats"] = memory_json(*now);
  object["blkio_stats"] = blkio_json(*now);
  if (!links.empty()) object["networks"] = std::move(links);
  return object;
}

std::vector<Route> stats_routes(Containers& containers) {
  return {{"GET", "/containers/{id}/stats", with_container(containers, stats)},
          {"GET", "/containers/{id}/top", with_container(containers, top)}};
}

}  // namespace cove::engine
