#include "core/node/container_mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/strings.h"
#include "core/runtime/overlay.h"

namespace cove::node {

namespace json = boost::json;

namespace {

StartFailure config_error(std::string message) {
  return {"CreateContainerConfigError", std::move(message)};
}

// Links are followed as long as they stay below `root`.
Fd open_beneath(int root, const std::string& path) {
  struct open_how how {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // The kernel gives up with EAGAIN when somebody renames folders meanwhile.
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto fd =
        ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return Fd();
}

std::string propagation_of(const json::object& mount) {
  const std::string_view wanted = api::text_at(mount, {"mountPropagation"});
  if (wanted == "HostToContainer") return "rslave";
  if (wanted == "Bidirectional") return "rshared";
  return "rprivate";
}

bool climbs(const std::string& path) {
  const auto parts = split(path, '/');
  return std::ranges::find(parts, "..") != parts.end();
}

class MountList {
 public:
  MountList(const ContainerInputs& inputs, const Variables& variables, const NodeSettings& settings)
      : inputs_(inputs),
        variables_(variables),
        settings_(settings),
        container_(api::text_at(inputs.container, {"name"})) {}

  StartResult<std::vector<runtime::Bind>> build() {
    if (const json::array* const devices = api::array_at(inputs_.container, {"volumeDevices"});
        devices != nullptr && !devices->empty())
      return config_error("block volumes are not supported by this node");
    const json::array* const mounts = api::array_at(inputs_.container, {"volumeMounts"});
    std::size_t index = 0;
    for (const json::value& item : mounts == nullptr ? json::array() : *mounts) {
      if (!item.is_object()) continue;
      if (auto added = add_volume(item.get_object(), index++); !added) return added.error();
    }
    add_files();
    return std::move(out_);
  }

 private:
  StartResult<void> add_volume(const json::object& mount, std::size_t index) {
    const std::string name(api::text_at(mount, {"name"}));
    const auto volume = inputs_.volumes.find(name);
    if (volume == inputs_.volumes.end()) {
      return config_error(fmt::format("cannot find volume {} to mount into container {}",
                                      api::quote(name), api::quote(container_)));
    }
    runtime::Bind bind;
    bind.destination = clean_path(api::text_at(mount, {"mountPath"}));
    bind.source = volume->second.path.string();
    auto sub_path = sub_path_of(mount, name);
    if (!sub_path) return sub_path.error();
    if (!sub_path->empty()) {
      auto bound = bind_sub_path(volume->second, name, *sub_path, index);
      if (!bound) return bound.error();
      bind.source = std::move(*bound);
    }
    const bool read_only = volume->second.read_only || api::flag_at(mount, {"readOnly"});
    const std::string_view deeply = api::text_at(mount, {"recursiveReadOnly"});
    const bool recursive = read_only && (deeply == "Enabled" || deeply == "IfPossible");
    bind.options = {"rbind", recursive ? "rro" : read_only ? "ro" : "rw", propagation_of(mount)};
    out_.push_back(std::move(bind));
    return {};
  }

  // "" for the whole volume.
  StartResult<std::string> sub_path_of(const json::object& mount, const std::string& volume) const {
    std::string path(api::text_at(mount, {"subPath"}));
    if (const auto expression = api::text_at(mount, {"subPathExpr"}); !expression.empty()) {
      auto expanded =
          expand_strictly(expression, [&](std::string_view name) { return variables_.find(name); });
      if (!expanded) return config_error(expanded.error().cause);
      path = std::move(*expanded);
      if (path.empty()) return config_error(unprepared(volume));
    }
    if (path.starts_with('/'))
      return config_error(fmt::format("error SubPath `{}` must not be an absolute path", path));
    if (climbs(path))
      return config_error(
          fmt::format("unable to provision SubPath `{}`: must not contain '..'", path));
    return {boost::system::in_place_value, std::move(path)};
  }

  StartResult<std::string> bind_sub_path(const MountedVolume& volume, const std::string& name,
                                         const std::string& sub_path, std::size_t index) const {
    if (volume.single_file) return config_error(unprepared(name));
    const auto source = open_sub_path(volume.path, sub_path);
    if (!source) {
      const bool unmakeable = source.error().action == "make the folder";
      return config_error(
          unmakeable
              ? fmt::format("failed to create subPath directory for volumeMount {} of container {}",
                            api::quote(name), api::quote(container_))
              : unprepared(name));
    }
    const Path target = inputs_.subpaths / name / container_ / std::to_string(index);
    if (auto bound = settings_.bind(source->get(), target); !bound)
      return config_error(unprepared(name) + ": " + bound.error().cause);
    return {boost::system::in_place_value, target.string()};
  }

  std::string unprepared(const std::string& volume) const {
    return fmt::format("failed to prepare subPath for volumeMount {} of container {}",
                       api::quote(volume), api::quote(container_));
  }

  // What every container has, unless its own mounts take the place.
  void add_files() {
    const bool read_only =
        api::flag_at(inputs_.container, {"securityContext", "readOnlyRootFilesystem"});
    const std::string access = read_only ? "ro" : "rw";
    add_file(inputs_.sandbox.hosts_file, "/etc/hosts", access);
    add_file(inputs_.sandbox.host_name_file, "/etc/hostname", access);
    add_file(inputs_.sandbox.resolver_file, "/etc/resolv.conf", access);
    if (!api::flag_at(inputs_.pod->document(), {"spec", "hostIPC"}))
      add_file(inputs_.sandbox.shared_memory, "/dev/shm", "rw");
    std::string_view log = api::text_at(inputs_.container, {"terminationMessagePath"});
    if (log.empty()) log = "/dev/termination-log";
    add_file(inputs_.termination_log, clean_path(log), "rw");
  }

  void add_file(const Path& source, const std::string& destination, const std::string& access) {
    if (source.empty() ||
        std::ranges::find(out_, destination, &runtime::Bind::destination) != out_.end())
      return;
    out_.push_back({.source = source.string(),
                    .destination = destination,
                    .options = {"rbind", access, "rprivate"}});
  }

  const ContainerInputs& inputs_;
  const Variables& variables_;
  const NodeSettings& settings_;
  const std::string container_;
  std::vector<runtime::Bind> out_;
};

}  // namespace

StartResult<std::vector<runtime::Bind>> container_mounts(const ContainerInputs& inputs,
                                                         const Variables& variables,
                                                         const NodeSettings& settings) {
  return MountList(inputs, variables, settings).build();
}

std::string clean_path(std::string_view text) {
  std::string path = Path("/" + std::string(text)).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.starts_with("//") ? path.substr(1) : path;
}

Result<Fd> open_sub_path(const Path& volume, const std::string& sub_path) {
  const auto failed = [&](const char* action) { return errno_error(errno, action, sub_path); };
  const Fd root(::open(volume.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return failed("open");
  Fd found = open_beneath(root.get(), sub_path);
  if (found) return found;
  if (errno != ENOENT) return failed("open");
  struct stat status {};
  if (::fstat(root.get(), &status) != 0) return failed("open");
  std::string so_far;
  for (const std::string& part : split(sub_path, '/')) {
    if (part.empty() || part == ".") continue;
    const Fd parent = open_beneath(root.get(), so_far);
    if (!parent) return failed("open");
    so_far += (so_far.empty() ? "" : "/") + part;
    if (open_beneath(root.get(), so_far)) continue;
    if (errno != ENOENT) return failed("open");
    if (::mkdirat(parent.get(), part.c_str(), 0700) != 0 && errno != EEXIST)
      return failed("make the folder");
    // Not by mkdir's mode, which the umask reduces; and not through a link put there meanwhile.
    const Fd made(
        ::openat(parent.get(), part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!made || ::fchmod(made.get(), status.st_mode & 07777) != 0)
      return failed("make the folder");
  }
  found = open_beneath(root.get(), sub_path);
  if (!found) return failed("open");
  return found;
}

Result<Fd> find_in_volume(const Path& volume, const std::string& path) {
  const Fd root(::open(volume.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return errno_error(errno, "open", volume.string());
  Fd found = open_beneath(root.get(), path);
  if (!found) return errno_error(errno, "open", path);
  return found;
}

Result<void> bind_opened(int source, const Path& target) {
  struct stat status {};
  if (::fstat(source, &status) != 0) return errno_error(errno, "bind", target.string());
  COVE_CHECK(runtime::unmount(target));
  COVE_CHECK(make_directories(target.parent_path(), 0750));
  if (S_ISDIR(status.st_mode)) {
    COVE_CHECK(make_directories(target, 0750));
  } else {
    const Fd file(::open(target.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640));
    if (!file) return errno_error(errno, "make", target.string());
  }
  const std::string name = fmt::format("/proc/self/fd/{}", source);
  if (::mount(name.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return errno_error(errno, "bind", target.string());
  return {};
}

}  // namespace cove::node
