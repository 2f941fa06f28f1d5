// Pull: one image from one registry or mirror into the stores.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/image/registry.h"
#include "core/image/registry_session.h"
#include "core/image/registry_transfer.h"

namespace cove::image {

// A manifest or index as it was found.
struct FoundManifest {
  std::string media_type;
  Digest digest;
  std::string bytes;  // verified against the digest
  bool is_index = false;
};

// By tag, or by digest when the reference has one. kNotFound in Docker's words; kUnsupported for
// schema 1; kCorrupt when the registry's digest is another one than that of its bytes.
Result<FoundManifest> fetch_manifest(RegistrySession& session, const Reference& reference,
                                     const std::stop_token& stop);
// The digest that the registry says a tag has, without its manifest; nothing when it does not say,
// or says no without a reason. Errors mean that asking for the manifest is in vain, too.
Result<std::optional<Digest>> ask_digest(RegistrySession& session, const Reference& reference,
                                         const std::stop_token& stop);
// The bytes of a small blob, verified.
Result<std::string> fetch_small_blob(RegistrySession& session, const std::string& repository,
                                     const Descriptor& blob, const std::stop_token& stop);

class Pull {
 public:
  struct Parts {
    ImageStore& images;
    ContentStore& content;
    LayerStore& layers;
    RegistrySession& session;
    Reporter& reporter;
    unsigned parallel = 3;
  };
  Pull(Parts parts, Reference reference, Platform platform);

  Result<Pulled> run(const std::stop_token& stop);

 private:
  struct Layer {
    Descriptor blob;
    Digest diff_id;
    bool done = false;  // under `mutex_`
  };
  // One of the downloads that may be under way at once.
  class Slot;

  ImagePtr already_there(const Digest& named) const;
  Result<FoundManifest> choose_manifest(const FoundManifest& found, const std::stop_token& stop);
  Result<std::string> fetch_config(const Manifest& manifest, const std::stop_token& stop);
  Result<void> plan_layers(const Manifest& manifest, const ImageConfig& config);
  Result<void> fetch_layers(const std::stop_token& stop);
  Result<void> fetch_layer(std::size_t index, const std::stop_token& stop);
  Result<void> bring_layer(std::size_t index, const std::stop_token& stop);
  // Lets go of `writer` when the blob is stored.
  Result<void> download(std::size_t index, std::unique_ptr<ContentStore::Writer>& writer,
                        const std::stop_token& stop);
  Error mismatch(const Layer& layer, Error error) const;
  Result<void> unpack_stream(std::size_t index, const ByteSource& source,
                             const std::stop_token& stop);
  Result<void> unpack_blob(std::size_t index, const std::stop_token& stop);
  // Until all layers below are in the layer store.
  Result<void> wait_for_parents(std::size_t index, const std::stop_token& stop);
  bool parents_done(std::size_t index);
  std::vector<Digest> parents_of(std::size_t index) const;
  Result<Pulled> finish(const Digest& named, const FoundManifest& manifest,
                        std::string config_json);

  Parts parts_;
  Reference reference_;
  Platform platform_;
  std::unique_ptr<ImageStore::Lease> lease_;
  std::vector<Layer> layers_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  unsigned downloads_ = 0;
};

}  // namespace cove::image
