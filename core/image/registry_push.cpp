#include "core/image/registry_push.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::image {
namespace {

bool is_zstd(const std::string& media_type) {
  return media_type.ends_with("zstd");
}

// The same layer as Docker's schema 2 calls it.
std::string docker_type(const std::string& media_type) {
  const bool gzip = media_type == media::kOciLayerGzip || media_type == media::kDockerLayerGzip;
  return gzip ? media::kDockerLayerGzip : media::kDockerLayer;
}

}  // namespace

KnownBlobs::KnownBlobs(const ImageStore& images, const ContentStore& content) {
  for (const ImagePtr& image : images.list()) {
    if (image->manifest.empty() || !content.has(image->manifest)) continue;
    const auto bytes = content.read(image->manifest, kMaxManifestBytes);
    const auto manifest = bytes ? parse_manifest(*bytes, "") : Result<Manifest>(bytes.error());
    if (!manifest || manifest->layers.size() != image->config.diff_ids.size()) continue;
    for (std::size_t i = 0; i < manifest->layers.size(); ++i) {
      const Descriptor& blob = manifest->layers[i];
      const bool there = content.has(blob.digest);
      Known& known = by_diff_[image->config.diff_ids[i]];
      if (!known.there) known = {blob, there};
      for (const Reference& name : image->digests)
        places_[blob.digest].emplace(name.domain, name.repository);
    }
  }
}

std::optional<Descriptor> KnownBlobs::find(const Digest& diff_id) const {
  const auto found = by_diff_.find(diff_id);
  if (found == by_diff_.end() || !found->second.there) return std::nullopt;
  return found->second.blob;
}

std::string KnownBlobs::repository(const Digest& blob, const std::string& domain,
                                   const std::string& but) const {
  const auto found = places_.find(blob);
  if (found == places_.end()) return {};
  for (const auto& [where, repository] : found->second) {
    if (where == domain && repository != but) return repository;
  }
  return {};
}

Push::Push(Parts parts, Reference reference, ImagePtr image)
    : parts_(parts),
      reference_(std::move(reference)),
      image_(std::move(image)),
      known_(parts_.images, parts_.content),
      scope_(fmt::format("repository:{}:pull,push", reference_.repository)) {}

Result<Descriptor> Push::run(const std::stop_token& stop) {
  lease_ = parts_.images.lease();
  COVE_CHECK(greet(stop));
  parts_.reporter.say(fmt::format("The push refers to repository [{}]", reference_.name()));
  COVE_CHECK(plan());
  for (const Layer& layer : layers_) parts_.reporter.say(layer.id, "Preparing");
  for (std::size_t i = parts_.parallel; i < layers_.size(); ++i)
    parts_.reporter.say(layers_[i].id, "Waiting");
  Uploader uploader({parts_.session, parts_.content, reference_.repository, scope_});
  COVE_CHECK(in_parallel(layers_.size(), parts_.parallel, stop,
                         [&](std::size_t index, const std::stop_token& inner) {
                           return send_layer(uploader, index, inner);
                         }));
  const std::string bytes = manifest_bytes();
  COVE_TRY(const bool has_config, uploader.exists(manifest_.config, stop));
  if (!has_config) {
    COVE_CHECK(uploader.upload(
        manifest_.config,
        known_.repository(manifest_.config.digest, reference_.domain, reference_.repository),
        [](std::uint64_t) {}, stop));
  }
  COVE_TRY(Descriptor pushed, put_manifest(bytes, stop));
  COVE_CHECK(remember(pushed, bytes));
  parts_.reporter.say(
      fmt::format("{}: digest: {} size: {}", reference_.tag, pushed.digest.text(), pushed.size));
  parts_.images.publish({"push", image_->id, reference_.familiar()});
  return pushed;
}

// Whether the registry is there and knows us, before anything is prepared for it.
Result<void> Push::greet(const std::stop_token& stop) {
  RegistryCall call;
  call.target = "/v2/";
  call.scope = scope_;
  COVE_TRY(RegistrySession::Response response, parts_.session.send(call, stop));
  const int status = response.http.status();
  if (status == 200 || status == 404) return {};
  return refusal_error(read_refusal(response.http, parts_.session.now()), "push",
                       reference_.familiar());
}

Result<void> Push::plan() {
  lease_->hold_blob(image_->id);
  if (plan_original()) return {};
  return plan_rebuilt();
}

// The manifest that the image came with, if all of it is here.
bool Push::plan_original() {
  if (image_->manifest.empty()) return false;
  auto bytes = parts_.content.read(image_->manifest, kMaxManifestBytes);
  if (!bytes) return false;
  auto manifest = parse_manifest(*bytes, "");
  if (!manifest || manifest->layers.size() != image_->config.diff_ids.size() ||
      !parts_.content.has(manifest->config.digest))
    return false;
  for (const Descriptor& layer : manifest->layers) {
    if (!parts_.content.has(layer.digest)) return false;
  }
  for (std::size_t i = 0; i < manifest->layers.size(); ++i) {
    const Digest& diff_id = image_->config.diff_ids[i];
    lease_->hold_blob(manifest->layers[i].digest);
    layers_.push_back({std::string(diff_id.short_hex()), diff_id, manifest->layers[i]});
  }
  lease_->hold_blob(image_->manifest);
  original_ = std::move(*bytes);
  manifest_ = std::move(*manifest);
  return true;
}

Result<void> Push::plan_rebuilt() {
  bool zstd = false;
  for (const Digest& diff_id : image_->config.diff_ids) {
    Layer layer{std::string(diff_id.short_hex()), diff_id, {}};
    if (auto blob = known_.find(diff_id)) {
      layer.blob = std::move(*blob);
      zstd = zstd || is_zstd(layer.blob.media_type);
      lease_->hold_blob(layer.blob.digest);
    } else if (!parts_.content.has(diff_id)) {
      return Error{ErrorCode::kNotFound, "push", reference_.familiar(),
                   fmt::format("the content of its layer {} is no longer here", diff_id.text()),
                   "Pull the image it was built on again."};
    }
    lease_->hold_blob(diff_id);
    lease_->hold_layer(diff_id);
    layers_.push_back(std::move(layer));
  }
  // Docker's form knows no zstd.
  manifest_.media_type = zstd ? media::kOciManifest : media::kDockerManifest;
  COVE_TRY(const Digest config, parts_.content.put(image_->config_json));
  lease_->hold_blob(config);
  manifest_.config = {zstd ? media::kOciConfig : media::kDockerConfig, config,
                      image_->config_json.size()};
  return {};
}

Result<void> Push::send_layer(Uploader& uploader, std::size_t index, const std::stop_token& stop) {
  Layer& layer = layers_[index];
  for (std::size_t i = 0; i < index; ++i) {
    // One content more than once: whoever came first sends it.
    if (layers_[i].diff_id == layer.diff_id) {
      parts_.reporter.say(layer.id, "Layer already exists");
      return {};
    }
  }
  if (layer.blob.digest.empty()) {
    COVE_TRY(layer.blob, compress_blob(parts_.content, layer.diff_id, stop));
    lease_->hold_blob(layer.blob.digest);
  }
  COVE_TRY(const bool there, uploader.exists(layer.blob, stop));
  if (there) {
    parts_.reporter.say(layer.id, "Layer already exists");
    return {};
  }
  const auto from = known_.repository(layer.blob.digest, reference_.domain, reference_.repository);
  COVE_TRY(const auto outcome, uploader.upload(
                                   layer.blob, from,
                                   [&](std::uint64_t sent) {
                                     parts_.reporter.count(layer.id, "Pushing", sent,
                                                           layer.blob.size);
                                   },
                                   stop));
  parts_.reporter.say(
      layer.id, outcome.mounted_from.empty() ? "Pushed" : "Mounted from " + outcome.mounted_from);
  return {};
}

std::string Push::manifest_bytes() {
  if (!original_.empty()) return original_;
  for (const Layer& layer : layers_) {
    const auto first = std::ranges::find_if(
        layers_, [&](const Layer& other) { return other.diff_id == layer.diff_id; });
    Descriptor blob{first->blob.media_type, first->blob.digest, first->blob.size};
    if (manifest_.media_type == media::kDockerManifest) {
      blob.media_type = docker_type(blob.media_type);
    } else if (blob.media_type == media::kDockerLayerGzip) {
      blob.media_type = media::kOciLayerGzip;
    } else if (blob.media_type == media::kDockerLayer) {
      blob.media_type = media::kOciLayer;
    }
    manifest_.layers.push_back(std::move(blob));
  }
  return to_json(manifest_);
}

Result<Descriptor> Push::put_manifest(const std::string& bytes, const std::stop_token& stop) {
  Descriptor pushed{manifest_.media_type, Digest::of(bytes), bytes.size()};
  RegistryCall call{.method = "PUT"};
  call.target = fmt::format("/v2/{}/manifests/{}", reference_.repository, reference_.tag);
  call.headers = {{"Content-Type", manifest_.media_type}};
  call.body = bytes;
  call.scope = scope_;
  COVE_TRY(RegistrySession::Response response, parts_.session.send(call, stop));
  if (response.http.status() / 100 != 2) {
    return refusal_error(read_refusal(response.http, parts_.session.now()), "push",
                         reference_.familiar());
  }
  const auto said = Digest::parse(response.http.header("docker-content-digest"));
  if (said && *said != pushed.digest) {
    return Error{ErrorCode::kCorrupt,
                 "push",
                 reference_.familiar(),
                 fmt::format("{} stored {} in place of {}", parts_.session.endpoint().name,
                             said->text(), pushed.digest.text()),
                 {}};
  }
  return pushed;
}

// From now on the image has a digest in that repository.
Result<void> Push::remember(const Descriptor& manifest, const std::string& bytes) {
  Reference by_digest = reference_;
  by_digest.tag.clear();
  by_digest.digest = manifest.digest;
  if (std::ranges::find(image_->digests, by_digest) != image_->digests.end()) return {};
  ImageStore::NewImage image;
  image.config_json = image_->config_json;
  image.manifest = image_->manifest;
  if (image.manifest.empty() || original_.empty()) {
    COVE_TRY(image.manifest, parts_.content.put(bytes));
  }
  image.digests = {by_digest};
  image.parent = image_->parent;
  COVE_CHECK(parts_.images.add(std::move(image)));
  return {};
}

}  // namespace cove::image
