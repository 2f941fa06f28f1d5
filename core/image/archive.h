// Images as files: `docker save` and `docker load` (docker-archive and OCI layout in one tar), OCI
// layout folders, `docker import`.
#pragma once

#include <string>
#include <vector>

#include "core/image/image_store.h"

namespace cove::image {

struct Archives {
  ImageStore& images;
  ContentStore& content;
  LayerStore& layers;
  Path scratch;  // a folder for temporary files, on the stores' file system
  Path worker;
};

// One tar that is an OCI image layout with Docker's manifest.json and repositories beside it.
// `names` are references or ids; a name without tag means all its tags.
Result<void> save_images(const Archives& archives, const std::vector<std::string>& names,
                         const ByteSink& sink, std::stop_token stop = {});

struct LoadedImage {
  ImagePtr image;
  std::vector<Reference> tags;
};
// A tar of either form, plain or compressed. All images or none. What was unpacked of an archive
// that fails stays until ImageStore::collect().
Result<std::vector<LoadedImage>> load_images(const Archives& archives, const ByteSource& source,
                                             std::stop_token stop = {});
// A folder that is an OCI image layout; images whose digest is there already cost a look.
Result<std::vector<LoadedImage>> load_layout(const Archives& archives, const Path& folder);

struct ImportRequest {
  RunConfig config;
  std::string message;
  std::vector<Reference> tags;
  Platform platform;
};
Result<ImagePtr> import_image(const Archives& archives, const ByteSource& source,
                              const ImportRequest& request, const Clock& clock,
                              std::stop_token stop = {});

}  // namespace cove::image
