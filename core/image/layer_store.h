// LayerStore: unpacked layers, one folder a diff id, ready to be lower layers of an overlay.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/image/content_store.h"
#include "core/image/digest.h"

namespace cove::image {

// What one layer may be; over a bound the layer is refused with a sentence.
struct UnpackLimits {
  std::uint64_t entries = 2'000'000;
  std::uint64_t bytes = 64ULL << 30;
  std::uint64_t ratio = 500;  // unpacked to packed, once more than ratio_grace is out
  std::uint64_t ratio_grace = 64 << 20;
  std::uint64_t path_bytes = 4096;
  unsigned depth = 255;
};

// Where bytes come from, piece by piece: at most `max`; "" at the end.
using ByteSource = std::function<Result<std::string>(std::size_t max)>;
using ByteSink = std::function<Result<void>(std::string_view bytes)>;

struct UnpackedLayer {
  Digest diff_id;
  std::uint64_t unpacked_bytes = 0;  // of regular files
};

// What changed in a container's or a build step's upper folder, as `docker diff` says it.
struct Change {
  enum class Kind { kModified = 0, kAdded = 1, kDeleted = 2 };
  Kind kind = Kind::kModified;
  std::string path;  // "/etc/hosts"
};

struct CommitOptions {
  std::optional<std::int64_t> fixed_mtime =
      std::nullopt;  // SOURCE_DATE_EPOCH: later times become it
  Durable durable = Durable::kNow;
  // The upper folder is nobody's any more, and on the store's file system: it may become the layer
  // itself instead of being copied.
  bool take = false;
  // Told the diff id before the layer is there, so that a lease holds layer and blob from then on.
  std::function<void(const Digest&)> named = nullptr;
};

// Thread-safe; calls block. A layer is visible only when whole: folders are made beside and
// renamed. DIR/<hex of diff id>/fs. Layers are tar streams, plain, gzip or zstd by their magic.
// Whiteouts become overlayfs' (character device 0:0, trusted.overlay.opaque). Parsing and unpacking
// happen in a confined child: the program `worker` started with `--unpack-layer`, whose main calls
// run_unpack_worker().
class LayerStore {
 public:
  struct Parts {
    Path directory;
    Path worker;  // "/proc/self/exe" in coved
    Logger& logger;
    UnpackLimits limits = {};
  };
  static Result<std::unique_ptr<LayerStore>> open(Parts parts);
  ~LayerStore();

  bool has(const Digest& diff_id) const;
  Path path(const Digest& diff_id) const;  // of the folder `fs`
  std::uint64_t size(const Digest& diff_id) const;
  std::vector<Digest> list() const;

  // Unpacks a stream. `expected` (may be empty) must be the stream's diff id, else kCorrupt.
  // `parents`, topmost first, are where a hard link may point to that is not in the layer itself.
  // Those that are not there yet when it begins must be once the source says that it ends.
  Result<UnpackedLayer> unpack(const ByteSource& source, const Digest& expected,
                               const std::vector<Digest>& parents, std::stop_token stop = {});
  // Turns an overlay's upper folder into a layer: sorted tar, the blob put into `content`
  // (uncompressed, kOciLayer), the folder itself copied in or taken. An upper folder without
  // changes is a layer too.
  Result<UnpackedLayer> commit(const Path& upper, const std::vector<Digest>& parents,
                               ContentStore& content, const CommitOptions& options,
                               std::stop_token stop = {});
  // Waits for the disk to have what was committed without.
  Result<void> settle();
  Result<std::vector<Change>> changes(const Path& upper, const std::vector<Digest>& parents) const;
  // The layer is gone when this returns; a thread of the store's own removes its files, after a
  // restart if need be.
  Result<void> remove(const Digest& diff_id);
  // Waits until the files of all layers that were removed before are gone.
  void finish_removals();

 private:
  class Implementation;
  class Packing;
  Result<UnpackedLayer> take(const Path& upper, const std::vector<Digest>& parents,
                             ContentStore& content, const CommitOptions& options,
                             std::stop_token stop);
  explicit LayerStore(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// main() of the confined child; returns its exit code.
int run_unpack_worker(int argc, char** argv);

// --- Archives of a mounted root, for cp, export and build contexts (same bounds, same child)
// ------

// A tar stream of `path` inside `root`; never leaves `root` whatever links say. `name` is what the
// archive's top entry is called; `follow` resolves a last symbolic link inside the root. Contents
// only when `name` is empty.
Result<void> write_archive(const Path& root, const std::string& path, const std::string& name,
                           bool follow, const ByteSink& sink, std::stop_token stop = {});

struct ExtractOptions {
  bool keep_owner = true;  // else root's, or `owner`
  std::optional<std::pair<std::uint32_t, std::uint32_t>> owner = std::nullopt;
  std::optional<std::uint32_t> file_mode = std::nullopt;
  bool no_overwrite_dir_non_dir = false;
  UnpackLimits limits = {};
};
// Unpacks a plain or compressed (gzip, bzip2, xz, zstd) tar into the folder `path` inside `root`,
// which must exist.
Result<void> extract_archive(const Path& worker, const Path& root, const std::string& path,
                             const ByteSource& source, const ExtractOptions& options,
                             std::stop_token stop = {});

}  // namespace cove::image
