// The body of POST /containers/create: any shape of it is read or refused, what was read reads
// again as the same, and what is valid becomes a specification.
#include "core/engine/container_spec.h"
#include "core/engine/mounts.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  namespace engine = cove::engine;
  const auto body = engine::parse_object(cove::fuzz::text(data, size));
  if (!body) return 0;
  auto config = engine::read_create_body(*body, engine::kNewestApi);
  if (!config) {
    require(config.error().status >= 400 && config.error().status < 600, "an error has a status");
    return 0;
  }
  boost::json::object again = config->config;
  again["HostConfig"] = config->host;
  again["NetworkingConfig"] = boost::json::object{{"EndpointsConfig", config->endpoints}};
  const auto second = engine::read_create_body(again, engine::kNewestApi);
  require(second && second->config == config->config && second->host == config->host,
          "what was read reads again as the same");
  if (!engine::validate(*config, 4)) return 0;
  engine::ContainerRecord record;
  record.id = std::string(64, 'a');
  record.name = "fuzzed";
  const auto mounts = engine::parse_mounts(*config);
  require(mounts.has_value(), "valid mounts are read");
  record.mounts = *mounts;
  for (const auto& mount : record.mounts) {
    require(
        mount.destination.size() > 1 && engine::clean_path(mount.destination) == mount.destination,
        "a destination is clean");
  }
  record.config = std::make_shared<const engine::ContainerConfig>(std::move(*config));
  const auto stored = engine::record_from_json(engine::to_json(record));
  require(stored && engine::to_json(*stored) == engine::to_json(record), "a record comes back");
  [[maybe_unused]] const auto spec =
      engine::make_spec({.record = record, .folder = "/d", .lower = {}});
  return 0;
}
