#include "core/image/registry_pull.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/image/registry_blob.h"

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

ByteSource file_source(int fd, const std::string& name) {
  return [fd, name](std::size_t max) -> Result<std::string> {
    std::string piece(std::min(max, kPiece), '\0');
    ssize_t n = 0;
    while ((n = ::read(fd, piece.data(), piece.size())) < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "read the blob", name);
    piece.resize(static_cast<std::size_t>(n));
    return piece;
  };
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
    if (const auto digest = ask_digest(parts_.session, reference_, stop)) {
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
  for (const Layer& layer : layers_) {
    parts_.reporter.say(std::string(layer.blob.digest.short_hex()), "Pulling fs layer");
  }
  for (std::size_t i = parts_.parallel; i < layers_.size(); ++i) {
    if (!parts_.layers.has(layers_[i].diff_id))
      parts_.reporter.say(std::string(layers_[i].blob.digest.short_hex()), "Waiting");
  }
  COVE_CHECK(in_parallel(layers_.size(), parts_.parallel, stop,
                         [this](std::size_t index, const std::stop_token& inner) {
                           return fetch_layer(index, inner);
                         }));
  // Lowest first, so that each has its parents.
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].waits_for_parents) COVE_CHECK(unpack_blob(i, stop));
  }
  return {};
}

Result<void> Pull::fetch_layer(std::size_t index, const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const std::string id(layer.blob.digest.short_hex());
  if (parts_.layers.has(layer.diff_id)) {
    parts_.reporter.say(id, "Already exists");
    return {};
  }
  if (parts_.content.has(layer.blob.digest)) {
    parts_.reporter.say(id, "Download complete");
    return unpack_blob(index, stop);
  }
  COVE_TRY(const auto writer, parts_.content.writer(layer.blob.digest, layer.blob.size));
  // Another pull may have brought it while this one waited for the writer.
  if (parts_.layers.has(layer.diff_id)) {
    parts_.reporter.say(id, "Already exists");
    return {};
  }
  const bool resumed = writer->offset() > 0;
  const auto done = download(index, *writer, stop);
  // What an interrupted fetch left may be what is wrong; commit() has thrown it away.
  if (!done && resumed && done.error().code == ErrorCode::kCorrupt && writer->offset() == 0)
    return download(index, *writer, stop);
  return done;
}

Result<void> Pull::download(std::size_t index, ContentStore::Writer& writer,
                            const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const std::string id(layer.blob.digest.short_hex());
  const bool from_start = writer.offset() == 0;
  BlobReader reader(parts_.session, reference_.repository, layer.blob, writer.offset(), stop);
  bool committed = false;
  std::optional<Error> broken;
  const auto next = [&](std::size_t max) -> Result<std::string> {
    if (committed) return std::string();
    COVE_TRY(std::string piece, reader.read(std::min(max, kPiece)));
    if (!piece.empty()) {
      COVE_CHECK(writer.write(piece));
      parts_.reporter.count(id, "Downloading", reader.offset(), layer.blob.size);
      return piece;
    }
    parts_.reporter.say(id, "Verifying Checksum");
    if (const auto stored = writer.commit(); !stored) {
      Error error = stored.error();
      if (error.code == ErrorCode::kCorrupt) {
        error.action = "pull";
        error.subject = reference_.familiar();
        error.cause = fmt::format(
            "filesystem layer verification failed for digest {}: {} sent something "
            "else ({})",
            layer.blob.digest.text(), parts_.session.endpoint().name, error.cause);
      }
      return error;
    }
    committed = true;
    parts_.reporter.say(id, "Download complete");
    return piece;
  };
  const ByteSource source = [&](std::size_t max) -> Result<std::string> {
    if (broken) return *broken;
    auto piece = next(max);
    if (!piece) broken = piece.error();
    return piece;
  };
  if (!from_start) {
    COVE_CHECK(drain(source));
    return unpack_blob(index, stop);
  }
  const auto unpacked = unpack(index, source, stop);
  if (broken) return *broken;
  if (!unpacked) return unpacked.error();
  // The unpacking may have ended before the blob did.
  COVE_CHECK(drain(source));
  if (!layers_[index].waits_for_parents) parts_.reporter.say(id, "Pull complete");
  return {};
}

std::vector<Digest> Pull::parents_of(std::size_t index, bool& complete) const {
  std::vector<Digest> parents;
  complete = true;
  for (std::size_t i = index; i-- > 0;) {
    const bool there = parts_.layers.has(layers_[i].diff_id);
    complete = complete && there;
    if (there) parents.push_back(layers_[i].diff_id);
  }
  return parents;
}

Result<void> Pull::unpack(std::size_t index, const ByteSource& source,
                          const std::stop_token& stop) {
  Layer& layer = layers_[index];
  bool complete = false;
  const auto parents = parents_of(index, complete);
  const auto unpacked = parts_.layers.unpack(source, layer.diff_id, parents, stop);
  layer.waits_for_parents = !unpacked && !complete && !stop.stop_requested();
  if (unpacked || layer.waits_for_parents) return {};
  Error error = unpacked.error();
  error.cause =
      fmt::format("failed to register layer {}: {}", layer.blob.digest.text(), error.cause);
  return error;
}

Result<void> Pull::unpack_blob(std::size_t index, const std::stop_token& stop) {
  const Layer& layer = layers_[index];
  const std::string id(layer.blob.digest.short_hex());
  COVE_TRY(const Fd blob, parts_.content.open_blob(layer.blob.digest));
  const ByteSource file = file_source(blob.get(), layer.blob.digest.text());
  std::uint64_t read = 0;
  const ByteSource counted = [&](std::size_t max) -> Result<std::string> {
    COVE_TRY(std::string piece, file(max));
    read += piece.size();
    if (!piece.empty()) parts_.reporter.count(id, "Extracting", read, layer.blob.size);
    return piece;
  };
  COVE_CHECK(unpack(index, counted, stop));
  if (!layer.waits_for_parents) parts_.reporter.say(id, "Pull complete");
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
