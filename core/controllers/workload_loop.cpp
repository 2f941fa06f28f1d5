#include "core/controllers/workload_loop.h"

#include <algorithm>
#include <charconv>

namespace cove::controllers {
namespace {

// The index of owners by telling_label().
constexpr std::string_view kBySelector = "selector";
// More than that of pods that change at once would be merged, and creations could be missed.
constexpr std::size_t kHandlerQueue = 65'536;
// Conflicts are nothing to be slow about when a thousand objects change at once.
constexpr client::RetryLimits kRetries{.rate = 200, .burst = 2'000};

}  // namespace

void PendingWrites::wrote(const std::string& owner, const client::Informer& informer,
                          const api::Object& written) {
  std::vector<Write>& writes = writes_[owner];
  const std::string key = client::key_of(written);
  std::erase_if(writes,
                [&](const Write& each) { return each.informer == &informer && each.key == key; });
  writes.push_back({&informer, key, version_of(written), clock_.steady()});
}

bool PendingWrites::seen(const std::string& owner) {
  const auto found = writes_.find(owner);
  if (found == writes_.end()) return true;
  std::erase_if(found->second, [&](const Write& write) {
    if (clock_.steady() - write.since > kPatience) return true;
    const api::ObjectPtr copy = write.informer->objects().get(write.key);
    return copy && version_of(*copy) >= write.version;
  });
  if (!found->second.empty()) return false;
  writes_.erase(found);
  return true;
}

WorkloadLoop::WorkloadLoop(const Environment& environment, Options options)
    : KeyedLoop(environment, {.name = options.name,
                              .account = options.account,
                              .component = options.name,
                              .workers = options.workers,
                              .limits = kRetries,
                              .handler_queue = kHandlerQueue}),
      kind_(options.kind),
      objects_(informer(options.kind)),
      pending_(environment.clock) {
  handle(objects_, {.added = [this](const Object& object, bool) { enqueue(*object); },
                    .updated =
                        [this](const Object& old, const Object& now) {
                          if (old->uid() != now->uid()) forget(client::key_of(*old));
                          enqueue(*now);
                        },
                    .deleted =
                        [this](const Object& last, bool) {
                          const std::string key = client::key_of(*last);
                          pending_.forget(key);
                          forget(key);
                          queue().add(key);
                        }});
}

void WorkloadLoop::reconcile(const std::string& key, const Done& done) {
  const Object object = objects_->objects().get(key);
  if (!object) return done(client::Reconciled{});
  // What changes the copy queues the key again.
  if (!pending_.seen(key)) return done(client::Reconciled{PendingWrites::kPatience});
  sync(key, object, done);
}

void WorkloadLoop::create(const client::Resource& resource, const json::object& object,
                          Written done) {
  const client::ResourceClient client(transport_, resource,
                                      std::string(api::text_at(object, {"metadata", "namespace"})));
  client.create(object, {}, guarded(std::move(done))).release();
}

void WorkloadLoop::update(const client::Resource& resource, const json::object& object,
                          Written done) {
  const client::ResourceClient client(transport_, resource,
                                      std::string(api::text_at(object, {"metadata", "namespace"})));
  client.update(object, {}, guarded(std::move(done))).release();
}

void WorkloadLoop::update_status(const json::object& object, Written done) {
  const client::ResourceClient client(transport_, kind_,
                                      std::string(api::text_at(object, {"metadata", "namespace"})));
  client.update_status(object, {}, guarded(std::move(done))).release();
}

void WorkloadLoop::remove(const client::Resource& resource, const api::Object& object,
                          Written done) {
  const client::ResourceClient client(transport_, resource, std::string(object.namespace_name()));
  client::DeleteOptions options;
  options.uid = std::string(object.uid());
  client
      .remove(object.name(), options,
              guarded([done = std::move(done)](const client::ApiResult<void>& result) {
                if (!result && !result.error().is_not_found()) return done(result.error());
                done(Object());
              }))
      .release();
}

void WorkloadLoop::write_status(const std::string& key, const Object& object, json::object status,
                                const json::object* annotations, Written done) {
  const json::object* const before = api::object_at(object->document(), {"status"});
  const bool same_status = api::same(
      before == nullptr ? json::value(json::object()) : json::value(*before), json::value(status));
  if (same_status && annotations == nullptr) return done(object);
  json::object next = object->document();
  next["status"] = std::move(status);
  if (annotations != nullptr) api::set_at(next, {"metadata", "annotations"}, *annotations);
  update_status(next, [this, key, done = std::move(done)](const client::ApiResult<Object>& result) {
    if (result) pending_.wrote(key, *objects_, **result);
    done(result);
  });
}

WorkloadLoop::Object WorkloadLoop::resolve(std::string_view namespace_name,
                                           const json::object* reference) const {
  if (reference == nullptr) return nullptr;
  std::string key(namespace_name);
  key += '/';
  key += api::text_at(*reference, {"name"});
  Object object = objects_->objects().get(key);
  if (!object || object->uid() != api::text_at(*reference, {"uid"})) return nullptr;
  return object;
}

std::vector<WorkloadLoop::Object> WorkloadLoop::selecting(const api::Object& object) const {
  std::vector<Object> found;
  for (const std::string& label : told_labels(
           object.namespace_name(), api::object_at(object.document(), {"metadata", "labels"}))) {
    for (Object& each : objects_->objects().by_index(kBySelector, label)) {
      const api::LabelSelector selector = selector_of(*each);
      if (!selector.empty() && selector.matches(object.document()))
        found.push_back(std::move(each));
    }
  }
  return found;
}

void WorkloadLoop::watch_owned(const std::shared_ptr<client::Informer>& informer) {
  add_orphan_index(*informer);
  handle(informer,
         {.added = [this](const Object& object, bool) { added(*object); },
          .updated = [this](const Object& old, const Object& now) { updated(*old, *now); },
          .deleted = [this](const Object& last, bool) { deleted(*last); }});
}

void WorkloadLoop::added(const api::Object& object) {
  const json::object* const controller = controller_of(object);
  if (controller != nullptr) {
    const Object owner = resolve(object.namespace_name(), controller);
    if (!owner) return;
    if (object.deleting()) return owned_deleted(*owner, object);
    return owned_added(*owner, object);
  }
  if (object.deleting()) return;
  for (const Object& candidate : selecting(object)) enqueue(*candidate);
}

void WorkloadLoop::updated(const api::Object& old, const api::Object& now) {
  if (old.uid() != now.uid()) {
    deleted(old);
    return added(now);
  }
  if (old.resource_version() == now.resource_version()) return;
  const json::object* const before = controller_of(old);
  const json::object* const controller = controller_of(now);
  const auto uid = [](const json::object* reference) {
    return reference == nullptr ? std::string_view() : api::text_at(*reference, {"uid"});
  };
  const bool moved = uid(before) != uid(controller);
  if (moved) {
    if (const Object owner = resolve(old.namespace_name(), before)) enqueue(*owner);
  }
  if (controller != nullptr) {
    const Object owner = resolve(now.namespace_name(), controller);
    if (!owner) return;
    if (now.deleting() && !old.deleting()) return owned_deleted(*owner, now);
    return owned_updated(*owner, old, now);
  }
  const json::value* const labels = api::value_at(now.document(), {"metadata", "labels"});
  const json::value* const former = api::value_at(old.document(), {"metadata", "labels"});
  const bool relabelled = (labels == nullptr) != (former == nullptr) ||
                          (labels != nullptr && !api::same(*labels, *former));
  if (!moved && !relabelled) return;
  for (const Object& candidate : selecting(now)) enqueue(*candidate);
}

void WorkloadLoop::deleted(const api::Object& object) {
  if (const Object owner = resolve(object.namespace_name(), controller_of(object)))
    owned_deleted(*owner, object);
}

void WorkloadLoop::owned_added(const api::Object& owner, const api::Object&) {
  enqueue(owner);
}

void WorkloadLoop::owned_updated(const api::Object& owner, const api::Object&, const api::Object&) {
  enqueue(owner);
}

void WorkloadLoop::owned_deleted(const api::Object& owner, const api::Object&) {
  enqueue(owner);
}

bool is_seen_gone(const client::Informer& informer, const api::Object& object) {
  const api::ObjectPtr copy = informer.objects().get(client::key_of(object));
  return !copy || copy->uid() != object.uid() || copy->deleting();
}

api::LabelSelector selector_of(const api::Object& object) {
  const json::object* const selector = api::object_at(object.document(), {"spec", "selector"});
  if (object.kind() == "ReplicationController") {
    return selector == nullptr ? api::LabelSelector::nothing()
                               : api::LabelSelector::from_labels(*selector);
  }
  auto made = api::LabelSelector::from_document(selector);
  return made ? *std::move(made) : api::LabelSelector::nothing();
}

int integer_or(const json::object& object, api::Steps path, int otherwise) {
  const auto value = api::integer_at(object, path);
  return value ? static_cast<int>(std::clamp<std::int64_t>(*value, INT32_MIN, INT32_MAX))
               : otherwise;
}

int count_or_percent(const json::value* value, int total, bool round_up, int absent) {
  if (value == nullptr || value->is_null()) return absent;
  if (value->is_int64())
    return static_cast<int>(std::clamp<std::int64_t>(value->get_int64(), 0, INT32_MAX));
  if (!value->is_string()) return absent;
  const std::string_view text = api::view(value->get_string());
  std::int64_t percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size() - 1 || *end != '%') return absent;
  const std::int64_t scaled = std::clamp<std::int64_t>(percent, 0, INT32_MAX) * total;
  return static_cast<int>(
      std::min<std::int64_t>(round_up ? (scaled + 99) / 100 : scaled / 100, INT32_MAX));
}

void set_condition(json::object& status, json::object condition) {
  const std::string type(api::text_at(condition, {"type"}));
  if (const json::object* const current = api::find_condition(status, type)) {
    const bool same_status =
        api::text_at(*current, {"status"}) == api::text_at(condition, {"status"});
    if (same_status && api::text_at(*current, {"reason"}) == api::text_at(condition, {"reason"}))
      return;
    const json::value* const since = api::member(*current, "lastTransitionTime");
    if (same_status && since != nullptr) condition["lastTransitionTime"] = *since;
  }
  remove_condition(status, type);
  api::make_array_at(status, {"conditions"}).push_back(std::move(condition));
}

void remove_condition(json::object& status, std::string_view type) {
  if (api::find_condition(status, type) == nullptr) return;
  json::array kept;
  for (json::value& each : api::make_array_at(status, {"conditions"})) {
    if (!each.is_object() || api::text_at(each.get_object(), {"type"}) != type)
      kept.push_back(std::move(each));
  }
  if (kept.empty()) {
    status.erase("conditions");
  } else {
    status["conditions"] = std::move(kept);
  }
}

void set_unless_zero(json::object& status, std::string_view name, std::int64_t value) {
  if (value != 0) status[api::key(name)] = value;
}

bool is_older(const api::Object& a, const api::Object& b) {
  const std::string_view left = api::text_at(a.document(), {"metadata", "creationTimestamp"});
  const std::string_view right = api::text_at(b.document(), {"metadata", "creationTimestamp"});
  return left != right ? left < right : a.name() < b.name();
}

}  // namespace cove::controllers
