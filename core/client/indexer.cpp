#include "core/client/indexer.h"

namespace cove::client {
namespace {

std::vector<std::string> namespaces(const api::Object& object) {
  return {std::string(object.namespace_name())};
}

std::vector<std::string> owners(const api::Object& object) {
  std::vector<std::string> uids;
  const auto* const references = api::array_at(object.document(), {"metadata", "ownerReferences"});
  if (references == nullptr) return uids;
  for (const auto& reference : *references) {
    if (!reference.is_object()) continue;
    const std::string_view uid = api::text_at(reference.get_object(), {"uid"});
    if (!uid.empty()) uids.emplace_back(uid);
  }
  return uids;
}

}  // namespace

std::string key_of(const api::Object& object) {
  const std::string_view in = object.namespace_name();
  std::string key(in);
  if (!in.empty()) key += '/';
  key += object.name();
  return key;
}

NamespacedName split_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {"", std::string(key)};
  return {std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

Indexer::Indexer() {
  indices_.emplace(kByNamespace, Index{namespaces, {}});
  indices_.emplace(kByOwner, Index{owners, {}});
}

void Indexer::add_index(std::string_view name, IndexFunction function) {
  const std::unique_lock lock(mutex_);
  const auto [at, added] = indices_.try_emplace(std::string(name));
  if (!added) return;
  at->second.function = std::move(function);
  for (const auto& [key, object] : objects_) insert(at->second, key, *object);
}

api::ObjectPtr Indexer::get(std::string_view key) const {
  const std::shared_lock lock(mutex_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<api::ObjectPtr> Indexer::list() const {
  const std::shared_lock lock(mutex_);
  std::vector<api::ObjectPtr> all;
  all.reserve(objects_.size());
  for (const auto& [key, object] : objects_) all.push_back(object);
  return all;
}

std::vector<std::string> Indexer::keys() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> all;
  all.reserve(objects_.size());
  for (const auto& [key, object] : objects_) all.push_back(key);
  return all;
}

std::size_t Indexer::size() const {
  const std::shared_lock lock(mutex_);
  return objects_.size();
}

std::vector<api::ObjectPtr> Indexer::by_index(std::string_view index,
                                              std::string_view value) const {
  const std::shared_lock lock(mutex_);
  std::vector<api::ObjectPtr> found;
  const auto named = indices_.find(index);
  if (named == indices_.end()) return found;
  const auto keys = named->second.keys.find(std::string(value));
  if (keys == named->second.keys.end()) return found;
  found.reserve(keys->second.size());
  for (const std::string& key : keys->second) found.push_back(objects_.find(key)->second);
  return found;
}

api::ObjectPtr Indexer::put(const std::string& key, api::ObjectPtr object) {
  const std::unique_lock lock(mutex_);
  api::ObjectPtr& place = objects_[key];
  for (auto& [name, index] : indices_) {
    if (place) remove(index, key, *place);
    insert(index, key, *object);
  }
  std::swap(place, object);
  return object;
}

api::ObjectPtr Indexer::erase(const std::string& key) {
  const std::unique_lock lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return nullptr;
  api::ObjectPtr old = std::move(found->second);
  for (auto& [name, index] : indices_) remove(index, key, *old);
  objects_.erase(found);
  return old;
}

void Indexer::insert(Index& index, const std::string& key, const api::Object& object) {
  for (std::string& value : index.function(object)) index.keys[std::move(value)].insert(key);
}

void Indexer::remove(Index& index, const std::string& key, const api::Object& object) {
  for (const std::string& value : index.function(object)) {
    const auto at = index.keys.find(value);
    if (at == index.keys.end()) continue;
    at->second.erase(key);
    if (at->second.empty()) index.keys.erase(at);
  }
}

}  // namespace cove::client
