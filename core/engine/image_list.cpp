// The list of images and its filters.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/base/strings.h"
#include "core/engine/fields.h"
#include "core/engine/image_select.h"
#include "core/engine/images.h"

namespace cove::engine {
namespace {

using Filters = std::map<std::string, std::vector<std::string>>;

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// How many bytes of an image's layers other images have too.
class SharedSizes {
 public:
  SharedSizes(const image::LayerStore& layers, const std::vector<image::ImagePtr>& images)
      : layers_(layers) {
    for (const image::ImagePtr& image : images) {
      for (const image::Digest& layer : distinct(*image)) ++users_[layer];
    }
  }
  std::uint64_t of(const image::Image& image) const {
    std::uint64_t bytes = 0;
    for (const image::Digest& layer : distinct(image)) {
      const auto found = users_.find(layer);
      if (found != users_.end() && found->second > 1) bytes += layers_.size(layer);
    }
    return bytes;
  }

 private:
  static std::set<image::Digest> distinct(const image::Image& image) {
    return {image.config.diff_ids.begin(), image.config.diff_ids.end()};
  }

  const image::LayerStore& layers_;
  std::map<image::Digest, std::size_t> users_;
};

boost::json::array names_of(const std::vector<image::Reference>& references) {
  boost::json::array names;
  for (const image::Reference& each : references) names.emplace_back(each.familiar());
  return names;
}

// What the containerd store's list says of the one manifest that is here.
boost::json::array manifests_of(const ImageParts& parts, const image::Image& image,
                                const std::map<image::Digest, std::size_t>& users) {
  if (image.manifest.empty()) return {};
  const auto size = parts.content.size(image.manifest);
  const std::uint64_t bytes = size ? *size : 0;
  const auto used = users.find(image.id);
  boost::json::object platform{{"architecture", image.config.platform.architecture},
                               {"os", image.config.platform.os}};
  if (!image.config.platform.variant.empty()) platform["variant"] = image.config.platform.variant;
  const boost::json::object entry{
      {"ID", image.manifest.text()},
      {"Descriptor",
       {{"mediaType", image::media::kOciManifest},
        {"digest", image.manifest.text()},
        {"size", bytes}}},
      {"Available", true},
      {"Kind", "image"},
      {"Size", {{"Content", bytes}, {"Total", bytes + image.size}}},
      {"ImageData",
       {{"Platform", std::move(platform)},
        {"Size", boost::json::object{{"Unpacked", image.size}}},
        {"Containers", boost::json::array(used == users.end() ? 0 : used->second)}}}};
  boost::json::array list;
  list.push_back(entry);
  return list;
}

boost::json::object summarize(const image::Image& image, unsigned api) {
  boost::json::array tags = names_of(image.tags);
  boost::json::array digests = names_of(image.digests);
  if (api < 43) {
    if (tags.empty()) tags.emplace_back("<none>:<none>");
    if (digests.empty()) digests.emplace_back("<none>@<none>");
  }
  boost::json::object summary{
      {"Containers", -1},
      {"Created", unix_seconds(created_at(image))},
      {"Id", image.id.text()},
      {"Labels", image.config.config.labels.empty()
                     ? boost::json::value(nullptr)
                     : boost::json::value(to_object(image.config.config.labels))},
      {"ParentId", image.parent.text()},
      {"RepoDigests", std::move(digests)},
      {"RepoTags", std::move(tags)},
      {"SharedSize", -1},
      {"Size", image.size}};
  if (api < 44) summary["VirtualSize"] = image.size;
  return summary;
}

}  // namespace

WallTime created_at(const image::Image& image) {
  const auto time = parse_time(image.config.created, "created");
  return time.has_value() && *time ? **time : WallTime{};
}

bool matches_reference(const image::Reference& reference, const std::string& pattern) {
  const auto match = [&](const std::string& text) {
    return ::fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0;
  };
  return match(reference.familiar()) || match(reference.familiar_name());
}

bool matches_labels(const std::map<std::string, std::string>& labels,
                    const std::vector<std::string>& wanted) {
  return std::ranges::all_of(wanted, [&](const std::string& each) {
    const std::size_t equals = each.find('=');
    const auto found = labels.find(each.substr(0, equals));
    if (found == labels.end()) return false;
    return equals == std::string::npos || found->second == each.substr(equals + 1);
  });
}

Outcome<> check_filters(const Filters& filters, const std::vector<std::string_view>& known) {
  for (const auto& [name, values] : filters) {
    if (std::ranges::find(known, name) == known.end())
      return ApiError{400, fmt::format("invalid filter '{}'", name)};
  }
  return {};
}

Outcome<std::optional<bool>> flag_filter(const Filters& filters, const std::string& name) {
  const auto found = filters.find(name);
  if (found == filters.end() || found->second.empty()) return std::optional<bool>();
  const std::string& value = found->second.front();
  if (value == "1" || value == "true") return std::optional<bool>(true);
  if (value == "0" || value == "false") return std::optional<bool>(false);
  return ApiError{400, fmt::format("invalid filter '{}=[{}]'", name, value)};
}

Outcome<std::optional<WallTime>> until_filter(const Filters& filters, const Clock& clock) {
  const auto found = filters.find("until");
  if (found == filters.end() || found->second.empty()) return std::optional<WallTime>();
  const std::string& text = found->second.front();
  if (const auto age = parse_age(text)) return std::optional<WallTime>(clock.wall() - *age);
  COVE_TRY(const std::optional<WallTime> time, parse_time(text, "until"));
  return time;
}

std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  std::uint64_t seconds = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 9 || digits == text.size()) return std::nullopt;
    const std::uint64_t number = std::stoull(std::string(text.substr(0, digits)));
    switch (text[digits]) {
      case 'h': seconds += number * 3600; break;
      case 'm': seconds += number * 60; break;
      case 's': seconds += number; break;
      default: return std::nullopt;
    }
    text.remove_prefix(digits + 1);
  }
  return seconds == 0 ? std::nullopt : std::optional(std::chrono::seconds(seconds));
}

namespace {

// The filters of a list, read.
struct Selection {
  std::optional<bool> dangling;
  std::vector<std::string> labels, without_labels, references;
  std::optional<WallTime> before, since;
};

Outcome<Selection> read_selection(const ImageParts& parts, const Filters& filters) {
  COVE_CHECK(check_filters(
      filters, {"dangling", "label", "label!", "before", "since", "until", "reference"}));
  const auto values = [&](const std::string& name) {
    const auto found = filters.find(name);
    return found == filters.end() ? std::vector<std::string>() : found->second;
  };
  Selection selection;
  COVE_TRY(selection.dangling, flag_filter(filters, "dangling"));
  selection.labels = values("label");
  selection.without_labels = values("label!");
  selection.references = values("reference");
  COVE_TRY(selection.before, until_filter(filters, parts.clock));
  for (const std::string& name : values("before")) {
    COVE_TRY(const image::ImagePtr image, find_image(parts, name));
    const WallTime time = created_at(*image);
    if (!selection.before || time < *selection.before) selection.before = time;
  }
  for (const std::string& name : values("since")) {
    COVE_TRY(const image::ImagePtr image, find_image(parts, name));
    const WallTime time = created_at(*image);
    if (!selection.since || time > *selection.since) selection.since = time;
  }
  return selection;
}

bool selected(const Selection& selection, const image::Image& image) {
  const WallTime created = created_at(image);
  if (selection.before && created >= *selection.before) return false;
  if (selection.since && created <= *selection.since) return false;
  const auto& labels = image.config.config.labels;
  if (!matches_labels(labels, selection.labels)) return false;
  return std::ranges::none_of(selection.without_labels, [&](const std::string& each) {
    return matches_labels(labels, {each});
  });
}

// The image with only the names that were asked for; nothing when none is left.
std::optional<image::Image> with_names(const Selection& selection, const image::Image& image) {
  image::Image named = image;
  if (selection.references.empty()) return named;
  const auto unwanted = [&](const image::Reference& reference) {
    return std::ranges::none_of(selection.references, [&](const std::string& pattern) {
      return matches_reference(reference, pattern);
    });
  };
  std::erase_if(named.tags, unwanted);
  std::erase_if(named.digests, unwanted);
  if (named.tags.empty() && named.digests.empty()) return std::nullopt;
  return named;
}

// Images without a name are listed when nothing stands on them, or all are asked for.
bool listed(const ImageParts& parts, const ImageQuery& query, const Selection& selection,
            const image::Image& image) {
  const bool nameless = image.tags.empty() && image.digests.empty();
  const bool dangling = image.tags.empty() && parts.images.children(image.id).empty();
  if (selection.dangling) return *selection.dangling == dangling;
  return !nameless || query.all || dangling;
}

void sort_newest_first(std::vector<image::ImagePtr>& images) {
  std::ranges::stable_sort(images, [](const image::ImagePtr& a, const image::ImagePtr& b) {
    return created_at(*a) > created_at(*b);
  });
}

}  // namespace

Outcome<boost::json::array> list_images(const ImageParts& parts, const ImageQuery& query,
                                        unsigned api) {
  COVE_TRY(const Selection selection, read_selection(parts, query.filters));
  std::vector<image::ImagePtr> images = parts.images.list();
  sort_newest_first(images);
  std::optional<SharedSizes> shared;
  if (query.shared_size) shared.emplace(parts.layers, images);
  const auto users = query.manifests ? parts.users() : std::map<image::Digest, std::size_t>();
  boost::json::array list;
  for (const image::ImagePtr& image : images) {
    if (!selected(selection, *image) || !listed(parts, query, selection, *image)) continue;
    const auto named = with_names(selection, *image);
    if (!named) continue;
    boost::json::object summary = summarize(*named, api);
    if (shared) summary["SharedSize"] = shared->of(*image);
    if (query.manifests) summary["Manifests"] = manifests_of(parts, *image, users);
    list.push_back(std::move(summary));
  }
  return list;
}

ImageUsage image_usage(const ImageParts& parts, unsigned api) {
  std::vector<image::ImagePtr> images = parts.images.list();
  sort_newest_first(images);
  const SharedSizes shared(parts.layers, images);
  const auto users = parts.users();
  ImageUsage usage;
  for (const image::ImagePtr& image : images) {
    boost::json::object summary = summarize(*image, api);
    const auto used = users.find(image->id);
    summary["Containers"] =
        (used == users.end() ? 0 : used->second) + parts.images.holders(image->id);
    summary["SharedSize"] = shared.of(*image);
    usage.images.push_back(std::move(summary));
  }
  for (const image::Digest& layer : parts.layers.list())
    usage.layers_bytes += parts.layers.size(layer);
  return usage;
}

}  // namespace cove::engine
