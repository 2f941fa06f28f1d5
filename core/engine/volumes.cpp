#include "core/engine/volumes.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/strings.h"
#include "core/base/sync.h"
#include "core/engine/container_filter.h"
#include "core/engine/fields.h"
#include "core/engine/mounts.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxFile = 64 << 20;

std::int64_t to_number(WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

Path list_file(const Path& directory) {
  return directory.parent_path() / "volumes.json";
}

Event volume_event(const std::string& action, const std::string& name) {
  return {.type = "volume", .action = action, .actor = name, .attributes = {{"driver", "local"}}};
}

}  // namespace

Result<std::unique_ptr<Volumes>> Volumes::open(Parts parts) {
  std::unique_ptr<Volumes> volumes(new Volumes(std::move(parts)));
  const Path& directory = volumes->parts_.directory;
  COVE_CHECK(make_directories(directory, 0711));
  const auto text = read_file(list_file(directory), kMaxFile);
  if (!text && text.error().code != ErrorCode::kNotFound) return text.error();
  if (text) {
    boost::system::error_code failed;
    const json::value value = json::parse(*text, failed);
    if (failed || !value.is_object()) {
      return Error{ErrorCode::kCorrupt, "read", list_file(directory).string(),
                   "it is not a JSON document", "Move it away; volumes are found by their folders"};
    }
    for (const auto& item : array_of(value.get_object(), "volumes")) {
      if (!item.is_object()) continue;
      const json::object& object = item.get_object();
      Volume volume;
      volume.name = text_of(object, "name");
      volume.created_at = WallTime(std::chrono::nanoseconds(integer_of(object, "createdAt")));
      volume.labels = text_map_of(object, "labels");
      volume.options = text_map_of(object, "options");
      volume.anonymous = flag_of(object, "anonymous");
      if (!valid_volume_name(volume.name)) continue;
      // The list outlives a loss of power, folders made just before it need not.
      COVE_CHECK(make_directories(directory / volume.name, 0701));
      COVE_CHECK(make_directories(volumes->data(volume.name), 0755));
      volumes->volumes_[volume.name] = std::move(volume);
    }
  }
  // Folders without an entry: the list was lost, or a crash came between the two.
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const std::string name = entry.path().filename();
    if (!valid_volume_name(name) || volumes->volumes_.contains(name)) continue;
    volumes->volumes_[name] = {.name = name, .created_at = volumes->parts_.clock.wall()};
  }
  return volumes;
}

Result<void> Volumes::save() const {
  json::array array;
  for (const auto& [name, volume] : volumes_) {
    array.push_back({{"name", name},
                     {"createdAt", to_number(volume.created_at)},
                     {"labels", to_object(volume.labels)},
                     {"options", to_object(volume.options)},
                     {"anonymous", volume.anonymous}});
  }
  return write_file_atomic(list_file(parts_.directory),
                           json::serialize(json::object{{"volumes", std::move(array)}}), 0600);
}

Path Volumes::data(const std::string& name) const {
  return parts_.directory / name / "_data";
}

Outcome<Volume> Volumes::create(const std::string& wanted, const std::string& driver,
                                const std::map<std::string, std::string>& options,
                                const std::map<std::string, std::string>& labels) {
  if (!driver.empty() && driver != "local") {
    return ApiError{404, fmt::format("error looking up volume plugin {}: plugin \"{}\" not found",
                                     driver, driver)};
  }
  if (!options.empty()) {
    return ApiError{400, fmt::format("create {}: invalid option: {}: the driver \"local\" takes no "
                                     "options here",
                                     wanted, json_quote(options.begin()->first))};
  }
  if (!wanted.empty() && !valid_volume_name(wanted)) {
    if (wanted.size() == 1) {
      return ApiError{
          400, "volume name is too short, names should be at least two alphanumeric characters"};
    }
    return ApiError{400, fmt::format("create {}: {} includes invalid characters for a local volume "
                                     "name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you "
                                     "intended to pass a host directory, use absolute path",
                                     wanted, json_quote(wanted))};
  }
  Volume volume;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = volumes_.find(wanted); found != volumes_.end()) return found->second;
    volume.name = wanted.empty() ? random_hex(32) : wanted;
    volume.anonymous = wanted.empty();
    volume.created_at = parts_.clock.wall();
    volume.labels = labels;
    if (volume.anonymous) volume.labels.emplace("com.docker.volume.anonymous", "");
    COVE_CHECK(outcome(make_directories(parts_.directory / volume.name, 0701)));
    COVE_CHECK(outcome(make_directories(data(volume.name), 0755)));
    volumes_[volume.name] = volume;
    if (const auto saved = save(); !saved) {
      volumes_.erase(volume.name);
      return to_api_error(saved.error());
    }
  }
  parts_.events.publish(volume_event("create", volume.name));
  return volume;
}

Outcome<Volume> Volumes::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = volumes_.find(name);
  if (found == volumes_.end()) {
    return ApiError{404, fmt::format("get {}: no such volume", name)};
  }
  return found->second;
}

std::vector<Volume> Volumes::list() const {
  std::lock_guard lock(mutex_);
  std::vector<Volume> volumes;
  for (const auto& [name, volume] : volumes_) volumes.push_back(volume);
  return volumes;
}

Outcome<> Volumes::remove(const std::string& name, bool force) {
  if (const auto found = find(name); !found) {
    if (force) return {};
    return found.error();
  }
  if (const auto ids = users(name); !ids.empty()) {
    return ApiError{409,
                    fmt::format("remove {}: volume is in use - [{}]", name, fmt::join(ids, ", "))};
  }
  COVE_CHECK(outcome(remove_tree(parts_.directory / name)));
  // A folder that a loss of power brings back would be a volume again.
  COVE_CHECK(outcome(sync_directory(parts_.directory)));
  {
    std::lock_guard lock(mutex_);
    volumes_.erase(name);
    COVE_CHECK(outcome(save()));
  }
  parts_.events.publish(volume_event("destroy", name));
  return {};
}

Outcome<Volumes::Pruned> Volumes::prune(const Filters& filters, bool all_by_default) {
  bool all = all_by_default;
  for (const auto& [name, values] : filters) {
    if (name == "all") {
      if (values.size() != 1) return ApiError{400, "invalid filter 'all'"};
      all = values[0] == "1" || values[0] == "true";
    } else if (name != "label" && name != "label!") {
      return ApiError{400, fmt::format("invalid filter '{}'", name)};
    }
  }
  Pruned pruned;
  for (const auto& volume : list()) {
    if (!all && !volume.anonymous) continue;
    if (!labels_match(filters, volume.labels) || !users(volume.name).empty()) continue;
    const std::uint64_t bytes = size_of_tree(data(volume.name));
    if (!remove(volume.name, false)) continue;
    pruned.names.push_back(volume.name);
    pruned.bytes += bytes;
  }
  parts_.events.publish({.type = "volume",
                         .action = "prune",
                         .actor = "",
                         .attributes = {{"reclaimed", std::to_string(pruned.bytes)}}});
  return pruned;
}

json::object Volumes::to_json(const Volume& volume) const {
  return {{"CreatedAt", rfc3339(volume.created_at)},
          {"Driver", "local"},
          {"Labels", volume.labels.empty() ? json::value(nullptr) : to_object(volume.labels)},
          {"Mountpoint", data(volume.name).string()},
          {"Name", volume.name},
          {"Options", volume.options.empty() ? json::value(nullptr) : to_object(volume.options)},
          {"Scope", "local"}};
}

json::array Volumes::disk_usage() const {
  json::array array;
  for (const auto& volume : list()) {
    json::object object = to_json(volume);
    object["UsageData"] = json::object{{"RefCount", users(volume.name).size()},
                                       {"Size", size_of_tree(data(volume.name))}};
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace cove::engine
