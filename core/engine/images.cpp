#include "core/engine/images.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/engine/fields.h"
#include "core/engine/image_select.h"
#include "core/engine/registry_auth.h"

namespace cove::engine {
namespace {

// The fields of a container's configuration that an image has no value for; clients expect them.
boost::json::object config_json(const image::RunConfig& config) {
  boost::json::object object{
      {"Hostname", ""},       {"Domainname", ""},      {"User", ""},
      {"AttachStdin", false}, {"AttachStdout", false}, {"AttachStderr", false},
      {"Tty", false},         {"OpenStdin", false},    {"StdinOnce", false},
      {"Env", nullptr},       {"Cmd", nullptr},        {"Image", ""},
      {"Volumes", nullptr},   {"WorkingDir", ""},      {"Entrypoint", nullptr},
      {"OnBuild", nullptr},   {"Labels", nullptr}};
  for (const auto& [name, value] : image::to_docker_json(config)) object[name] = value;
  return object;
}

boost::json::object graph_driver(const ImageParts& parts, const image::Image& image) {
  std::string lower;
  const auto& layers = image.config.diff_ids;
  for (std::size_t i = layers.size(); i-- > 1;)
    lower += (lower.empty() ? "" : ":") + parts.layers.path(layers[i - 1]).string();
  boost::json::object data;
  if (!layers.empty()) data["UpperDir"] = parts.layers.path(layers.back()).string();
  if (!lower.empty()) data["LowerDir"] = lower;
  return {{"Name", "overlay2"}, {"Data", std::move(data)}};
}

boost::json::array removal_json(const image::RemovedImage& removed) {
  boost::json::array report;
  for (const std::string& each : removed.untagged)
    report.push_back(boost::json::object{{"Untagged", each}});
  for (const image::Digest& each : removed.deleted)
    report.push_back(boost::json::object{{"Deleted", each.text()}});
  return report;
}

boost::json::object platform_json(const image::Platform& platform) {
  boost::json::object object{{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.variant.empty()) object["variant"] = platform.variant;
  return object;
}

Outcome<> get_list(const ImageParts& parts, Exchange& exchange) {
  ImageQuery query;
  query.all = exchange.flag("all");
  query.shared_size = exchange.flag("shared-size");
  query.manifests = exchange.flag("manifests");
  COVE_TRY(query.filters, exchange.filters());
  // Before filters there was one name.
  if (const std::string name = exchange.query("filter"); !name.empty())
    query.filters["reference"].push_back(name);
  COVE_TRY(const boost::json::array list, list_images(parts, query, exchange.api()));
  exchange.json(200, list);
  return {};
}

Outcome<> get_inspect(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(const image::ImagePtr image, find_image(parts, exchange.path("name")));
  exchange.json(200, inspect_image(parts, *image, exchange.api()));
  return {};
}

Outcome<> get_history(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(const image::ImagePtr image, find_image(parts, exchange.path("name")));
  exchange.json(200, image_history(parts, *image));
  return {};
}

Outcome<> post_tag(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(const image::ImagePtr image, find_image(parts, exchange.path("name")));
  COVE_TRY(const image::Reference reference,
           parse_repo_tag(exchange.query("repo"), exchange.query("tag")));
  if (!reference.digest.empty())
    return ApiError{400, "refusing to create a tag with a digest reference"};
  COVE_CHECK(parts.images.tag(image->id, reference));
  exchange.empty(201);
  return {};
}

Outcome<> remove_image(const ImageParts& parts, Exchange& exchange) {
  const std::string& name = exchange.path("name");
  COVE_CHECK(find_image(parts, name));
  COVE_TRY(
      const image::RemovedImage removed,
      parts.images.remove(name, exchange.flag("force"), !exchange.flag("noprune"), parts.in_use));
  exchange.json(200, removal_json(removed));
  return {};
}

// Whether a prune takes the image: dangling ones, or all that no container has.
struct PruneRule {
  bool dangling_only = true;
  std::optional<WallTime> until;
  std::vector<std::string> labels, without_labels;
};

Outcome<PruneRule> read_prune_rule(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(auto filters, exchange.filters());
  COVE_CHECK(check_filters(filters, {"dangling", "label", "label!", "until"}));
  PruneRule rule;
  COVE_TRY(const std::optional<bool> dangling, flag_filter(filters, "dangling"));
  rule.dangling_only = dangling.value_or(true);
  COVE_TRY(rule.until, until_filter(filters, parts.clock));
  rule.labels = filters["label"];
  rule.without_labels = filters["label!"];
  return rule;
}

bool pruned(const ImageParts& parts, const PruneRule& rule, const image::Image& image) {
  if (rule.dangling_only && !image.tags.empty()) return false;
  if (!parts.images.children(image.id).empty()) return false;
  if (rule.until && created_at(image) > *rule.until) return false;
  const auto& labels = image.config.config.labels;
  if (!matches_labels(labels, rule.labels)) return false;
  for (const std::string& each : rule.without_labels) {
    if (matches_labels(labels, {each})) return false;
  }
  bool running = false;
  return parts.in_use(image.id, running).empty();
}

Outcome<> post_prune(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(const PruneRule rule, read_prune_rule(parts, exchange));
  boost::json::array report;
  std::uint64_t bytes = 0;
  for (const image::ImagePtr& image : parts.images.list()) {
    if (exchange.gone().stop_requested()) break;
    if (!pruned(parts, rule, *image)) continue;
    // Forced, because an image with several names is one image here; what a container took
    // meanwhile is left.
    const auto removed =
        parts.images.remove(image->id.text(), image->tags.size() > 1, true, parts.in_use);
    if (!removed) continue;
    bytes += removed->bytes;
    for (boost::json::value& each : removal_json(*removed)) report.push_back(std::move(each));
  }
  // With what no image has any more: of pulls that were broken off, of builds whose images went.
  bytes += parts.images.collect();
  exchange.json(
      200, {{"ImagesDeleted", report.empty() ? boost::json::value(nullptr) : std::move(report)},
            {"SpaceReclaimed", bytes}});
  return {};
}

Outcome<> get_search(const ImageParts& parts, Exchange& exchange) {
  const std::string term = exchange.query("term");
  if (term.empty()) return ApiError{400, "the search term is missing"};
  COVE_TRY(const std::optional<std::int64_t> limit, exchange.number("limit"));
  if (limit && (*limit < 0 || *limit > 100))
    return ApiError{400, fmt::format("limit {} is outside the range of [1, 100]", *limit)};
  COVE_TRY(auto filters, exchange.filters());
  COVE_CHECK(check_filters(filters, {"is-automated", "is-official", "stars"}));
  COVE_TRY(const std::optional<bool> official, flag_filter(filters, "is-official"));
  COVE_TRY(const std::optional<bool> automated, flag_filter(filters, "is-automated"));
  int stars = 0;
  for (const std::string& text : filters["stars"]) {
    if (text.empty() || text.size() > 9 ||
        text.find_first_not_of("0123456789") != std::string::npos)
      return ApiError{400, fmt::format("invalid filter 'stars=[{}]'", text)};
    stars = std::max(stars, std::stoi(text));
  }
  COVE_TRY(const std::vector<image::SearchResult> found,
           parts.registries.search(
               term, limit && *limit > 0 ? static_cast<unsigned>(*limit) : 25,
               parse_registry_auth(exchange.request().header("x-registry-auth")), exchange.gone()));
  boost::json::array list;
  for (const image::SearchResult& each : found) {
    if (each.stars < stars || (official && *official != each.official) || automated.value_or(false))
      continue;
    list.push_back({{"star_count", each.stars},
                    {"is_official", each.official},
                    {"name", each.name},
                    {"is_automated", false},
                    {"description", each.description}});
  }
  exchange.json(200, list);
  return {};
}

Outcome<> get_distribution(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(const image::Reference reference, image::parse_tagged(exchange.path("name")));
  COVE_TRY(const image::Registries::Resolved resolved,
           parts.registries.resolve(
               reference, parse_registry_auth(exchange.request().header("x-registry-auth")),
               exchange.gone()));
  boost::json::array platforms;
  for (const image::Platform& each : resolved.platforms) platforms.push_back(platform_json(each));
  exchange.json(200, {{"Descriptor",
                       {{"mediaType", resolved.descriptor.media_type},
                        {"digest", resolved.descriptor.digest.text()},
                        {"size", resolved.descriptor.size}}},
                      {"Platforms", std::move(platforms)}});
  return {};
}

}  // namespace

Outcome<image::ImagePtr> find_image(const ImageParts& parts, const std::string& name) {
  auto found = parts.images.find(name);
  if (found) return std::move(*found);
  if (found.error().code != ErrorCode::kNotFound) return ApiError(found.error());
  const auto reference = image::parse_tagged(name);
  const std::string shown = reference && reference->digest.empty() ? reference->familiar() : name;
  return ApiError{404, fmt::format("No such image: {}", shown)};
}

boost::json::object inspect_image(const ImageParts& parts, const image::Image& image,
                                  unsigned api) {
  boost::json::array tags;
  for (const image::Reference& each : image.tags) tags.emplace_back(each.familiar());
  boost::json::array digests;
  for (const image::Reference& each : image.digests) digests.emplace_back(each.familiar());
  boost::json::array layers;
  for (const image::Digest& each : image.config.diff_ids) layers.emplace_back(each.text());
  const image::ImageConfig& config = image.config;
  boost::json::object object{
      {"Id", image.id.text()},
      {"RepoTags", std::move(tags)},
      {"RepoDigests", std::move(digests)},
      {"Parent", image.parent.text()},
      {"Comment", config.history.empty() ? std::string() : config.history.back().comment},
      {"Created", config.created},
      {"DockerVersion", ""},
      {"Author", config.author},
      {"Config", config_json(config.config)},
      {"Architecture", config.platform.architecture},
      {"Os", config.platform.os},
      {"Size", image.size},
      {"GraphDriver", graph_driver(parts, image)},
      {"RootFS", {{"Type", "layers"}, {"Layers", std::move(layers)}}},
      {"Metadata", {{"LastTagTime", rfc3339_nano(image.tagged_at)}}}};
  if (!config.platform.variant.empty()) object["Variant"] = config.platform.variant;
  if (api < 44) object["VirtualSize"] = image.size;
  if (api < 45) {
    // What the image was committed from; docker-compose 1 takes volumes from it.
    object["Container"] = "";
    object["ContainerConfig"] = config_json(config.config);
  }
  return object;
}

boost::json::array image_history(const ImageParts& parts, const image::Image& image) {
  boost::json::array list;
  std::size_t layers = image.config.diff_ids.size();
  image::ImagePtr owner = parts.images.by_id(image.id);
  const auto& history = image.config.history;
  for (std::size_t i = history.size(); i-- > 0;) {
    const image::HistoryEntry& entry = history[i];
    std::uint64_t size = 0;
    if (!entry.empty_layer && layers > 0) size = parts.layers.size(image.config.diff_ids[--layers]);
    boost::json::array tags;
    if (owner) {
      for (const image::Reference& each : owner->tags) tags.emplace_back(each.familiar());
    }
    const auto time = parse_time(entry.created, "created");
    const WallTime created = time.has_value() && *time ? **time : WallTime{};
    list.push_back(
        {{"Id", owner ? owner->id.text() : "<missing>"},
         {"Created",
          std::chrono::duration_cast<std::chrono::seconds>(created.time_since_epoch()).count()},
         {"CreatedBy", entry.created_by},
         {"Tags", tags.empty() ? boost::json::value(nullptr) : std::move(tags)},
         {"Size", size},
         {"Comment", entry.comment}});
    owner = owner && !owner->parent.empty() ? parts.images.by_id(owner->parent) : nullptr;
  }
  return list;
}

Outcome<image::Reference> parse_repo_tag(const std::string& repo, const std::string& tag) {
  std::string text = repo;
  if (!tag.empty()) text += (tag.find(':') != std::string::npos ? "@" : ":") + tag;
  COVE_TRY(image::Reference reference, image::parse_tagged(text));
  return reference;
}

void publish_image_events(image::ImageStore& images, Events& events) {
  images.on_event([&images, &events](const image::ImageEvent& happened) {
    Event event;
    event.type = "image";
    event.action = happened.action;
    const bool by_name = happened.action == "pull" || happened.action == "push";
    event.actor = by_name ? happened.name : happened.id.text();
    if (const image::ImagePtr image = images.by_id(happened.id))
      event.attributes = image->config.config.labels;
    event.attributes["name"] = happened.name;
    events.publish(std::move(event));
  });
}

std::vector<Route> image_routes(const ImagePartsPtr& parts) {
  const auto with = [&](Outcome<> (*handle)(const ImageParts&, Exchange&)) {
    return [parts, handle](Exchange& exchange) { return handle(*parts, exchange); };
  };
  return {
      {"GET", "/images/json", with(get_list)},
      {"GET", "/images/search", with(get_search)},
      {"POST", "/images/prune", with(post_prune)},
      {"GET", "/images/{name…}/json", with(get_inspect)},
      {"GET", "/images/{name…}/history", with(get_history)},
      {"POST", "/images/{name…}/tag", with(post_tag)},
      {"DELETE", "/images/{name…}", with(remove_image)},
      {"GET", "/distribution/{name…}/json", with(get_distribution)},
  };
}

}  // namespace cove::engine
