#include "core/image/image_store.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <future>
#include <map>
#include <mutex>
#include <set>

#include "core/base/strings.h"
#include "core/image/image_records.h"
#include "core/image/unpack_child.h"

namespace cove::image {
namespace {

bool is_canonical(const Reference& reference) {
  return !reference.digest.empty();
}

std::vector<Reference> names_of(const Image& image) {
  std::vector<Reference> names = image.tags;
  names.insert(names.end(), image.digests.begin(), image.digests.end());
  return names;
}

bool by_text(const Reference& a, const Reference& b) {
  return a.canonical() < b.canonical();
}

void add_name(std::vector<Reference>& names, const Reference& name) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  names.insert(std::upper_bound(names.begin(), names.end(), name, by_text), name);
}

// All names in one repository, and at most one tag: deleting by id may take them all.
bool is_single_reference(const std::vector<Reference>& names) {
  if (names.size() <= 1) return names.size() == 1;
  std::set<std::string> canonical;
  const Reference* tag = nullptr;
  for (const Reference& name : names) {
    if (is_canonical(name)) {
      canonical.insert(name.name());
    } else if (tag != nullptr) {
      return false;
    } else {
      tag = &name;
    }
  }
  const std::string repository = tag != nullptr ? tag->name() : names.front().name();
  return canonical.size() == 1 && canonical.contains(repository);
}

// The id in "container 4f5a… is using it", as short as it is shown.
std::string container_id(const std::string& user) {
  const auto words = split(user, ' ');
  return words[words.size() > 1 ? 1 : 0].substr(0, 12);
}

Error conflict(std::string cause) {
  return Error{ErrorCode::kConflict, "remove the image", "", std::move(cause), ""};
}

Error no_such_image(const std::string& name) {
  std::string shown = escape_control(name);
  if (const auto reference = parse_tagged(name)) shown = reference->familiar();
  return Error{ErrorCode::kNotFound, "find the image", shown, "No such image: " + shown, ""};
}

// Who holds images by leases.
constexpr const char* kHolder = "a pod or a build";

bool is_id_prefix(const Digest& id, std::string_view text) {
  if (text.starts_with("sha256:")) text.remove_prefix(7);
  return !text.empty() && id.hex().starts_with(text);
}

}  // namespace

std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids) {
  std::vector<Digest> chain;
  for (const Digest& diff_id : diff_ids) {
    chain.push_back(chain.empty() ? diff_id
                                  : Digest::of(chain.back().text() + " " + diff_id.text()));
  }
  return chain;
}

class ImageStore::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)) {}

  Result<void> load();
  std::vector<ImagePtr> list() const;
  Result<ImagePtr> find(const std::string& name);
  ImagePtr by_id(const Digest& id) const;
  std::vector<ImagePtr> children(const Digest& id) const;
  Result<ImagePtr> add(NewImage added);
  Result<void> tag(const Digest& id, const Reference& reference);
  Result<void> settle();
  Result<RemovedImage> remove(const std::string& name, bool force, bool prune, const InUse& in_use);
  std::uint64_t collect();
  Result<void> unpack(const Manifest& manifest, const ImageConfig& config, std::stop_token stop);

  void listen(std::function<void(const ImageEvent&)> listener) {
    std::lock_guard lock(listeners_mutex_);
    listeners_.push_back(std::move(listener));
  }
  void publish(const std::vector<ImageEvent>& events);

  class RealLease;
  std::unique_ptr<Lease> lease(Purpose purpose);
  std::size_t holders(const Digest& id) const;

 private:
  using Images = std::map<Digest, ImagePtr>;
  struct Held {
    std::set<Digest> images, layers, blobs;
  };
  // A change under way: written before it is seen.
  struct Change {
    Images images;
    std::vector<ImageEvent> events = {};
  };

  ImagePtr locate(const Images& images, const std::string& name) const;
  std::vector<ImagePtr> children_in(const Images& images, const Digest& id) const;
  Result<void> save(Images images);
  void take_names(Change& change, const Digest& except, const Reference& name);
  Result<void> check_conflict(const Images& images, const Image& image, bool force,
                              bool ignore_names, const InUse& in_use, bool& used) const;
  Result<void> remove_image(Change& change, RemovedImage& removed, const Digest& id, bool force,
                            bool prune, bool quiet, const InUse& in_use) const;
  void untag(Change& change, RemovedImage& removed, const Digest& id, const Reference& name) const;
  void hold_image(const Image& image, Held& held) const;
  Held held_now() const;
  struct Freed {
    std::uint64_t layers = 0, blobs = 0;  // bytes
  };
  Freed sweep(Held gone);
  bool is_young(const Path& path) const;

  const Parts parts_;
  mutable std::mutex mutex_;
  Images images_;
  std::set<Digest> unsettled_;  // images that the records do not have yet
  // What leases hold, counted.
  std::map<Digest, unsigned> leased_images_, leased_layers_, leased_blobs_;
  std::size_t works_ = 0;  // leases of work
  std::mutex listeners_mutex_;
  std::vector<std::function<void(const ImageEvent&)>> listeners_;
};

// --- Looking ---

Result<void> ImageStore::Implementation::load() {
  COVE_TRY(const auto records, read_records(parts_.directory));
  for (const ImageRecord& record : records) {
    auto image = std::make_shared<Image>();
    auto json = parts_.content.read(record.id, kMaxManifestBytes);
    auto config = json ? parse_config(*json) : Result<ImageConfig>(json.error());
    if (!config) {
      parts_.logger.warn("An image is left out",
                         {{"image", record.id.text()}, {"cause", config.error().message()}});
      continue;
    }
    image->id = record.id;
    image->config = std::move(*config);
    image->config_json = std::move(*json);
    image->manifest = record.manifest;
    image->tags = record.tags;
    image->digests = record.digests;
    image->parent = record.parent;
    image->tagged_at = record.tagged_at;
    for (const Digest& layer : image->config.diff_ids) image->size += parts_.layers.size(layer);
    images_[record.id] = std::move(image);
  }
  return {};
}

std::vector<ImagePtr> ImageStore::Implementation::list() const {
  std::lock_guard lock(mutex_);
  std::vector<ImagePtr> images;
  for (const auto& [id, image] : images_) images.push_back(image);
  return images;
}

ImagePtr ImageStore::Implementation::by_id(const Digest& id) const {
  std::lock_guard lock(mutex_);
  const auto found = images_.find(id);
  return found == images_.end() ? nullptr : found->second;
}

// Names first, then ids and their beginnings, as Docker looks.
ImagePtr ImageStore::Implementation::locate(const Images& images, const std::string& name) const {
  if (const auto id = Digest::parse(name.starts_with("sha256:") ? name : "sha256:" + name)) {
    const auto found = images.find(*id);
    if (found != images.end()) return found->second;
  }
  if (const auto reference = parse_tagged(name)) {
    for (const auto& [id, image] : images) {
      const auto& names = is_canonical(*reference) ? image->digests : image->tags;
      for (const Reference& known : names) {
        const bool same = is_canonical(*reference) ? known.digest == reference->digest
                                                   : known.tag == reference->tag;
        if (same && known.domain == reference->domain && known.repository == reference->repository)
          return image;
      }
    }
  }
  ImagePtr only;
  for (const auto& [id, image] : images) {
    if (!is_id_prefix(id, name)) continue;
    if (only) return nullptr;
    only = image;
  }
  return only;
}

Result<ImagePtr> ImageStore::Implementation::find(const std::string& name) {
  std::lock_guard lock(mutex_);
  ImagePtr image = locate(images_, name);
  if (!image) return no_such_image(name);
  // Who asks may make what lasts of it.
  if (unsettled_.contains(image->id)) COVE_CHECK(save(images_));
  return image;
}

std::vector<ImagePtr> ImageStore::Implementation::children_in(const Images& images,
                                                              const Digest& id) const {
  std::vector<ImagePtr> found;
  if (id.empty()) return found;
  for (const auto& [other, image] : images) {
    if (image->parent == id) found.push_back(image);
  }
  return found;
}

std::vector<ImagePtr> ImageStore::Implementation::children(const Digest& id) const {
  std::lock_guard lock(mutex_);
  return children_in(images_, id);
}

// --- Changing ---

Result<void> ImageStore::Implementation::save(Images images) {
  std::vector<ImageRecord> records;
  for (const auto& [id, image] : images) {
    records.push_back(
        {id, image->manifest, image->tags, image->digests, image->parent, image->tagged_at});
  }
  // What the records name is on the disk before they are. Both wait for it, and for the same.
  auto blobs = std::async([this] { return parts_.content.settle(); });
  const auto layers = parts_.layers.settle();
  COVE_CHECK(blobs.get());
  COVE_CHECK(layers);
  COVE_CHECK(write_records(parts_.directory, records));
  images_ = std::move(images);
  unsettled_.clear();
  return {};
}

Result<void> ImageStore::Implementation::settle() {
  std::lock_guard lock(mutex_);
  return unsettled_.empty() ? Result<void>() : save(images_);
}

void ImageStore::Implementation::take_names(Change& change, const Digest& except,
                                            const Reference& name) {
  for (auto& [id, image] : change.images) {
    if (id == except) continue;
    const auto& names = is_canonical(name) ? image->digests : image->tags;
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    auto changed = std::make_shared<Image>(*image);
    std::erase(is_canonical(name) ? changed->digests : changed->tags, name);
    image = std::move(changed);
  }
}

Result<ImagePtr> ImageStore::Implementation::add(NewImage added) {
  COVE_TRY(ImageConfig config, parse_config(added.config_json));
  for (const Digest& layer : config.diff_ids) {
    if (!parts_.layers.has(layer)) {
      return Error{ErrorCode::kNotFound, "add the image", layer.text(),
                   "the layer is not in the store", ""};
    }
  }
  std::vector<ImageEvent> events;
  ImagePtr made;
  {
    std::lock_guard lock(mutex_);
    COVE_TRY(const Digest id, parts_.content.put(added.config_json, added.durable));
    Change change{images_};
    auto image = std::make_shared<Image>();
    if (const auto known = images_.find(id); known != images_.end()) *image = *known->second;
    image->id = id;
    image->config = std::move(config);
    image->config_json = std::move(added.config_json);
    if (!added.manifest.empty()) image->manifest = added.manifest;
    if (!added.parent.empty() && added.parent != id) image->parent = added.parent;
    image->size = 0;
    for (const Digest& layer : image->config.diff_ids) image->size += parts_.layers.size(layer);
    for (Reference name : added.tags) {
      name.digest = {};
      take_names(change, id, name);
      add_name(image->tags, name);
    }
    for (Reference name : added.digests) {
      name.tag.clear();
      take_names(change, id, name);
      add_name(image->digests, name);
    }
    if (!added.tags.empty()) image->tagged_at = parts_.clock.wall();
    change.images[id] = image;
    if (added.durable == Durable::kNow) {
      COVE_CHECK(save(std::move(change.images)));
    } else {
      images_ = std::move(change.images);
      unsettled_.insert(id);
    }
    made = std::move(image);
  }
  if (!added.action.empty()) {
    for (const Reference& name : added.tags)
      events.push_back({added.action, made->id, name.familiar()});
    if (events.empty()) events.push_back({added.action, made->id, made->id.text()});
  }
  publish(events);
  return made;
}

Result<void> ImageStore::Implementation::tag(const Digest& id, const Reference& reference) {
  Reference name = reference;
  if (is_canonical(name)) {
    return Error{ErrorCode::kInvalidArgument, "tag the image", name.familiar(),
                 "refusing to create a tag with a digest reference", ""};
  }
  if (name.tag.empty()) name.tag = "latest";
  {
    std::lock_guard lock(mutex_);
    const auto found = images_.find(id);
    if (found == images_.end()) return no_such_image(id.text());
    Change change{images_};
    take_names(change, id, name);
    auto image = std::make_shared<Image>(*found->second);
    add_name(image->tags, name);
    image->tagged_at = parts_.clock.wall();
    change.images[id] = std::move(image);
    COVE_CHECK(save(std::move(change.images)));
  }
  publish({{"tag", id, name.familiar()}});
  return {};
}

// --- Removing ---

void ImageStore::Implementation::untag(Change& change, RemovedImage& removed, const Digest& id,
                                       const Reference& name) const {
  auto image = std::make_shared<Image>(*change.images.at(id));
  std::erase(image->tags, name);
  std::erase(image->digests, name);
  change.images[id] = std::move(image);
  removed.untagged.push_back(name.familiar());
  change.events.push_back({"untag", id, name.familiar()});
}

Result<void> ImageStore::Implementation::check_conflict(const Images& images, const Image& image,
                                                        bool force, bool ignore_names,
                                                        const InUse& in_use, bool& used) const {
  const auto unable = [&](const char* how, const std::string& why) {
    return conflict(
        fmt::format("conflict: unable to delete {} ({}) - {}", image.id.short_hex(), how, why));
  };
  used = false;
  if (!children_in(images, image.id).empty())
    return unable("cannot be forced", "image has dependent child images");
  if (leased_images_.contains(image.id)) {
    used = true;
    return unable("cannot be forced", std::string("image is being used by ") + kHolder);
  }
  bool running = false;
  const std::string container = in_use ? in_use(image.id, running) : std::string();
  if (!container.empty() && running) {
    used = true;
    return unable("cannot be forced",
                  "image is being used by running container " + container_id(container));
  }
  if (force) return {};
  if (!ignore_names && !names_of(image).empty())
    return unable("must be forced", "image is referenced in multiple repositories");
  if (!container.empty()) {
    used = true;
    return unable("must be forced",
                  "image is being used by stopped container " + container_id(container));
  }
  return {};
}

Result<void> ImageStore::Implementation::remove_image(Change& change, RemovedImage& removed,
                                                      const Digest& id, bool force, bool prune,
                                                      bool quiet, const InUse& in_use) const {
  const auto found = change.images.find(id);
  if (found == change.images.end()) return {};
  const ImagePtr image = found->second;
  bool used = false;
  if (auto checked = check_conflict(change.images, *image, force, false, in_use, used); !checked) {
    // After a name was taken away, only what nobody could find again is worth an error.
    const bool dangling = names_of(*image).empty() && children_in(change.images, image->id).empty();
    if (quiet && (!dangling || used)) return {};
    return checked;
  }
  for (const Reference& name : names_of(*image)) untag(change, removed, id, name);
  const std::vector<Digest> chain = chain_ids(image->config.diff_ids);
  change.images.erase(id);
  change.events.push_back({"delete", id, id.text()});
  removed.deleted.push_back(id);
  std::set<Digest> still;
  for (const auto& [other, kept] : change.images) {
    for (Digest& link : chain_ids(kept->config.diff_ids)) still.insert(std::move(link));
  }
  for (auto link = chain.rbegin(); link != chain.rend() && !still.contains(*link); ++link)
    removed.deleted.push_back(*link);
  if (!prune || image->parent.empty()) return {};
  return remove_image(change, removed, image->parent, false, true, true, in_use);
}

Result<RemovedImage> ImageStore::Implementation::remove(const std::string& name, bool force,
                                                        bool prune, const InUse& in_use) {
  RemovedImage removed;
  Change change;
  {
    std::lock_guard lock(mutex_);
    change.images = images_;
    const ImagePtr image = locate(images_, name);
    if (!image) return no_such_image(name);
    const Digest id = image->id;
    const auto names = names_of(*image);
    bool by_name = false;
    bool used = false;
    if (!is_id_prefix(id, name)) {
      bool running = false;
      const bool last = !force && is_single_reference(names);
      const std::string container = last && in_use ? in_use(id, running) : std::string();
      std::string holder = last && leased_images_.contains(id) ? kHolder : "";
      if (!container.empty()) holder = "container " + container_id(container);
      if (!holder.empty()) {
        return conflict(fmt::format(
            "conflict: unable to remove repository reference \"{}\" (must force) - {} is using its "
            "referenced image {}",
            escape_control(name), holder, id.short_hex()));
      }
      COVE_TRY(Reference reference, parse_tagged(name));
      if (is_canonical(reference)) reference.tag.clear();
      untag(change, removed, id, reference);
      // Digests of a repository without any tag left are of no use to anybody.
      const auto left = names_of(*change.images.at(id));
      const bool tagged = std::any_of(left.begin(), left.end(), [&](const Reference& other) {
        return !is_canonical(other) && other.name() == reference.name();
      });
      for (const Reference& other : left) {
        if (!is_canonical(reference) && !tagged && is_canonical(other) &&
            other.name() == reference.name()) {
          untag(change, removed, id, other);
        }
      }
      by_name = true;
    } else if (is_single_reference(names)) {
      COVE_CHECK(check_conflict(images_, *image, force, true, in_use, used));
      for (const Reference& reference : names) untag(change, removed, id, reference);
    }
    if (!by_name || names_of(*change.images.at(id)).empty())
      COVE_CHECK(remove_image(change, removed, id, force, prune, by_name, in_use));
    Held gone;
    for (const auto& [other, each] : images_) {
      if (!change.images.contains(other)) hold_image(*each, gone);
    }
    COVE_CHECK(save(std::move(change.images)));
    removed.bytes = sweep(std::move(gone)).layers;
  }
  publish(change.events);
  return removed;
}

// --- What is held ---

void ImageStore::Implementation::hold_image(const Image& image, Held& held) const {
  held.layers.insert(image.config.diff_ids.begin(), image.config.diff_ids.end());
  held.blobs.insert(image.id);
  // Layers made here have their tar under their diff id.
  held.blobs.insert(image.config.diff_ids.begin(), image.config.diff_ids.end());
  for (const Reference& name : image.digests) held.blobs.insert(name.digest);
  if (image.manifest.empty()) return;
  held.blobs.insert(image.manifest);
  const auto json = parts_.content.read(image.manifest, kMaxManifestBytes);
  const auto manifest = json ? parse_manifest(*json, "") : Result<Manifest>(json.error());
  if (!manifest) return;
  for (const Descriptor& layer : manifest->layers) held.blobs.insert(layer.digest);
}

ImageStore::Implementation::Held ImageStore::Implementation::held_now() const {
  Held held;
  for (const auto& [id, image] : images_) hold_image(*image, held);
  for (const auto& [digest, count] : leased_layers_) held.layers.insert(digest);
  for (const auto& [digest, count] : leased_blobs_) held.blobs.insert(digest);
  return held;
}

// Of what may be nobody's any more, removes what is.
ImageStore::Implementation::Freed ImageStore::Implementation::sweep(Held gone) {
  // Most of it is in memory; only of blobs that are not do manifests say more.
  for (const auto& [id, image] : images_) {
    gone.blobs.erase(id);
    for (const Digest& layer : image->config.diff_ids) {
      gone.layers.erase(layer);
      gone.blobs.erase(layer);
    }
  }
  std::erase_if(gone.layers, [&](const Digest& each) { return leased_layers_.contains(each); });
  const Held held = gone.blobs.empty() ? Held() : held_now();
  std::erase_if(gone.blobs, [&](const Digest& each) { return held.blobs.contains(each); });
  Freed freed;
  const auto warn = [&](const Result<void>& removed) {
    if (!removed)
      parts_.logger.warn("Content that nobody has any more stays",
                         {{"cause", removed.error().message()}});
    return !removed;
  };
  for (const Digest& layer : gone.layers) {
    const std::uint64_t bytes = parts_.layers.size(layer);
    if (!warn(parts_.layers.remove(layer))) freed.layers += bytes;
  }
  for (const Digest& blob : gone.blobs) {
    const auto bytes = parts_.content.size(blob);
    if (!warn(parts_.content.remove(blob)) && bytes) freed.blobs += *bytes;
  }
  return freed;
}

// What has just appeared may belong to work that learns the name only when it is there.
bool ImageStore::Implementation::is_young(const Path& path) const {
  constexpr std::time_t kSeconds = 60;
  struct stat status {};
  // The file system's time, not the injected clock's.
  return works_ > 0 && ::stat(path.c_str(), &status) == 0 &&
         status.st_ctim.tv_sec >= ::time(nullptr) - kSeconds;
}

std::uint64_t ImageStore::Implementation::collect() {
  std::uint64_t freed = 0;
  {
    std::lock_guard lock(mutex_);
    Held loose;
    for (Digest& layer : parts_.layers.list()) {
      if (!is_young(parts_.layers.path(layer).parent_path())) loose.layers.insert(std::move(layer));
    }
    for (Digest& blob : parts_.content.list()) {
      const auto opened = parts_.content.open_blob(blob);
      if (opened && !is_young(fmt::format("/proc/self/fd/{}", opened->get())))
        loose.blobs.insert(std::move(blob));
    }
    const Freed swept = sweep(std::move(loose));
    freed = swept.layers + swept.blobs;
  }
  freed += parts_.content.forget_ingests();
  parts_.layers.finish_removals();
  return freed;
}

class ImageStore::Implementation::RealLease final : public ImageStore::Lease {
 public:
  RealLease(Implementation& store, Purpose purpose) : store_(store), purpose_(purpose) {
    std::lock_guard lock(store_.mutex_);
    if (purpose_ == Purpose::kWork) ++store_.works_;
  }
  ~RealLease() override {
    std::lock_guard lock(store_.mutex_);
    const auto release = [](auto& counts, const std::set<Digest>& held) {
      for (const Digest& digest : held) {
        if (const auto count = counts.find(digest); --count->second == 0) counts.erase(count);
      }
    };
    release(store_.leased_images_, held_.images);
    release(store_.leased_layers_, held_.layers);
    release(store_.leased_blobs_, held_.blobs);
    if (purpose_ == Purpose::kWork) --store_.works_;
  }
  void hold_image(const Digest& id) override { hold(store_.leased_images_, held_.images, id); }
  void hold_layer(const Digest& id) override { hold(store_.leased_layers_, held_.layers, id); }
  void hold_blob(const Digest& id) override { hold(store_.leased_blobs_, held_.blobs, id); }

 private:
  void hold(std::map<Digest, unsigned>& counts, std::set<Digest>& held, const Digest& digest) {
    std::lock_guard lock(store_.mutex_);
    if (held.insert(digest).second) ++counts[digest];
  }

  Implementation& store_;
  const Purpose purpose_;
  Held held_;
};

std::unique_ptr<ImageStore::Lease> ImageStore::Implementation::lease(Purpose purpose) {
  return std::make_unique<RealLease>(*this, purpose);
}

std::size_t ImageStore::Implementation::holders(const Digest& id) const {
  std::lock_guard lock(mutex_);
  const auto found = leased_images_.find(id);
  return found == leased_images_.end() ? 0 : found->second;
}

void ImageStore::Implementation::publish(const std::vector<ImageEvent>& events) {
  std::vector<std::function<void(const ImageEvent&)>> listeners;
  {
    std::lock_guard lock(listeners_mutex_);
    listeners = listeners_;
  }
  for (const ImageEvent& event : events) {
    for (const auto& listener : listeners) listener(event);
  }
}

Result<void> ImageStore::Implementation::unpack(const Manifest& manifest, const ImageConfig& config,
                                                std::stop_token stop) {
  if (manifest.layers.size() != config.diff_ids.size()) {
    return Error{ErrorCode::kInvalidArgument, "unpack the image", "",
                 fmt::format("its manifest has {} layers and its configuration {}",
                             manifest.layers.size(), config.diff_ids.size()),
                 ""};
  }
  std::vector<Digest> parents;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const Digest& diff_id = config.diff_ids[i];
    if (!parts_.layers.has(diff_id)) {
      COVE_TRY(const Fd blob, parts_.content.open_blob(manifest.layers[i].digest));
      auto unpacked = parts_.layers.unpack(
          source_from(blob.get(), manifest.layers[i].digest.text()), diff_id, parents, stop);
      if (!unpacked) return unpacked.error();
    }
    parents.insert(parents.begin(), diff_id);
  }
  return {};
}

// --- The public face ---

ImageStore::ImageStore(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ImageStore::~ImageStore() = default;

Result<std::unique_ptr<ImageStore>> ImageStore::open(Parts parts) {
  COVE_CHECK(make_directories(parts.directory, 0700));
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  COVE_CHECK(implementation->load());
  return std::unique_ptr<ImageStore>(new ImageStore(std::move(implementation)));
}

std::vector<ImagePtr> ImageStore::list() const {
  return implementation_->list();
}
Result<ImagePtr> ImageStore::find(const std::string& name_or_id) {
  return implementation_->find(name_or_id);
}
ImagePtr ImageStore::by_id(const Digest& id) const {
  return implementation_->by_id(id);
}
std::vector<ImagePtr> ImageStore::children(const Digest& id) const {
  return implementation_->children(id);
}
Result<ImagePtr> ImageStore::add(NewImage image) {
  return implementation_->add(std::move(image));
}
Result<void> ImageStore::tag(const Digest& id, const Reference& reference) {
  return implementation_->tag(id, reference);
}
Result<void> ImageStore::settle() {
  return implementation_->settle();
}
Result<RemovedImage> ImageStore::remove(const std::string& name_or_id, bool force,
                                        bool prune_parents, const InUse& in_use) {
  return implementation_->remove(name_or_id, force, prune_parents, in_use);
}
std::unique_ptr<ImageStore::Lease> ImageStore::lease(Purpose purpose) {
  return implementation_->lease(purpose);
}
std::size_t ImageStore::holders(const Digest& id) const {
  return implementation_->holders(id);
}
std::uint64_t ImageStore::collect() {
  return implementation_->collect();
}
void ImageStore::on_event(std::function<void(const ImageEvent&)> listener) {
  implementation_->listen(std::move(listener));
}
void ImageStore::publish(ImageEvent event) {
  implementation_->publish({std::move(event)});
}
Result<void> ImageStore::unpack(const Manifest& manifest, const ImageConfig& config,
                                std::stop_token stop) {
  return implementation_->unpack(manifest, config, std::move(stop));
}

}  // namespace cove::image
