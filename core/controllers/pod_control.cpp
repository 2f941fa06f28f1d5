#include "core/controllers/pod_control.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/names.h"
#include "core/api/time.h"

namespace cove::controllers {
namespace {

constexpr std::chrono::minutes kExpectationsLast{5};
constexpr std::chrono::microseconds kBatchTime{500};
constexpr std::string_view kOrphans = "orphans-by-label";
constexpr std::string_view kNamespaceTerminating = "NamespaceTerminating";

// The time that an object without one has been ready since is unknown, and so never long enough.
std::optional<WallTime> ready_since(const api::Object& pod) {
  if (!is_pod_ready(pod)) return std::nullopt;
  const json::object* const ready = api::condition_of(pod.document(), "Ready");
  const auto since = api::parse_time(api::text_at(*ready, {"lastTransitionTime"}));
  return since ? std::optional(*since) : std::nullopt;
}

}  // namespace

bool is_pod_available(const api::Object& pod, std::int64_t min_ready_seconds, WallTime now) {
  if (min_ready_seconds <= 0) return is_pod_ready(pod);
  const auto since = ready_since(pod);
  return since && *since + std::chrono::seconds(min_ready_seconds) <= now;
}

std::optional<std::chrono::nanoseconds> time_to_available(const api::Object& pod,
                                                          std::int64_t min_ready_seconds,
                                                          WallTime now) {
  if (min_ready_seconds <= 0) return std::nullopt;
  const auto since = ready_since(pod);
  if (!since) return std::nullopt;
  const auto left = *since + std::chrono::seconds(min_ready_seconds) - now;
  if (left.count() <= 0) return std::nullopt;
  return left;
}

// --- Owning.

bool is_controlled_by(const api::Object& object, const api::Object& owner) {
  const json::object* const controller = controller_of(object);
  return controller != nullptr && api::text_at(*controller, {"uid"}) == owner.uid();
}

json::object controller_reference(const api::Object& owner) {
  return {{"apiVersion", api::key(owner.api_version())},
          {"kind", api::key(owner.kind())},
          {"name", api::key(owner.name())},
          {"uid", api::key(owner.uid())},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

std::string telling_label(std::string_view namespace_name, const json::object* selector) {
  std::string found(namespace_name);
  found += '/';
  if (selector == nullptr) return found;
  const bool has_parts =
      selector->contains("matchLabels") || selector->contains("matchExpressions");
  const json::object* const labels =
      has_parts ? api::object_at(*selector, {"matchLabels"}) : selector;
  if (labels == nullptr) return found;
  const json::value* value = nullptr;
  std::string_view key;
  for (const auto& member : *labels) {
    const std::string_view name(member.key().data(), member.key().size());
    if (!member.value().is_string()) continue;
    // Those that controllers make up are one owner's alone.
    const bool own = name == "pod-template-hash" || name.ends_with("controller-uid");
    if (value != nullptr && !own) continue;
    key = name;
    value = &member.value();
  }
  if (value == nullptr) return found;
  found += key;
  found += '=';
  found += api::view(value->get_string());
  return found;
}

std::vector<std::string> told_labels(std::string_view namespace_name, const json::object* labels) {
  std::string prefix(namespace_name);
  prefix += '/';
  std::vector<std::string> all{prefix};
  if (labels == nullptr) return all;
  for (const auto& member : *labels) {
    if (!member.value().is_string()) continue;
    std::string label = prefix;
    label += std::string_view(member.key().data(), member.key().size());
    label += '=';
    label += api::view(member.value().get_string());
    all.push_back(std::move(label));
  }
  return all;
}

void add_orphan_index(client::Informer& informer) {
  informer.add_index(kOrphans, [](const api::Object& object) -> std::vector<std::string> {
    if (controller_of(object) != nullptr) return {};
    return told_labels(object.namespace_name(),
                       api::object_at(object.document(), {"metadata", "labels"}));
  });
}

std::vector<api::ObjectPtr> owned_or_orphaned(const client::Informer& informer,
                                              const api::Object& owner) {
  std::vector<api::ObjectPtr> found =
      informer.objects().by_index(client::kByOwner, std::string(owner.uid()));
  std::erase_if(found, [&](const api::ObjectPtr& object) {
    return !is_controlled_by(*object, owner) || object->namespace_name() != owner.namespace_name();
  });
  const std::string label =
      telling_label(owner.namespace_name(), api::object_at(owner.document(), {"spec", "selector"}));
  for (api::ObjectPtr& orphan : informer.objects().by_index(kOrphans, label))
    found.push_back(std::move(orphan));
  return found;
}

json::object pod_from_template(const json::object& pod_template, const api::Object& owner,
                               std::string_view name) {
  json::object metadata;
  if (name.empty()) {
    // An owner may have a name that a pod cannot begin with; then without the dash.
    std::string prefix = fmt::format("{}-", owner.name());
    if (!api::check_name(prefix, api::NameRule::kDnsSubdomain, true).empty())
      prefix = std::string(owner.name());
    metadata["generateName"] = prefix;
  } else {
    metadata["name"] = api::key(name);
  }
  metadata["namespace"] = api::key(owner.namespace_name());
  for (const char* const member : {"labels", "annotations", "finalizers"}) {
    if (const json::value* const value = api::value_at(pod_template, {"metadata", member}))
      metadata[member] = *value;
  }
  metadata["ownerReferences"] = json::array{controller_reference(owner)};
  const json::object* const spec = api::object_at(pod_template, {"spec"});
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", std::move(metadata)},
          {"spec", spec == nullptr ? json::object() : *spec}};
}

// --- Expectations.

bool Expectations::counts(const Expected& expected) const {
  return !expected.fulfilled() && clock_.steady() - expected.since <= kExpectationsLast;
}

Expectations::Expected& Expectations::current(const std::string& owner) {
  Expected& expected = expected_[owner];
  if (!counts(expected)) expected = {.creations = 0, .deletions = {}, .since = clock_.steady()};
  return expected;
}

void Expectations::expect_creations(const std::string& owner, int count) {
  if (count > 0) current(owner).creations += count;
}

void Expectations::expect_deletions(const std::string& owner,
                                    const std::vector<std::string>& pod_uids) {
  if (!pod_uids.empty()) current(owner).deletions.insert(pod_uids.begin(), pod_uids.end());
}

void Expectations::saw_creation(const std::string& owner) {
  const auto found = expected_.find(owner);
  if (found == expected_.end()) return;
  if (found->second.creations > 0) --found->second.creations;
  if (found->second.fulfilled()) expected_.erase(found);
}

void Expectations::saw_deletion(const std::string& owner, std::string_view pod_uid) {
  const auto found = expected_.find(owner);
  if (found == expected_.end()) return;
  std::set<std::string, std::less<>>& deletions = found->second.deletions;
  if (const auto at = deletions.find(pod_uid); at != deletions.end()) deletions.erase(at);
  if (found->second.fulfilled()) expected_.erase(found);
}

bool Expectations::satisfied(const std::string& owner) const {
  const auto found = expected_.find(owner);
  return found == expected_.end() || !counts(found->second);
}

void Expectations::forget(const std::string& owner) {
  expected_.erase(owner);
}

// --- Writing.

void PodControl::create(const json::object& pod, const api::ObjectPtr& owner, Done done) {
  const client::ResourceClient pods(transport_, {"", "v1", "pods"},
                                    std::string(owner->namespace_name()));
  const auto created =
      guard_([this, owner, told = std::move(done)](client::ApiResult<api::ObjectPtr> result) {
        if (result) {
          events_.event(*owner, "Normal", "SuccessfulCreate",
                        fmt::format("Created pod: {}", (*result)->name()));
        } else if (!result.error().has_cause(kNamespaceTerminating)) {
          events_.event(*owner, "Warning", "FailedCreate",
                        fmt::format("Error creating: {}", result.error().message));
        }
        told(std::move(result));
      });
  pods.create(pod, {}, created).release();
}

void PodControl::remove(const api::ObjectPtr& pod, const api::ObjectPtr& owner, Removed done) {
  const client::ResourceClient pods(transport_, {"", "v1", "pods"},
                                    std::string(pod->namespace_name()));
  client::DeleteOptions options;
  options.uid = std::string(pod->uid());
  const auto removed =
      guard_([this, pod, owner, told = std::move(done)](const client::ApiResult<void>& result) {
        if (!result && result.error().is_not_found()) return told({});
        if (result) {
          events_.event(*owner, "Normal", "SuccessfulDelete",
                        fmt::format("Deleted pod: {}", pod->name()));
        } else {
          events_.event(*owner, "Warning", "FailedDelete",
                        fmt::format("Error deleting: {}", result.error().message));
        }
        told(result);
      });
  pods.remove(pod->name(), options, removed).release();
}

void PodControl::patch(const api::ObjectPtr& pod, const json::object& patch, Done done) {
  const client::ResourceClient pods(transport_, {"", "v1", "pods"},
                                    std::string(pod->namespace_name()));
  pods.patch(pod->name(), client::PatchType::kStrategicMerge, patch, {}, guard_(std::move(done)))
      .release();
}

namespace {

// in_slow_start() from one batch to the next.
class SlowStart final : public std::enable_shared_from_this<SlowStart> {
 public:
  using Make = std::function<void(int, std::function<void(client::ApiResult<void>)>)>;
  using Done = std::function<void(int, std::optional<client::ApiError>)>;
  SlowStart(int count, Make make, Done done, Executor* executor)
      : count_(count), make_(std::move(make)), done_(std::move(done)), executor_(executor) {}

  void next() {
    if (begun_ >= count_ || first_) {
      if (waiting_ == 0 && !std::exchange(told_, true)) done_(made_, first_);
      return;
    }
    const int batch = std::min(size_, count_ - begun_);
    size_ *= 2;
    waiting_ += batch;
    const int from = begun_;
    begun_ += batch;
    for (int i = from; i < from + batch; ++i) {
      make_(i, [self = shared_from_this()](const client::ApiResult<void>& result) {
        self->finished(result);
      });
    }
    if (executor_ == nullptr || waiting_ == 0 || begun_ >= count_) return;
    executor_->after(kBatchTime, [weak = weak_from_this(), begun = begun_] {
      const auto self = weak.lock();
      if (self && self->begun_ == begun) self->next();
    });
  }

 private:
  void finished(const client::ApiResult<void>& result) {
    if (result) {
      ++made_;
    } else if (!first_) {
      first_ = result.error();
    }
    if (--waiting_ == 0) next();
  }

  const int count_;
  const Make make_;
  const Done done_;
  Executor* const executor_;
  int size_ = 1;
  int begun_ = 0;
  int waiting_ = 0;
  int made_ = 0;
  bool told_ = false;
  std::optional<client::ApiError> first_;
};

}  // namespace

void in_slow_start(
    int count,
    std::function<void(int index, std::function<void(client::ApiResult<void>)> done)> make,
    std::function<void(int made, std::optional<client::ApiError> first)> done, Executor* executor) {
  std::make_shared<SlowStart>(count, std::move(make), std::move(done), executor)->next();
}

namespace {

// One claim() that has something to write.
class Claim final : public std::enable_shared_from_this<Claim> {
 public:
  Claim(client::ResourceClient owners, client::ResourceClient owned,
        const std::vector<std::string>& finalizers, api::ObjectPtr owner,
        ControllerRefs::Claimed claimed)
      : owners_(std::move(owners)),
        owned_(std::move(owned)),
        finalizers_(finalizers),
        owner_(std::move(owner)),
        claimed_(std::move(claimed)) {}

  std::vector<api::ObjectPtr> kept;  // null: not owned (yet)
  std::vector<std::pair<std::size_t, api::ObjectPtr>> to_adopt;
  std::vector<api::ObjectPtr> to_release;

  void begin() {
    waiting_ = 1;
    for (const api::ObjectPtr& object : to_release) release(object);
    if (to_adopt.empty()) return finished();
    owners_
        .get(owner_->name(),
             [self = shared_from_this()](const auto& fresh) { self->adopt_for(fresh); })
        .release();
  }

 private:
  void adopt_for(const client::ApiResult<api::ObjectPtr>& fresh) {
    if (!fresh) return failed(fresh.error());
    if ((*fresh)->uid() != owner_->uid()) {
      return failed(client::no_answer(
          ErrorCode::kConflict,
          fmt::format("original {} {}/{} is gone: got uid {}, wanted {}", owner_->kind(),
                      owner_->namespace_name(), owner_->name(), (*fresh)->uid(), owner_->uid())));
    }
    if ((*fresh)->deleting()) return finished();
    for (const auto& [place, object] : to_adopt) adopt(place, object);
    finished();
  }

  void adopt(std::size_t place, const api::ObjectPtr& object) {
    json::object metadata{{"ownerReferences", json::array{controller_reference(*owner_)}},
                          {"uid", api::key(object->uid())}};
    if (!finalizers_.empty())
      metadata["finalizers"] = json::array(finalizers_.begin(), finalizers_.end());
    write(object, std::move(metadata), [self = shared_from_this(), place](const auto& answer) {
      if (answer) self->kept[place] = *answer;
    });
  }

  void release(const api::ObjectPtr& object) {
    json::object metadata{
        {"ownerReferences",
         json::array{json::object{{"$patch", "delete"}, {"uid", api::key(owner_->uid())}}}},
        {"uid", api::key(object->uid())}};
    if (!finalizers_.empty())
      metadata["$deleteFromPrimitiveList/finalizers"] =
          json::array(finalizers_.begin(), finalizers_.end());
    write(object, std::move(metadata), [](const auto&) {});
  }

  // An object that has gone, or has been replaced by another of its name, needs no owner.
  void write(const api::ObjectPtr& object, json::object metadata,
             std::function<void(const client::ApiResult<api::ObjectPtr>&)> then) {
    ++waiting_;
    owned_
        .patch(object->name(), client::PatchType::kStrategicMerge,
               json::object{{"metadata", std::move(metadata)}}, {},
               [self = shared_from_this(), then = std::move(then)](const auto& answer) {
                 then(answer);
                 const bool gone =
                     !answer && (answer.error().is_not_found() || answer.error().is_conflict());
                 if (!answer && !gone) return self->failed(answer.error());
                 self->finished();
               })
        .release();
  }

  void failed(const client::ApiError& error) {
    if (!first_) first_ = error;
    finished();
  }
  void finished() {
    if (--waiting_ > 0) return;
    if (first_) return claimed_(*first_);
    std::erase(kept, nullptr);
    claimed_(std::move(kept));
  }

  const client::ResourceClient owners_, owned_;
  const std::vector<std::string> finalizers_;
  const api::ObjectPtr owner_;
  const ControllerRefs::Claimed claimed_;
  int waiting_ = 0;
  std::optional<client::ApiError> first_;
};

}  // namespace

void ControllerRefs::claim(const api::ObjectPtr& owner, const api::LabelSelector& selector,
                           const std::vector<api::ObjectPtr>& candidates, Claimed claimed) const {
  std::vector<api::ObjectPtr> owned(candidates.size());
  std::vector<std::pair<std::size_t, api::ObjectPtr>> to_adopt;
  std::vector<api::ObjectPtr> to_release;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const api::ObjectPtr& object = candidates[i];
    const json::object* const controller = controller_of(*object);
    if (object->namespace_name() != owner->namespace_name()) continue;
    const bool matches = selector.matches(object->document());
    if (controller != nullptr) {
      if (api::text_at(*controller, {"uid"}) != owner->uid()) continue;
      if (matches) {
        owned[i] = object;
      } else if (!owner->deleting()) {
        to_release.push_back(object);
      }
    } else if (matches && !owner->deleting() && !object->deleting()) {
      to_adopt.emplace_back(i, object);
    }
  }
  if (to_adopt.empty() && to_release.empty()) {
    std::erase(owned, nullptr);
    return claimed(std::move(owned));
  }
  const std::string in(owner->namespace_name());
  const auto claim =
      std::make_shared<Claim>(client::ResourceClient(transport_, owner_resource_, in),
                              client::ResourceClient(transport_, owned_resource_, in), finalizers_,
                              owner, std::move(claimed));
  claim->kept = std::move(owned);
  claim->to_adopt = std::move(to_adopt);
  claim->to_release = std::move(to_release);
  claim->begin();
}

}  // namespace cove::controllers
