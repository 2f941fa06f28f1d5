// An image of a folder, for tests whose containers need no registry.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/image/image_store.h"
#include "core/image/layer_store.h"

namespace cove::test {

// `root` as the only layer of an image with PATH=/bin that runs sh.
inline Result<image::ImagePtr> add_image_of(const Path& root, std::string_view tag,
                                            image::LayerStore& layers, image::ImageStore& images) {
  FILE* const tar = ::popen(fmt::format("tar -C {} -c .", root.string()).c_str(), "re");
  if (tar == nullptr) return errno_error(errno, "run tar over the folder", root.string());
  const auto layer = layers.unpack(
      [&](std::size_t max) -> Result<std::string> {
        std::string bytes(max, '\0');
        bytes.resize(::fread(bytes.data(), 1, max, tar));
        return bytes;
      },
      {}, {});
  ::pclose(tar);
  if (!layer) return layer.error();
  image::ImageConfig config;
  config.platform = image::host_platform();
  config.diff_ids = {layer->diff_id};
  config.config.env = {"PATH=/bin"};
  config.config.cmd = {"sh"};
  image::ImageStore::NewImage made;
  made.config_json = image::to_json(config);
  made.tags = {image::parse_tagged(tag).value()};
  return images.add(std::move(made));
}

}  // namespace cove::test
