// Reading a folder that is an OCI image layout or an unpacked docker-archive. Everything in it is
// from outside: documents are bounded, names do not lead out of the folder, blobs are verified.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/image/content_store.h"
#include "core/image/manifest.h"
#include "core/image/reference.h"

namespace cove::image {

struct LayoutLayer {
  std::string path;       // below the folder
  Descriptor descriptor;  // its digest is empty when nobody has said it
};

struct LayoutImage {
  Digest id;
  std::string config_json;
  ImageConfig config;
  std::vector<LayoutLayer> layers;  // lowest first
  std::vector<Reference> tags;
  std::string manifest_json;  // empty when there is none
  Digest manifest_digest;     // once it is in a store

  // Of what is known of the layers.
  Manifest manifest() const;
};

// The type of a layer by its first bytes.
std::string layer_media_type(std::string_view start);

class LayoutReader {
 public:
  static Result<LayoutReader> open(const Path& folder);
  // Of an index the one for this machine. At most 1024.
  Result<std::vector<LayoutImage>> images() const;
  // Puts a layer's blob into the store, unless it is there; its descriptor is complete then.
  Result<Descriptor> store(const LayoutLayer& layer, ContentStore& content) const;

 private:
  explicit LayoutReader(Fd folder) : folder_(std::move(folder)) {}

  bool has(const std::string& path) const;
  Result<Fd> open_file(const std::string& path) const;
  Result<std::string> read(const std::string& path, std::size_t max_bytes) const;
  Result<std::string> read_blob(const Descriptor& descriptor) const;
  Result<void> add_layout(std::vector<LayoutImage>& images) const;
  Result<void> add_descriptor(const Descriptor& descriptor, int depth,
                              std::vector<LayoutImage>& images,
                              const std::vector<Reference>& tags) const;
  Result<void> add_docker(std::vector<LayoutImage>& images) const;

  Fd folder_;
};

}  // namespace cove::image
