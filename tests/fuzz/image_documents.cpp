// Manifests, indexes and configurations: what is taken can be written, and read back the same.
#include <boost/json/object.hpp>

#include "core/image/manifest.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  namespace image = cove::image;
  const std::string_view text = cove::fuzz::text(data, size);
  if (const auto manifest = image::parse_manifest(text, "")) {
    require(manifest->layers.size() <= image::kMaxLayers, "layers are bounded");
    const std::string written = image::to_json(*manifest);
    const auto again = image::parse_manifest(written, "");
    require(again && image::to_json(*again) == written, "a manifest comes back");
  }
  if (const auto index = image::parse_index(text, "")) {
    const std::string written = image::to_json(*index);
    const auto again = image::parse_index(written, "");
    require(again && image::to_json(*again) == written, "an index comes back");
    const auto* chosen = image::choose(*index, image::host_platform());
    require(chosen == nullptr || !chosen->platform || chosen->platform->os != "unknown",
            "attestations are no images");
  }
  if (const auto config = image::parse_config(text)) {
    const std::string written = image::to_json(*config);
    const auto again = image::parse_config(written);
    require(again && image::to_json(*again) == written, "a configuration comes back");
    const auto run = image::from_docker_json(image::to_docker_json(config->config));
    require(run && *run == config->config, "and so does what Docker's API says of it");
  }
  return 0;
}
