#include "core/engine/mounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/strings.h"
#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

using Kind = MountPoint::Kind;

ApiError bad(std::string message) {
  return {400, std::move(message)};
}

constexpr std::string_view kPropagations[] = {"private", "rprivate", "shared",
                                              "rshared", "slave",    "rslave"};

bool is_propagation(std::string_view text) {
  return std::find(std::begin(kPropagations), std::end(kPropagations), text) !=
         std::end(kPropagations);
}

// "ro,z,nocopy,rshared" into the mount; false for a mode that is none.
bool apply_mode(MountPoint& mount, const std::string& mode) {
  mount.mode = mode;
  if (mode.empty()) return true;
  std::set<std::string> groups;
  for (const auto& option : split(mode, ',')) {
    std::string group;
    if (option == "ro" || option == "rw") {
      group = "access";
      mount.read_write = option == "rw";
    } else if (option == "z" || option == "Z") {
      group = "label";
    } else if (option == "nocopy") {
      group = "copy";
      if (mount.kind != Kind::kVolume) return false;
      mount.no_copy = true;
    } else if (is_propagation(option)) {
      group = "propagation";
      if (mount.kind != Kind::kBind) return false;
      mount.propagation = option;
    } else if (option == "consistent" || option == "cached" || option == "delegated") {
      group = "consistency";
    } else {
      return false;
    }
    if (!groups.insert(group).second) return false;
  }
  return true;
}

Outcome<> check_destination(const MountPoint& mount, const std::string& prefix) {
  if (mount.destination.empty()) return bad(prefix + "field Target must not be empty");
  if (mount.destination[0] != '/') {
    return bad(fmt::format("{}invalid mount path: '{}' mount path must be absolute", prefix,
                           mount.destination));
  }
  if (clean_path(mount.destination) == "/") {
    return bad(fmt::format("{}invalid specification: destination can't be '/'", prefix));
  }
  if (mount.destination.find('\0') != std::string::npos ||
      mount.source.find('\0') != std::string::npos) {
    return bad(prefix + "a path holds a zero byte");
  }
  return {};
}

Outcome<> check_volume_name(const std::string& name) {
  if (valid_volume_name(name)) return {};
  if (name.size() == 1) {
    return bad("volume name is too short, names should be at least two alphanumeric characters");
  }
  return bad(fmt::format(
      "create {}: {} includes invalid characters for a local volume name, only "
      "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use "
      "absolute path",
      name, json_quote(name)));
}

Outcome<std::vector<std::string>> tmpfs_options(const std::string& text) {
  static constexpr std::string_view kFlags[] = {
      "rw",         "ro",       "nosuid",   "suid",       "nodev",       "dev",
      "noexec",     "exec",     "sync",     "async",      "noatime",     "atime",
      "nodiratime", "diratime", "relatime", "norelatime", "strictatime", "nostrictatime",
      "mand",       "nomand",   "dirsync",  "remount",    "private",     "rprivate",
      "shared",     "rshared",  "slave",    "rslave",     "unbindable",  "runbindable"};
  static constexpr std::string_view kValues[] = {"size",      "mode",      "uid", "gid",
                                                 "nr_inodes", "nr_blocks", "mpol"};
  std::vector<std::string> options;
  if (text.empty()) return options;
  for (const auto& option : split(text, ',')) {
    const auto equals = option.find('=');
    const std::string name = option.substr(0, equals);
    const bool known =
        equals == std::string::npos
            ? std::find(std::begin(kFlags), std::end(kFlags), name) != std::end(kFlags)
            : std::find(std::begin(kValues), std::end(kValues), name) != std::end(kValues);
    if (!known) return bad(fmt::format("invalid tmpfs option {}", json_quote(option)));
    options.push_back(option);
  }
  return options;
}

Outcome<MountPoint> parse_tmpfs(const json::object& object, MountPoint mount) {
  const std::string prefix = "invalid mount config for type \"tmpfs\": ";
  if (!text_of(object, "Source").empty()) {
    return bad(prefix + "field Source must not be specified");
  }
  const json::object& more = object_of(object, "TmpfsOptions");
  const std::int64_t size = integer_of(more, "SizeBytes");
  if (size < 0) return bad(prefix + "invalid tmpfs size");
  if (size > 0) mount.options.push_back(fmt::format("size={}", size));
  if (const auto mode = integer_of(more, "Mode"); mode > 0) {
    mount.options.push_back(fmt::format("mode={:o}", mode & 07777));
  }
  if (!mount.read_write) mount.options.emplace_back("ro");
  return mount;
}

Outcome<MountPoint> parse_mount(const json::object& object) {
  MountPoint mount;
  const std::string type = text_of(object, "Type");
  const std::string prefix = fmt::format("invalid mount config for type \"{}\": ", type);
  mount.destination = text_of(object, "Target");
  mount.read_write = !flag_of(object, "ReadOnly");
  mount.from_mounts = true;
  const std::string source = text_of(object, "Source");
  COVE_CHECK(check_destination(mount, prefix));
  mount.destination = clean_path(mount.destination);
  if (type == "tmpfs") {
    mount.kind = Kind::kTmpfs;
    return parse_tmpfs(object, std::move(mount));
  }
  if (type == "bind") {
    mount.kind = Kind::kBind;
    if (source.empty()) return bad(prefix + "field Source must not be empty");
    if (source[0] != '/') {
      return bad(
          fmt::format("{}invalid mount path: '{}' mount path must be absolute", prefix, source));
    }
    mount.source = clean_path(source);
    const json::object& more = object_of(object, "BindOptions");
    mount.propagation = text_of(more, "Propagation");
    if (!mount.propagation.empty() && !is_propagation(mount.propagation)) {
      return bad(prefix + "invalid propagation mode: " + mount.propagation);
    }
    mount.make_source = flag_of(more, "CreateMountpoint");
    return mount;
  }
  if (type == "volume") {
    mount.kind = Kind::kVolume;
    mount.name = source;
    if (!source.empty()) COVE_CHECK(check_volume_name(source));
    const json::object& more = object_of(object, "VolumeOptions");
    mount.no_copy = flag_of(more, "NoCopy");
    mount.labels = text_map_of(more, "Labels");
    const json::object& driver = object_of(more, "DriverConfig");
    mount.driver = text_of(driver, "Name");
    mount.driver_options = text_map_of(driver, "Options");
    mount.anonymous = source.empty();
    // What lies in a volume may be a link to anywhere by the time it is mounted.
    if (!text_of(more, "Subpath").empty()) {
      return ApiError{501, prefix + "subpaths of volumes are not supported"};
    }
    return mount;
  }
  return bad(fmt::format("mount type unknown: {}", json_quote(type)));
}

}  // namespace

std::string clean_path(std::string_view path) {
  std::vector<std::string> kept;
  for (const auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(part);
    }
  }
  std::string clean;
  for (const auto& part : kept) clean += "/" + part;
  return clean.empty() ? "/" : clean;
}

bool valid_volume_name(std::string_view name) {
  return valid_name(name);
}

Outcome<MountPoint> parse_bind(const std::string& text) {
  const auto parts = split(text, ':');
  const std::string prefix = fmt::format("invalid volume specification: '{}': ", text);
  if (text.empty() || parts.size() > 3 || parts[0].empty()) {
    return bad(fmt::format("invalid volume specification: '{}'", text));
  }
  MountPoint mount;
  const bool alone = parts.size() == 1;
  const std::string& source = parts[0];
  mount.destination = alone ? source : parts[1];
  mount.kind = !alone && source[0] == '/' ? Kind::kBind : Kind::kVolume;
  if (parts.size() > 1 && parts[1].empty()) {
    return bad(fmt::format("invalid volume specification: '{}'", text));
  }
  if (parts.size() == 3 && (parts[2].empty() || !apply_mode(mount, parts[2]))) {
    return bad("invalid mode: " + parts[2]);
  }
  if (mount.kind == Kind::kBind) {
    mount.source = clean_path(source);
    mount.make_source = true;
  } else if (alone) {
    mount.anonymous = true;
  } else {
    COVE_CHECK(check_volume_name(source));
    mount.name = source;
  }
  COVE_CHECK(check_destination(
      mount, prefix + fmt::format("invalid mount config for type \"{}\": ",
                                  mount.kind == Kind::kBind ? "bind" : "volume")));
  mount.destination = clean_path(mount.destination);
  return mount;
}

void sort_mounts(std::vector<MountPoint>& mounts) {
  const auto depth = [](const MountPoint& mount) {
    return std::count(mount.destination.begin(), mount.destination.end(), '/');
  };
  std::stable_sort(mounts.begin(), mounts.end(),
                   [&](const MountPoint& a, const MountPoint& b) { return depth(a) < depth(b); });
}

Outcome<std::vector<MountPoint>> parse_mounts(const ContainerConfig& config) {
  constexpr std::size_t kMost = 1024;
  std::vector<MountPoint> mounts;
  std::set<std::string> taken;
  const auto add = [&](MountPoint mount) -> Outcome<> {
    if (!taken.insert(mount.destination).second) {
      return bad("Duplicate mount point: " + mount.destination);
    }
    if (mounts.size() == kMost) return bad("too many mounts");
    mounts.push_back(std::move(mount));
    return {};
  };
  for (const auto& text : texts_of(config.host, "Binds")) {
    COVE_TRY(MountPoint mount, parse_bind(text));
    mount.driver = text_of(config.host, "VolumeDriver");
    COVE_CHECK(add(std::move(mount)));
  }
  for (const auto& item : array_of(config.host, "Mounts")) {
    COVE_TRY(MountPoint mount, parse_mount(item.as_object()));
    COVE_CHECK(add(std::move(mount)));
  }
  for (const auto& [destination, options] : text_map_of(config.host, "Tmpfs")) {
    MountPoint mount;
    mount.kind = Kind::kTmpfs;
    mount.destination = destination;
    mount.mode = options;
    COVE_CHECK(check_destination(mount, "invalid mount config for type \"tmpfs\": "));
    mount.destination = clean_path(destination);
    COVE_TRY(mount.options, tmpfs_options(options));
    COVE_CHECK(add(std::move(mount)));
  }
  for (const auto& item : object_of(config.config, "Volumes")) {
    const std::string destination = std::string(item.key());
    MountPoint mount;
    mount.kind = Kind::kVolume;
    mount.anonymous = true;
    mount.destination = destination;
    mount.driver = text_of(config.host, "VolumeDriver");
    COVE_CHECK(
        check_destination(mount, fmt::format("invalid volume specification: '{}': ", destination)));
    mount.destination = clean_path(destination);
    if (!taken.contains(mount.destination)) COVE_CHECK(add(std::move(mount)));
  }
  sort_mounts(mounts);
  return mounts;
}

namespace {

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::kBind: return "bind";
    case Kind::kVolume: return "volume";
    case Kind::kTmpfs: return "tmpfs";
  }
  return "bind";
}

}  // namespace

json::array to_json(const std::vector<MountPoint>& mounts) {
  json::array array;
  for (const auto& mount : mounts) {
    array.push_back({{"type", std::string(kind_text(mount.kind))},
                     {"name", mount.name},
                     {"source", mount.source},
                     {"destination", mount.destination},
                     {"mode", mount.mode},
                     {"readWrite", mount.read_write},
                     {"propagation", mount.propagation},
                     {"noCopy", mount.no_copy},
                     {"makeSource", mount.make_source},
                     {"fromMounts", mount.from_mounts},
                     {"anonymous", mount.anonymous},
                     {"driver", mount.driver},
                     {"options", to_array(mount.options)}});
  }
  return array;
}

std::vector<MountPoint> mounts_from_json(const json::array& array) {
  std::vector<MountPoint> mounts;
  for (const auto& item : array) {
    if (!item.is_object()) continue;
    const json::object& object = item.get_object();
    MountPoint mount;
    const std::string type = text_of(object, "type");
    mount.kind = type == "volume" ? Kind::kVolume : type == "tmpfs" ? Kind::kTmpfs : Kind::kBind;
    mount.name = text_of(object, "name");
    mount.source = text_of(object, "source");
    mount.destination = text_of(object, "destination");
    mount.mode = text_of(object, "mode");
    mount.read_write = flag_of(object, "readWrite");
    mount.propagation = text_of(object, "propagation");
    mount.no_copy = flag_of(object, "noCopy");
    mount.make_source = flag_of(object, "makeSource");
    mount.from_mounts = flag_of(object, "fromMounts");
    mount.anonymous = flag_of(object, "anonymous");
    mount.driver = text_of(object, "driver");
    mount.options = texts_of(object, "options");
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

json::array to_docker_json(const std::vector<MountPoint>& mounts) {
  json::array array;
  for (const auto& mount : mounts) {
    if (mount.kind == Kind::kTmpfs && !mount.from_mounts) continue;
    json::object object;
    object["Type"] = std::string(kind_text(mount.kind));
    if (mount.kind == Kind::kVolume) object["Name"] = mount.name;
    object["Source"] = mount.kind == Kind::kTmpfs ? "" : mount.source;
    object["Destination"] = mount.destination;
    if (mount.kind == Kind::kVolume) object["Driver"] = "local";
    object["Mode"] = mount.kind == Kind::kTmpfs ? "" : mount.mode;
    object["RW"] = mount.read_write;
    object["Propagation"] =
        mount.kind == Kind::kBind && mount.propagation.empty() ? "rprivate" : mount.propagation;
    array.push_back(std::move(object));
  }
  return array;
}

runtime::Bind to_bind(const MountPoint& mount) {
  runtime::Bind bind;
  bind.destination = mount.destination;
  if (mount.kind == Kind::kTmpfs) {
    bind.type = "tmpfs";
    bind.source = "tmpfs";
    bind.options = {"nosuid", "nodev", "noexec"};
    for (const auto& option : mount.options) {
      // A later one that says the opposite takes the place of ours.
      if (option == "exec" || option == "suid" || option == "dev") {
        std::erase(bind.options, "no" + option);
      } else if (std::find(bind.options.begin(), bind.options.end(), option) ==
                 bind.options.end()) {
        bind.options.push_back(option);
      }
    }
    return bind;
  }
  bind.source = mount.source;
  bind.options = {"rbind", mount.read_write ? "rw" : "ro",
                  mount.propagation.empty() ? "rprivate" : mount.propagation};
  return bind;
}

}  // namespace cove::engine
