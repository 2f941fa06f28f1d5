// Push: one image to one registry.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/image/registry.h"
#include "core/image/registry_session.h"
#include "core/image/registry_transfer.h"

namespace cove::image {

// Blobs of layers that images in the store came with, and where their registries have them.
class KnownBlobs {
 public:
  KnownBlobs(const ImageStore& images, const ContentStore& content);

  // A blob in the content store that is this layer; nothing when there is none.
  std::optional<Descriptor> find(const Digest& diff_id) const;
  // A repository of a domain that may have a blob, besides `but`; or "".
  std::string repository(const Digest& blob, const std::string& domain,
                         const std::string& but) const;

 private:
  struct Known {
    Descriptor blob;
    bool there = false;
  };
  std::map<Digest, Known> by_diff_;
  std::map<Digest, std::set<std::pair<std::string, std::string>>> places_;  // domain, repository
};

// Compresses a blob with gzip, the same bytes for the same bytes, and puts the result into the
// store. kNotFound when `plain` is not there.
Result<Descriptor> compress_blob(ContentStore& content, const Digest& plain,
                                 const std::stop_token& stop);

// Sends blobs. Thread-safe.
class Uploader {
 public:
  struct Parts {
    RegistrySession& session;
    ContentStore& content;
    std::string repository;
    Scope scope;
  };
  explicit Uploader(Parts parts) : parts_(std::move(parts)) {}

  struct Outcome {
    std::string mounted_from;  // the repository, or ""
  };
  using OnBytes = std::function<void(std::uint64_t current)>;
  // Whether the repository has it.
  Result<bool> exists(const Descriptor& blob, const std::stop_token& stop);
  // Asks for a mount of the repository `from` unless that is "", and sends the blob if there is
  // none. A connection that breaks is replaced, going on where the registry says that it stands.
  Result<Outcome> upload(const Descriptor& blob, const std::string& from, const OnBytes& on_bytes,
                         const std::stop_token& stop);

 private:
  struct Place {
    http::Url url;
    std::uint64_t offset = 0;
  };
  Result<std::optional<Place>> begin(const Descriptor& blob, const std::string& from,
                                     const std::stop_token& stop);
  RegistrySession::Attempt send_rest(const Descriptor& blob, Place& place, const OnBytes& on_bytes,
                                     const std::stop_token& stop);
  Result<std::optional<Place>> ask_status(Place place, const std::stop_token& stop);
  Result<void> finish(const Descriptor& blob, const Place& place, const std::stop_token& stop);

  Parts parts_;
};

class Push {
 public:
  struct Parts {
    ImageStore& images;
    ContentStore& content;
    RegistrySession& session;
    Reporter& reporter;
    unsigned parallel = 3;
  };
  Push(Parts parts, Reference reference, ImagePtr image);

  Result<Descriptor> run(const std::stop_token& stop);

 private:
  struct Layer {
    std::string id;  // the layer's, for progress
    Digest diff_id;
    Descriptor blob;  // empty digest: to be compressed first
  };
  Result<void> greet(const std::stop_token& stop);
  Result<void> plan();
  bool plan_original();
  Result<void> plan_rebuilt();
  Result<void> send_layer(Uploader& uploader, std::size_t index, const std::stop_token& stop);
  std::string manifest_bytes();
  Result<Descriptor> put_manifest(const std::string& bytes, const std::stop_token& stop);
  Result<void> remember(const Descriptor& manifest, const std::string& bytes);

  Parts parts_;
  Reference reference_;
  ImagePtr image_;
  KnownBlobs known_;
  Scope scope_;
  std::unique_ptr<ImageStore::Lease> lease_;
  std::string original_;  // the bytes of the manifest that the image was pulled with
  Manifest manifest_;
  std::vector<Layer> layers_;
};

}  // namespace cove::image
