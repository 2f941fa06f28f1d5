#include "core/node/volumes_sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/base64.h"
#include "core/node/environment_fields.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr mode_t kDefaultMode = 0644, kTokenMode = 0600;
constexpr std::int64_t kTokenSeconds = 3600;
constexpr std::chrono::hours kLongestToken{24};

Error failure(ErrorCode code, std::string cause) {
  return Error{code, "fill", "a volume", std::move(cause), {}};
}

mode_t mode_at(const json::object& object, std::string_view name, mode_t otherwise) {
  const auto mode = api::integer_at(object, {name});
  return mode && *mode >= 0 && *mode <= 0777 ? static_cast<mode_t>(*mode) : otherwise;
}

// The user that all containers of the pod run as, when they are told to.
std::optional<uid_t> file_user(const api::Object& pod) {
  const auto of_pod = api::integer_at(pod.document(), {"spec", "securityContext", "runAsUser"});
  std::optional<std::int64_t> all;
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const json::array* const containers = api::array_at(pod.document(), {"spec", list});
    if (containers == nullptr) continue;
    for (const json::value& item : *containers) {
      const json::object* const container = item.if_object();
      if (container == nullptr) continue;
      auto user = api::integer_at(*container, {"securityContext", "runAsUser"});
      if (!user) user = of_pod;
      if (!user || (all && *all != *user)) return std::nullopt;
      all = user;
    }
  }
  return all ? std::optional(static_cast<uid_t>(*all)) : std::nullopt;
}

// data (decoded, of Secrets) and binaryData of an object.
std::map<std::string, std::string> data_of(const api::Object& object, bool secret) {
  std::map<std::string, std::string> out;
  for (const std::string_view part : {"data", "binaryData"}) {
    const json::object* const data = api::object_at(object.document(), {part});
    if (data == nullptr) continue;
    const bool encoded = secret || part == "binaryData";
    for (const auto& [key, value] : *data) {
      const auto* const text = value.if_string();
      if (text == nullptr) continue;
      out[std::string(key)] = encoded
                                  ? base64_decode_lenient(api::view(*text)).value_or(std::string())
                                  : std::string(api::view(*text));
    }
  }
  return out;
}

Result<void> put(VolumeFiles& files, const std::map<std::string, std::string>& data,
                 const json::object& source, mode_t mode, bool secret) {
  const json::array* const items = api::array_at(source, {"items"});
  if (items == nullptr || items->empty()) {
    for (const auto& [key, value] : data) files[key] = {value, mode};
    return {};
  }
  for (const json::value& item : *items) {
    const json::object* const entry = item.if_object();
    if (entry == nullptr) continue;
    const std::string key(api::text_at(*entry, {"key"}));
    const auto found = data.find(key);
    if (found != data.end()) {
      files[std::string(api::text_at(*entry, {"path"}))] = {found->second,
                                                            mode_at(*entry, "mode", mode)};
    } else if (!api::flag_at(source, {"optional"})) {
      return failure(ErrorCode::kNotFound,
                     secret ? fmt::format("references non-existent secret key: {}", key)
                            : fmt::format("configmap references non-existent config key: {}", key));
    }
  }
  return {};
}

}  // namespace

std::optional<gid_t> file_group(const api::Object& pod) {
  const auto group = api::integer_at(pod.document(), {"spec", "securityContext", "fsGroup"});
  return group && *group >= 0 ? std::optional(static_cast<gid_t>(*group)) : std::nullopt;
}

bool VolumeSources::has(const json::object& volume) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"configMap", "secret", "downwardAPI", "projected"},
      [&](std::string_view type) { return api::object_at(volume, {type}) != nullptr; });
}

Result<void> VolumeSources::read(const json::object& volume) {
  const auto mode = [](const json::object& source) {
    return mode_at(source, "defaultMode", kDefaultMode);
  };
  signature_ = fmt::format("{};", file_group(pod_) ? std::to_string(*file_group(pod_)) : "");
  if (const json::object* const source = api::object_at(volume, {"configMap"}))
    return read_object(*source, std::string(api::text_at(*source, {"name"})), false, mode(*source));
  if (const json::object* const source = api::object_at(volume, {"secret"})) {
    return read_object(*source, std::string(api::text_at(*source, {"secretName"})), true,
                       mode(*source));
  }
  if (const json::object* const source = api::object_at(volume, {"downwardAPI"}))
    return read_downward(*source, mode(*source));
  if (const json::object* const source = api::object_at(volume, {"projected"}))
    return read_projected(*source);
  return failure(ErrorCode::kUnsupported, "the volume has no source");
}

Result<VolumeFiles> VolumeSources::files() const {
  VolumeFiles out;
  for (const auto& step : steps_) COVE_CHECK(step(out));
  return out;
}

Result<api::ObjectPtr> VolumeSources::object(const std::string& name, bool secret) {
  const char* const plural = secret ? "secrets" : "configmaps";
  const std::string key = fmt::format("{}/{}", plural, name);
  if (const auto known = memory_.immutable.find(key); known != memory_.immutable.end())
    return known->second;
  const auto found = reader_.get(plural, std::string(pod_.namespace_name()), name);
  if (!found) {
    return failure(
        found.error().failure,
        found.error().is_not_found()
            ? fmt::format("{} {} not found", secret ? "secret" : "configmap", api::quote(name))
            : found.error().message);
  }
  if (api::flag_at((*found)->document(), {"immutable"})) memory_.immutable[key] = *found;
  return *found;
}

Result<void> VolumeSources::read_object(const json::object& source, const std::string& name,
                                        bool secret, mode_t mode) {
  auto found = object(name, secret);
  if (!found) {
    if (found.error().code != ErrorCode::kNotFound || !api::flag_at(source, {"optional"}))
      return found.error();
    signature_ += fmt::format("{}/{};", secret, name);
    return {};
  }
  const api::ObjectPtr data = std::move(*found);
  signature_ += fmt::format("{}/{}@{};", secret, name, data->resource_version());
  steps_.push_back([&source, data, secret, mode](VolumeFiles& files) {
    return put(files, data_of(*data, secret), source, mode, secret);
  });
  return {};
}

Result<void> VolumeSources::read_downward(const json::object& source, mode_t mode) {
  const json::array* const items = api::array_at(source, {"items"});
  if (items == nullptr) return {};
  for (const json::value& item : *items) {
    const json::object* const entry = item.if_object();
    if (entry == nullptr) continue;
    std::string value;
    if (const json::object* const field = api::object_at(*entry, {"fieldRef"})) {
      COVE_TRY(value, field_value(pod_, api::text_at(*field, {"fieldPath"})));
    } else if (const json::object* const resource = api::object_at(*entry, {"resourceFieldRef"})) {
      COVE_TRY(value, resource_value(pod_, nullptr, *resource, allocatable_));
    }
    add(std::string(api::text_at(*entry, {"path"})), {value, mode_at(*entry, "mode", mode)});
  }
  return {};
}

// Known at once, so that its text is part of the signature.
void VolumeSources::add(std::string path, VolumeFile file) {
  signature_ += fmt::format("{}={}:{};", path, file.data.size(), file.data);
  steps_.emplace_back(
      [path = std::move(path), file = std::move(file)](VolumeFiles& files) -> Result<void> {
        files[path] = file;
        return {};
      });
}

Result<void> VolumeSources::read_projected(const json::object& projected) {
  const mode_t mode = mode_at(projected, "defaultMode", kDefaultMode);
  const json::array* const sources = api::array_at(projected, {"sources"});
  if (sources == nullptr) return {};
  for (const json::value& item : *sources) {
    const json::object* const entry = item.if_object();
    if (entry == nullptr) continue;
    if (const json::object* const source = api::object_at(*entry, {"configMap"})) {
      COVE_CHECK(read_object(*source, std::string(api::text_at(*source, {"name"})), false, mode));
    } else if (const json::object* const of_secret = api::object_at(*entry, {"secret"})) {
      COVE_CHECK(
          read_object(*of_secret, std::string(api::text_at(*of_secret, {"name"})), true, mode));
    } else if (const json::object* const fields = api::object_at(*entry, {"downwardAPI"})) {
      COVE_CHECK(read_downward(*fields, mode));
    } else if (const json::object* const wish = api::object_at(*entry, {"serviceAccountToken"})) {
      COVE_CHECK(read_token(*wish, mode));
    } else {
      const std::string_view type = entry->empty() ? "" : std::string_view(entry->begin()->key());
      return failure(ErrorCode::kUnsupported,
                     fmt::format("projected volumes from {} are not supported by this node", type));
    }
  }
  return {};
}

Result<void> VolumeSources::read_token(const json::object& source, mode_t mode) {
  COVE_TRY(std::string text, token(source));
  const auto owner = file_user(pod_);
  if (owner || file_group(pod_)) mode = kTokenMode;
  add(std::string(api::text_at(source, {"path"})), {std::move(text), mode, owner});
  return {};
}

Result<std::string> VolumeSources::token(const json::object& source) {
  const std::int64_t seconds =
      api::integer_at(source, {"expirationSeconds"}).value_or(kTokenSeconds);
  const std::string audience(api::text_at(source, {"audience"}));
  const std::string key = fmt::format("{}/{}", seconds, audience);
  const WallTime now = clock_.wall();
  if (const auto known = memory_.tokens.find(key);
      known != memory_.tokens.end() && now < known->second.refresh_at)
    return known->second.text;
  json::object spec{{"expirationSeconds", seconds},
                    {"boundObjectRef", json::object{{"apiVersion", "v1"},
                                                    {"kind", "Pod"},
                                                    {"name", json::string(pod_.name())},
                                                    {"uid", json::string(pod_.uid())}}}};
  if (!audience.empty()) spec["audiences"] = json::array{json::string(audience)};
  const std::string account(api::text_at(pod_.document(), {"spec", "serviceAccountName"}));
  const auto answer = reader_.create(
      "serviceaccounts", std::string(pod_.namespace_name()), account, "token",
      {{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}, {"spec", spec}});
  if (!answer) {
    return failure(answer.error().failure,
                   fmt::format("failed to fetch token: {}", answer.error().message));
  }
  const json::object& document = (*answer)->document();
  const std::int64_t given =
      api::integer_at(document, {"spec", "expirationSeconds"}).value_or(seconds);
  const auto fresh_for =
      std::min<std::chrono::seconds>(std::chrono::seconds(given) * 4 / 5, kLongestToken);
  SourceMemory::Token& token = memory_.tokens[key];
  token = {std::string(api::text_at(document, {"status", "token"})), now + fresh_for};
  return token.text;
}

}  // namespace cove::node
