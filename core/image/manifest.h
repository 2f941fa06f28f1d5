// Manifests, indexes and image configurations: OCI image-spec v1.1 and Docker's image manifest
// version 2, schema 2, read from outside and written.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/image/digest.h"

namespace cove::image {

namespace media {
inline constexpr const char* kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr const char* kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr const char* kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr const char* kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr const char* kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr const char* kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr const char* kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr const char* kDockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr const char* kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
}  // namespace media

struct Platform {
  std::string os = "linux";
  std::string architecture = "amd64";
  std::string variant;
  bool operator==(const Platform&) const = default;
};
// This machine's.
Platform host_platform();
// "linux/arm64/v8".
Result<Platform> parse_platform(std::string_view text);

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform = std::nullopt;
  std::map<std::string, std::string> annotations = {};
};

struct Manifest {
  std::string media_type;  // kOciManifest or kDockerManifest
  Descriptor config;
  std::vector<Descriptor> layers;  // lowest first
  std::map<std::string, std::string> annotations = {};
};

struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations = {};
};

struct HealthCheck {
  std::vector<std::string> test;  // {"CMD-SHELL", "…"}, {"CMD", …}, {"NONE"}
  std::chrono::nanoseconds interval{0};
  std::chrono::nanoseconds timeout{0};
  std::chrono::nanoseconds start_period{0};
  std::chrono::nanoseconds start_interval{0};
  int retries = 0;
  bool operator==(const HealthCheck&) const = default;
};

// What containers of an image start with: "config" of the OCI configuration with Docker's
// additions.
struct RunConfig {
  std::string user;
  std::vector<std::string> env;  // "NAME=value"
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::vector<std::string> exposed_ports;  // "80/tcp", sorted
  std::vector<std::string> volumes;        // sorted
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  std::vector<std::string> shell;
  std::vector<std::string> on_build;
  std::optional<HealthCheck> health_check = std::nullopt;
  bool args_escaped = false;
  bool operator==(const RunConfig&) const = default;
};

struct HistoryEntry {
  std::string created;  // RFC 3339
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
};

struct ImageConfig {
  Platform platform;
  std::string created;  // RFC 3339; may be empty
  std::string author;
  RunConfig config;
  std::vector<Digest> diff_ids;  // lowest first
  std::vector<HistoryEntry> history;
};

// All of these bound sizes, depths and counts, and check digests and names; errors are
// kInvalidArgument and say what of the document is wrong.
inline constexpr std::size_t kMaxManifestBytes = 4 << 20;
inline constexpr std::size_t kMaxLayers = 512;
Result<Manifest> parse_manifest(std::string_view json, std::string_view media_type);
Result<Index> parse_index(std::string_view json, std::string_view media_type);
Result<ImageConfig> parse_config(std::string_view json);
std::string to_json(const Manifest& manifest);
std::string to_json(const Index& index);
std::string to_json(const ImageConfig& config);
// The Docker API's form of a RunConfig ("Config" of inspect) and back; fields of a container alone
// (Hostname, Tty …) are the engine's.
boost::json::object to_docker_json(const RunConfig& config);
boost::json::object to_docker_json(const HealthCheck& check);
Result<RunConfig> from_docker_json(const boost::json::object& config);

// Picks the manifest for a platform as containerd does: exact variant before a lesser one; nothing
// when none fits. Attestations ("unknown/unknown") never fit.
const Descriptor* choose(const Index& index, const Platform& platform);

}  // namespace cove::image
