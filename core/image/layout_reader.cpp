#include "core/image/layout_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cerrno>

#include "core/base/strings.h"
#include "core/image/json.h"
#include "core/image/rooted.h"

namespace cove::image {
namespace {

namespace json = boost::json;

constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kMaxImages = 1024;
constexpr int kMaxIndexDepth = 4;

Error unreadable(const std::string& what, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "load", escape_control(what), std::move(cause), ""};
}

std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + std::string(digest.hex());
}

bool is_index(const std::string& media_type) {
  return media_type == media::kOciIndex || media_type == media::kDockerList;
}

// A name in an annotation counts when it says more than a tag: of whom would that be?
std::vector<Reference> names_in(const std::map<std::string, std::string>& annotations) {
  for (const char* key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"}) {
    const auto found = annotations.find(key);
    if (found == annotations.end()) continue;
    if (found->second.find_first_of(":/") == std::string::npos) continue;
    auto reference = parse_tagged(found->second);
    if (!reference || reference->tag.empty()) continue;
    reference->digest = {};
    return {std::move(*reference)};
  }
  return {};
}

void merge_tags(LayoutImage& image, const std::vector<Reference>& tags) {
  for (const Reference& tag : tags) {
    if (std::find(image.tags.begin(), image.tags.end(), tag) == image.tags.end())
      image.tags.push_back(tag);
  }
}

LayoutImage* find_image(std::vector<LayoutImage>& images, const Digest& id) {
  const auto found = std::find_if(images.begin(), images.end(),
                                  [&](const LayoutImage& image) { return image.id == id; });
  return found == images.end() ? nullptr : &*found;
}

}  // namespace

Manifest LayoutImage::manifest() const {
  Manifest manifest;
  manifest.media_type = media::kOciManifest;
  manifest.config = {media::kOciConfig, id, config_json.size()};
  for (const LayoutLayer& layer : layers) manifest.layers.push_back(layer.descriptor);
  return manifest;
}

std::string layer_media_type(std::string_view start) {
  if (start.starts_with("\x1f\x8b")) return media::kOciLayerGzip;
  if (start.starts_with("\x28\xb5\x2f\xfd")) return media::kOciLayerZstd;
  return media::kOciLayer;
}

Result<LayoutReader> LayoutReader::open(const Path& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", folder.string());
  return LayoutReader(std::move(fd));
}

bool LayoutReader::has(const std::string& path) const {
  return open_file(path).has_value();
}

Result<Fd> LayoutReader::open_file(const std::string& path) const {
  Fd fd = open_in_root(folder_.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return errno_error(errno, "load", escape_control(path));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return unreadable(path, "it is not a file");
  return fd;
}

Result<std::string> LayoutReader::read(const std::string& path, std::size_t max_bytes) const {
  COVE_TRY(const Fd fd, open_file(path));
  std::string bytes;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "load", escape_control(path));
    if (n == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
    if (bytes.size() > max_bytes)
      return unreadable(path, fmt::format("it is longer than {}", format_size(max_bytes)));
  }
}

Result<std::string> LayoutReader::read_blob(const Descriptor& descriptor) const {
  const std::string path = blob_path(descriptor.digest);
  COVE_TRY(std::string bytes, read(path, kMaxManifestBytes));
  if (const Digest actual = Digest::of(bytes); actual != descriptor.digest) {
    return Error{ErrorCode::kCorrupt, "load", path,
                 fmt::format("its content has the digest {}", actual.text()), ""};
  }
  return bytes;
}

Result<std::vector<LayoutImage>> LayoutReader::images() const {
  std::vector<LayoutImage> images;
  const bool layout = has("oci-layout") && has("index.json");
  const bool docker = has("manifest.json");
  if (layout) COVE_CHECK(add_layout(images));
  if (docker) COVE_CHECK(add_docker(images));
  if (!layout && !docker) {
    if (has("repositories")) {
      return Error{ErrorCode::kUnsupported, "load", "the archive",
                   "it is of the form that Docker wrote before version 1.10",
                   "Load and save it with a newer Docker."};
    }
    return unreadable("the archive", "it has neither a manifest.json nor an index.json");
  }
  if (images.empty()) return unreadable("the archive", "there is no image for this machine in it");
  return images;
}

// --- OCI image layouts ---

Result<void> LayoutReader::add_layout(std::vector<LayoutImage>& images) const {
  COVE_TRY(const std::string text, read("index.json", kMaxManifestBytes));
  COVE_TRY(const Index index, parse_index(text, media::kOciIndex));
  const auto alone = [&](const Descriptor& descriptor) {
    return choose({index.media_type, {descriptor}}, host_platform()) != nullptr;
  };
  // Other machines' images count only where there is nothing else.
  const bool any = std::any_of(index.manifests.begin(), index.manifests.end(), alone);
  for (const Descriptor& descriptor : index.manifests) {
    const bool attestation = descriptor.platform && descriptor.platform->os == "unknown";
    if (attestation || (any && !alone(descriptor))) continue;
    COVE_CHECK(add_descriptor(descriptor, 0, images, names_in(descriptor.annotations)));
  }
  return {};
}

Result<void> LayoutReader::add_descriptor(const Descriptor& descriptor, int depth,
                                          std::vector<LayoutImage>& images,
                                          const std::vector<Reference>& tags) const {
  COVE_TRY(std::string text, read_blob(descriptor));
  if (is_index(descriptor.media_type)) {
    if (depth >= kMaxIndexDepth)
      return unreadable(descriptor.digest.text(), "indexes are nested too deeply");
    COVE_TRY(const Index index, parse_index(text, descriptor.media_type));
    const Descriptor* chosen = choose(index, host_platform());
    if (chosen == nullptr) {
      return unreadable(descriptor.digest.text(),
                        fmt::format("it has no image for {}/{}", host_platform().os,
                                    host_platform().architecture));
    }
    return add_descriptor(*chosen, depth + 1, images, tags);
  }
  COVE_TRY(const Manifest manifest, parse_manifest(text, descriptor.media_type));
  if (LayoutImage* known = find_image(images, manifest.config.digest)) {
    merge_tags(*known, tags);
    return {};
  }
  LayoutImage image;
  image.id = manifest.config.digest;
  image.tags = tags;
  COVE_TRY(image.config_json, read_blob(manifest.config));
  COVE_TRY(image.config, parse_config(image.config_json));
  for (const Descriptor& layer : manifest.layers)
    image.layers.push_back({blob_path(layer.digest), layer});
  image.manifest_json = std::move(text);
  images.push_back(std::move(image));
  return {};
}

// --- docker-archive ---

Result<void> LayoutReader::add_docker(std::vector<LayoutImage>& images) const {
  const std::string what = "manifest.json";
  COVE_TRY(std::string text, read(what, kMaxManifestBytes));
  COVE_TRY(const json::value document, parse_json_list(text, kMaxManifestBytes, kMaxImages, what));
  for (const json::value& value : document.get_array()) {
    if (!value.is_object()) return unreadable(what, "it has an entry that is not an object");
    const Fields fields(value.get_object(), what);
    LayoutImage image;
    COVE_TRY(const std::string config, fields.text("Config"));
    COVE_TRY(image.config_json, read(config, kMaxManifestBytes));
    image.id = Digest::of(image.config_json);
    COVE_TRY(const auto tags, fields.texts("RepoTags"));
    for (const std::string& tag : tags) {
      COVE_TRY(Reference reference, parse_tagged(tag));
      image.tags.push_back(std::move(reference));
    }
    if (LayoutImage* known = find_image(images, image.id)) {
      merge_tags(*known, image.tags);
      continue;
    }
    COVE_TRY(image.config, parse_config(image.config_json));
    COVE_TRY(const auto layers, fields.texts("Layers"));
    if (layers.size() != image.config.diff_ids.size()) {
      return unreadable(what, fmt::format("it has {} layers and the configuration {}",
                                          layers.size(), image.config.diff_ids.size()));
    }
    for (const std::string& layer : layers) image.layers.push_back({layer, {}});
    images.push_back(std::move(image));
  }
  return {};
}

Result<Descriptor> LayoutReader::store(const LayoutLayer& layer, ContentStore& content) const {
  Descriptor descriptor = layer.descriptor;
  if (!descriptor.digest.empty() && content.has(descriptor.digest)) return descriptor;
  COVE_TRY(const Fd file, open_file(layer.path));
  COVE_TRY(const auto writer, content.writer(descriptor.digest));
  COVE_CHECK(writer->truncate());
  std::string buffer(kReadBytes, '\0');
  std::string start;
  std::uint64_t size = 0;
  while (true) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "load", escape_control(layer.path));
    if (n == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
    if (start.size() < 8) start += bytes.substr(0, 8);
    COVE_CHECK(writer->write(bytes));
    size += bytes.size();
  }
  COVE_TRY(descriptor.digest, writer->commit());
  descriptor.size = size;
  if (descriptor.media_type.empty()) descriptor.media_type = layer_media_type(start);
  return descriptor;
}

}  // namespace cove::image
