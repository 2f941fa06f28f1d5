#include "core/image/registry_pull.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/image/registry_blob.h"
#include "core/image/unpack_child.h"

namespace cove::image {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

bool is_foreign(const std::string& media_type) {
  return media_type.find(".foreign.") != std::string::npos ||
         media_type.find(".nondistributable.") != std::string::npos;
}

bool is_layer(const std::string& media_type) {
  return media_type == media::kOciLayer || media_type == media::kOciLayerGzip ||
         media_type == media::kOciLayerZstd || media_type == media::kDockerLayer ||
         media_type == media::kDockerLayerGzip ||
         media_type == "application/vnd.docker.image.rootfs.diff.tar.zstd";
}

bool is_config(const std::string& media_type) {
  return media_type == media::kOciConfig || media_type == media::kDockerConfig ||
         media_type == "application/octet-stream";
}

// Reads all of a source; what it does with the bytes counts.
Result<void> drain(const ByteSource& source) {
  while (true) {
    COVE_TRY(const std::string piece, source(kPiece));
    if (piece.empty()) return {};
  }
}

}  // namespace

Pull::Pull(Parts parts, Reference reference, Platform platform)
    : parts_(parts), reference_(std::move(reference)), platform_(std::move(platform)) {}

Result<Pulled> Pull::run(const std::stop_token& stop) {
  lease_ = parts_.images.lease();
  const auto begun = [&] {
    parts_.reporter.say(reference_.digest.empty() ? reference_.tag : reference_.digest.text(),
                        "Pulling from " + reference_.repository);
  };
  if (reference_.digest.empty()) {
    COVE_TRY(const auto digest, ask_digest(parts_.session, reference_, stop));
    if (digest) {
      if (ImagePtr there = already_there(*digest)) {
        begun();
        return Pulled{std::move(there), *digest, true, parts_.session.endpoint().name};
      }
    }
  }
  COVE_TRY(const FoundManifest found, fetch_manifest(parts_.session, reference_, stop));
  begun();
  COVE_TRY(const FoundManifest chosen, choose_manifest(found, stop));
  COVE_TRY(const Manifest manifest, parse_manifest(chosen.bytes, chosen.media_type));
  if (!is_config(manifest.config.media_type)) {
    return Error{ErrorCode::kUnsupported,
                 "pull",
                 reference_.familiar(),
                 fmt::format("it is no image of a container, but {}", manifest.config.media_type),
                 {}};
  }
  COVE_TRY(std::string config_json, fetch_config(manifest, stop));
  COVE_TRY(const ImageConfig config, parse_config(config_json));
  COVE_CHECK(plan_layers(manifest, config));
  COVE_CHECK(fetch_layers(stop));
  return finish(found.digest, chosen, std::move(config_json));
}

// The image that this reference already names, pulled as just this.
ImagePtr Pull::already_there(const Digest& named) const {
  Reference tag = reference_;
  tag.digest = {};
  Reference digest = reference_;
  digest.tag.clear();
  digest.digest = named;
  for (const ImagePtr& image : parts_.images.list()) {
    const Platform& is = image->config.platform;
    if (std::ranges::find(image->tags, tag) != image->tags.end() &&
        std::ranges::find(image->digests, digest) != image->digests.end() &&
        is.os == platform_.os && is.architecture == platform_.architecture &&
        (platform_.variant.empty() || is.variant == platform_.variant))
      return image;
  }
  return nullptr;
}

Result<FoundManifest> Pull::choose_manifest(const FoundManifest& found,
                                            const std::stop_token& stop) {
  lease_->hold_blob(found.digest);
  if (!found.is_index) return found;
  COVE_TRY(const Index index, parse_index(found.bytes, found.media_type));
  const Descriptor* const fitting = choose(index, platform_);
  if (fitting == nullptr) {
    return Error{ErrorCode::kNotFound, "pull", reference_.familiar(),
                 fmt::format("no matching manifest for {}/{}{}{} in the manifest list entries",
                             platform_.os, platform_.architecture,
                             platform_.variant.empty() ? "" : "/", platform_.variant),
                 "Choose another platform with --platform."};
  }
  Reference inner = reference_;
  inner.tag.clear();
  inner.digest = fitting->digest;
  lease_->hold_blob(inner.digest);
  if (parts_.content.has(inner.digest)) {
    if (auto bytes = parts_.content.read(inner.digest, kMaxManifestBytes))
      return FoundManifest{fitting->media_type, inner.digest, std::move(*bytes), false};
  }
  COVE_TRY(FoundManifest chosen, fetch_manifest(parts_.session, inner, stop));
  if (chosen.is_index) {
    return Error{ErrorCode::kUnsupported,
                 "pull",
                 reference_.familiar(),
                 "its index names another index",
                 {}};
  }
  return chosen;
}

Result<std::string> Pull::fetch_config(const Manifest& manifest, const std::stop_token& stop) {
  const Digest& digest = manifest.config.digest;
  lease_->hold_blob(digest);
  if (parts_.content.has(digest)) {
    if (auto bytes = parts_.content.read(digest, kMaxManifestBytes)) return std::move(*bytes);
  }
  COVE_TRY(std::string bytes,
           fetch_small_blob(parts_.session, reference_.repository, manifest.config, stop));
  COVE_CHECK(parts_.content.put(bytes));
  return bytes;
}

Result<void> Pull::plan_layers(const Manifest& manifest, const ImageConfig& config) {
  const auto refuse = [&](ErrorCode code, std::string cause) {
    return Error{code, "pull", reference_.familiar(), std::move(cause), {}};
  };
  if (config.platform.os != "linux") {
    return refuse(ErrorCode::kUnsupported,
                  fmt::format("image operating system \"{}\" cannot be used on this platform",
                              config.platform.os));
  }
  if (manifest.layers.size() != config.diff_ids.size()) {
    return refuse(ErrorCode::kCorrupt,
                  fmt::format("its manifest has {} layers and its configuration {}",
                              manifest.layers.size(), config.diff_ids.size()));
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const Descriptor& blob = manifest.layers[i];
    if (is_foreign(blob.media_type)) {
      return refuse(ErrorCode::kUnsupported,
                    fmt::format("its layer {} is a foreign one, which is not to be distributed by "
                                "registries",
                                blob.digest.text()));
    }
    if (!is_layer(blob.media_type)) {
      return refuse(ErrorCode::kUnsupported, fmt::format("its layer {} is of the unknown type {}",
                                                         blob.digest.text(), blob.media_type));
    }
    lease_->hold_blob(blob.digest);
    lease_->hold_layer(config.diff_ids[i]);
    // One content more than once is one layer to fetch.
    const bool again = std::ranges::any_of(
        layers_, [&](const Layer& layer) { return layer.diff_id == config.diff_ids[i]; });
    if (!again) layers_.push_back({blob, config.diff_ids[i]});
  }
  return {};
}

Result<void> Pull::fetch_layers(const std::stop_token& stop) {
  for (const Layer& layer : layers_)
    parts_.reporter.say(std::string(layer.blob.digest.short_hex()), "Pulling fs layer");
  for (std::size_t i = parts_.parallel; i < layers_.size(); ++i) {
    if (!parts_.layers.has(layers_[i].diff_id))
      parts_.reporter.say(std::string(layers_[i].blob.digest.short_hex()), "Waiting");
  }
  // More threads than downloads: what has come and waits for the layers below stops no download.
  return in_parallel(layers_.size(), parts_.parallel * 2, stop,
                     [this](std::size_t index, const std::stop_token& inner) {
                       return fetch_layer(index, inner);
                     });
}

Result<void> Pull::fetch_layer(std::size_t index, const std::stop_token& stop) {
  COVE_CHECK(bring_layer(index, stop));
  std::lock_guard lock(mutex_);
  layers_[index].done = true;
  changed_.notify_all();
  return {};
}

bool Pull::parents_done(std::size_t index) {
  std::lock_guard lock(mutex_);
  return std::ranges::all_of(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(index),
                             &Layer::done);
}

Result<void> Pull::wait_for_parents(std::size_t index, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto end = layers_.begin() + static_cast<std::ptrdiff_t>(index);
  if (changed_.wait(lock, stop, [&] {
        return std::all_of(layers_.begin(), end, [](const Layer& l) { return l.done; });
      }))
    return {};
  return Error{ErrorCode::kCancelled, "pull", reference_.familiar(), "it was cancelled", {}};
}

std::vector<Digest> Pull::parents_of(std::size_t index) const {
  std::vector<Digest> parents;
  for (std::size_t i = index; i-- > 0;) parents.push_back(layers_[i].diff_id);
  return parents;
}

class Pull::Slot {
 public:
  static Result<std::unique_ptr<Slot>> take(Pull& pull, const std::stop_token& stop) {
    std::unique_lock lock(pull.mutex_);
    if (!pull.changed_.wait(lock, stop, [&] { return pull.downloads_ < pull.parts_.parallel; })) {
      return Error{
          ErrorCode::kCancelled, "pull", pull.reference_.familiar(), "it was cancelled", {}};
    }
    ++pull.downloads_;
    return std::unique_ptr<Slot>(new Slot(pull));
  }
  ~Slot() {
    std::lock_guard lock(pull_.mutex_);
    --pull_.downloads_;
    pull_.changed_.notify_all();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  explicit Slot(Pull& pull) : pull_(pull) {}
  Pull& pull_;
};

Result<void> Pull::bring_layer(std::size_t index, const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const std::string id(layer.blob.digest.short_hex());
  const bool unpacked = parts_.layers.has(layer.diff_id);
  const bool packed = parts_.content.has(layer.blob.digest) || parts_.content.has(layer.diff_id);
  if (unpacked && packed) {
    parts_.reporter.say(id, "Already exists");
    return {};
  }
  // An unpacked layer alone could be neither pushed nor saved, so its blob is fetched.
  if (!parts_.content.has(layer.blob.digest)) {
    COVE_TRY(auto writer, parts_.content.writer(layer.blob.digest, layer.blob.size));
    const bool resumed = writer->offset() > 0;
    // Another pull may have brought it while this one waited for the writer.
    if (!parts_.content.has(layer.blob.digest)) {
      auto done = download(index, writer, stop);
      // What an interrupted fetch left may be what is wrong; it has been thrown away.
      const bool again = !done && resumed && done.error().code == ErrorCode::kCorrupt && writer &&
                         writer->offset() == 0;
      return again ? download(index, writer, stop) : done;
    }
  }
  parts_.reporter.say(id, "Download complete");
  return unpack_blob(index, stop);
}

Error Pull::mismatch(const Layer& layer, Error error) const {
  if (error.code != ErrorCode::kCorrupt) return error;
  error.action = "pull";
  error.subject = reference_.familiar();
  error.cause =
      fmt::format("filesystem layer verification failed for digest {}: {} sent something else ({})",
                  layer.blob.digest.text(), parts_.session.endpoint().name, error.cause);
  return error;
}

Result<void> Pull::download(std::size_t index, std::unique_ptr<ContentStore::Writer>& writer,
                            const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const std::string id(layer.blob.digest.short_hex());
  const bool from_start = writer->offset() == 0;
  COVE_TRY(auto slot, Slot::take(*this, stop));
  BlobReader reader(parts_.session, reference_.repository, layer.blob, writer->offset(), stop);
  const auto next = [&](std::size_t max) -> Result<std::string> {
    if (!slot) return std::string();
    COVE_TRY(std::string piece, reader.read(std::min(max, kPiece)));
    if (!piece.empty()) {
      COVE_CHECK(writer->write(piece));
      parts_.reporter.count(id, "Downloading", reader.offset(), layer.blob.size);
      return piece;
    }
    parts_.reporter.say(id, "Verifying Checksum");
    if (const auto stored = writer->commit(); !stored) return mismatch(layer, stored.error());
    writer.reset();
    slot.reset();
    parts_.reporter.say(id, "Download complete");
    return piece;
  };
  std::optional<Error> broken;
  const ByteSource source = [&](std::size_t max) -> Result<std::string> {
    if (broken) return *broken;
    auto piece = next(max);
    if (!piece) broken = piece.error();
    return piece;
  };
  if (from_start) {
    const bool alone = !parents_done(index);
    const auto unpacked = unpack_stream(index, source, stop);
    if (broken) return *broken;
    if (unpacked) {
      // The layer's end may come before the blob's.
      COVE_CHECK(drain(source));
      parts_.reporter.say(id, "Pull complete");
      return {};
    }
    if (!alone || stop.stop_requested()) return unpacked.error();
    // It may need something of the layers below: once more when they are there.
  }
  COVE_CHECK(drain(source));
  return unpack_blob(index, stop);
}

Result<void> Pull::unpack_stream(std::size_t index, const ByteSource& source,
                                 const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const ByteSource until_parents = [&](std::size_t max) -> Result<std::string> {
    COVE_TRY(std::string piece, source(max));
    if (piece.empty()) COVE_CHECK(wait_for_parents(index, stop));
    return piece;
  };
  const auto unpacked = parts_.layers.unpack(until_parents, layer.diff_id, parents_of(index), stop);
  if (unpacked) return {};
  Error error = unpacked.error();
  error.cause =
      fmt::format("failed to register layer {}: {}", layer.blob.digest.text(), error.cause);
  return error;
}

Result<void> Pull::unpack_blob(std::size_t index, const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const std::string id(layer.blob.digest.short_hex());
  COVE_CHECK(wait_for_parents(index, stop));
  COVE_TRY(const Fd blob, parts_.content.open_blob(layer.blob.digest));
  const ByteSource file = source_from(blob.get(), layer.blob.digest.text());
  std::uint64_t read = 0;
  const ByteSource counted = [&](std::size_t max) -> Result<std::string> {
    COVE_TRY(std::string piece, file(max));
    read += piece.size();
    if (!piece.empty()) parts_.reporter.count(id, "Extracting", read, layer.blob.size);
    return piece;
  };
  COVE_CHECK(unpack_stream(index, counted, stop));
  parts_.reporter.say(id, "Pull complete");
  return {};
}

Result<Pulled> Pull::finish(const Digest& named, const FoundManifest& manifest,
                            std::string config_json) {
  COVE_CHECK(parts_.content.put(manifest.bytes));
  ImageStore::NewImage image;
  image.manifest = manifest.digest;
  image.action = "pull";
  Reference by_digest = reference_;
  by_digest.tag.clear();
  by_digest.digest = named;
  image.digests = {by_digest};
  bool same = false;
  if (reference_.digest.empty()) {
    image.tags = {reference_};
    const ImagePtr before = parts_.images.by_id(Digest::of(config_json));
    same = before && std::ranges::find(before->tags, reference_) != before->tags.end();
  } else {
    const ImagePtr before = parts_.images.by_id(Digest::of(config_json));
    same = before && std::ranges::find(before->digests, by_digest) != before->digests.end();
  }
  image.config_json = std::move(config_json);
  COVE_TRY(ImagePtr added, parts_.images.add(std::move(image)));
  return Pulled{std::move(added), named, same, parts_.session.endpoint().name};
}

}  // namespace cove::image
