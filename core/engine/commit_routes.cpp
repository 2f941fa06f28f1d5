// /commit
#include <fmt/format.h>

#include "core/engine/container.h"
#include "core/engine/container_routes.h"
#include "core/engine/fields.h"
#include "core/engine/mount_points.h"
#include "core/engine/outcome.h"
#include "core/image/build/configure.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

image::RunConfig run_config(const json::object& config) {
  image::RunConfig run;
  run.user = text_of(config, "User");
  run.env = texts_of(config, "Env");
  run.entrypoint = texts_of(config, "Entrypoint");
  run.cmd = texts_of(config, "Cmd");
  run.working_dir = text_of(config, "WorkingDir");
  for (const auto& item : object_of(config, "ExposedPorts")) {
    run.exposed_ports.emplace_back(item.key());
  }
  for (const auto& item : object_of(config, "Volumes")) run.volumes.emplace_back(item.key());
  std::sort(run.exposed_ports.begin(), run.exposed_ports.end());
  std::sort(run.volumes.begin(), run.volumes.end());
  run.labels = text_map_of(config, "Labels");
  run.stop_signal = text_of(config, "StopSignal");
  run.shell = texts_of(config, "Shell");
  run.on_build = texts_of(config, "OnBuild");
  run.health_check = health_check(config);
  return run;
}

// What the client sends with the request counts more than what the container has.
Outcome<image::RunConfig> committed_config(const ContainerRecord& record, const json::object& body,
                                           const std::vector<std::string>& changes) {
  COVE_TRY(ContainerConfig sent,
           read_create_body(body.empty() ? json::object{{"Image", ""}} : body, kNewestApi));
  image::RunConfig own = run_config(record.config->config);
  if (!body.empty()) merge_image(sent, own);
  image::RunConfig run = body.empty() ? std::move(own) : run_config(sent.config);
  COVE_CHECK(apply_changes(run, changes));
  return run;
}

std::vector<std::string> all_values(const Exchange& exchange, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : exchange.request().query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

Outcome<image::ImagePtr> commit_layer(Containers& containers, Exchange& exchange,
                                      const ContainerRecord& record, image::RunConfig run,
                                      std::vector<image::Reference> tags) {
  const Containers::Parts& parts = containers.parts();
  const auto lease = parts.images.lease();
  COVE_TRY(const auto root, outcome(parts.runtime.root(record.id)));
  const std::vector<image::Digest> parents(record.layers.rbegin(), record.layers.rend());
  if (!record.state.running) {
    std::vector<std::string> places;
    for (const auto& mount : record.mounts) places.push_back(mount.destination);
    forget_mount_points(root.upper, root.lower, std::move(places));
  }
  image::CommitOptions options;
  options.named = [&](const image::Digest& diff_id) {
    lease->hold_layer(diff_id);
    lease->hold_blob(diff_id);
  };
  COVE_TRY(const auto layer, outcome(parts.layers.commit(root.upper, parents, parts.content,
                                                         options, exchange.gone())));
  image::ImageConfig config;
  config.platform = image::host_platform();
  if (const auto base = parts.images.by_id(record.image)) config = base->config;
  config.created = rfc3339_nano(parts.clock.wall());
  config.author = exchange.query("author");
  config.config = std::move(run);
  config.diff_ids = record.layers;
  config.diff_ids.push_back(layer.diff_id);
  std::string command;
  for (const auto& argument : record.command()) {
    command += (command.empty() ? "" : " ") + argument;
  }
  config.history.push_back({.created = config.created,
                            .created_by = command,
                            .author = config.author,
                            .comment = exchange.query("comment")});
  image::ImageStore::NewImage image;
  image.config_json = image::to_json(config);
  image.tags = std::move(tags);
  image.parent = record.image;
  return outcome(parts.images.add(std::move(image)));
}

Outcome<> commit(Containers& containers, Exchange& exchange) {
  COVE_TRY(const ContainerPtr container, containers.find(exchange.query("container")));
  COVE_TRY(const json::object body, exchange.json_body());
  std::vector<image::Reference> tags;
  if (const std::string name = exchange.query("repo"); !name.empty()) {
    const std::string tag = exchange.query("tag");
    COVE_TRY(auto reference, outcome(image::parse_tagged(tag.empty() ? name : name + ":" + tag)));
    if (!reference.digest.empty()) {
      return ApiError{400, "cannot commit to digest reference"};
    }
    tags.push_back(std::move(reference));
  }
  std::lock_guard operation(container->operation);
  const ContainerRecord record = container->snapshot();
  if (record.state.removing || record.state.dead) {
    return ApiError{409, "You cannot commit container " + record.id +
                             (record.state.dead ? " which is Dead" : " which is being removed")};
  }
  COVE_TRY(image::RunConfig run, committed_config(record, body, all_values(exchange, "changes")));
  runtime::Runtime& runtime = containers.parts().runtime;
  const bool pause = exchange.flag("pause", true) && record.state.running && !record.state.paused;
  if (pause) {
    COVE_CHECK(outcome(runtime.pause(record.id)));
  }
  auto image = commit_layer(containers, exchange, record, std::move(run), std::move(tags));
  if (pause) {
    if (const auto resumed = runtime.resume(record.id); !resumed && image) {
      return to_api_error(resumed.error());
    }
  }
  if (!image) return image.error();
  containers.publish(
      container, "commit",
      {{"comment", exchange.query("comment")},
       {"imageID", (*image)->id.text()},
       {"imageRef", (*image)->tags.empty() ? std::string() : (*image)->tags[0].canonical()}});
  exchange.json(201, json::object{{"Id", (*image)->id.text()}});
  return {};
}

}  // namespace

std::vector<Route> commit_routes(Containers& containers) {
  return {{"POST", "/commit",
           [&containers](Exchange& exchange) { return commit(containers, exchange); }}};
}

}  // namespace cove::engine
