#include "core/node/static_pods.h"

#include <algorithm>

#include "core/api/document.h"
#include "core/client/indexer.h"
#include "core/node/pod_model.h"

namespace cove::node {
namespace {

constexpr std::chrono::seconds kPeriod{1};
constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

std::string key_of(const json::object& mirror) {
  return std::string(api::text_at(mirror, {"metadata", "namespace"})) + "/" +
         std::string(api::text_at(mirror, {"metadata", "name"}));
}

api::ObjectPtr with_uid(json::object pod, const std::string& uid) {
  api::set_at(pod, {"metadata", "uid"}, json::value(uid));
  return api::Object::make(std::move(pod));
}

// All its containers have ended, and nothing but finalizers keeps it.
bool only_finalizers_keep(const api::Object& pod) {
  return pod.deleting() &&
         api::integer_at(pod.document(), {"metadata", "deletionGracePeriodSeconds"}) == 0;
}

}  // namespace

bool is_static_uid(std::string_view uid) {
  return uid.size() == kStaticUidDigits &&
         uid.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string mirrored_uid(const api::Object& pod) {
  const std::string_view uid = api::text_at(pod.document(), {"metadata", "annotations", kMirror});
  return is_static_uid(uid) ? std::string(uid) : std::string();
}

struct StaticPods::Found {
  ManifestsSeen seen = {};
  std::optional<StaticPodsByUid> pods = std::nullopt;  // nothing new
  std::string failure = {};
};

StaticPods::StaticPods(Parts parts) : parts_(std::move(parts)) {
  Found found;
  look_now(parts_, {}, found);
  take(found);
}

bool StaticPods::wants(const api::Object& mirror) const {
  const auto found = wanted_.find(mirrored_uid(mirror));
  return found != wanted_.end() && key_of(found->second) == client::key_of(mirror);
}

bool StaticPods::may_want(const std::string& uid) const {
  return known_ ? wanted_.contains(uid) : is_static_uid(uid);
}

std::vector<api::ObjectPtr> StaticPods::wanted() const {
  std::vector<api::ObjectPtr> all;
  for (const auto& [uid, mirror] : wanted_) all.push_back(with_uid(mirror, uid));
  return all;
}

api::ObjectPtr StaticPods::as_run(const api::ObjectPtr& pod) const {
  const std::string uid = mirrored_uid(*pod);
  if (uid.empty()) return pod;
  json::object document = pod->document();
  if (wants(*pod)) {
    const json::object& file = wanted_.at(uid);
    document["spec"] = file.at("spec");
    for (const std::string_view field : {"labels", "annotations"}) {
      if (const json::value* const value = api::value_at(file, {"metadata", field})) {
        api::set_at(document, {"metadata", field}, *value);
      } else {
        api::erase_at(document, {"metadata", field});
      }
    }
  }
  return with_uid(std::move(document), uid);
}

void StaticPods::start() {
  if (std::exchange(started_, true)) return;
  parts_.changed();
  reconcile();
  look();
}

void StaticPods::stop() {
  stopped_ = true;
  writes_.clear();
}

void StaticPods::look_now(const Parts& parts, const ManifestsSeen& seen, Found& found) {
  const auto look = [&]() -> Result<void> {
    COVE_TRY(found.seen, look_at_manifests(parts.folder));
    if (found.seen == seen) return {};
    COVE_TRY(found.pods, read_manifests(parts.folder, parts.node_name, parts.logger));
    return {};
  };
  if (const auto looked = look(); !looked) found.failure = looked.error().message();
}

void StaticPods::take(Found& found) {
  if (found.failure != unreadable_ && !found.failure.empty())
    parts_.logger.error(found.failure + "; what it said last counts");
  unreadable_ = found.failure;
  if (!unreadable_.empty()) return;
  known_ = true;
  seen_ = std::move(found.seen);
  if (found.pods) wanted_ = std::move(*found.pods);
}

void StaticPods::look() {
  const auto found = std::make_shared<Found>();
  parts_.background.run(
      [self = shared_from_this(), seen = seen_, found] { look_now(self->parts_, seen, *found); },
      [weak = weak_from_this(), found] {
        const auto self = weak.lock();
        if (!self || self->stopped_) return;
        const bool other = found->pods.has_value(), unknown = !self->known_;
        self->take(*found);
        if (other || (unknown && self->known_)) self->parts_.changed();
        self->reconcile();
        self->parts_.executor.after(kPeriod, [weak] {
          const auto alive = weak.lock();
          if (alive && !alive->stopped_) alive->look();
        });
      });
}

void StaticPods::reconcile() {
  if (!started_ || stopped_ || !known_) return;
  std::map<std::string, api::ObjectPtr> there;  // by name
  for (const api::ObjectPtr& pod : parts_.pods()) {
    there[client::key_of(*pod)] = pod;
    if (mirrored_uid(*pod).empty() || only_finalizers_keep(*pod)) continue;
    // What is to be seen goes at once and comes again; what is not has its time to end.
    const bool ends = !wants(*pod) && parts_.runs(*pod);
    if (ends ? !pod->deleting() : !wants(*pod) || pod->deleting()) remove(*pod, !ends);
  }
  for (const auto& [uid, mirror] : wanted_) {
    if (!there.contains(key_of(mirror))) make(mirror);
  }
}

bool StaticPods::begin_write(const std::string& key) {
  return writes_.try_emplace(key).second;
}

void StaticPods::wrote(std::string key, const char* step, std::string failure) {
  writes_.erase(key);
  if (!failure.empty() && told_[key] != failure)
    parts_.logger.warn("a static pod's mirror is not what it should be",
                       {{"step", step}, {"pod", key}, {"cause", failure}});
  if (failure.empty()) {
    told_.erase(key);
  } else {
    told_[key] = std::move(failure);
  }
  std::erase_if(told_, [&](const auto& each) {
    return std::ranges::none_of(wanted_,
                                [&](const auto& pod) { return key_of(pod.second) == each.first; });
  });
}

void StaticPods::make(const json::object& mirror) {
  const api::ObjectPtr node = parts_.node();
  const std::string key = key_of(mirror);
  if (!node || !begin_write(key)) return;
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
  writes_[key] =
      client::ResourceClient(parts_.transport, {"", "v1", "pods"}, space)
          .create(pod, {},
                  [weak = weak_from_this(), key](const client::ApiResult<api::ObjectPtr>& done) {
                    if (const auto self = weak.lock())
                      self->wrote(key, "create", done ? "" : done.error().message);
                  });
}

void StaticPods::remove(const api::Object& mirror, bool at_once) {
  const std::string key = client::key_of(mirror);
  if (!begin_write(key)) return;
  client::DeleteOptions options;
  options.uid = mirror.uid();
  if (at_once) options.grace_seconds = 0;
  writes_[key] = client::ResourceClient(parts_.transport, {"", "v1", "pods"},
                                        std::string(mirror.namespace_name()))
                     .remove(mirror.name(), options,
                             [weak = weak_from_this(), key](const client::ApiResult<void>& done) {
                               const auto self = weak.lock();
                               if (!self) return;
                               const bool failed = !done && !done.error().is_not_found();
                               self->wrote(key, "delete", failed ? done.error().message : "");
                             });
}

}  // namespace cove::node
