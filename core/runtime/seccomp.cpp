#include "core/runtime/seccomp.h"

#include <boost/json.hpp>
#include <charconv>

#include "core/runtime/seccomp_default.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostRules = 4096;

Error bad(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "use", "the seccomp profile", std::move(cause), {}};
}

const json::value* member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string_view text(const json::object& object, std::string_view name) {
  const auto* value = member(object, name);
  const auto* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string_view() : std::string_view(*string);
}

bool kernel_at_least(std::string_view wanted, const SeccompHost& host) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* const end = wanted.data() + wanted.size();
  const auto first = std::from_chars(wanted.data(), end, major);
  if (first.ptr != end && *first.ptr == '.') std::from_chars(first.ptr + 1, end, minor);
  return host.kernel_major > major || (host.kernel_major == major && host.kernel_minor >= minor);
}

bool lists(const json::object& filter, std::string_view name, auto&& matches) {
  const auto* value = member(filter, name);
  const auto* array = value == nullptr ? nullptr : value->if_array();
  if (array == nullptr) return false;
  for (const auto& item : *array) {
    if (item.is_string() && matches(std::string_view(item.get_string()))) return true;
  }
  return false;
}

bool has_list(const json::object& filter, std::string_view name) {
  const auto* value = member(filter, name);
  return value != nullptr && value->is_array() && !value->get_array().empty();
}

// Whether a rule counts: any named architecture, every named capability, and a kernel new enough;
// and none of what it excludes.
bool counts(const json::object& rule, const std::set<std::string>& capabilities,
            const SeccompHost& host) {
  const auto ours = [&](std::string_view name) { return name == host.architecture; };
  const auto held = [&](std::string_view name) { return capabilities.contains(std::string(name)); };
  const auto missing = [&](std::string_view name) { return !held(name); };
  if (const auto* value = member(rule, "includes"); value != nullptr && value->is_object()) {
    const auto& filter = value->get_object();
    if (has_list(filter, "arches") && !lists(filter, "arches", ours)) return false;
    if (lists(filter, "caps", missing)) return false;
    if (const auto kernel = text(filter, "minKernel");
        !kernel.empty() && !kernel_at_least(kernel, host))
      return false;
  }
  if (const auto* value = member(rule, "excludes"); value != nullptr && value->is_object()) {
    const auto& filter = value->get_object();
    if (lists(filter, "arches", ours) || lists(filter, "caps", held)) return false;
    if (const auto kernel = text(filter, "minKernel");
        !kernel.empty() && kernel_at_least(kernel, host))
      return false;
  }
  return true;
}

json::array architectures(const json::object& profile, const SeccompHost& host) {
  if (const auto* value = member(profile, "architectures"); value != nullptr && value->is_array())
    return value->get_array();
  const std::string_view own = host.architecture == "amd64"     ? "SCMP_ARCH_X86_64"
                               : host.architecture == "arm64"   ? "SCMP_ARCH_AARCH64"
                               : host.architecture == "riscv64" ? "SCMP_ARCH_RISCV64"
                                                                : "";
  json::array out;
  const auto* map = member(profile, "archMap");
  if (map == nullptr || !map->is_array()) return out;
  for (const auto& item : map->get_array()) {
    if (!item.is_object() || text(item.get_object(), "architecture") != own) continue;
    out.emplace_back(own);
    if (const auto* more = member(item.get_object(), "subArchitectures");
        more != nullptr && more->is_array())
      out.insert(out.end(), more->get_array().begin(), more->get_array().end());
  }
  return out;
}

void copy(const json::object& from, json::object& to, std::string_view name) {
  if (const auto* value = member(from, name)) to[name] = *value;
}

}  // namespace

std::string_view default_seccomp_profile() {
  return kDefaultProfile;
}

Result<json::object> seccomp_rules(std::string_view profile,
                                   const std::set<std::string>& capabilities,
                                   const SeccompHost& host) {
  if (profile.size() > kMostBytes) return bad("it is longer than 1 MiB");
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 32;
  const json::value parsed = json::parse(profile, error, {}, options);
  if (error) return bad("it is not JSON: " + error.message());
  if (!parsed.is_object()) return bad("it is not a JSON object");
  const json::object& from = parsed.get_object();
  if (text(from, "defaultAction").empty()) return bad("it has no defaultAction");
  json::object out;
  copy(from, out, "defaultAction");
  copy(from, out, "defaultErrnoRet");
  if (auto list = architectures(from, host); !list.empty()) out["architectures"] = std::move(list);
  copy(from, out, "flags");
  json::array rules;
  const auto* listed = member(from, "syscalls");
  if (listed != nullptr && !listed->is_array()) return bad("its syscalls are not a list");
  if (listed != nullptr && listed->get_array().size() > kMostRules)
    return bad("it has too many rules");
  if (listed != nullptr) {
    for (const auto& item : listed->get_array()) {
      if (!item.is_object()) return bad("a rule is not a JSON object");
      const json::object& rule = item.get_object();
      if (text(rule, "action").empty()) return bad("a rule has no action");
      if (!counts(rule, capabilities, host)) continue;
      json::object made;
      copy(rule, made, "names");
      // The form before names came in lists.
      if (!made.contains("names") && !text(rule, "name").empty())
        made["names"] = json::array{rule.at("name")};
      if (!made.contains("names")) return bad("a rule names no system call");
      copy(rule, made, "action");
      copy(rule, made, "errnoRet");
      if (const auto* args = member(rule, "args");
          args != nullptr && args->is_array() && !args->get_array().empty())
        made["args"] = *args;
      rules.push_back(std::move(made));
    }
  }
  out["syscalls"] = std::move(rules);
  return out;
}

}  // namespace cove::runtime
