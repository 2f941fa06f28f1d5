// /containers/{id}/archive, /containers/{id}/export, /containers/{id}/changes
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/engine/container.h"
#include "core/engine/container_routes.h"
#include "core/engine/container_view.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

constexpr const char* kStatHeader = "X-Docker-Container-Path-Stat";
constexpr const char* kTar = "application/x-tar";

Outcome<std::string> path_of(const Exchange& exchange) {
  std::string path = exchange.query("path");
  if (path.empty()) return ApiError{400, "missing parameter: path"};
  if (path.size() > 4096 || path.find('\0') != std::string::npos) {
    return ApiError{400, "bad parameter: path"};
  }
  return path;
}

Outcome<PathStat> stat_path(const Path& root, const std::string& path, const std::string& asked) {
  COVE_TRY(auto stat, outcome(stat_inside(root, path)));
  if (!stat) {
    return ApiError{404, fmt::format("Could not find the file {} in container {}", path, asked)};
  }
  return std::move(*stat);
}

Outcome<> head(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const std::string path, path_of(exchange));
  const ContainerRecord record = container->snapshot();
  PathStat stat;
  COVE_CHECK(with_view(containers, record, [&](const Path& root) -> Outcome<> {
    COVE_TRY(stat, stat_path(root, path, exchange.path("id")));
    return {};
  }));
  exchange.text(200, "", "", {{kStatHeader, encode(stat)}});
  return {};
}

Outcome<> get(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const std::string path, path_of(exchange));
  const ContainerRecord record = container->snapshot();
  std::unique_ptr<Exchange::Stream> stream;
  const auto done = with_view(containers, record, [&](const Path& root) -> Outcome<> {
    COVE_TRY(const PathStat stat, stat_path(root, path, exchange.path("id")));
    stream = exchange.stream(kTar, {{kStatHeader, encode(stat)}});
    const auto sink = [&](std::string_view bytes) -> Result<void> {
      if (stream->write(bytes)) return {};
      return Error{ErrorCode::kUnavailable, "send", path, "the client has gone", {}};
    };
    // The name of the root is that of the archive's top folder.
    const std::string name = stat.name == "/" ? "." : stat.name;
    return outcome(
        image::write_archive(root, path, name, follows_last_link(path), sink, exchange.gone()));
  });
  if (done) {
    containers.publish(container, "archive-path", {{"path", path}});
    return {};
  }
  if (!stream) return done.error();
  stream->cut();
  return done.error();
}

// The mount a path lies in, if any.
const MountPoint* mount_of(const ContainerRecord& record, const std::string& path) {
  const MountPoint* deepest = nullptr;
  for (const auto& mount : record.mounts) {
    const bool below = path == mount.destination || path.starts_with(mount.destination + "/");
    if (below && (deepest == nullptr || mount.destination.size() > deepest->destination.size())) {
      deepest = &mount;
    }
  }
  return deepest;
}

Outcome<> put(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const std::string path, path_of(exchange));
  const ContainerRecord record = container->snapshot();
  image::ExtractOptions options;
  options.no_overwrite_dir_non_dir = exchange.flag("noOverwriteDirNonDir");
  if (exchange.flag("copyUIDGID")) {
    COVE_TRY(const auto spec, outcome(containers.parts().runtime.spec(record.id)));
    options.owner = std::pair(spec.process.uid, spec.process.gid);
  }
  const MountPoint* mount = mount_of(record, clean_path("/" + path));
  if (mount != nullptr && !mount->read_write) {
    return ApiError{403, "mounted volume is marked read-only"};
  }
  if (mount == nullptr && flag_of(record.config->host, "ReadonlyRootfs")) {
    return ApiError{403, "container rootfs is marked read-only"};
  }
  COVE_CHECK(with_view(containers, record, [&](const Path& root) -> Outcome<> {
    // A link at the end is followed: it is the folder it leads to that is meant.
    COVE_TRY(const PathStat stat, stat_path(root, path + "/.", exchange.path("id")));
    if (!stat.directory) return ApiError{400, "extraction point is not a directory"};
    const auto source = [&](std::size_t max) { return exchange.read_body(max); };
    return outcome(image::extract_archive(containers.parts().worker, root, path, source, options,
                                          exchange.gone()));
  }));
  containers.publish(container, "extract-to-dir", {{"path", path}});
  exchange.empty(200);
  return {};
}

Outcome<> export_root(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const auto root, outcome(containers.parts().runtime.mount_root(container->id)));
  const auto stream = exchange.stream(kTar);
  const auto sink = [&](std::string_view bytes) -> Result<void> {
    if (stream->write(bytes)) return {};
    return Error{ErrorCode::kUnavailable, "send", container->id, "the client has gone", {}};
  };
  const auto written = image::write_archive(root->path(), "/", "", false, sink, exchange.gone());
  if (!written) {
    stream->cut();
    return to_api_error(written.error());
  }
  containers.publish(container, "export");
  return {};
}

Outcome<> changes(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  COVE_TRY(const auto root, outcome(containers.parts().runtime.root(record.id)));
  const std::vector<image::Digest> parents(record.layers.rbegin(), record.layers.rend());
  COVE_TRY(auto found, outcome(containers.parts().layers.changes(root.upper, parents)));
  json::array array;
  for (const auto& change : own_changes(std::move(found), record.mounts)) {
    array.push_back({{"Path", change.path}, {"Kind", static_cast<int>(change.kind)}});
  }
  exchange.json(200, array.empty() ? json::value(nullptr) : json::value(std::move(array)));
  return {};
}

}  // namespace

std::vector<image::Change> own_changes(std::vector<image::Change> changes,
                                       const std::vector<MountPoint>& mounts) {
  using Kind = image::Change::Kind;
  std::set<std::string> places = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev",
                                  "/dev/pts",   "/dev/shm",      "/dev/mqueue",      "/dev/console",
                                  "/proc",      "/sys",          "/sys/fs/cgroup",   "/.dockerenv",
                                  "/etc/mtab"};
  for (const auto& mount : mounts) places.insert(mount.destination);
  std::set<std::string> touched;  // folders in which only such places were made
  std::erase_if(changes, [&](const image::Change& change) {
    if (change.kind == Kind::kDeleted || !places.contains(change.path)) return false;
    for (std::string parent = change.path; parent.find('/') != std::string::npos;) {
      parent.erase(parent.rfind('/'));
      if (!parent.empty()) touched.insert(parent);
    }
    return true;
  });
  std::set<std::string> needed;
  for (const auto& change : changes) {
    for (std::string parent = change.path; parent.find('/') != std::string::npos;) {
      parent.erase(parent.rfind('/'));
      if (!touched.contains(change.path) || change.kind == Kind::kDeleted) needed.insert(parent);
    }
  }
  std::erase_if(changes, [&](const image::Change& change) {
    return touched.contains(change.path) && !needed.contains(change.path) &&
           change.kind != Kind::kDeleted;
  });
  return changes;
}

std::vector<Route> archive_routes(Containers& containers) {
  return {{"HEAD", "/containers/{id}/archive", with_container(containers, head)},
          {"GET", "/containers/{id}/archive", with_container(containers, get)},
          {"PUT", "/containers/{id}/archive", with_container(containers, put)},
          {"GET", "/containers/{id}/export", with_container(containers, export_root)},
          {"GET", "/containers/{id}/changes", with_container(containers, changes)}};
}

}  // namespace cove::engine
