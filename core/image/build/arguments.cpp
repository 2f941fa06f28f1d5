#include "core/image/build/arguments.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cove::image::dockerfile {
namespace {

constexpr std::array<std::string_view, 11> kPredefined{
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY",        "ftp_proxy",
    "NO_PROXY",   "no_proxy",   "ALL_PROXY",   "all_proxy",   "SOURCE_DATE_EPOCH"};

std::string platform_text(const Platform& platform) {
  std::string text = platform.os + "/" + platform.architecture;
  if (!platform.variant.empty()) text += "/" + platform.variant;
  return text;
}

bool names(std::string_view entry, std::string_view name) {
  return entry.starts_with(name) && (entry.size() == name.size() || entry[name.size()] == '=');
}

}  // namespace

bool is_predefined_arg(std::string_view name) {
  return std::find(kPredefined.begin(), kPredefined.end(), name) != kPredefined.end();
}

Arguments::Arguments(const GivenArgs& given, const Platform& build, const Platform& target,
                     const std::string& stage)
    : given_(given) {
  for (const auto& [prefix, platform] :
       {std::pair<std::string, const Platform&>("BUILD", build), {"TARGET", target}}) {
    globals_[prefix + "PLATFORM"] = platform_text(platform);
    globals_[prefix + "OS"] = platform.os;
    globals_[prefix + "ARCH"] = platform.architecture;
    globals_[prefix + "VARIANT"] = platform.variant;
  }
  globals_["TARGETSTAGE"] = stage;
}

void Arguments::add_global(const std::string& name, const std::optional<std::string>& value) {
  declared_.insert(name);
  auto& known = globals_[name];
  if (value || !known) known = value;
}

void Arguments::add(const std::string& name, const std::optional<std::string>& value) {
  declared_.insert(name);
  locals_[name] = value;
}

void Arguments::begin_stage(const std::string& stage) {
  locals_.clear();
  globals_["TARGETSTAGE"] = stage.empty() ? "default" : stage;
}

std::optional<std::string> Arguments::value_of(const std::string& name,
                                               const std::optional<std::string>& fallback) const {
  if (const auto given = given_.find(name); given != given_.end() && given->second) {
    return given->second;
  }
  return fallback;
}

std::map<std::string, std::string> Arguments::visible(const std::vector<std::string>& env) const {
  std::map<std::string, std::string> result;
  const auto consider = [&](const std::string& name, const std::optional<std::string>& value) {
    if (!value) return;
    const bool hidden = std::any_of(env.begin(), env.end(),
                                    [&](const std::string& entry) { return names(entry, name); });
    if (!hidden) result.emplace(name, *value);
  };
  for (const auto& [name, fallback] : locals_) {
    auto value = value_of(name, fallback);
    if (!value) {
      if (const auto known = globals_.find(name); known != globals_.end()) value = known->second;
    }
    consider(name, value);
  }
  for (const std::string_view predefined : kPredefined) {
    const std::string name(predefined);
    if (!locals_.contains(name) && name != "SOURCE_DATE_EPOCH") {
      consider(name, value_of(name, std::nullopt));
    }
  }
  return result;
}

bool Arguments::shown(const std::string& name) const {
  return !is_predefined_arg(name) || declared_.contains(name);
}

std::optional<std::string> Arguments::global(std::string_view name) const {
  const std::string key(name);
  const auto known = globals_.find(key);
  return known == globals_.end() ? std::nullopt : value_of(key, known->second);
}

Lookup lookup_in(const std::vector<std::string>& env, const Arguments& arguments) {
  // Of an environment the last entry of a name counts.
  return
      [env, visible = arguments.visible(env)](std::string_view name) -> std::optional<std::string> {
        for (auto entry = env.rbegin(); entry != env.rend(); ++entry) {
          if (names(*entry, name)) {
            return entry->size() == name.size() ? "" : entry->substr(name.size() + 1);
          }
        }
        const auto found = visible.find(std::string(name));
        return found == visible.end() ? std::nullopt : std::optional(found->second);
      };
}

}  // namespace cove::image::dockerfile
