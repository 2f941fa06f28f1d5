#include "core/node/references.h"

#include "core/api/each.h"

namespace cove::node {

namespace json = boost::json;

std::set<client::Selection> references_of(const api::Object& pod) {
  std::set<client::Selection> out;
  const auto add = [&](const char* plural, std::string_view name) {
    if (name.empty()) return;
    out.insert({.resource = {.group = "", .version = "v1", .plural = plural},
                .namespace_name = std::string(pod.namespace_name()),
                .field_selector = "metadata.name=" + std::string(name)});
  };
  api::each_object(pod.document(), {"spec", "volumes"}, [&](const json::object& volume) {
    add("configmaps", api::text_at(volume, {"configMap", "name"}));
    add("secrets", api::text_at(volume, {"secret", "secretName"}));
    api::each_object(volume, {"projected", "sources"}, [&](const json::object& source) {
      add("configmaps", api::text_at(source, {"configMap", "name"}));
      add("secrets", api::text_at(source, {"secret", "name"}));
    });
  });
  return out;
}

References::~References() {
  for (const auto& [reference, watch] : watches_) watch->informer->stop();
}

std::shared_ptr<References::Watch> References::begin(const client::Selection& reference) const {
  const auto watch = std::make_shared<Watch>();
  watch->informer =
      client::Informer::create(parts_.transport, reference, parts_.random, parts_.logger);
  // The pods of that moment: one that is told may begin or end a watch.
  const auto tell = [this, weak = std::weak_ptr(watch)] {
    const auto self = weak.lock();
    if (!self) return;
    for (const std::string& uid : std::set(self->pods)) parts_.changed(uid);
  };
  watch->registration = watch->informer->add_handler(
      {.added = [tell](const api::ObjectPtr&, bool) { tell(); },
       .updated = [tell](const api::ObjectPtr&, const api::ObjectPtr&) { tell(); },
       .deleted = [tell](const api::ObjectPtr&, bool) { tell(); }});
  return watch;
}

void References::follow(const api::Object& pod) {
  const std::string uid(pod.uid());
  std::set<client::Selection> wanted = references_of(pod);
  if (wanted.empty() || pods_.contains(uid)) return;
  for (const client::Selection& each : wanted) {
    auto found = watches_.find(each);
    if (found == watches_.end()) {
      if (watches_.size() >= kMost) continue;
      found = watches_.emplace(each, begin(each)).first;
      found->second->pods.insert(uid);
      found->second->informer->start();
    } else {
      found->second->pods.insert(uid);
    }
  }
  pods_.emplace(uid, std::move(wanted));
}

void References::forget(const std::string& uid) {
  const auto followed = pods_.extract(uid);
  if (followed.empty()) return;
  for (const client::Selection& each : followed.mapped()) {
    const auto found = watches_.find(each);
    if (found == watches_.end()) continue;
    found->second->pods.erase(uid);
    if (!found->second->pods.empty()) continue;
    found->second->informer->stop();
    watches_.erase(found);
  }
}

}  // namespace cove::node
