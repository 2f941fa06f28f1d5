// ImageStore: which images there are, what they are called, and what of the content they hold.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/image/content_store.h"
#include "core/image/layer_store.h"
#include "core/image/manifest.h"
#include "core/image/reference.h"

namespace cove::image {

// One image: immutable; a change of its names makes a new value.
struct Image {
  Digest id;  // of its configuration, as Docker has it
  ImageConfig config;
  std::string config_json;         // the bytes `id` names
  Digest manifest;                 // empty for one that was only built
  std::vector<Reference> tags;     // name and tag, sorted
  std::vector<Reference> digests;  // name and digest of manifests (or indexes) it was pulled by
  Digest parent;                   // the image a build went on from; may be empty
  std::uint64_t size = 0;          // of the unpacked layers
  WallTime tagged_at{};            // last time a tag was given
};
using ImagePtr = std::shared_ptr<const Image>;

struct ImageEvent {
  std::string action;  // "pull", "tag", "untag", "delete", "load", "import", "push", "save"
  Digest id;
  std::string name;  // familiar, or the id
};

struct RemovedImage {
  std::vector<std::string> untagged;  // familiar references, in Docker's order
  std::vector<Digest> deleted;  // images and, after them, layers' chain ids, as Docker reports
  std::uint64_t bytes = 0;      // of the unpacked layers that went with them
};

// Thread-safe; changes are durable when a call returns (one file DIR/images.json, written
// atomically), except for images added until settled: those are there for everybody at once, and
// gone when the process ends before any later change, or settle(). Layers and blobs nobody holds
// are removed with the last image that had them.
class ImageStore {
 public:
  struct Parts {
    Path directory;
    ContentStore& content;
    LayerStore& layers;
    const Clock& clock;
    Logger& logger;
  };
  static Result<std::unique_ptr<ImageStore>> open(Parts parts);
  ~ImageStore();

  std::vector<ImagePtr> list() const;
  // By reference ("nginx", "nginx:1.25", "nginx@sha256:…"), by id or by an unambiguous prefix of
  // one. kNotFound with "No such image: <name>" as the cause. What it returns is settled.
  Result<ImagePtr> find(const std::string& name_or_id);
  ImagePtr by_id(const Digest& id) const;
  // Those whose parent is `id`.
  std::vector<ImagePtr> children(const Digest& id) const;

  struct NewImage {
    std::string config_json;           // its layers must be in the layer store
    Digest manifest = {};              // with its blobs in the content store, if any
    std::vector<Reference> tags = {};  // taken from other images that have them
    std::vector<Reference> digests = {};
    Digest parent = {};
    std::string action = {};  // the event's, "" for none
    Durable durable = Durable::kNow;
  };
  Result<ImagePtr> add(NewImage image);
  Result<void> tag(const Digest& id, const Reference& reference);
  // Waits for the disk to have every image that was added without.
  Result<void> settle();
  // Untags a reference, or deletes an image by id; what is left without a name and without children
  // goes. `in_use(id)` says who holds an image, a running container before a stopped one:
  // "container 4f5a… is using it", whose second word is the id, or empty. `force` overrides what
  // Docker lets it override, but no lease. kConflict with Docker's wording as the cause. `in_use`
  // is called while the store is locked and must not call it, nor end a lease.
  using InUse = std::function<std::string(const Digest& id, bool& running)>;
  Result<RemovedImage> remove(const std::string& name_or_id, bool force, bool prune_parents,
                              const InUse& in_use);

  // Keeps images, layers and blobs from being removed while it lives. Hold first, then look whether
  // it is there.
  class Lease {
   public:
    virtual ~Lease() = default;
    virtual void hold_image(const Digest& id) = 0;  // alone: not its layers and blobs
    virtual void hold_layer(const Digest& diff_id) = 0;
    virtual void hold_blob(const Digest& digest) = 0;
  };
  // kWork brings content, whose name it may learn only when it is there; kUse stands on what is
  // there. What no image has stays until collect() either way: leases also end with this process,
  // and the next one holds again what containers and pods stand on.
  enum class Purpose { kWork, kUse };
  std::unique_ptr<Lease> lease(Purpose purpose = Purpose::kWork);
  // How many leases hold the image.
  std::size_t holders(const Digest& id) const;
  // Removes what no image and no lease holds, and interrupted fetches; while there is work, nothing
  // that appeared within the last minute, which may be of a name that is yet to be learned. Returns
  // bytes freed, those of layers that were removed before not counted; the disk has them all.
  std::uint64_t collect();

  // Listeners are added before the store is used by several threads; they are called one at a time,
  // after the change, from the thread that made it, and may call the store.
  void on_event(std::function<void(const ImageEvent&)> listener);
  void publish(ImageEvent event);

  // Unpacks the layers of a manifest whose blobs are all in the content store, lowest first.
  Result<void> unpack(const Manifest& manifest, const ImageConfig& config,
                      std::stop_token stop = {});

 private:
  class Implementation;
  explicit ImageStore(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// "sha256:…" of the chain up to each layer (OCI image-spec config.md#layer-chainid).
std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids);

}  // namespace cove::image
