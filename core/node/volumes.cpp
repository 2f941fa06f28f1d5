#include "core/node/volumes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "core/api/each.h"
#include "core/api/names.h"
#include "core/api/pod_resources.h"
#include "core/base/strings.h"
#include "core/image/rooted.h"
#include "core/node/api_reader.h"
#include "core/node/volumes_host.h"
#include "core/node/volumes_ownership.h"
#include "core/node/volumes_sources.h"
#include "core/runtime/overlay.h"

namespace cove::node {

namespace json = boost::json;

namespace {

Error failure(ErrorCode code, std::string cause) {
  return Error{code, "mount", "a volume", std::move(cause), {}};
}

bool is_mounted(const Path& path) {
  struct stat here {};
  struct stat above {};
  return ::stat(path.c_str(), &here) == 0 && ::stat(path.parent_path().c_str(), &above) == 0 &&
         here.st_dev != above.st_dev;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && api::check_path_segment(text).empty();
}

// The plugin's folder, as the kubelet calls it.
std::string folder_of(std::string_view plugin) {
  return fmt::format("kubernetes.io~{}", plugin);
}

const json::object* source(const json::object& volume, std::string_view type) {
  return api::object_at(volume, {type});
}

constexpr std::string_view kHugePages = "HugePages";

// The size of the pages that a volume in huge pages has: that of its medium ("HugePages-2Mi"), or
// the only one that the pod's containers ask for.
Result<std::int64_t> huge_page_of(const api::Object& pod, const std::string& medium) {
  constexpr std::string_view kResource = "hugepages-";
  std::optional<std::int64_t> named, asked;
  if (medium.size() > kHugePages.size()) {
    const auto size = api::Quantity::parse(medium.substr(kHugePages.size() + 1));
    if (medium[kHugePages.size()] != '-' || !size || size->value() <= 0)
      return failure(ErrorCode::kInvalidArgument,
                     fmt::format("unknown storage medium {}", api::quote(medium)));
    named = size->value();
  }
  bool several = false;
  for (const std::string_view list : {"containers", "initContainers"}) {
    api::each_object(pod.document(), {"spec", list}, [&](const json::object& container) {
      for (const auto& [name, amount] : api::amounts_at(container, {"resources", "requests"})) {
        if (!name.starts_with(kResource)) continue;
        const auto size = api::Quantity::parse(std::string_view(name).substr(kResource.size()));
        if (!size || (named && size->value() != *named)) continue;
        several = several || (asked && *asked != size->value());
        asked = size->value();
      }
    });
  }
  if (several) {
    return failure(ErrorCode::kInvalidArgument,
                   fmt::format("medium {} can't be used if container requests multiple huge page "
                               "sizes",
                               api::quote(medium)));
  }
  if (!asked) {
    return failure(ErrorCode::kInvalidArgument,
                   fmt::format("medium {}: hugePages storage requested, but there is no resource "
                               "request for huge pages",
                               api::quote(medium)));
  }
  return *asked;
}

// In an image volume's folder: what it stands on.
constexpr const char* kHeldFile = "held";
constexpr std::size_t kMaxHeldBytes = 64 << 10;

std::string type_of(const json::object& volume) {
  for (const auto& [name, value] : volume) {
    if (value.is_object()) return std::string(name);
  }
  return "none";
}

}  // namespace

class PodVolumes::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)), reader_(parts_.transport) {
    hold_images_of_before();
  }

  Result<MountedVolumes> mount(const api::ObjectPtr& pod) {
    if (!is_name(pod->uid())) return failure(ErrorCode::kInvalidArgument, "the pod has no uid");
    const std::shared_ptr<PodMemory> memory = memory_of(std::string(pod->uid()));
    const Path folder = folder_of_pod(std::string(pod->uid()));
    COVE_CHECK(make_directories(folder, 0750));
    MountedVolumes out;
    const json::array* const volumes = api::array_at(pod->document(), {"spec", "volumes"});
    if (volumes == nullptr) return out;
    for (const json::value& item : *volumes) {
      if (!item.is_object()) continue;
      const json::object& volume = item.get_object();
      const std::string name(api::text_at(volume, {"name"}));
      auto mounted = is_name(name) ? mount_one(*pod, volume, name, folder / "volumes", *memory)
                                   : failure(ErrorCode::kInvalidArgument, "the volume has no name");
      if (!mounted) {
        Error error = mounted.error();
        error.subject = name;
        error.cause = fmt::format("MountVolume.SetUp failed for volume {} : {}", api::quote(name),
                                  error.cause);
        return error;
      }
      out.emplace(name, std::move(*mounted));
    }
    return out;
  }

  Result<void> unmount(const std::string& uid) {
    if (!is_name(uid)) return failure(ErrorCode::kInvalidArgument, "that is no pod's uid");
    const Path folder = folder_of_pod(uid);
    const auto mounts = runtime::mounts_below(folder);
    // Inner ones come after what they stand in.
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount)
      COVE_CHECK(runtime::unmount(*mount));
    // Never into what somebody has mounted there: it may be a folder of the host.
    if (!runtime::mounts_below(folder).empty()) {
      return Error{
          ErrorCode::kConflict, "remove the volumes of", uid, "something is mounted there", {}};
    }
    {
      const std::lock_guard lock(mutex_);
      memory_.erase(uid);
    }
    return remove_below(parts_.directory, uid);
  }

  std::vector<std::string> pods() const {
    const Fd folder(::open(parts_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return {};
    auto names = image::folder_names(folder.get());
    return names ? std::move(*names) : std::vector<std::string>();
  }

 private:
  // The image's id and its layers, lowest first; held while the pod has them.
  struct HeldImage {
    std::vector<std::string> names;
    std::unique_ptr<image::ImageStore::Lease> lease;
  };

  struct PodMemory {
    std::map<std::string, SourceMemory> sources;  // by volume
    std::map<std::string, HeldImage> images;      // by volume
  };

  Path folder_of_pod(const std::string& uid) const { return parts_.directory / uid; }

  std::shared_ptr<PodMemory> memory_of(const std::string& uid) {
    const std::lock_guard lock(mutex_);
    auto& memory = memory_[uid];
    if (!memory) memory = std::make_shared<PodMemory>();
    return memory;
  }

  Result<MountedVolume> mount_one(const api::Object& pod, const json::object& volume,
                                  const std::string& name, const Path& folder, PodMemory& memory) {
    if (const json::object* const empty = source(volume, "emptyDir"))
      return mount_empty(pod, *empty, folder / folder_of("empty-dir") / name);
    if (const json::object* const host = source(volume, "hostPath")) return open_host_path(*host);
    if (VolumeSources::has(volume)) return mount_files(pod, volume, name, folder, memory);
    if (const json::object* const claim = source(volume, "persistentVolumeClaim"))
      return mount_claim(pod, *claim, name, folder);
    if (source(volume, "ephemeral") != nullptr) {
      COVE_TRY(ClaimedVolume claimed,
               open_claim(reader_, pod, fmt::format("{}-{}", pod.name(), name), true));
      return with_group(pod, std::move(claimed), name, folder);
    }
    if (const json::object* const image = source(volume, "image"))
      return mount_image(*image, name, folder / folder_of("image") / name, memory);
    return failure(
        ErrorCode::kUnsupported,
        fmt::format("volumes of type {} are not supported by this node", type_of(volume)));
  }

  // --- emptyDir
  Result<MountedVolume> mount_empty(const api::Object& pod, const json::object& empty,
                                    const Path& folder) {
    const std::string medium(api::text_at(empty, {"medium"}));
    struct stat status {};
    const bool there = ::stat(folder.c_str(), &status) == 0;
    const bool mounted = there && is_mounted(folder);
    if (medium == "Memory") {
      COVE_CHECK(parts_.mount_tmpfs(folder, memory_options(pod, empty)));
      if (!mounted) COVE_CHECK(open_to_all(pod, folder));
    } else if (medium.starts_with(kHugePages)) {
      COVE_TRY(const std::int64_t page, huge_page_of(pod, medium));
      COVE_CHECK(parts_.mount_huge_pages(folder, fmt::format("pagesize={}", page)));
      if (!mounted) COVE_CHECK(open_to_all(pod, folder));
    } else if (!medium.empty()) {
      return failure(ErrorCode::kUnsupported,
                     fmt::format("unknown storage medium {}", api::quote(medium)));
    } else if (!there) {
      COVE_CHECK(make_directories(folder, 0750));
      COVE_CHECK(open_to_all(pod, folder));
    }
    return MountedVolume{folder};
  }

  static Result<void> open_to_all(const api::Object& pod, const Path& folder) {
    if (::chmod(folder.c_str(), 0777) != 0) return errno_error(errno, "change", folder.string());
    if (const auto group = file_group(pod)) return give_to_group(folder, *group, false);
    return {};
  }

  // As large as sizeLimit and the pod's own limit of memory let it be.
  static std::string memory_options(const api::Object& pod, const json::object& empty) {
    std::optional<std::int64_t> most = pod_limits(pod).memory_bytes;
    const auto limit = api::Quantity::parse(api::text_at(empty, {"sizeLimit"}));
    if (limit && limit->sign() > 0) most = std::min(limit->value(), most.value_or(limit->value()));
    return most ? fmt::format("mode=0777,size={}", *most) : "mode=0777";
  }

  // --- configMap, secret, downwardAPI, projected
  Result<MountedVolume> mount_files(const api::Object& pod, const json::object& volume,
                                    const std::string& name, const Path& folder,
                                    PodMemory& memory) {
    const bool map = source(volume, "configMap") != nullptr;
    const char* const plugin = map                             ? "configmap"
                               : source(volume, "secret")      ? "secret"
                               : source(volume, "downwardAPI") ? "downward-api"
                                                               : "projected";
    const Path where = folder / folder_of(plugin) / name;
    SourceMemory& known = memory.sources[name];
    VolumeSources sources(reader_, parts_.clock, parts_.allocatable, pod, known);
    COVE_CHECK(sources.read(volume));
    if (known.signature == sources.signature()) return MountedVolume{where, true};
    // Only what everybody may know is written to a disk.
    if (map) {
      COVE_CHECK(make_directories(where, 0755));
    } else {
      COVE_CHECK(parts_.mount_tmpfs(where, "mode=0755"));
    }
    COVE_TRY(const VolumeFiles files, sources.files());
    COVE_CHECK(show_files(where, files, file_group(pod), parts_.clock.wall()));
    known.signature = sources.signature();
    return MountedVolume{where, true};
  }

  // --- persistentVolumeClaim, ephemeral
  Result<MountedVolume> mount_claim(const api::Object& pod, const json::object& claim,
                                    const std::string& name, const Path& folder) {
    COVE_TRY(ClaimedVolume claimed,
             open_claim(reader_, pod, std::string(api::text_at(claim, {"claimName"})), false));
    claimed.volume.read_only = api::flag_at(claim, {"readOnly"});
    return with_group(pod, std::move(claimed), name, folder);
  }

  // Once in a pod's life: a folder of the pod's says that it is done.
  static Result<MountedVolume> with_group(const api::Object& pod, ClaimedVolume claimed,
                                          const std::string& name, const Path& folder) {
    const auto group = file_group(pod);
    const Path done = folder / folder_of("local-volume") / name;
    std::error_code error;
    if (claimed.gets_group && group && !claimed.volume.read_only &&
        !std::filesystem::exists(done, error)) {
      const bool only_on_mismatch =
          api::text_at(pod.document(), {"spec", "securityContext", "fsGroupChangePolicy"}) ==
          "OnRootMismatch";
      COVE_CHECK(give_to_group(claimed.volume.path, *group, only_on_mismatch));
      COVE_CHECK(make_directories(done, 0750));
    }
    return std::move(claimed.volume);
  }

  // --- image
  Result<MountedVolume> mount_image(const json::object& wanted, const std::string& name,
                                    const Path& folder, PodMemory& memory) {
    HeldImage& held = memory.images[name];
    if (!held.lease) {
      COVE_TRY(HeldImage fresh, hold_image(std::string(api::text_at(wanted, {"reference"}))));
      COVE_CHECK(make_directories(folder, 0750));
      COVE_CHECK(replace_file(folder / kHeldFile, fmt::format("{}", fmt::join(fresh.names, "\n"))));
      held = std::move(fresh);
    }
    std::vector<Path> lower;
    for (auto name_of = held.names.rbegin(); name_of + 1 != held.names.rend(); ++name_of) {
      COVE_TRY(const image::Digest layer, image::Digest::parse(*name_of));
      lower.push_back(parts_.layers.path(layer));
    }
    COVE_CHECK(runtime::mount_overlay(folder, lower));
    return MountedVolume{folder / "merged", true};
  }

  Result<HeldImage> hold_image(const std::string& reference) const {
    const auto found = parts_.images.find(reference);
    if (!found) {
      return failure(ErrorCode::kNotFound,
                     fmt::format("image {} is not present", api::quote(reference)));
    }
    HeldImage held{{(*found)->id.text()}, {}};
    for (const image::Digest& layer : (*found)->config.diff_ids) held.names.push_back(layer.text());
    COVE_CHECK(take_hold(held));
    for (const image::Digest& layer : (*found)->config.diff_ids) {
      if (!parts_.layers.has(layer)) {
        return failure(ErrorCode::kNotFound,
                       fmt::format("image {} has lost a layer", api::quote(reference)));
      }
    }
    return held;
  }

  Result<void> take_hold(HeldImage& held) const {
    auto lease = parts_.images.lease(image::ImageStore::Purpose::kUse);
    for (std::size_t i = 0; i < held.names.size(); ++i) {
      COVE_TRY(const image::Digest digest, image::Digest::parse(held.names[i]));
      if (i == 0) {
        lease->hold_image(digest);
      } else {
        lease->hold_layer(digest);
      }
    }
    held.lease = std::move(lease);
    return {};
  }

  // Pods go on without us, and what is mounted for them stands on layers.
  void hold_images_of_before() {
    for (const std::string& uid : pods()) {
      const Path volumes = folder_of_pod(uid) / "volumes" / folder_of("image");
      const Fd folder(::open(volumes.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!folder) continue;
      const auto names = image::folder_names(folder.get());
      if (!names) {
        parts_.logger.warn(names.error().message(), {{"pod", uid}});
        continue;
      }
      for (const std::string& name : *names) {
        const auto text = read_file(volumes / name / kHeldFile, kMaxHeldBytes);
        HeldImage held;
        if (text) held.names = split(*text, '\n');
        if (held.names.empty()) continue;
        if (const auto done = take_hold(held); !done) {
          parts_.logger.warn(done.error().message(), {{"pod", uid}});
          continue;
        }
        memory_of(uid)->images[name] = std::move(held);
      }
    }
  }

  const Parts parts_;
  const ApiReader reader_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PodMemory>> memory_;  // by uid
};

PodVolumes::PodVolumes(Parts parts)
    : implementation_(std::make_unique<Implementation>(std::move(parts))) {}
PodVolumes::~PodVolumes() = default;

Result<MountedVolumes> PodVolumes::mount(const api::ObjectPtr& pod) {
  return implementation_->mount(pod);
}
Result<void> PodVolumes::unmount(const std::string& pod_uid) {
  return implementation_->unmount(pod_uid);
}
std::vector<std::string> PodVolumes::pods() const {
  return implementation_->pods();
}

namespace {

Result<void> mount_kind_at(const char* kind, const Path& folder, const std::string& options) {
  COVE_CHECK(make_directories(folder, 0755));
  if (is_mounted(folder)) return {};
  if (::mount(kind, folder.c_str(), kind, MS_NOSUID | MS_NODEV, options.c_str()) != 0)
    return errno_error(errno, "mount", folder.string());
  return {};
}

}  // namespace

Result<void> mount_tmpfs_at(const Path& folder, const std::string& options) {
  return mount_kind_at("tmpfs", folder, options);
}

Result<void> mount_huge_pages_at(const Path& folder, const std::string& options) {
  return mount_kind_at("hugetlbfs", folder, options);
}

Result<void> remove_below(const Path& directory, const std::string& path) {
  const auto [above, name] = image::split_path(path);
  if (path.starts_with('/') || name.empty() || name == "." || name == "..") {
    return Error{ErrorCode::kInvalidArgument, "remove", path, "it does not name a folder", {}};
  }
  const Fd root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Fd folder = root ? image::open_below(root.get(), above, O_RDONLY | O_DIRECTORY) : Fd();
  if (!folder) {
    if (errno == ENOENT) return {};
    return errno_error(errno, "remove", path);
  }
  return image::remove_in(folder.get(), name);
}

}  // namespace cove::node
