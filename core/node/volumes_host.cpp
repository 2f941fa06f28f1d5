#include "core/node/volumes_host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace cove::node {

namespace json = boost::json;

namespace {

Error failure(ErrorCode code, std::string cause) {
  return Error{code, "mount", "a volume", std::move(cause), {}};
}

struct HostType {
  std::string_view name;
  mode_t format;
  std::string_view text;
};
constexpr std::array kHostTypes = {
    HostType{"Directory", S_IFDIR, "directory"},
    HostType{"DirectoryOrCreate", S_IFDIR, "directory"},
    HostType{"File", S_IFREG, "file"},
    HostType{"FileOrCreate", S_IFREG, "file"},
    HostType{"Socket", S_IFSOCK, "socket file"},
    HostType{"CharDevice", S_IFCHR, "character device"},
    HostType{"BlockDevice", S_IFBLK, "block device"},
};

// What the volume is a source of, and this node has no plugin for.
std::string unsupported_source(const json::object& spec) {
  for (const auto& [name, value] : spec) {
    static constexpr std::array<std::string_view, 8> kOthers = {
        "accessModes",  "capacity",         "claimRef",   "mountOptions",
        "nodeAffinity", "storageClassName", "volumeMode", "persistentVolumeReclaimPolicy"};
    if (value.is_object() && std::ranges::find(kOthers, std::string_view(name)) == kOthers.end())
      return std::string(name);
  }
  return "unknown";
}

Result<ClaimedVolume> open_volume(const json::object& spec, const std::string& name) {
  if (api::text_at(spec, {"volumeMode"}) == "Block")
    return failure(ErrorCode::kUnsupported, "block volumes are not supported by this node");
  ClaimedVolume out;
  if (const json::object* const host = api::object_at(spec, {"hostPath"})) {
    // Whoever the pod runs as may write: nobody else has made the folder ready.
    COVE_TRY(out.volume, open_host_path(*host, 0777));
    return out;
  }
  if (const json::object* const local = api::object_at(spec, {"local"})) {
    const std::string path(api::text_at(*local, {"path"}));
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
      return failure(ErrorCode::kNotFound, fmt::format("path {} does not exist", api::quote(path)));
    if (!S_ISDIR(status.st_mode))
      return failure(ErrorCode::kUnsupported,
                     fmt::format("path {} is not a directory", api::quote(path)));
    out.volume.path = path;
    out.gets_group = true;
    return out;
  }
  return failure(ErrorCode::kUnsupported,
                 fmt::format("volume {} is of type {}, which this node does not support",
                             api::quote(name), unsupported_source(spec)));
}

bool is_owned_by(const json::object& claim, const api::Object& pod) {
  const json::array* const owners = api::array_at(claim, {"metadata", "ownerReferences"});
  return owners != nullptr && std::ranges::any_of(*owners, [&](const json::value& item) {
           const json::object* const owner = item.if_object();
           return owner != nullptr && api::text_at(*owner, {"uid"}) == pod.uid();
         });
}

}  // namespace

Result<MountedVolume> open_host_path(const json::object& source, mode_t mode) {
  const std::string path(api::text_at(source, {"path"}));
  const std::string_view type = api::text_at(source, {"type"});
  const auto failed = [&](const std::string& text) {
    return failure(ErrorCode::kInvalidArgument,
                   fmt::format("hostPath type check failed: {} {}", path, text));
  };
  if (!path.starts_with('/') || path.find('\0') != std::string::npos)
    return failed("is not an absolute path");
  struct stat status {};
  bool there = ::stat(path.c_str(), &status) == 0;
  if (!there && (type.empty() || type == "DirectoryOrCreate")) {
    COVE_CHECK(make_directories(path, 0755));
    if (mode != 0755 && ::chmod(path.c_str(), mode) != 0) return errno_error(errno, "make", path);
  } else if (!there && type == "FileOrCreate") {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file || ::fchmod(file.get(), 0644) != 0) return errno_error(errno, "make", path);
  }
  there = there || ::stat(path.c_str(), &status) == 0;
  if (!type.empty()) {
    const auto wanted = std::ranges::find(kHostTypes, type, &HostType::name);
    if (wanted == kHostTypes.end()) return failed(fmt::format("has the unknown type {}", type));
    if (!there || (status.st_mode & S_IFMT) != wanted->format)
      return failed(fmt::format("is not a {}", wanted->text));
  }
  return MountedVolume{path, false, !S_ISDIR(status.st_mode)};
}

Result<ClaimedVolume> open_claim(const ApiReader& reader, const api::Object& pod,
                                 const std::string& claim, bool owned) {
  const std::string space(pod.namespace_name());
  const auto found = reader.get("persistentvolumeclaims", space, claim);
  if (!found) {
    return failure(found.error().failure,
                   found.error().is_not_found()
                       ? fmt::format("persistentvolumeclaim {} not found", api::quote(claim))
                       : found.error().message);
  }
  const json::object& document = (*found)->document();
  if (owned && !is_owned_by(document, pod)) {
    return failure(ErrorCode::kConflict,
                   fmt::format("PVC {0}/{1} was not created for pod {0}/{2} (pod is not owner)",
                               space, claim, pod.name()));
  }
  const std::string name(api::text_at(document, {"spec", "volumeName"}));
  if (name.empty() || api::text_at(document, {"status", "phase"}) != "Bound") {
    return failure(ErrorCode::kUnavailable,
                   fmt::format("error processing PVC {}/{}: PVC is not bound", space, claim));
  }
  const auto volume = reader.get("persistentvolumes", "", name);
  if (!volume) {
    return failure(volume.error().failure, fmt::format("error processing PVC {}/{}: {}", space,
                                                       claim, volume.error().message));
  }
  const json::object& persistent = (*volume)->document();
  if (api::text_at(persistent, {"spec", "claimRef", "uid"}) != (*found)->uid()) {
    return failure(ErrorCode::kUnavailable,
                   fmt::format("error processing PVC {}/{}: PV {} is bound to another claim", space,
                               claim, api::quote(name)));
  }
  const json::object* const spec = api::object_at(persistent, {"spec"});
  return spec == nullptr ? failure(ErrorCode::kInternal, "the volume is empty")
                         : open_volume(*spec, name);
}

}  // namespace cove::node
