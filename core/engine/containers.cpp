#include "core/engine/containers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

#include "core/base/strings.h"
#include "core/base/sync.h"
#include "core/engine/containers_impl.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"
#include "core/engine/random_name.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxRecordBytes = 16 << 20;
constexpr std::chrono::seconds kSettleAfter{1};

Result<ContainerRecord> read_record(const Path& path) {
  COVE_TRY(const std::string text, read_file(path, kMaxRecordBytes));
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = 64;
  const json::value value = json::parse(text, failed, {}, options);
  if (failed || !value.is_object()) {
    return Error{ErrorCode::kCorrupt, "read", path.string(), "it is not a JSON document", {}};
  }
  return record_from_json(value.get_object());
}

// `written` takes the place of `record` once the disk has it, and the disk knows that too. One that
// is not there has taken its place, and the disk is to know.
Result<void> settle_file(const Path& written, const Path& record) {
  const Fd file(::open(written.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return sync_directory(record.parent_path());
  if (!file || ::fsync(file.get()) != 0 || ::rename(written.c_str(), record.c_str()) != 0)
    return errno_error(errno, "replace", record.string());
  return sync_directory(record.parent_path());
}

}  // namespace

Containers::Implementation::Implementation(Containers& containers, Parts given)
    : self(containers),
      parts(std::move(given)),
      cpus(std::max(1U, std::thread::hardware_concurrency())) {
  link->target = this;
  execs = std::make_unique<Execs>(self);
  health = std::make_unique<Health>(
      self, [this](std::chrono::nanoseconds delay, std::function<void()> task) {
        later(delay, std::move(task));
      });
  timers.start();
}

Containers::Implementation::~Implementation() {
  {
    std::lock_guard lock(link->mutex);
    link->target = nullptr;
  }
  stopping.request_stop();
  health->stop();
  timers.stop();
  workers.stop();
  for (const auto& [id, container] : by_id) settle_now(container);
}

Path Containers::Implementation::record_file(const std::string& id) const {
  return parts.directory / "containers" / (id + ".json");
}

Path Containers::Implementation::folder(const std::string& id) const {
  return parts.directory / "containers" / id;
}

Path Containers::Implementation::next_file(const std::string& id) const {
  return parts.directory / "containers" / (id + ".next");
}

Result<void> Containers::Implementation::write(Container& container,
                                               const ContainerRecord& record) {
  // Its end may be told while it is being removed.
  if (container.file_gone) return {};
  container.file_unwritten = true;
  const std::string text = json::serialize(to_json(record));
  const bool removes_itself = flag_of(record.config->host, "AutoRemove");
  COVE_CHECK(replace_file(removes_itself ? record_file(record.id) : next_file(record.id), text));
  container.file_unwritten = false;
  container.file_unsettled = !removes_itself;
  return {};
}

Result<void> Containers::Implementation::settle(Container& container) {
  if (container.file_gone || !container.file_unsettled) return {};
  COVE_CHECK(settle_file(next_file(container.id), record_file(container.id)));
  container.file_unsettled = false;
  return {};
}

Result<void> Containers::Implementation::save(const ContainerPtr& container) {
  std::lock_guard file(container->file);
  auto saved = write(*container, container->snapshot());
  if (saved) saved = settle(*container);
  if (!note(*container, saved)) settle_later(container);
  return saved;
}

void Containers::Implementation::save_soon(const ContainerPtr& container) {
  std::lock_guard file(container->file);
  if (!note(*container, write(*container, container->snapshot())) || container->file_unsettled)
    settle_later(container);
}

void Containers::Implementation::save_told(const ContainerPtr& container) {
  if (has_restart_policy(container)) {
    [[maybe_unused]] const auto saved = save(container);
  } else {
    save_soon(container);
  }
}

bool Containers::Implementation::has_restart_policy(const ContainerPtr& container) {
  const auto policy = container->look(
      [](const ContainerRecord& record) { return parse_restart_policy(record.config->host); });
  return policy && policy->kind != RestartPolicy::Kind::kNo;
}

bool Containers::Implementation::note(Container& container, const Result<void>& saved) {
  std::string trouble = saved ? std::string() : saved.error().message();
  if (!saved && trouble != container.file_trouble) parts.logger.error(trouble);
  container.file_trouble = std::move(trouble);
  return saved.has_value();
}

void Containers::Implementation::settle_later(const ContainerPtr& container) {
  if (std::exchange(container->file_settling, true)) return;
  later(kSettleAfter, [this, container] { settle_now(container); });
}

void Containers::Implementation::settle_now(const ContainerPtr& container) {
  std::lock_guard file(container->file);
  container->file_settling = false;
  Result<void> saved;
  if (container->file_unwritten) saved = write(*container, container->snapshot());
  if (saved) saved = settle(*container);
  if (!note(*container, saved)) settle_later(container);
}

Result<void> Containers::Implementation::settle_all(const Path& directory) {
  std::vector<Path> waiting;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".next") waiting.push_back(entry.path());
  }
  if (failed) return errno_error(failed.value(), "read", directory.string());
  for (const Path& path : waiting) {
    const std::string id = path.stem();
    const auto record = read_record(path);
    // Torn by a loss of power; or of a container that was not made to the end.
    if (!record || record->id != id || !std::filesystem::exists(record_file(id))) {
      COVE_CHECK(remove_tree(path));
    } else {
      COVE_CHECK(settle_file(path, record_file(id)));
    }
  }
  return {};
}

Result<void> Containers::Implementation::load() {
  const Path directory = parts.directory / "containers";
  COVE_CHECK(make_directories(directory, 0700));
  COVE_CHECK(settle_all(directory));
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() != ".json") {
      // A kill between the removal of the record and that of the folder.
      if (!std::filesystem::exists(Path(entry.path()) += ".json"))
        COVE_CHECK(remove_tree(entry.path()));
      continue;
    }
    auto record = read_record(entry.path());
    if (!record || record->id != entry.path().stem()) {
      // Kept for a person to look at; the container it was stays out of sight.
      parts.logger.error(record
                             ? "a container's record has another's name: " + entry.path().string()
                             : record.error().message());
      continue;
    }
    hold_layers(record->id, record->layers);
    names[record->name] = record->id;
    auto container = std::make_shared<Container>(std::move(*record));
    by_id[container->id] = std::move(container);
  }
  if (failed) return errno_error(failed.value(), "read", directory.string());
  return {};
}

void Containers::Implementation::hold_layers(const std::string& id,
                                             const std::vector<image::Digest>& layers) {
  auto lease = parts.images.lease(image::ImageStore::Purpose::kUse);
  for (const auto& layer : layers) lease->hold_layer(layer);
  std::lock_guard lock(mutex);
  leases[id] = std::move(lease);
}

// The image store asks who uses an image while it is locked, and a lease's end locks it: never
// under the mutex.
void Containers::Implementation::let_layers_go(const std::string& id) {
  std::unique_lock lock(mutex);
  const auto lease = leases.extract(id);
  lock.unlock();
}

void Containers::Implementation::later(std::chrono::nanoseconds delay, std::function<void()> task) {
  if (stopping.stop_requested()) return;
  auto shared = std::make_shared<std::function<void()>>(std::move(task));
  const auto run = [this, shared] {
    if (stopping.stop_requested()) return;
    // All threads are busy: nothing is lost, it only waits.
    if (!workers.run(*shared)) later(std::chrono::milliseconds(50), *shared);
  };
  if (delay.count() <= 0) {
    timers.post(run);
  } else {
    timers.after(delay, run);
  }
}

Outcome<> Containers::Implementation::reserve_name(std::string& name, const std::string& id) {
  if (name.starts_with('/')) name.erase(0, 1);
  if (!name.empty() && !valid_name(name)) {
    return ApiError{400, fmt::format("Invalid container name ({}), only "
                                     "[a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
                                     name)};
  }
  std::lock_guard lock(mutex);
  if (name.empty()) {
    for (unsigned attempt = 0; name.empty() && attempt < 64; ++attempt) {
      std::string drawn = random_name(random_number(), attempt);
      if (!names.contains(drawn)) name = std::move(drawn);
    }
    if (name.empty()) name = id.substr(0, 12);
  }
  const auto [entry, fresh] = names.emplace(name, id);
  if (fresh) return {};
  return ApiError{409, fmt::format("Conflict. The container name \"/{}\" is already in use by "
                                   "container \"{}\". You have to remove (or rename) that "
                                   "container to be able to reuse that name.",
                                   name, entry->second)};
}

void Containers::Implementation::release_name(const std::string& name, const std::string& id) {
  std::lock_guard lock(mutex);
  const auto found = names.find(name);
  if (found != names.end() && found->second == id) names.erase(found);
}

Containers::Containers(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Result<std::unique_ptr<Containers>> Containers::open(Parts parts) {
  std::unique_ptr<Containers> containers(new Containers(nullptr));
  containers->implementation_ = std::make_unique<Implementation>(*containers, std::move(parts));
  Implementation& inside = *containers->implementation_;
  COVE_CHECK(make_directories(inside.parts.directory, 0711));
  COVE_TRY(inside.networks,
           Networks::open({inside.parts.directory / "networks.json", inside.parts.networks,
                           inside.parts.events, inside.parts.clock}));
  const auto users = [&inside](const std::string& volume) {
    std::vector<std::string> ids;
    for (const auto& container : inside.self.all()) {
      const bool uses = container->look([&](const ContainerRecord& record) {
        return std::any_of(record.mounts.begin(), record.mounts.end(), [&](const MountPoint& m) {
          return m.kind == MountPoint::Kind::kVolume && m.name == volume;
        });
      });
      if (uses) ids.push_back(container->id);
    }
    return ids;
  };
  COVE_TRY(inside.volumes, Volumes::open({inside.parts.directory / "volumes", inside.parts.events,
                                          inside.parts.clock, users}));
  COVE_CHECK(inside.load());
  return containers;
}

Containers::~Containers() {
  stop();
}

void Containers::restore() {
  Implementation& inside = *implementation_;
  std::vector<std::string> running;
  const auto containers = all();
  for (const auto& container : containers) {
    const auto status = inside.parts.runtime.status(container->id);
    if (status && (status->state == runtime::ContainerState::kRunning ||
                   status->state == runtime::ContainerState::kPaused)) {
      running.push_back(container->id);
    }
  }
  if (const auto kept = inside.parts.networks.keep_only(running); !kept) {
    inside.parts.logger.warn(kept.error().message());
  }
  inside.remove_stray_namespaces(running);
  inside.parts.runtime.on_exit([link = inside.link](const runtime::ContainerStatus& status) {
    std::lock_guard lock(link->mutex);
    if (link->target != nullptr) link->target->exited(status);
  });
  for (const auto& container : containers) inside.restore_one(container);
}

// Of containers and build steps that a killed coved had begun: they are called by 64 digits.
void Containers::Implementation::remove_stray_namespaces(const std::vector<std::string>& running) {
  constexpr std::size_t kIdDigits = 64;
  for (const std::string& name : parts.networks.namespaces()) {
    if (name.size() != kIdDigits || std::ranges::find(running, name) != running.end()) continue;
    if (const auto removed = parts.networks.remove_namespace(name); !removed)
      parts.logger.warn(removed.error().message());
  }
}

void Containers::stop() {
  implementation_->stopping.request_stop();
  implementation_->health->stop();
  for (const auto& container : all()) container->changed.notify_all();
}

Containers::Counts Containers::counts() const {
  Counts counts;
  for (const auto& container : all()) {
    const ContainerState state = container->look([](const auto& record) { return record.state; });
    if (state.paused) {
      ++counts.paused;
    } else if (state.running || state.restarting) {
      ++counts.running;
    } else {
      ++counts.stopped;
    }
  }
  return counts;
}

std::string Containers::image_user(const image::Digest& id, bool& running) const {
  std::string user;
  running = false;
  for (const auto& container : all()) {
    const ContainerRecord record = container->snapshot();
    if (record.image != id) continue;
    const bool runs = record.state.running || record.state.restarting;
    if (!user.empty() && !runs) continue;
    user = fmt::format("container {} is using its referenced image {}", record.short_id(),
                       id.short_hex());
    if (runs) {
      running = true;
      return user;
    }
  }
  return user;
}

std::map<image::Digest, std::size_t> Containers::image_users() const {
  std::map<image::Digest, std::size_t> users;
  for (const auto& container : all()) {
    const auto image = container->look([](const ContainerRecord& record) { return record.image; });
    if (!image.empty()) ++users[image];
  }
  return users;
}

Outcome<Path> Containers::network_namespace(const std::string& name_or_id) const {
  COVE_TRY(const ContainerPtr container, find(name_or_id));
  const bool running = container->look([](const auto& record) { return record.state.running; });
  if (!running) {
    return ApiError{
        409, fmt::format("cannot join network of a non running container: {}", container->id)};
  }
  COVE_TRY(const Path path, outcome(implementation_->parts.runtime.namespaces(container->id)));
  return path / "net";
}

Outcome<ContainerPtr> Containers::find(const std::string& name_or_id) const {
  const std::string_view name =
      name_or_id.starts_with('/') ? std::string_view(name_or_id).substr(1) : name_or_id;
  const ApiError missing{404, "No such container: " + name_or_id};
  std::lock_guard lock(implementation_->mutex);
  const auto& by_id = implementation_->by_id;
  if (const auto found = by_id.find(std::string(name)); found != by_id.end()) return found->second;
  const auto& names = implementation_->names;
  if (const auto named = names.find(std::string(name)); named != names.end()) {
    // A name may be taken by a container that is being made.
    if (const auto found = by_id.find(named->second); found != by_id.end()) return found->second;
    return missing;
  }
  if (name.empty()) return missing;
  const auto first = by_id.lower_bound(std::string(name));
  if (first == by_id.end() || !first->first.starts_with(name)) return missing;
  if (const auto next = std::next(first); next != by_id.end() && next->first.starts_with(name)) {
    return ApiError{400, fmt::format("multiple IDs found with provided prefix: {}", name)};
  }
  return first->second;
}

std::vector<ContainerPtr> Containers::all() const {
  std::vector<std::pair<WallTime, ContainerPtr>> sorted;
  {
    std::lock_guard lock(implementation_->mutex);
    for (const auto& [id, container] : implementation_->by_id) {
      sorted.emplace_back(WallTime{}, container);
    }
  }
  // A container's own mutex is never taken below the one above.
  for (auto& [time, container] : sorted) {
    time = container->look([](const ContainerRecord& record) { return record.created_at; });
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<ContainerPtr> containers;
  containers.reserve(sorted.size());
  for (auto& [time, container] : sorted) containers.push_back(std::move(container));
  return containers;
}

std::vector<ContainerPtr> Containers::in_network(const std::string& network) const {
  std::vector<ContainerPtr> inside;
  for (const auto& container : all()) {
    const bool is = container->look([&](const ContainerRecord& record) {
      return std::any_of(record.networks.begin(), record.networks.end(),
                         [&](const Attachment& a) { return a.network_id == network; });
    });
    if (is) inside.push_back(container);
  }
  return inside;
}

Execs& Containers::execs() {
  return *implementation_->execs;
}
Networks& Containers::networks() {
  return *implementation_->networks;
}
Volumes& Containers::volumes() {
  return *implementation_->volumes;
}
const Containers::Parts& Containers::parts() const {
  return implementation_->parts;
}
std::stop_token Containers::stopping() const {
  return implementation_->stopping.get_token();
}

void Containers::publish(const ContainerPtr& container, const std::string& action,
                         std::map<std::string, std::string> attributes) {
  const ContainerRecord record = container->snapshot();
  for (const auto& [name, value] : text_map_of(record.config->config, "Labels")) {
    attributes.emplace(name, value);
  }
  attributes["image"] = record.image_name;
  attributes["name"] = record.name;
  implementation_->parts.events.publish({.type = "container",
                                         .action = action,
                                         .actor = record.id,
                                         .attributes = std::move(attributes)});
}

}  // namespace cove::engine
