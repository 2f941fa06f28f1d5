#include "core/node/static_pods.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "core/api/document.h"
#include "core/base/strings.h"
#include "core/client/indexer.h"
#include "core/image/digest.h"
#include "core/node/pod_model.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::size_t kMaxFiles = 250;
constexpr std::size_t kUidDigits = 32;
constexpr std::chrono::seconds kPeriod{1};
constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::string_view kSource = "kubernetes.io/config.source";
constexpr std::string_view kHash = "kubernetes.io/config.hash";

std::vector<Path> files_of(const Path& folder) {
  std::vector<Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::error_code gone;
    if (!entry.path().filename().string().starts_with('.') && entry.is_regular_file(gone))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  if (files.size() > kMaxFiles) files.resize(kMaxFiles);
  return files;
}

Result<json::object> read_pod(const Path& file) {
  COVE_TRY(const std::string text, read_file(file, kMaxFile));
  COVE_TRY(api::Parsed parsed, api::parse_yaml(text));
  const auto wrong = [&](const char* cause) {
    return Error{ErrorCode::kInvalidArgument, "read the pod of", file.string(), cause, ""};
  };
  json::object* const pod = parsed.value.if_object();
  if (pod == nullptr || api::text_at(*pod, {"kind"}) != "Pod" ||
      api::text_at(*pod, {"apiVersion"}) != "v1")
    return wrong("it is no Pod of v1");
  if (api::text_at(*pod, {"metadata", "name"}).empty()) return wrong("it has no name");
  if (api::object_at(*pod, {"spec"}) == nullptr) return wrong("it has no spec");
  return std::move(*pod);
}

std::string key_of(const json::object& mirror) {
  return fmt::format("{}/{}", api::text_at(mirror, {"metadata", "namespace"}),
                     api::text_at(mirror, {"metadata", "name"}));
}

// Nothing that is done to the node's other pods ends it.
void tolerate_everything(json::object& pod) {
  api::make_array_at(pod, {"spec", "tolerations"})
      .emplace_back(json::object{{"operator", "Exists"}, {"effect", "NoExecute"}});
}

json::object mirror_of(json::object pod, const std::string& node_name, const std::string& uid) {
  json::object metadata;
  if (const json::object* const given = api::object_at(pod, {"metadata"})) {
    for (const char* field : {"labels", "annotations"}) {
      if (given->contains(field)) metadata[field] = given->at(field);
    }
  }
  const std::string_view space = api::text_at(pod, {"metadata", "namespace"});
  metadata["namespace"] = api::key(space.empty() ? "default" : space);
  metadata["name"] = fmt::format("{}-{}", api::text_at(pod, {"metadata", "name"}), node_name);
  pod["metadata"] = std::move(metadata);
  pod.erase("status");
  for (const std::string_view name : {kMirror, kHash})
    api::set_at(pod, {"metadata", "annotations", name}, json::value(uid));
  api::set_at(pod, {"metadata", "annotations", kSource}, json::value("file"));
  api::set_at(pod, {"spec", "nodeName"}, json::value(node_name));
  tolerate_everything(pod);
  return pod;
}

}  // namespace

StaticPodsByUid read_manifests(const Path& folder, const std::string& node_name, Logger& logger) {
  StaticPodsByUid all;
  std::set<std::string> names;
  for (const Path& file : files_of(folder)) {
    auto pod = read_pod(file);
    if (!pod) {
      logger.warn(pod.error().message());
      continue;
    }
    const std::string uid(
        image::Digest::of(
            fmt::format("{}\n{}\n{}", node_name, file.filename().string(), api::to_text(*pod)))
            .hex()
            .substr(0, kUidDigits));
    json::object mirror = mirror_of(std::move(*pod), node_name, uid);
    if (!names.insert(key_of(mirror)).second) {
      logger.warn("another file has a pod of that name", {{"file", file.string()}});
      continue;
    }
    all.emplace(uid, std::move(mirror));
  }
  return all;
}

std::string mirrored_uid(const api::Object& pod) {
  const std::string_view uid = api::text_at(pod.document(), {"metadata", "annotations", kMirror});
  const bool fits = uid.size() == kUidDigits &&
                    uid.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return fits ? std::string(uid) : std::string();
}

api::ObjectPtr as_run(const api::ObjectPtr& pod) {
  const std::string uid = mirrored_uid(*pod);
  if (uid.empty()) return pod;
  json::object document = pod->document();
  api::set_at(document, {"metadata", "uid"}, json::value(uid));
  return api::Object::make(std::move(document));
}

StaticPods::StaticPods(Parts parts)
    : parts_(std::move(parts)),
      seen_(look_at(parts_.folder)),
      wanted_(read_manifests(parts_.folder, parts_.node_name, parts_.logger)) {}

// Changes with whatever is written there.
StaticPods::Fingerprint StaticPods::look_at(const Path& folder) {
  Fingerprint all;
  for (const Path& file : files_of(folder)) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    all.push_back(fmt::format("{} {} {} {}.{:09}", file.string(), status.st_ino, status.st_size,
                              status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
  }
  return all;
}

bool StaticPods::wants(const api::Object& mirror) const {
  const auto found = wanted_.find(mirrored_uid(mirror));
  return found != wanted_.end() && key_of(found->second) == client::key_of(mirror);
}

void StaticPods::start() {
  if (std::exchange(started_, true)) return;
  reconcile();
  look();
}

void StaticPods::stop() {
  stopped_ = true;
  writes_.clear();
}

void StaticPods::look() {
  struct Found {
    Fingerprint fingerprint;
    std::optional<StaticPodsByUid> pods;
  };
  const auto found = std::make_shared<Found>();
  parts_.background.run(
      [parts = &parts_, self = shared_from_this(), seen = seen_, found] {
        found->fingerprint = look_at(parts->folder);
        if (found->fingerprint != seen)
          found->pods = read_manifests(parts->folder, parts->node_name, parts->logger);
      },
      [weak = weak_from_this(), found] {
        const auto self = weak.lock();
        if (!self || self->stopped_) return;
        self->seen_ = std::move(found->fingerprint);
        if (found->pods) self->wanted_ = std::move(*found->pods);
        self->reconcile();
        self->parts_.executor.after(kPeriod, [weak] {
          const auto alive = weak.lock();
          if (alive && !alive->stopped_) alive->look();
        });
      });
}

void StaticPods::reconcile() {
  if (!started_ || stopped_) return;
  std::map<std::string, api::ObjectPtr> there;  // by name
  for (const api::ObjectPtr& pod : parts_.pods()) {
    there[client::key_of(*pod)] = pod;
    const std::string uid = mirrored_uid(*pod);
    if (uid.empty()) continue;
    // What is to be seen goes at once and comes again; what is not has its time to end.
    const bool ends = !wants(*pod) && parts_.runs(*pod);
    if (ends ? !pod->deleting() : !wants(*pod) || pod->deleting()) remove(*pod, !ends);
  }
  for (const auto& [uid, mirror] : wanted_) {
    if (!there.contains(key_of(mirror))) make(uid, mirror);
  }
}

bool StaticPods::begin_write(const std::string& uid) {
  return writes_.try_emplace(uid).second;
}

void StaticPods::wrote(std::string uid, const char* step, std::string failure) {
  writes_.erase(uid);
  if (!failure.empty() && told_[uid] != failure)
    parts_.logger.warn("a static pod's mirror is not what it should be",
                       {{"step", step}, {"pod", uid}, {"cause", failure}});
  if (failure.empty()) {
    told_.erase(uid);
  } else {
    told_[uid] = std::move(failure);
  }
  std::erase_if(told_, [&](const auto& each) { return !wanted_.contains(each.first); });
}

void StaticPods::make(const std::string& uid, const json::object& mirror) {
  const api::ObjectPtr node = parts_.node();
  if (!node || !begin_write(uid)) return;
  json::object pod = mirror;
  api::set_at(pod, {"metadata", "annotations", "kubernetes.io/config.seen"},
              json::value(rfc3339(parts_.clock.wall())));
  api::set_at(pod, {"metadata", "ownerReferences"},
              json::array{json::object{{"apiVersion", "v1"},
                                       {"kind", "Node"},
                                       {"name", parts_.node_name},
                                       {"uid", api::key(node->uid())},
                                       {"controller", true}}});
  const std::string space(api::text_at(pod, {"metadata", "namespace"}));
  writes_[uid] =
      client::ResourceClient(parts_.transport, {"", "v1", "pods"}, space)
          .create(pod, {},
                  [weak = weak_from_this(), uid](const client::ApiResult<api::ObjectPtr>& done) {
                    if (const auto self = weak.lock())
                      self->wrote(uid, "create", done ? "" : done.error().message);
                  });
}

void StaticPods::remove(const api::Object& mirror, bool at_once) {
  const std::string uid = mirrored_uid(mirror);
  if (!begin_write(uid)) return;
  client::DeleteOptions options;
  options.uid = mirror.uid();
  if (at_once) options.grace_seconds = 0;
  writes_[uid] = client::ResourceClient(parts_.transport, {"", "v1", "pods"},
                                        std::string(mirror.namespace_name()))
                     .remove(mirror.name(), options,
                             [weak = weak_from_this(), uid](const client::ApiResult<void>& done) {
                               const auto self = weak.lock();
                               if (!self) return;
                               const bool failed = !done && !done.error().is_not_found();
                               self->wrote(uid, "delete", failed ? done.error().message : "");
                             });
}

}  // namespace cove::node
