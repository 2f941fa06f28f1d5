// Making a container: its record, its volumes, its networks, its root.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/engine/container_spec.h"
#include "core/engine/containers_impl.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

// "name", "name:ro".
Outcome<std::pair<std::string, bool>> parse_volumes_from(const std::string& text) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const std::string mode = colon == std::string::npos ? "rw" : text.substr(colon + 1);
  if (name.empty()) return ApiError{400, "invalid volumes-from specification: '" + text + "'"};
  bool read_write = true;
  for (const auto& option : split(mode, ',')) {
    if (option == "ro") {
      read_write = false;
    } else if (option != "rw" && option != "z" && option != "Z") {
      return ApiError{400, "invalid mode: " + mode};
    }
  }
  return std::pair(name, read_write);
}

Attachment read_attachment(const Network& network, const json::object& endpoint,
                           const json::object& config) {
  Attachment attachment;
  attachment.network_id = network.id();
  attachment.network_name = network.name();
  attachment.wanted_address = text_of(object_of(endpoint, "IPAMConfig"), "IPv4Address");
  attachment.wanted_mac = text_of(endpoint, "MacAddress");
  if (attachment.wanted_mac.empty()) attachment.wanted_mac = text_of(config, "MacAddress");
  attachment.aliases = texts_of(endpoint, "Aliases");
  attachment.links = texts_of(endpoint, "Links");
  attachment.driver_options = text_map_of(endpoint, "DriverOpts");
  attachment.gateway_priority = integer_of(endpoint, "GwPriority");
  return attachment;
}

}  // namespace

Outcome<> Containers::Implementation::take_volumes_from(ContainerRecord& record) {
  for (const auto& text : texts_of(record.config->host, "VolumesFrom")) {
    COVE_TRY(const auto from, parse_volumes_from(text));
    COVE_TRY(const ContainerPtr other, self.find(from.first));
    for (MountPoint mount : other->snapshot().mounts) {
      if (mount.kind == MountPoint::Kind::kTmpfs) continue;
      // What is said for this container alone counts more; anonymous volumes of the image do not.
      const auto same =
          std::find_if(record.mounts.begin(), record.mounts.end(),
                       [&](const MountPoint& m) { return m.destination == mount.destination; });
      if (same != record.mounts.end()) {
        if (!same->anonymous) continue;
        record.mounts.erase(same);
      }
      mount.read_write = mount.read_write && from.second;
      mount.anonymous = false;
      mount.no_copy = true;
      record.mounts.push_back(std::move(mount));
    }
  }
  return {};
}

Outcome<> Containers::Implementation::prepare_mounts(ContainerRecord& record) {
  COVE_TRY(record.mounts, parse_mounts(*record.config));
  COVE_CHECK(take_volumes_from(record));
  for (MountPoint& mount : record.mounts) {
    if (mount.kind == MountPoint::Kind::kVolume) {
      COVE_TRY(const Volume volume,
               volumes->create(mount.name, mount.driver, mount.driver_options, mount.labels));
      mount.name = volume.name;
      mount.source = volumes->data(volume.name).string();
      continue;
    }
    if (mount.kind != MountPoint::Kind::kBind) continue;
    struct stat found {};
    if (stat(mount.source.c_str(), &found) == 0) continue;
    if (!mount.make_source) {
      return ApiError{400, fmt::format("invalid mount config for type \"bind\": bind source path "
                                       "does not exist: {}",
                                       mount.source)};
    }
    if (const auto made = make_directories(mount.source, 0755); !made) {
      return ApiError{500, fmt::format("error while creating mount source path '{}': {}",
                                       mount.source, made.error().cause)};
    }
  }
  sort_mounts(record.mounts);
  return {};
}

namespace {
// A create that answers 404 makes clients pull the image and try again.
ApiError not_an_image(ApiError error) {
  if (error.status == 404) error.status = 400;
  return error;
}
}  // namespace

Outcome<> Containers::Implementation::attach_networks(ContainerRecord& record) {
  const json::object& host = record.config->host;
  const NetworkMode mode = parse_network_mode(text_of(host, "NetworkMode"));
  using Kind = NetworkMode::Kind;
  if (mode.kind == Kind::kContainer) {
    if (const auto other = self.find(mode.name); !other) return not_an_image(other.error());
    return {};
  }
  const std::string first = mode.name;
  const auto found = networks->find(first);
  if (!found) return not_an_image(found.error());
  const Network network = *found;
  const json::object& endpoints = record.config->endpoints;
  const auto endpoint_of = [&](const Network& wanted) -> const json::object& {
    for (const auto& item : endpoints) {
      const std::string_view key(item.key().data(), item.key().size());
      if (key == wanted.name() || key == wanted.id() ||
          (key == "default" && wanted.name() == "bridge")) {
        return item.value().get_object();
      }
    }
    static const json::object kNone;
    return kNone;
  };
  record.networks.push_back(read_attachment(network, endpoint_of(network), record.config->config));
  Attachment& main = record.networks.back();
  for (const auto& each : texts_of(host, "Links")) main.links.push_back(each);
  const bool ours = mode.kind == Kind::kUser;
  if (!ours && (!main.wanted_address.empty() || !main.aliases.empty())) {
    if (!main.wanted_address.empty()) {
      return ApiError{400, "user specified IP address is supported on user defined networks only"};
    }
    if (mode.kind != Kind::kBridge) main.aliases.clear();
  }
  for (const auto& item : endpoints) {
    COVE_TRY(const Network more, networks->find(std::string(item.key())));
    if (more.id() == network.id()) continue;
    if (more.driver != "bridge") {
      return ApiError{400, fmt::format("container cannot be connected to network {}", more.name())};
    }
    record.networks.push_back(read_attachment(more, item.value().get_object(), {}));
  }
  return {};
}

// Docker fills a new volume with what the image has at its place.
Outcome<> Containers::Implementation::fill_volumes(const ContainerRecord& record) {
  std::unique_ptr<runtime::Runtime::Mounted> root;
  for (const MountPoint& mount : record.mounts) {
    if (mount.kind != MountPoint::Kind::kVolume || mount.no_copy) continue;
    std::error_code failed;
    if (!std::filesystem::is_empty(mount.source, failed) || failed) continue;
    if (!root) {
      COVE_TRY(root, outcome(parts.runtime.mount_root(record.id)));
    }
    // A pipe between the two would need a thread; what images have in such places is small, and
    // goes through a file.
    const Path scratch = folder(record.id) / "volume.tar";
    Fd file(::open(scratch.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) return to_api_error(errno_error(errno, "write", scratch.string()));
    ::unlink(scratch.c_str());
    const auto sink = [&](std::string_view bytes) {
      return write_all(file.get(), bytes, "a volume");
    };
    const auto copied = image::write_archive(root->path(), mount.destination, ".", true, sink,
                                             stopping.get_token());
    if (!copied) {
      // The image has nothing there.
      if (copied.error().code == ErrorCode::kNotFound) continue;
      return to_api_error(copied.error());
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0) {
      return to_api_error(errno_error(errno, "read", "a volume"));
    }
    const auto source = [&](std::size_t max) -> Result<std::string> {
      std::string bytes(max, '\0');
      const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
      if (got < 0) return errno_error(errno, "read", "a volume");
      bytes.resize(static_cast<std::size_t>(got));
      return bytes;
    };
    COVE_CHECK(outcome(
        image::extract_archive(parts.worker, mount.source, "/", source, {}, stopping.get_token())));
  }
  return {};
}

void Containers::Implementation::undo_create(const ContainerRecord& record) {
  for (const auto& mount : record.mounts) {
    if (mount.anonymous && mount.kind == MountPoint::Kind::kVolume && !mount.name.empty()) {
      [[maybe_unused]] const auto removed = volumes->remove(mount.name, true);
    }
  }
  const auto tell = [&](const Result<void>& result) {
    if (!result && result.error().code != ErrorCode::kNotFound) {
      parts.logger.warn(result.error().message());
    }
  };
  tell(parts.runtime.remove(record.id, true));
  tell(remove_tree(folder(record.id)));
  tell(remove_tree(next_file(record.id)));
  tell(remove_tree(record_file(record.id)));
  release_name(record.name, record.id);
  let_layers_go(record.id);
}

Outcome<Containers::Created> Containers::create(const std::string& name, const json::object& body,
                                                unsigned api) {
  Implementation& inside = *implementation_;
  COVE_TRY(ContainerConfig config, read_create_body(body, api));
  ContainerRecord record;
  record.id = random_hex(32);
  record.created_at = inside.parts.clock.wall();
  record.image_name = text_of(config.config, "Image");
  if (!record.image_name.empty()) {
    COVE_TRY(const image::ImagePtr image, outcome(inside.parts.images.find(record.image_name)));
    record.image = image->id;
    record.layers = image->config.diff_ids;
    merge_image(config, image->config.config);
  }
  COVE_TRY(std::vector<std::string> warnings, validate(config, inside.cpus));
  const NetworkMode mode = parse_network_mode(text_of(config.host, "NetworkMode"));
  const bool shares_names = mode.kind == NetworkMode::Kind::kContainer;
  if (text_of(config.config, "Hostname").empty() && !shares_names) {
    char host[256] = "localhost";
    if (mode.kind == NetworkMode::Kind::kHost) gethostname(host, sizeof host - 1);
    config.config["Hostname"] =
        mode.kind == NetworkMode::Kind::kHost ? std::string(host) : record.id.substr(0, 12);
  }
  record.config = std::make_shared<const ContainerConfig>(std::move(config));
  const auto command = record.command();
  if (command.empty()) return ApiError{400, "no command specified"};
  record.name = name;
  COVE_CHECK(inside.reserve_name(record.name, record.id));

  const auto make = [&]() -> Outcome<ContainerPtr> {
    inside.hold_layers(record.id, record.layers);
    for (const auto& layer : record.layers) {
      // Removed between the look for the image and the hold on its layers.
      if (!inside.parts.layers.has(layer))
        return ApiError{404, "No such image: " + record.image_name};
    }
    COVE_CHECK(outcome(make_directories(inside.folder(record.id), 0710)));
    COVE_CHECK(inside.prepare_mounts(record));
    COVE_CHECK(inside.attach_networks(record));
    std::vector<Path> lower;
    for (auto layer = record.layers.rbegin(); layer != record.layers.rend(); ++layer) {
      lower.push_back(inside.parts.layers.path(*layer));
    }
    COVE_TRY(const auto spec, make_spec({record, inside.folder(record.id), std::move(lower)}));
    auto container = std::make_shared<Container>(record);
    if (const auto saved = inside.save(container); !saved) {
      // Not to be tried again.
      std::lock_guard file(container->file);
      container->file_gone = true;
      return to_api_error(saved.error());
    }
    COVE_CHECK(outcome(inside.parts.runtime.create(spec)));
    COVE_CHECK(inside.fill_volumes(record));
    return container;
  };
  auto made = make();
  if (!made) {
    inside.undo_create(record);
    return made.error();
  }
  {
    std::lock_guard lock(inside.mutex);
    inside.by_id[record.id] = *made;
  }
  publish(*made, "create");
  return Created{record.id, std::move(warnings)};
}

}  // namespace cove::engine
