// Images as the Docker API has them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/events.h"
#include "core/engine/exchange.h"
#include "core/http/client.h"
#include "core/image/archive.h"
#include "core/image/image_store.h"
#include "core/image/registry.h"

namespace cove::engine {

// What the endpoints of images need. Everything outlives them; the functions are thread-safe.
struct ImageParts {
  image::ImageStore& images;
  image::ContentStore& content;
  image::LayerStore& layers;
  image::Registries& registries;
  http::Client& web;  // what URLs of imports and build contexts are fetched with
  Path scratch;       // DIR/tmp
  Path worker;        // program of confined children
  const Clock& clock;
  Logger& logger;
  image::ImageStore::InUse in_use;
  // How many containers an image has.
  std::function<std::map<image::Digest, std::size_t>()> users;
};
using ImagePartsPtr = std::shared_ptr<const ImageParts>;

// 404 with Docker's "No such image: nginx:latest".
Outcome<image::ImagePtr> find_image(const ImageParts& parts, const std::string& name);

struct ImageQuery {
  bool all = false;
  bool shared_size = false;
  bool manifests = false;
  std::map<std::string, std::vector<std::string>> filters;
};
// Newest first. 400 for a filter that does not exist.
Outcome<boost::json::array> list_images(const ImageParts& parts, const ImageQuery& query,
                                        unsigned api);
// The list as df shows it, where what pods and builds hold counts as containers do, and the bytes
// of all layers.
struct ImageUsage {
  boost::json::array images;
  std::uint64_t layers_bytes = 0;
};
ImageUsage image_usage(const ImageParts& parts, unsigned api);
boost::json::object inspect_image(const ImageParts& parts, const image::Image& image, unsigned api);
boost::json::array image_history(const ImageParts& parts, const image::Image& image);

// "repo" and "tag" of a query: "tag" may be a digest; without one it is "latest".
Outcome<image::Reference> parse_repo_tag(const std::string& repo, const std::string& tag);
// What images do becomes events of the engine.
void publish_image_events(image::ImageStore& images, Events& events);

// /images/json, /images/{name}/json, history, tag, removal, prune, search, /distribution/…
std::vector<Route> image_routes(const ImagePartsPtr& parts);
// /images/create, push, get, load
std::vector<Route> image_transfer_routes(const ImagePartsPtr& parts);

}  // namespace cove::engine
