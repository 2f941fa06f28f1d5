#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/strings.h"
#include "core/runtime/spec_json.h"

namespace cove::runtime {
namespace {

constexpr std::size_t kLongestId = 128;
constexpr std::size_t kMostMounts = 4096;

Error bad(const ContainerSpec& spec, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "create the container", spec.id, std::move(cause), {}};
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool is_clean_absolute(std::string_view path) {
  if (!path.starts_with('/') || has_nul(path)) return false;
  const auto parts = split(path.substr(1), '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part == ".."; });
}

Result<void> check_process(const ContainerSpec& spec) {
  const Process& process = spec.process;
  if (process.args.empty() || process.args.front().empty())
    return bad(spec, "no command specified");
  for (const auto& list : {process.args, process.env}) {
    if (std::any_of(list.begin(), list.end(), has_nul))
      return bad(spec, "an argument or variable has a zero byte");
  }
  if (!is_clean_absolute(process.working_dir))
    return bad(spec, fmt::format("the working directory '{}' is not an absolute path",
                                 escape_control(process.working_dir)));
  for (const ResourceLimit& limit : process.limits) {
    if (!limit.type.starts_with("RLIMIT_"))
      return bad(spec, fmt::format("'{}' is no resource limit", escape_control(limit.type)));
    if (limit.soft > limit.hard)
      return bad(spec, fmt::format("the soft limit of {} is above its hard limit", limit.type));
  }
  return {};
}

Result<void> check_mounts(const ContainerSpec& spec) {
  static const std::set<std::string> types = {"bind",   "tmpfs",  "proc",  "sysfs",
                                              "mqueue", "cgroup", "devpts"};
  if (spec.mounts.size() > kMostMounts) return bad(spec, "it has too many mounts");
  for (const Bind& bind : spec.mounts) {
    if (!types.contains(bind.type))
      return bad(spec, fmt::format("'{}' is no type of a mount", escape_control(bind.type)));
    if (!is_clean_absolute(bind.destination) || bind.destination == "/")
      return bad(spec, fmt::format("the mount's destination '{}' is not an absolute path below /",
                                   escape_control(bind.destination)));
    if (bind.type == "bind" && (!bind.source.starts_with('/') || has_nul(bind.source)))
      return bad(spec, fmt::format("the bind's source '{}' is not an absolute path",
                                   escape_control(bind.source)));
  }
  for (const Path& lower : spec.root.lower) {
    if (!is_clean_absolute(lower.string())) return bad(spec, "a layer is not an absolute path");
  }
  return {};
}

bool is_device_rule(const std::string& rule) {
  const auto words = split(rule, ' ');
  if (words.size() != 3 || words[0].size() != 1 ||
      std::string_view("abc").find(words[0][0]) == std::string_view::npos)
    return false;
  const auto numbers = split(words[1], ':');
  const auto number = [](const std::string& text) {
    return text == "*" || (!text.empty() && text.size() <= 9 &&
                           text.find_first_not_of("0123456789") == std::string::npos);
  };
  return numbers.size() == 2 && number(numbers[0]) && number(numbers[1]) && !words[2].empty() &&
         words[2].find_first_not_of("rwm") == std::string::npos;
}

Result<void> check_devices(const ContainerSpec& spec) {
  for (const Device& device : spec.devices) {
    if (!is_clean_absolute(device.host.string()) || !is_clean_absolute(device.inside))
      return bad(spec, "a device is not an absolute path");
    if (device.permissions.find_first_not_of("rwm") != std::string::npos)
      return bad(spec, fmt::format("invalid device mode: {}", escape_control(device.permissions)));
  }
  for (const std::string& rule : spec.device_cgroup_rules) {
    if (!is_device_rule(rule))
      return bad(spec, fmt::format("invalid device cgroup format: '{}'", escape_control(rule)));
  }
  return {};
}

Result<void> check_namespaces(const ContainerSpec& spec) {
  const Namespaces& spaces = spec.namespaces;
  for (const Namespace* space :
       {&spaces.pid, &spaces.network, &spaces.ipc, &spaces.uts, &spaces.cgroup}) {
    if (space->from == Namespace::From::kPath && !is_clean_absolute(space->path.string()))
      return bad(spec, "a namespace to join has no absolute path");
  }
  if (spaces.users.empty() != spaces.groups.empty())
    return bad(spec, "a user namespace needs a map of users and one of groups");
  return {};
}

// The names crun keeps itself from setting on the host, because no namespace holds them.
Result<void> check_sysctls(const ContainerSpec& spec) {
  for (const auto& [name, value] : spec.sysctls) {
    if (name.empty() || has_nul(name) || has_nul(value) || name.find("..") != std::string::npos)
      return bad(spec, fmt::format("'{}' is no kernel parameter", escape_control(name)));
  }
  return {};
}

}  // namespace

bool is_container_id(std::string_view id) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return id.size() >= 2 && id.size() <= kLongestId && letter(id.front()) &&
         std::all_of(id.begin(), id.end(),
                     [&](char c) { return letter(c) || c == '_' || c == '.' || c == '-'; });
}

Result<void> check_spec(const ContainerSpec& spec) {
  if (!is_container_id(spec.id)) {
    return Error{ErrorCode::kInvalidArgument,
                 "create the container",
                 escape_control(spec.id),
                 "its id has to be 2 to 128 of [a-zA-Z0-9][a-zA-Z0-9_.-]",
                 {}};
  }
  COVE_CHECK(check_process(spec));
  COVE_CHECK(check_mounts(spec));
  COVE_CHECK(check_devices(spec));
  COVE_CHECK(check_namespaces(spec));
  COVE_CHECK(check_sysctls(spec));
  if (!spec.cgroup_parent.empty()) {
    for (const std::string& part : split(spec.cgroup_parent, '/')) {
      if (part == ".." || part == "." || has_nul(part))
        return bad(spec, "its cgroup parent is not below our own");
    }
  }
  if (!spec.log.file.empty() && (!is_clean_absolute(spec.log.file.string()) ||
                                 spec.log.file.string().find(':') != std::string::npos))
    return bad(spec, "the log's file is not an absolute path without ':'");
  return {};
}

}  // namespace cove::runtime
