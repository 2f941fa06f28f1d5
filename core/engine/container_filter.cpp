#include "core/engine/container_filter.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/fd.h"
#include "core/base/strings.h"
#include "core/engine/fields.h"
#include "core/engine/inspect.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

using Values = std::vector<std::string>;

constexpr std::string_view kStatuses[] = {"created",  "running", "paused", "restarting",
                                          "removing", "exited",  "dead"};
constexpr std::string_view kHealths[] = {"starting", "healthy", "unhealthy", "none"};

template <class Range>
bool has(const Range& range, std::string_view text) {
  return std::find(std::begin(range), std::end(range), text) != std::end(range);
}

ApiError invalid(const std::string& name, const std::string& value) {
  return {400, fmt::format("invalid filter '{}={}'", name, value)};
}

// Names match as Docker's regular expressions of plain text do: a part, or anchored with ^ and $.
bool name_matches(const std::string& pattern, const std::string& name) {
  std::string_view rest = pattern;
  const bool from_start = rest.starts_with('^');
  if (from_start) rest.remove_prefix(1);
  const bool to_end = rest.ends_with('$');
  if (to_end) rest.remove_suffix(1);
  if (from_start && rest.starts_with('/')) rest.remove_prefix(1);
  const std::string full = "/" + name;
  if (from_start && to_end) return name == rest;
  if (from_start) return name.starts_with(rest);
  if (to_end) return name.ends_with(rest) || full == rest;
  return full.find(rest) != std::string::npos;
}

bool mount_matches(const ContainerRecord& record, const Values& values) {
  return std::any_of(record.mounts.begin(), record.mounts.end(), [&](const MountPoint& mount) {
    return has(values, mount.destination) ||
           has(values, mount.kind == MountPoint::Kind::kVolume ? mount.name : mount.source);
  });
}

bool network_matches(const ContainerRecord& record, const Values& values) {
  return std::any_of(record.networks.begin(), record.networks.end(), [&](const Attachment& a) {
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return a.network_name == value || (!value.empty() && a.network_id.starts_with(value));
    });
  });
}

bool port_matches(const std::set<ContainerPort>& ports, const Values& values) {
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    const auto wanted = parse_ports(value);
    return wanted && std::any_of(wanted->begin(), wanted->end(),
                                 [&](const ContainerPort& port) { return ports.contains(port); });
  });
}

std::set<ContainerPort> exposed(const ContainerRecord& record) {
  std::set<ContainerPort> ports;
  for (const auto& item : object_of(record.config->config, "ExposedPorts")) {
    if (const auto parsed = parse_ports(std::string(item.key()))) {
      ports.insert(parsed->begin(), parsed->end());
    }
  }
  return ports;
}

// Published ports, by their number outside or inside.
std::set<ContainerPort> published(const ContainerRecord& record,
                                  std::uint16_t network::PortMapping::*number) {
  std::set<ContainerPort> ports;
  if (const auto mappings = published_ports(*record.config)) {
    for (const auto& mapping : *mappings) ports.insert({mapping.*number, mapping.protocol});
  }
  return ports;
}

bool matches_one(const ContainerRecord& record, const std::string& name, const Values& values) {
  if (name == "id") {
    return std::any_of(values.begin(), values.end(),
                       [&](const std::string& value) { return record.id.starts_with(value); });
  }
  if (name == "name") {
    return std::any_of(values.begin(), values.end(),
                       [&](const std::string& value) { return name_matches(value, record.name); });
  }
  if (name == "status") return has(values, record.state.status());
  if (name == "exited") {
    return record.state.finished_at != WallTime{} && !record.state.running &&
           has(values, std::to_string(record.state.exit_code));
  }
  if (name == "volume") return mount_matches(record, values);
  if (name == "network") return network_matches(record, values);
  if (name == "health") {
    const std::string& health = record.state.health.status;
    return has(values, health.empty() ? "none" : health);
  }
  using network::PortMapping;
  if (name == "publish") return port_matches(published(record, &PortMapping::host_port), values);
  if (name == "expose") {
    return port_matches(exposed(record), values) ||
           port_matches(published(record, &PortMapping::container_port), values);
  }
  if (name == "is-task") return !values.empty() && !is_on(values[0]);
  return true;
}

// The container that "before" or "since" names.
Outcome<const ContainerRecord*> named(const std::vector<ContainerRecord>& containers,
                                      const std::string& name) {
  for (const auto& record : containers) {
    if (record.name == name || record.id == name || "/" + record.name == name) return &record;
  }
  for (const auto& record : containers) {
    if (!name.empty() && record.id.starts_with(name)) return &record;
  }
  return ApiError{404, "No such container: " + name};
}

}  // namespace

Outcome<> check_filters(const Filters& filters) {
  static constexpr std::string_view kKnown[] = {
      "ancestor", "before", "expose",  "exited",  "health", "id",     "isolation", "is-task",
      "label",    "name",   "network", "publish", "since",  "status", "volume"};
  for (const auto& [name, values] : filters) {
    if (!has(kKnown, name)) return ApiError{400, fmt::format("invalid filter '{}'", name)};
    for (const auto& value : values) {
      if (name == "status" && !has(kStatuses, value)) return invalid(name, value);
      if (name == "health" && !has(kHealths, value)) return invalid(name, value);
      if (name == "exited") {
        int code = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), code);
        if (error != std::errc() || end != value.data() + value.size()) {
          return invalid(name, value);
        }
      }
      if (name == "publish" || name == "expose") COVE_CHECK(parse_ports(value));
    }
  }
  return {};
}

Outcome<std::vector<ContainerRecord>> select(
    const std::vector<ContainerRecord>& containers, const ListQuery& query,
    const std::function<bool(const ContainerRecord&, const std::string&)>& has_ancestor) {
  COVE_CHECK(check_filters(query.filters));
  const bool all = query.all || query.limit > 0 || query.filters.contains("status") ||
                   query.filters.contains("exited");
  std::optional<WallTime> before, since;
  for (const auto& [name, limit] : {std::pair("before", &before), std::pair("since", &since)}) {
    const auto values = query.filters.find(name);
    if (values == query.filters.end() || values->second.empty()) continue;
    COVE_TRY(const ContainerRecord* record, named(containers, values->second[0]));
    *limit = record->created_at;
  }
  std::vector<ContainerRecord> selected;
  for (const auto& record : containers) {
    if (!all && !before && !since && !record.state.running && !record.state.restarting) continue;
    if (before && record.created_at >= *before) continue;
    if (since && record.created_at <= *since) continue;
    const bool fits =
        std::all_of(query.filters.begin(), query.filters.end(), [&](const auto& filter) {
          const auto& [name, values] = filter;
          if (values.empty()) return true;
          if (name == "ancestor") {
            return std::any_of(values.begin(), values.end(), [&](const std::string& ancestor) {
              return has_ancestor(record, ancestor);
            });
          }
          return matches_one(record, name, values);
        });
    if (!fits || !labels_match(query.filters, text_map_of(record.config->config, "Labels"))) {
      continue;
    }
    selected.push_back(record);
    if (query.limit > 0 && selected.size() == static_cast<std::size_t>(query.limit)) break;
  }
  return selected;
}

bool labels_match(const Filters& filters, const std::map<std::string, std::string>& labels) {
  const auto has_label = [&](const std::string& wanted) {
    const auto equals = wanted.find('=');
    const auto found = labels.find(wanted.substr(0, equals));
    if (found == labels.end()) return false;
    return equals == std::string::npos || found->second == wanted.substr(equals + 1);
  };
  if (const auto wanted = filters.find("label"); wanted != filters.end()) {
    if (!std::all_of(wanted->second.begin(), wanted->second.end(), has_label)) return false;
  }
  if (const auto unwanted = filters.find("label!"); unwanted != filters.end()) {
    if (std::any_of(unwanted->second.begin(), unwanted->second.end(), has_label)) return false;
  }
  return true;
}

Outcome<std::optional<WallTime>> parse_until(const std::string& text, WallTime now) {
  std::chrono::nanoseconds total{0};
  std::string_view rest = text;
  bool duration = !rest.empty();
  while (duration && !rest.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const auto used = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || number < 0 || number > 1'000'000'000 || used == rest.size()) {
      duration = false;
      break;
    }
    rest.remove_prefix(used);
    const std::pair<std::string_view, std::chrono::nanoseconds> units[] = {
        {"ms", std::chrono::milliseconds(1)},
        {"h", std::chrono::hours(1)},
        {"m", std::chrono::minutes(1)},
        {"s", std::chrono::seconds(1)}};
    const auto unit = std::find_if(std::begin(units), std::end(units),
                                   [&](const auto& u) { return rest.starts_with(u.first); });
    if (unit == std::end(units) || number > std::chrono::hours(876'000) / unit->second) {
      duration = false;
      break;
    }
    total += unit->second * number;
    rest.remove_prefix(unit->first.size());
  }
  if (duration) {
    return std::optional(now - std::chrono::duration_cast<WallTime::duration>(total));
  }
  return parse_time(text, "until");
}

std::uint64_t size_of_tree(const Path& folder) {
  // By descriptors, and never through a link: the tree may change while it is read.
  struct Level {
    DIR* folder;
  };
  constexpr std::size_t kDeepest = 255;
  std::uint64_t total = 0;
  std::vector<Level> levels;
  const auto enter = [&](int base, const char* name) {
    if (levels.size() >= kDeepest) return;
    Fd fd(openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return;
    if (DIR* opened = fdopendir(fd.get())) {
      fd.release();
      levels.push_back({opened});
    }
  };
  enter(AT_FDCWD, folder.c_str());
  while (!levels.empty()) {
    DIR* current = levels.back().folder;
    const dirent* entry = readdir(current);
    if (entry == nullptr) {
      closedir(current);
      levels.pop_back();
      continue;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat found {};
    if (fstatat(dirfd(current), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(found.st_mode)) {
      total += static_cast<std::uint64_t>(found.st_size) / std::max<nlink_t>(found.st_nlink, 1);
    } else if (S_ISDIR(found.st_mode)) {
      enter(dirfd(current), entry->d_name);
    }
  }
  return total;
}

std::uint64_t size_of_changes(const Containers& containers, const std::string& id) {
  const auto root = containers.parts().runtime.root(id);
  return root ? size_of_tree(root->upper) : 0;
}

std::string human_duration(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);
  const auto minutes = seconds / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return fmt::format("{} minutes", minutes);
  const auto hours = (seconds + 1800) / 3600;
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  if (hours < 24 * 7 * 2) return fmt::format("{} days", hours / 24);
  if (hours < 24 * 30 * 2) return fmt::format("{} weeks", hours / 24 / 7);
  if (hours < 24 * 365 * 2) return fmt::format("{} months", hours / 24 / 30);
  return fmt::format("{} years", hours / 24 / 365);
}

std::string status_text(const ContainerState& state, WallTime now) {
  if (state.restarting) {
    return fmt::format("Restarting ({}) {} ago", state.exit_code,
                       human_duration(now - state.finished_at));
  }
  if (state.running) {
    std::string text = "Up " + human_duration(now - state.started_at);
    if (state.paused) return text + " (Paused)";
    if (state.health.status == "starting") return text + " (health: starting)";
    return state.health.status.empty() ? text : text + " (" + state.health.status + ")";
  }
  if (state.removing) return "Removal In Progress";
  if (state.dead) return "Dead";
  if (state.started_at == WallTime{}) return "Created";
  if (state.finished_at == WallTime{}) return "";
  return fmt::format("Exited ({}) {} ago", state.exit_code,
                     human_duration(now - state.finished_at));
}

namespace {

json::array port_list(const ContainerRecord& record) {
  json::array ports;
  std::set<ContainerPort> seen;
  for (const auto& attachment : record.networks) {
    if (!attachment.endpoint) continue;
    for (const auto& port : attachment.endpoint->ports) {
      const ContainerPort inside{port.container_port, port.protocol};
      seen.insert(inside);
      ports.push_back({{"IP", port.host_ip},
                       {"PrivatePort", port.container_port},
                       {"PublicPort", port.host_port},
                       {"Type", port.protocol == network::Protocol::kTcp ? "tcp" : "udp"}});
    }
  }
  if (!record.state.running) return ports;
  for (const auto& port : exposed(record)) {
    if (seen.contains(port)) continue;
    ports.push_back({{"PrivatePort", port.number},
                     {"Type", port.protocol == network::Protocol::kTcp ? "tcp" : "udp"}});
  }
  return ports;
}

}  // namespace

json::object summarize(const Containers& containers, const ContainerRecord& record, bool size) {
  std::string command;
  for (const auto& argument : record.command()) {
    const bool first = command.empty();
    const bool quoted = !first && argument.find(' ') != std::string::npos;
    command += (first ? "" : " ") + (quoted ? "'" + argument + "'" : argument);
  }
  const auto created =
      std::chrono::duration_cast<std::chrono::seconds>(record.created_at.time_since_epoch());
  // A name that has gone to another image since then no longer says what this one is made of.
  std::string image = record.image_name;
  const auto now = containers.parts().images.find(image);
  if (!record.image.empty() && (!now || (*now)->id != record.image)) image = record.image.text();
  json::object summary{
      {"Id", record.id},
      {"Names", json::array{"/" + record.name}},
      {"Image", image},
      {"ImageID", record.image.text()},
      {"Command", command},
      {"Created", created.count()},
      {"Ports", port_list(record)},
      {"Labels", record.config->config.at("Labels")},
      {"State", std::string(record.state.status())},
      {"Status", status_text(record.state, containers.parts().clock.wall())},
      {"HostConfig", {{"NetworkMode", text_of(record.config->host, "NetworkMode")}}},
      {"NetworkSettings", {{"Networks", networks_json(record)}}},
      {"Mounts", to_docker_json(record.mounts)}};
  if (size) {
    const std::uint64_t own = size_of_changes(containers, record.id);
    std::uint64_t total = own;
    for (const auto& layer : record.layers) total += containers.parts().layers.size(layer);
    if (own > 0) summary["SizeRw"] = own;
    summary["SizeRootFs"] = total;
  }
  return summary;
}

json::array Containers::disk_usage() const {
  json::array array;
  for (const auto& container : all()) {
    array.push_back(summarize(*this, container->snapshot(), true));
  }
  return array;
}

}  // namespace cove::engine
