#include "core/image/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <map>
#include <set>

#include "core/base/strings.h"
#include "core/image/json.h"
#include "core/image/layout_reader.h"
#include "core/image/registry_push.h"
#include "core/image/tar_writer.h"

namespace cove::image {
namespace {

namespace json = boost::json;

constexpr std::size_t kReadBytes = 256 << 10;

// A scratch folder, removed with what is in it.
class Scratch {
 public:
  static Result<Scratch> make(const Path& parent) {
    COVE_CHECK(make_directories(parent, 0700));
    Scratch scratch;
    scratch.path_ = parent / ("load-" + random_hex(12));
    COVE_CHECK(make_directories(scratch.path_, 0700));
    return scratch;
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, Path())) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (!path_.empty()) (void)remove_tree(path_);
  }
  const Path& path() const { return path_; }

 private:
  Scratch() = default;
  Path path_;
};

// --- Saving ---

struct SavedImage {
  ImagePtr image;
  std::vector<Reference> tags;
  Manifest manifest;
  std::string manifest_json;
};

bool is_complete(const ContentStore& content, const Manifest& manifest) {
  return std::all_of(manifest.layers.begin(), manifest.layers.end(),
                     [&](const Descriptor& layer) { return content.has(layer.digest); });
}

// The manifest the image came with, or one of the blobs that its layers came with, and of plain
// layers.
Result<void> add_manifest(const ContentStore& content, const KnownBlobs& known,
                          SavedImage& saved) {
  const Image& image = *saved.image;
  if (!image.manifest.empty()) {
    auto bytes = content.read(image.manifest, kMaxManifestBytes);
    auto manifest = bytes ? parse_manifest(*bytes, "") : Result<Manifest>(bytes.error());
    if (manifest && is_complete(content, *manifest)) {
      saved.manifest = std::move(*manifest);
      saved.manifest_json = std::move(*bytes);
      return {};
    }
  }
  saved.manifest.media_type = media::kOciManifest;
  saved.manifest.config = {media::kOciConfig, image.id, image.config_json.size()};
  for (const Digest& layer : image.config.diff_ids) {
    if (auto blob = known.find(layer)) {
      saved.manifest.layers.push_back(std::move(*blob));
      continue;
    }
    COVE_TRY(const std::uint64_t size, content.size(layer));
    saved.manifest.layers.push_back({media::kOciLayer, layer, size});
  }
  saved.manifest_json = to_json(saved.manifest);
  return {};
}

Result<std::vector<SavedImage>> choose_images(const Archives& archives,
                                              const std::vector<std::string>& names) {
  std::vector<SavedImage> chosen;
  const auto add = [&](const ImagePtr& image, const Reference* tag) {
    auto known = std::find_if(chosen.begin(), chosen.end(),
                              [&](const SavedImage& s) { return s.image->id == image->id; });
    if (known == chosen.end()) known = chosen.insert(chosen.end(), SavedImage{image, {}, {}, {}});
    if (tag != nullptr &&
        std::find(known->tags.begin(), known->tags.end(), *tag) == known->tags.end()) {
      known->tags.push_back(*tag);
    }
  };
  const auto images = archives.images.list();
  for (const std::string& name : names) {
    const auto reference = parse_reference(name);
    bool by_name = false;
    if (reference && reference->digest.empty()) {
      for (const ImagePtr& image : images) {
        for (const Reference& tag : image->tags) {
          if (tag.name() != reference->name()) continue;
          if (!reference->tag.empty() && tag.tag != reference->tag) continue;
          add(image, &tag);
          by_name = true;
        }
      }
    }
    if (by_name) continue;
    COVE_TRY(const ImagePtr image, archives.images.find(name));
    add(image, nullptr);
  }
  const KnownBlobs known(archives.images, archives.content);
  for (SavedImage& saved : chosen) COVE_CHECK(add_manifest(archives.content, known, saved));
  return chosen;
}

std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + std::string(digest.hex());
}

std::string docker_manifest(const std::vector<SavedImage>& images) {
  json::array list;
  for (const SavedImage& saved : images) {
    json::object entry;
    entry["Config"] = blob_path(saved.image->id);
    entry["RepoTags"] = nullptr;
    if (!saved.tags.empty()) {
      json::array tags;
      for (const Reference& tag : saved.tags) tags.emplace_back(tag.familiar());
      entry["RepoTags"] = std::move(tags);
    }
    json::array layers;
    for (const Descriptor& layer : saved.manifest.layers)
      layers.emplace_back(blob_path(layer.digest));
    entry["Layers"] = std::move(layers);
    list.push_back(std::move(entry));
  }
  return json::serialize(list);
}

std::string repositories(const std::vector<SavedImage>& images) {
  json::object names;
  for (const SavedImage& saved : images) {
    if (saved.manifest.layers.empty()) continue;
    const std::string top(saved.manifest.layers.back().digest.hex());
    for (const Reference& tag : saved.tags) {
      json::value& repository = names[tag.familiar_name()];
      if (!repository.is_object()) repository = json::object();
      repository.get_object()[tag.tag] = top;
    }
  }
  return json::serialize(names);
}

Index oci_index(const std::vector<SavedImage>& images) {
  Index index;
  index.media_type = media::kOciIndex;
  for (const SavedImage& saved : images) {
    Descriptor descriptor{saved.manifest.media_type, Digest::of(saved.manifest_json),
                          saved.manifest_json.size(), saved.image->config.platform};
    if (saved.tags.empty()) index.manifests.push_back(descriptor);
    for (const Reference& tag : saved.tags) {
      descriptor.annotations = {{"io.containerd.image.name", tag.canonical()},
                                {"org.opencontainers.image.ref.name", tag.tag}};
      index.manifests.push_back(descriptor);
    }
  }
  return index;
}

TarEntry named(std::string name, char type = '0') {
  TarEntry entry;
  entry.name = std::move(name);
  entry.type = type;
  entry.mode = type == '5' ? 0755 : 0644;
  return entry;
}

Result<void> write_blob(TarWriter& writer, const ContentStore& content, const Digest& digest,
                        const std::stop_token& stop) {
  COVE_TRY(const Fd blob, content.open_blob(digest));
  COVE_TRY(const std::uint64_t size, content.size(digest));
  TarEntry entry = named(blob_path(digest));
  entry.size = size;
  COVE_CHECK(writer.header(entry));
  std::string buffer(kReadBytes, '\0');
  for (std::uint64_t done = 0; done < size;) {
    if (stop.stop_requested())
      return Error{ErrorCode::kCancelled, "save the image", "", "it was cancelled", ""};
    const ssize_t n = ::read(blob.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno_error(n < 0 ? errno : EIO, "read the blob", digest.text());
    COVE_CHECK(writer.data({buffer.data(), static_cast<std::size_t>(n)}));
    done += static_cast<std::uint64_t>(n);
  }
  return {};
}

// --- Loading ---

struct ReadyImage {
  LayoutImage source;
  ImagePtr known;  // it is in the store already
};

Result<std::vector<LoadedImage>> load_folder(const Archives& archives, const Path& folder,
                                             const char* action, std::stop_token stop) {
  COVE_TRY(const LayoutReader reader, LayoutReader::open(folder));
  COVE_TRY(const auto found, reader.images());
  const auto lease = archives.images.lease();
  std::vector<ReadyImage> ready;
  for (const LayoutImage& source : found) {
    ReadyImage image{source, nullptr};
    lease->hold_blob(source.id);
    for (const Digest& layer : source.config.diff_ids) lease->hold_layer(layer);
    image.known = archives.images.by_id(source.id);
    if (!image.known) {
      for (LayoutLayer& layer : image.source.layers) {
        if (stop.stop_requested())
          return Error{ErrorCode::kCancelled, "load the images", "", "it was cancelled", ""};
        if (!layer.descriptor.digest.empty()) lease->hold_blob(layer.descriptor.digest);
        COVE_TRY(layer.descriptor, reader.store(layer, archives.content));
        lease->hold_blob(layer.descriptor.digest);
      }
      const Manifest manifest = image.source.manifest();
      COVE_CHECK(archives.images.unpack(manifest, source.config, stop));
      std::string bytes = source.manifest_json.empty() ? to_json(manifest) : source.manifest_json;
      COVE_TRY(image.source.manifest_digest, archives.content.put(bytes));
      lease->hold_blob(image.source.manifest_digest);
    }
    ready.push_back(std::move(image));
  }
  std::vector<LoadedImage> loaded;
  for (ReadyImage& image : ready) {
    const auto has_tag = [&](const Reference& tag) {
      const auto& tags = image.known->tags;
      return std::find(tags.begin(), tags.end(), tag) != tags.end();
    };
    const auto& tags = image.source.tags;
    if (!image.known || !std::all_of(tags.begin(), tags.end(), has_tag)) {
      ImageStore::NewImage added;
      added.config_json = image.source.config_json;
      added.manifest = image.source.manifest_digest;
      added.tags = tags;
      added.action = action;
      COVE_TRY(image.known, archives.images.add(std::move(added)));
    }
    loaded.push_back({image.known, tags});
  }
  return loaded;
}

}  // namespace

Result<void> save_images(const Archives& archives, const std::vector<std::string>& names,
                         const ByteSink& sink, std::stop_token stop) {
  const auto lease = archives.images.lease();
  COVE_TRY(const auto images, choose_images(archives, names));
  std::map<Digest, std::string> small;  // what is written from memory
  std::set<Digest> blobs;
  for (const SavedImage& saved : images) {
    small[saved.image->id] = saved.image->config_json;
    small[Digest::of(saved.manifest_json)] = saved.manifest_json;
    for (const Descriptor& layer : saved.manifest.layers) blobs.insert(layer.digest);
  }
  for (const Digest& blob : blobs) lease->hold_blob(blob);
  TarWriter writer(sink);
  COVE_CHECK(writer.header(named("blobs/", '5')));
  COVE_CHECK(writer.header(named("blobs/sha256/", '5')));
  for (const auto& [digest, bytes] : small)
    COVE_CHECK(writer.file(named(blob_path(digest)), bytes));
  for (const Digest& blob : blobs) COVE_CHECK(write_blob(writer, archives.content, blob, stop));
  COVE_CHECK(writer.file(named("index.json"), to_json(oci_index(images))));
  COVE_CHECK(writer.file(named("manifest.json"), docker_manifest(images)));
  COVE_CHECK(writer.file(named("oci-layout"), R"({"imageLayoutVersion":"1.0.0"})"));
  COVE_CHECK(writer.file(named("repositories"), repositories(images)));
  COVE_CHECK(writer.finish());
  for (const SavedImage& saved : images)
    archives.images.publish({"save", saved.image->id, saved.image->id.text()});
  return {};
}

Result<std::vector<LoadedImage>> load_images(const Archives& archives, const ByteSource& source,
                                             std::stop_token stop) {
  COVE_TRY(const Scratch scratch, Scratch::make(archives.scratch));
  ExtractOptions options;
  options.keep_owner = false;
  COVE_CHECK(extract_archive(archives.worker, scratch.path(), "", source, options, stop));
  return load_folder(archives, scratch.path(), "load", stop);
}

Result<std::vector<LoadedImage>> load_layout(const Archives& archives, const Path& folder) {
  return load_folder(archives, folder, "load", {});
}

Result<ImagePtr> import_image(const Archives& archives, const ByteSource& source,
                              const ImportRequest& request, const Clock& clock,
                              std::stop_token stop) {
  const auto lease = archives.images.lease();
  COVE_TRY(const auto blob, archives.content.writer({}));
  std::string start;
  std::uint64_t size = 0;
  const ByteSource both = [&](std::size_t most) -> Result<std::string> {
    COVE_TRY(std::string bytes, source(most));
    COVE_CHECK(blob->write(bytes));
    if (start.size() < 8) start += bytes.substr(0, 8);
    size += bytes.size();
    return bytes;
  };
  COVE_TRY(const UnpackedLayer layer, archives.layers.unpack(both, {}, {}, stop));
  lease->hold_layer(layer.diff_id);
  COVE_TRY(const Digest digest, blob->commit());
  lease->hold_blob(digest);

  ImageConfig config;
  config.platform = request.platform;
  config.created = rfc3339(clock.wall());
  config.config = request.config;
  config.diff_ids = {layer.diff_id};
  config.history = {{config.created, "", "", request.message}};
  ImageStore::NewImage added;
  added.config_json = to_json(config);
  added.tags = request.tags;
  added.action = "import";
  if (digest != layer.diff_id) {
    Manifest manifest;
    manifest.media_type = media::kOciManifest;
    manifest.config = {media::kOciConfig, Digest::of(added.config_json), added.config_json.size()};
    manifest.layers = {{layer_media_type(start), digest, size}};
    COVE_TRY(added.manifest, archives.content.put(to_json(manifest)));
    lease->hold_blob(added.manifest);
  }
  return archives.images.add(std::move(added));
}

}  // namespace cove::image
