#include "core/node/security.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "core/image/lower_view.h"
#include "core/image/rooted.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostUserBytes = 4 << 20;
constexpr std::size_t kMostProfileBytes = 4 << 20;

StartFailure config_error(std::string message) {
  return {"CreateContainerConfigError", std::move(message)};
}
StartFailure create_error(std::string message) {
  return {"CreateContainerError", std::move(message)};
}

// A field of the container's context, or else of the pod's.
class Context {
 public:
  Context(const api::Object& pod, const json::object& container)
      : pod_(api::object_at(pod.document(), {"spec", "securityContext"})),
        container_(api::object_at(container, {"securityContext"})) {}

  const json::value* find(std::string_view name) const {
    for (const json::object* const context : {container_, pod_}) {
      const json::value* const value =
          context == nullptr ? nullptr : api::value_at(*context, {name});
      if (value != nullptr) return value;
    }
    return nullptr;
  }
  std::optional<std::int64_t> integer(std::string_view name) const {
    const json::value* const value = find(name);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    return error ? std::nullopt : std::optional(number);
  }
  bool flag(std::string_view name) const {
    const json::value* const value = find(name);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  const json::object* own() const { return container_; }
  const json::object* of_pod() const { return pod_; }

 private:
  const json::object* pod_;
  const json::object* container_;
};

std::string read_lower(const image::LowerView& view, const char* path) {
  const auto found = view.find(path);
  if (!found || !S_ISREG(found->status.st_mode)) return {};
  const Fd file = view.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return {};
  auto text = read_file(fmt::format("/proc/self/fd/{}", file.get()), kMostUserBytes);
  return text ? std::move(*text) : std::string();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

StartResult<void> check_not_root(const Context& context, const ContainerInputs& inputs) {
  if (!context.flag("runAsNonRoot")) return {};
  const std::string where =
      fmt::format("(pod: {}, container: {})", api::quote(pod_text(*inputs.pod)),
                  api::text_at(inputs.container, {"name"}));
  if (const auto user = context.integer("runAsUser")) {
    if (*user != 0) return {};
    return config_error("container's runAsUser breaks non-root policy " + where);
  }
  const std::string& of_image = inputs.image.config.config.user;
  const std::string name = of_image.substr(0, of_image.find(':'));
  if (name.empty() || (is_number(name) && name.find_first_not_of('0') == std::string::npos))
    return config_error("container has runAsNonRoot and image will run as root " + where);
  if (is_number(name)) return {};
  return config_error(fmt::format(
      "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is "
      "non-root {}",
      name, where));
}

std::vector<std::uint32_t> extra_groups(const Context& context) {
  std::vector<std::uint32_t> out;
  if (context.of_pod() == nullptr) return out;
  const auto add = [&](const json::value& value) {
    boost::system::error_code error;
    const auto gid = value.to_number<std::uint32_t>(error);
    if (!error) out.push_back(gid);
  };
  if (const json::array* const groups = api::array_at(*context.of_pod(), {"supplementalGroups"}))
    std::ranges::for_each(*groups, add);
  if (const json::value* const group = api::value_at(*context.of_pod(), {"fsGroup"})) add(*group);
  return out;
}

StartResult<void> set_user(const Context& context, const ContainerInputs& inputs,
                           runtime::Process& process, std::string& home) {
  if (auto checked = check_not_root(context, inputs); !checked) return checked.error();
  const image::LowerView view(inputs.layers);
  const runtime::UserFiles files{read_lower(view, "etc/passwd"), read_lower(view, "etc/group")};
  const auto wanted = context.integer("runAsUser");
  auto user = runtime::resolve_user(
      files, wanted ? std::to_string(*wanted) : inputs.image.config.config.user);
  if (!user) return create_error(user.error().cause);
  home = user->home;
  process.uid = user->uid;
  process.gid = user->gid;
  if (const auto group = context.integer("runAsGroup"))
    process.gid = static_cast<std::uint32_t>(*group);
  process.groups = {process.gid};
  const auto add = [&](std::uint32_t gid) {
    if (std::ranges::find(process.groups, gid) == process.groups.end())
      process.groups.push_back(gid);
  };
  const bool strict = context.of_pod() != nullptr &&
                      api::text_at(*context.of_pod(), {"supplementalGroupsPolicy"}) == "Strict";
  // The first is the user's own group, in whose place runAsGroup stands.
  if (!strict && !user->groups.empty())
    std::for_each(user->groups.begin() + 1, user->groups.end(), add);
  std::ranges::for_each(extra_groups(context), add);
  return {};
}

std::string capability_name(std::string_view text) {
  std::string name = text.starts_with("CAP_") ? std::string(text) : fmt::format("CAP_{}", text);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

std::vector<std::string> capabilities(const Context& context) {
  std::vector<std::string> out = runtime::default_capabilities();
  if (context.own() == nullptr) return out;
  std::vector<std::string> add, drop;
  for (auto& [list, names] : {std::pair{"add", &add}, std::pair{"drop", &drop}}) {
    const json::array* const all = api::array_at(*context.own(), {"capabilities", list});
    if (all == nullptr) continue;
    for (const json::value& item : *all) {
      if (const auto* const text = item.if_string())
        names->push_back(capability_name(api::view(*text)));
    }
  }
  constexpr std::string_view kAll = "CAP_ALL";
  if (std::ranges::find(add, kAll) != add.end()) out = runtime::all_capabilities();
  if (std::ranges::find(drop, kAll) != drop.end()) out.clear();
  for (const std::string& name : add) {
    if (name != kAll && std::ranges::find(out, name) == out.end()) out.push_back(name);
  }
  for (const std::string& name : drop) std::erase(out, name);
  return out;
}

StartResult<void> set_seccomp(const Context& context, const NodeSettings& settings,
                              runtime::Security& security) {
  security.seccomp = runtime::SeccompMode::kUnconfined;
  const json::value* const found = context.find("seccompProfile");
  if (security.privileged || found == nullptr || !found->is_object()) return {};
  const json::object& profile = found->get_object();
  const std::string_view type = api::text_at(profile, {"type"});
  if (type == "RuntimeDefault") security.seccomp = runtime::SeccompMode::kDefault;
  if (type != "Localhost") return {};
  const std::string name(api::text_at(profile, {"localhostProfile"}));
  const auto missing = [&] {
    return create_error(fmt::format(
        "failed to load the seccomp profile {}: no such file on the node", api::quote(name)));
  };
  if (settings.seccomp_profiles.empty() || name.empty()) return missing();
  const Fd folder(::open(settings.seccomp_profiles.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Fd file = folder ? image::open_below(folder.get(), name, O_RDONLY | O_NONBLOCK) : Fd();
  if (!file) return missing();
  auto text = read_file(fmt::format("/proc/self/fd/{}", file.get()), kMostProfileBytes);
  if (!text) return create_error(text.error().message());
  security.seccomp = runtime::SeccompMode::kProfile;
  security.seccomp_profile = std::move(*text);
  return {};
}

constexpr std::array<std::string_view, 12> kSafeParameters = {
    "kernel.shm_rmid_forced",           "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",        "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",     "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",      "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",          "net.ipv4.tcp_wmem",
};

// "net/ipv4/tcp_rmem" is another way to write "net.ipv4.tcp_rmem".
std::string parameter_name(std::string_view text) {
  const std::size_t first = text.find_first_of("./");
  std::string name(text);
  if (first == std::string_view::npos || text[first] == '.') return name;
  for (char& c : name) c = c == '/' ? '.' : c == '.' ? '/' : c;
  return name;
}

template <class Visit>
void each_parameter(const api::Object& pod, const Visit& visit) {
  const json::array* const all =
      api::array_at(pod.document(), {"spec", "securityContext", "sysctls"});
  if (all == nullptr) return;
  for (const json::value& item : *all) {
    if (const json::object* const entry = item.if_object())
      visit(parameter_name(api::text_at(*entry, {"name"})), api::text_at(*entry, {"value"}));
  }
}

}  // namespace

std::string pod_text(const api::Object& pod) {
  return fmt::format("{}_{}({})", pod.name(), pod.namespace_name(), pod.uid());
}

bool is_privileged(const json::object& container) {
  return api::flag_at(container, {"securityContext", "privileged"});
}

StartResult<void> set_security(const ContainerInputs& inputs, const NodeSettings& settings,
                               runtime::ContainerSpec& spec, std::string& home) {
  const Context context(*inputs.pod, inputs.container);
  runtime::Security& security = spec.security;
  security.privileged = is_privileged(inputs.container);
  if (auto user = set_user(context, inputs, spec.process, home); !user) return user.error();
  security.capabilities = security.privileged ? runtime::all_capabilities() : capabilities(context);
  if (auto seccomp = set_seccomp(context, settings, security); !seccomp) return seccomp.error();
  if (const json::value* const allowed = context.find("allowPrivilegeEscalation"))
    security.no_new_privileges = allowed->is_bool() && !allowed->get_bool();
  const json::value* const proc = context.find("procMount");
  const bool unmasked = proc != nullptr && proc->is_string() && proc->get_string() == "Unmasked";
  if (!security.privileged && !unmasked) {
    security.masked_paths = runtime::default_masked_paths();
    security.read_only_paths = runtime::default_read_only_paths();
  }
  spec.root.read_only = context.flag("readOnlyRootFilesystem");
  each_parameter(*inputs.pod, [&](std::string name, std::string_view value) {
    spec.sysctls[std::move(name)] = std::string(value);
  });
  if (!inputs.sandbox.network_namespace.empty()) {
    // In a network of its own anybody may listen on port 80, and ping.
    spec.sysctls.try_emplace("net.ipv4.ip_unprivileged_port_start", "0");
    spec.sysctls.try_emplace("net.ipv4.ping_group_range", "0 2147483647");
  }
  return {};
}

std::optional<std::string> forbidden_sysctl(const api::Object& pod) {
  std::optional<std::string> out;
  const auto host = [&](std::string_view field) {
    return api::flag_at(pod.document(), {"spec", field});
  };
  each_parameter(pod, [&](const std::string& name, std::string_view) {
    if (out) return;
    const std::string quoted = api::quote(name);
    if (std::ranges::find(kSafeParameters, name) == kSafeParameters.end()) {
      out = fmt::format("forbidden sysctl: {} not allowlisted", quoted);
    } else if (name.starts_with("net.") && host("hostNetwork")) {
      out = fmt::format("forbidden sysctl: {} not allowed with host net enabled", quoted);
    } else if (!name.starts_with("net.") && host("hostIPC")) {
      out = fmt::format("forbidden sysctl: {} not allowed with host ipc enabled", quoted);
    }
  });
  return out;
}

}  // namespace cove::node
