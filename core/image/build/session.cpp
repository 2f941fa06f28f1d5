#include <fmt/format.h>

#include <algorithm>

#include "core/image/build/stage.h"
#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

bool same_start(const ImageConfig& longer, const ImageConfig& shorter) {
  if (longer.history.size() <= shorter.history.size() ||
      longer.diff_ids.size() < shorter.diff_ids.size()) {
    return false;
  }
  return std::equal(shorter.history.begin(), shorter.history.end(), longer.history.begin(),
                    [](const HistoryEntry& a, const HistoryEntry& b) {
                      return a.created_by == b.created_by && a.empty_layer == b.empty_layer;
                    }) &&
         std::equal(shorter.diff_ids.begin(), shorter.diff_ids.end(), longer.diff_ids.begin());
}

bool fits(const Platform& have, const Platform& want) {
  return have.os == want.os && have.architecture == want.architecture &&
         (want.variant.empty() || have.variant.empty() || have.variant == want.variant);
}

std::string show(const Platform& platform) {
  return platform.os + "/" + platform.architecture +
         (platform.variant.empty() ? "" : "/" + platform.variant);
}

}  // namespace

Session::Session(const Builder::Parts& all_parts, const BuildRequest& the_request,
                 const Script& the_script, const Plan& the_plan, Tree the_context, Path scratch,
                 std::optional<std::int64_t> the_epoch, Output& output,
                 const OnProgress& pull_progress)
    : parts(all_parts),
      request(the_request),
      script(the_script),
      plan(the_plan),
      context(std::move(the_context)),
      epoch(the_epoch),
      scratch_(std::move(scratch)),
      output_(output),
      pull_progress_(pull_progress),
      lease_(all_parts.images.lease()) {
  for (const auto& name : request.cache_from) {
    if (auto found = parts.images.find(name)) cache_sources_.push_back(std::move(*found));
  }
}

WallTime Session::now() const {
  return epoch ? WallTime(std::chrono::seconds(*epoch)) : parts.clock.wall();
}

std::string Session::created() const {
  return timestamp(now());
}

Result<Path> Session::folder(const std::string& purpose) {
  Path path = scratch_ / fmt::format("{}-{}", purpose, folders_++);
  COVE_CHECK(make_directories(path, 0755));
  return path;
}

std::vector<Path> Session::lower(const ImageConfig& config) const {
  std::vector<Path> paths;
  for (auto id = config.diff_ids.rbegin(); id != config.diff_ids.rend(); ++id) {
    paths.push_back(parts.layers.path(*id));
  }
  return paths;
}

bool Session::has_layers(const ImageConfig& config) const {
  return std::all_of(config.diff_ids.begin(), config.diff_ids.end(),
                     [&](const Digest& id) { return parts.layers.has(id); });
}

Result<Digest> Session::commit_layer(const Path& upper, const ImageConfig& base,
                                     std::stop_token stop) {
  if (base.diff_ids.size() >= kMaxLayers) {
    return Error{ErrorCode::kInvalidArgument, "add the layer", {}, "max depth exceeded", {}};
  }
  const std::vector<Digest> parents(base.diff_ids.rbegin(), base.diff_ids.rend());
  CommitOptions options;
  options.fixed_mtime = epoch;
  options.durable = Durable::kOnceSettled;
  options.take = true;
  options.named = [this](const Digest& diff_id) {
    const std::lock_guard lock(mutex_);
    lease_->hold_layer(diff_id);
    lease_->hold_blob(diff_id);  // the blob is the layer as it is, not compressed
  };
  COVE_TRY(auto layer, parts.layers.commit(upper, parents, parts.content, options, stop));
  return std::move(layer.diff_id);
}

Result<Snapshot> Session::fetch(const std::string& name, const Platform& platform,
                                std::stop_token stop) {
  auto local = parts.images.find(name);
  if (local && !request.pull && fits((*local)->config.platform, platform)) {
    return Snapshot{(*local)->id, (*local)->config};
  }
  COVE_TRY(const Reference reference, parse_tagged(name));
  const auto auth = request.auth.find(reference.domain);
  const auto progress = [&](const Progress& what) {
    if (pull_progress_) output_.apart([&] { pull_progress_(what); });
  };
  auto pulled = parts.registries.pull(reference, platform,
                                      auth == request.auth.end() ? RegistryAuth{} : auth->second,
                                      progress, std::move(stop));
  if (!pulled) {
    if (!local || request.pull) return pulled.error();
    return Error{ErrorCode::kInvalidArgument,
                 "build the image",
                 {},
                 fmt::format("image with reference {} was found but does not match the specified "
                             "platform: wanted {}, actual: {}",
                             name, show(platform), show((*local)->config.platform)),
                 {}};
  }
  return Snapshot{pulled->image->id, pulled->image->config};
}

Result<Snapshot> Session::image(const std::string& name, const Platform& platform,
                                std::stop_token stop) {
  const std::lock_guard one_by_one(pulling_);
  const std::string key = show(platform) + " " + name;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = images_.find(key); known != images_.end()) return known->second;
  }
  COVE_TRY(auto snapshot, fetch(name, platform, std::move(stop)));
  hold(snapshot);
  if (!has_layers(snapshot.config)) {
    return Error{ErrorCode::kNotFound,
                 "build the image",
                 {},
                 fmt::format("the layers of {} are not there any more", name),
                 {}};
  }
  const std::lock_guard lock(mutex_);
  images_.emplace(key, snapshot);
  return snapshot;
}

std::optional<Snapshot> Session::result(std::size_t stage) const {
  const std::lock_guard lock(mutex_);
  const auto found = results_.find(stage);
  return found == results_.end() ? std::nullopt : std::optional(found->second);
}

void Session::set_result(std::size_t stage, Snapshot snapshot) {
  const std::lock_guard lock(mutex_);
  results_.insert_or_assign(stage, std::move(snapshot));
}

void Session::note_declared(const std::set<std::string>& names) {
  const std::lock_guard lock(mutex_);
  declared_.insert(names.begin(), names.end());
}

std::set<std::string> Session::declared() const {
  const std::lock_guard lock(mutex_);
  return declared_;
}

std::optional<Snapshot> Session::find_cached(const Snapshot& parent, const std::string& created_by,
                                             const std::string& author,
                                             const RunConfig& config) const {
  if (request.no_cache) return std::nullopt;
  const auto candidates =
      parent.id.empty() ? parts.images.list() : parts.images.children(parent.id);
  ImagePtr best;
  for (const ImagePtr& image : candidates) {
    const ImageConfig& have = image->config;
    if (image->parent != parent.id || have.history.size() != parent.config.history.size() + 1 ||
        have.history.back().created_by != created_by || have.author != author ||
        have.config != config || have.platform != parent.config.platform ||
        !same_start(have, parent.config) || !has_layers(have)) {
      continue;
    }
    // A build that fixes its times wants images of that time.
    if (epoch && have.created != created()) continue;
    if (!best || best->config.created < have.created) best = image;
  }
  if (!best) return find_in_sources(parent, created_by, author, config);
  Snapshot found{best->id, best->config};
  hold(found);
  if (!parts.images.by_id(found.id) || !has_layers(found.config)) return std::nullopt;
  return found;
}

// What steps stand on stays until the build is over.
void Session::hold(const Snapshot& snapshot) const {
  const std::lock_guard lock(mutex_);
  lease_->hold_image(snapshot.id);
  for (const Digest& layer : snapshot.config.diff_ids) lease_->hold_layer(layer);
}

// --cache-from: an image that took the same steps so far, and then this one.
std::optional<Snapshot> Session::find_in_sources(const Snapshot& parent,
                                                 const std::string& created_by,
                                                 const std::string& author,
                                                 const RunConfig& config) const {
  for (const ImagePtr& image : cache_sources_) {
    const ImageConfig& have = image->config;
    if (!same_start(have, parent.config) || have.platform != parent.config.platform) continue;
    const HistoryEntry& entry = have.history[parent.config.history.size()];
    if (entry.created_by != created_by || entry.author != author) continue;
    std::optional<Digest> layer;
    if (!entry.empty_layer) {
      if (have.diff_ids.size() == parent.config.diff_ids.size()) continue;
      layer = have.diff_ids[parent.config.diff_ids.size()];
      const std::lock_guard lock(mutex_);
      lease_->hold_layer(*layer);
      if (!parts.layers.has(*layer)) continue;
    }
    if (auto added = add_image(parent, created_by, author, config, layer, entry.created)) {
      return std::move(*added);
    }
  }
  return std::nullopt;
}

Result<Snapshot> Session::add_image(const Snapshot& parent, const std::string& created_by,
                                    const std::string& author, const RunConfig& config,
                                    const std::optional<Digest>& layer,
                                    const std::string& created) const {
  Snapshot next{{}, parent.config};
  next.config.created = created;
  next.config.author = author;
  next.config.config = config;
  HistoryEntry entry;
  entry.created = created;
  entry.created_by = created_by;
  entry.author = author;
  entry.empty_layer = !layer;
  next.config.history.push_back(std::move(entry));
  if (layer) next.config.diff_ids.push_back(*layer);
  ImageStore::NewImage image;
  image.config_json = to_json(next.config);
  image.parent = parent.id;
  image.durable = Durable::kOnceSettled;
  next.id = Digest::of(image.config_json);
  hold(next);
  COVE_TRY(const ImagePtr added, parts.images.add(std::move(image)));
  return next;
}

}  // namespace cove::image::dockerfile
