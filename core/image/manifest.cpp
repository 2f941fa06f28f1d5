#include "core/image/manifest.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "core/base/strings.h"
#include "core/image/json.h"

namespace cove::image {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxIndexEntries = 1024;
constexpr std::size_t kMaxHistory = 4096;

const std::string kManifest = "the image manifest";
const std::string kIndex = "the image index";
const std::string kConfig = "the image configuration";

Platform normalized(Platform platform) {
  const auto lower = [](std::string& text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  };
  lower(platform.os);
  lower(platform.architecture);
  lower(platform.variant);
  std::string& architecture = platform.architecture;
  std::string& variant = platform.variant;
  if (architecture == "x86_64" || architecture == "x86-64") architecture = "amd64";
  if (architecture == "i386" || architecture == "i686") architecture = "386";
  if (architecture == "aarch64") architecture = "arm64";
  if (architecture == "armhf") architecture = "arm", variant = "v7";
  if (architecture == "armel") architecture = "arm", variant = "v6";
  if (!variant.empty() && variant.front() >= '0' && variant.front() <= '9')
    variant.insert(variant.begin(), 'v');
  if (architecture == "amd64" && variant == "v1") variant.clear();
  if (architecture == "arm64" && variant == "v8") variant.clear();
  if (architecture == "arm" && variant.empty()) variant = "v7";
  return platform;
}

// Platforms that run on `wanted`, best first.
std::vector<Platform> acceptable(const Platform& wanted) {
  const Platform platform = normalized(wanted);
  std::vector<Platform> list{platform};
  const auto lesser = [&](const std::string& architecture, const std::string& from, char least) {
    if (from.size() != 2 || from[0] != 'v') return;
    for (char version = static_cast<char>(from[1] - 1); version >= least; --version) {
      list.push_back(normalized({platform.os, architecture, std::string("v") + version}));
    }
  };
  lesser(platform.architecture, platform.variant, platform.architecture == "arm" ? '5' : '1');
  if (platform.architecture == "amd64") list.push_back({platform.os, "386", ""});
  if (platform.architecture == "arm64") {
    list.push_back({platform.os, "arm", "v8"});
    lesser("arm", "v8", '5');
  }
  return list;
}

Result<Platform> read_platform(const Fields& fields) {
  Platform platform;
  COVE_TRY(platform.os, fields.text("os"));
  COVE_TRY(platform.architecture, fields.text("architecture"));
  COVE_TRY(platform.variant, fields.text("variant"));
  return platform;
}

Result<Descriptor> read_descriptor(const json::value& value, const std::string& what,
                                   const std::string& default_type) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "read", what, "a descriptor is not an object", ""};
  }
  const Fields fields(*object, what);
  Descriptor descriptor;
  COVE_TRY(descriptor.media_type, fields.text("mediaType"));
  if (descriptor.media_type.empty()) descriptor.media_type = default_type;
  COVE_TRY(descriptor.digest, fields.digest("digest"));
  COVE_TRY(const std::int64_t size, fields.number("size"));
  if (size < 0) return fields.wrong("size", "is negative");
  descriptor.size = static_cast<std::uint64_t>(size);
  COVE_TRY(descriptor.annotations, fields.text_map("annotations"));
  COVE_TRY(const json::object* const platform, fields.object("platform"));
  if (platform != nullptr) {
    COVE_TRY(descriptor.platform, read_platform(Fields(*platform, what)));
  }
  return descriptor;
}

// The document says its type itself, or whoever sent it did.
Result<std::string> document_type(const Fields& fields, std::string_view sent,
                                  std::initializer_list<const char*> known, const char* otherwise) {
  COVE_TRY(const std::string own, fields.text("mediaType"));
  const auto is_known = [&](std::string_view type) {
    return std::any_of(known.begin(), known.end(), [&](const char* k) { return type == k; });
  };
  if (!own.empty() && !is_known(own))
    return fields.wrong("mediaType", fmt::format("is '{}', which is not supported",
                                                 escape_control(own.substr(0, 128))));
  if (!own.empty()) return own;
  return is_known(sent) ? std::string(sent) : std::string(otherwise);
}

Result<void> check_schema(const Fields& fields) {
  COVE_TRY(const std::int64_t version, fields.number("schemaVersion"));
  if (version == 1) {
    return fields.wrong("schemaVersion",
                        "is 1: Docker's image manifest version 2, schema 1 is not supported; push "
                        "the image again with a newer tool");
  }
  if (version != 2) return fields.wrong("schemaVersion", "is not 2");
  return {};
}

Result<HealthCheck> read_health_check(const Fields& fields) {
  HealthCheck check;
  COVE_TRY(check.test, fields.texts("Test"));
  const auto duration = [&](const char* name, std::chrono::nanoseconds& into) -> Result<void> {
    COVE_TRY(const std::int64_t value, fields.number(name));
    into = std::chrono::nanoseconds(value);
    return {};
  };
  COVE_CHECK(duration("Interval", check.interval));
  COVE_CHECK(duration("Timeout", check.timeout));
  COVE_CHECK(duration("StartPeriod", check.start_period));
  COVE_CHECK(duration("StartInterval", check.start_interval));
  COVE_TRY(const std::int64_t retries, fields.number("Retries"));
  if (retries < 0 || retries > 1'000'000'000) return fields.wrong("Retries", "is out of range");
  check.retries = static_cast<int>(retries);
  return check;
}

Result<RunConfig> read_run_config(const Fields& fields) {
  RunConfig config;
  COVE_TRY(config.user, fields.text("User"));
  COVE_TRY(config.env, fields.texts("Env"));
  COVE_TRY(config.entrypoint, fields.texts("Entrypoint"));
  COVE_TRY(config.cmd, fields.texts("Cmd"));
  COVE_TRY(config.working_dir, fields.text("WorkingDir"));
  COVE_TRY(config.exposed_ports, fields.keys("ExposedPorts"));
  COVE_TRY(config.volumes, fields.keys("Volumes"));
  COVE_TRY(config.labels, fields.text_map("Labels"));
  COVE_TRY(config.stop_signal, fields.text("StopSignal"));
  COVE_TRY(config.shell, fields.texts("Shell"));
  COVE_TRY(config.on_build, fields.texts("OnBuild"));
  COVE_TRY(config.args_escaped, fields.flag("ArgsEscaped"));
  COVE_TRY(const json::object* const health, fields.object("Healthcheck"));
  if (health != nullptr) {
    COVE_TRY(config.health_check, read_health_check(Fields(*health, kConfig)));
  }
  return config;
}

Result<HistoryEntry> read_history(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "read", kConfig,
                 "an entry of 'history' is not an object", ""};
  }
  const Fields fields(*object, kConfig);
  HistoryEntry entry;
  COVE_TRY(entry.created, fields.text("created"));
  COVE_TRY(entry.created_by, fields.text("created_by"));
  COVE_TRY(entry.author, fields.text("author"));
  COVE_TRY(entry.comment, fields.text("comment"));
  COVE_TRY(entry.empty_layer, fields.flag("empty_layer"));
  return entry;
}

json::array to_array(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& item : list) array.emplace_back(item);
  return array;
}

json::value to_list(const std::vector<std::string>& list) {
  if (list.empty()) return nullptr;
  return to_array(list);
}

json::object to_set(const std::vector<std::string>& keys) {
  json::object object;
  for (const std::string& key : keys) object[key] = json::object();
  return object;
}

json::object to_object(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

json::object to_object(const Descriptor& descriptor) {
  json::object object;
  object["mediaType"] = descriptor.media_type;
  object["digest"] = descriptor.digest.text();
  object["size"] = descriptor.size;
  if (descriptor.platform) {
    json::object platform;
    platform["architecture"] = descriptor.platform->architecture;
    platform["os"] = descriptor.platform->os;
    if (!descriptor.platform->variant.empty()) platform["variant"] = descriptor.platform->variant;
    object["platform"] = std::move(platform);
  }
  if (!descriptor.annotations.empty()) object["annotations"] = to_object(descriptor.annotations);
  return object;
}

// As the configuration's "config" has it: what is empty is left out.
json::object to_config_object(const RunConfig& config) {
  json::object object = to_docker_json(config);
  json::object kept;
  for (const auto& entry : object) {
    const json::value& value = entry.value();
    const bool empty = value.is_null() || (value.is_string() && value.get_string().empty());
    if (!empty) kept[entry.key()] = value;
  }
  return kept;
}

json::object to_object(const HistoryEntry& entry) {
  json::object object;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
  };
  put("created", entry.created);
  put("created_by", entry.created_by);
  put("author", entry.author);
  put("comment", entry.comment);
  if (entry.empty_layer) object["empty_layer"] = true;
  return object;
}

}  // namespace

Platform host_platform() {
  Platform platform;
  struct utsname name {};
  if (::uname(&name) == 0) platform.architecture = name.machine;
  if (platform.architecture == "armv7l") platform = {"linux", "arm", "v7"};
  if (platform.architecture == "armv6l") platform = {"linux", "arm", "v6"};
  return normalized(platform);
}

Result<Platform> parse_platform(std::string_view text) {
  const auto parts = split(text, '/');
  const auto fine = [](const std::string& part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.';
    });
  };
  if (parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), fine)) {
    return Error{ErrorCode::kInvalidArgument, "use the platform",
                 escape_control(text.substr(0, 128)), "it must have the form os[/arch[/variant]]",
                 ""};
  }
  Platform platform = host_platform();
  if (parts.size() == 1) {
    // A lone word is an operating system, or else an architecture of this one.
    if (parts[0] == "linux" || parts[0] == "windows" || parts[0] == "darwin" ||
        parts[0] == "freebsd") {
      platform.os = parts[0];
    } else {
      platform = {platform.os, parts[0], ""};
    }
  } else {
    platform = {parts[0], parts[1], parts.size() == 3 ? parts[2] : ""};
  }
  return normalized(platform);
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view media_type) {
  COVE_TRY(const json::value document, parse_json(text, kMaxManifestBytes, kManifest));
  const Fields fields(document.get_object(), kManifest);
  COVE_CHECK(check_schema(fields));
  if (fields.get("manifests") != nullptr)
    return fields.wrong("manifests", "does not belong into a manifest");
  Manifest manifest;
  COVE_TRY(manifest.media_type,
           document_type(fields, media_type, {media::kOciManifest, media::kDockerManifest},
                         media::kOciManifest));
  const json::value* config = fields.get("config");
  if (config == nullptr) return fields.wrong("config", "is missing");
  const bool docker = manifest.media_type == media::kDockerManifest;
  COVE_TRY(manifest.config,
           read_descriptor(*config, kManifest, docker ? media::kDockerConfig : media::kOciConfig));
  COVE_TRY(const json::array* const layers, fields.array("layers", kMaxLayers));
  if (layers != nullptr) {
    for (const json::value& layer : *layers) {
      COVE_TRY(Descriptor descriptor,
               read_descriptor(layer, kManifest,
                               docker ? media::kDockerLayerGzip : media::kOciLayerGzip));
      manifest.layers.push_back(std::move(descriptor));
    }
  }
  COVE_TRY(manifest.annotations, fields.text_map("annotations"));
  return manifest;
}

Result<Index> parse_index(std::string_view text, std::string_view media_type) {
  COVE_TRY(const json::value document, parse_json(text, kMaxManifestBytes, kIndex));
  const Fields fields(document.get_object(), kIndex);
  COVE_CHECK(check_schema(fields));
  if (fields.get("layers") != nullptr || fields.get("config") != nullptr)
    return fields.wrong("layers", "and 'config' do not belong into an index");
  Index index;
  COVE_TRY(
      index.media_type,
      document_type(fields, media_type, {media::kOciIndex, media::kDockerList}, media::kOciIndex));
  COVE_TRY(const json::array* const manifests, fields.array("manifests", kMaxIndexEntries));
  if (manifests != nullptr) {
    for (const json::value& manifest : *manifests) {
      COVE_TRY(Descriptor descriptor, read_descriptor(manifest, kIndex, media::kOciManifest));
      index.manifests.push_back(std::move(descriptor));
    }
  }
  COVE_TRY(index.annotations, fields.text_map("annotations"));
  return index;
}

Result<ImageConfig> parse_config(std::string_view text) {
  COVE_TRY(const json::value document, parse_json(text, kMaxManifestBytes, kConfig));
  const Fields fields(document.get_object(), kConfig);
  ImageConfig config;
  COVE_TRY(config.platform, read_platform(fields));
  if (config.platform.os.empty()) config.platform.os = "linux";
  COVE_TRY(config.created, fields.text("created"));
  COVE_TRY(config.author, fields.text("author"));
  COVE_TRY(const json::object* const run, fields.object("config"));
  if (run != nullptr) {
    COVE_TRY(config.config, read_run_config(Fields(*run, kConfig)));
  }
  COVE_TRY(const json::object* const root, fields.object("rootfs"));
  if (root == nullptr) return fields.wrong("rootfs", "is missing");
  const Fields root_fields(*root, kConfig);
  COVE_TRY(const std::string type, root_fields.text("type"));
  if (!type.empty() && type != "layers") return root_fields.wrong("type", "is not 'layers'");
  COVE_TRY(const json::array* const layers, root_fields.array("diff_ids", kMaxLayers));
  if (layers != nullptr) {
    for (const json::value& layer : *layers) {
      const json::string* id = layer.if_string();
      if (id == nullptr) return root_fields.wrong("diff_ids", "is not a list of strings");
      auto digest = Digest::parse(*id);
      if (!digest) return root_fields.wrong("diff_ids", "has a bad digest");
      config.diff_ids.push_back(std::move(*digest));
    }
  }
  COVE_TRY(const json::array* const history, fields.array("history", kMaxHistory));
  if (history != nullptr) {
    for (const json::value& item : *history) {
      COVE_TRY(HistoryEntry entry, read_history(item));
      config.history.push_back(std::move(entry));
    }
  }
  return config;
}

std::string to_json(const Manifest& manifest) {
  json::object object;
  object["schemaVersion"] = 2;
  object["mediaType"] = manifest.media_type;
  object["config"] = to_object(manifest.config);
  json::array layers;
  for (const Descriptor& layer : manifest.layers) layers.push_back(to_object(layer));
  object["layers"] = std::move(layers);
  if (!manifest.annotations.empty()) object["annotations"] = to_object(manifest.annotations);
  return json::serialize(object);
}

std::string to_json(const Index& index) {
  json::object object;
  object["schemaVersion"] = 2;
  object["mediaType"] = index.media_type;
  json::array manifests;
  for (const Descriptor& manifest : index.manifests) manifests.push_back(to_object(manifest));
  object["manifests"] = std::move(manifests);
  if (!index.annotations.empty()) object["annotations"] = to_object(index.annotations);
  return json::serialize(object);
}

std::string to_json(const ImageConfig& config) {
  json::object object;
  object["architecture"] = config.platform.architecture;
  if (!config.author.empty()) object["author"] = config.author;
  object["config"] = to_config_object(config.config);
  if (!config.created.empty()) object["created"] = config.created;
  json::array history;
  for (const HistoryEntry& entry : config.history) history.push_back(to_object(entry));
  object["history"] = std::move(history);
  object["os"] = config.platform.os;
  json::array layers;
  for (const Digest& layer : config.diff_ids) layers.emplace_back(layer.text());
  json::object root;
  root["type"] = "layers";
  root["diff_ids"] = std::move(layers);
  object["rootfs"] = std::move(root);
  if (!config.platform.variant.empty()) object["variant"] = config.platform.variant;
  return json::serialize(object);
}

json::object to_docker_json(const HealthCheck& check) {
  json::object object;
  if (!check.test.empty()) object["Test"] = to_array(check.test);
  const auto put = [&](const char* name, std::int64_t value) {
    if (value != 0) object[name] = value;
  };
  put("Interval", check.interval.count());
  put("Timeout", check.timeout.count());
  put("StartPeriod", check.start_period.count());
  put("StartInterval", check.start_interval.count());
  put("Retries", check.retries);
  return object;
}

json::object to_docker_json(const RunConfig& config) {
  json::object object;
  object["User"] = config.user;
  if (!config.exposed_ports.empty()) object["ExposedPorts"] = to_set(config.exposed_ports);
  object["Env"] = to_list(config.env);
  object["Cmd"] = to_list(config.cmd);
  if (config.health_check) object["Healthcheck"] = to_docker_json(*config.health_check);
  if (config.args_escaped) object["ArgsEscaped"] = true;
  object["Volumes"] = nullptr;
  if (!config.volumes.empty()) object["Volumes"] = to_set(config.volumes);
  object["WorkingDir"] = config.working_dir;
  object["Entrypoint"] = to_list(config.entrypoint);
  object["OnBuild"] = to_list(config.on_build);
  object["Labels"] = nullptr;
  if (!config.labels.empty()) object["Labels"] = to_object(config.labels);
  if (!config.stop_signal.empty()) object["StopSignal"] = config.stop_signal;
  if (!config.shell.empty()) object["Shell"] = to_array(config.shell);
  return object;
}

Result<RunConfig> from_docker_json(const json::object& config) {
  return read_run_config(Fields(config, "the container configuration"));
}

const Descriptor* choose(const Index& index, const Platform& platform) {
  for (const Platform& candidate : acceptable(platform)) {
    for (const Descriptor& manifest : index.manifests) {
      if (manifest.platform && normalized(*manifest.platform) == candidate) return &manifest;
    }
  }
  // Old tools write no platform; such an entry counts when it is the only one there is.
  if (index.manifests.size() == 1 && !index.manifests.front().platform)
    return &index.manifests.front();
  return nullptr;
}

}  // namespace cove::image
