#include "core/server/storage.h"

#include <fmt/format.h>

#include <charconv>

#include "core/api/scratch.h"

namespace cove::server {
namespace {

// A document costs several times its text.
constexpr std::size_t kOverhead = 256;

std::string_view group_folder(std::string_view group) {
  return group.empty() ? std::string_view("core") : group;
}

}  // namespace

std::string storage_prefix(const api::Kind& kind) {
  if (kind.conversion && !kind.conversion->storage_plural.empty()) {
    return fmt::format("{}/{}/", group_folder(kind.conversion->storage_group),
                       kind.conversion->storage_plural);
  }
  return fmt::format("{}/{}/", group_folder(kind.gvk.group), kind.plural);
}

std::string storage_key(const api::Kind& kind, std::string_view namespace_name,
                        std::string_view name) {
  std::string key = storage_prefix(kind);
  if (kind.namespaced) key.append(namespace_name).push_back('/');
  return key.append(name);
}

store::Revision revision_of(const api::Object& object) {
  const std::string_view text = object.resource_version();
  store::Revision revision = 0;
  std::from_chars(text.data(), text.data() + text.size(), revision);
  return revision;
}

Storage::Storage(store::Store& store, std::size_t cache_bytes)
    : store_(store), cache_bytes_(cache_bytes) {}

api::ObjectPtr Storage::get(const std::string& key) {
  const auto item = store_.get(key);
  return item ? parse(item->value) : nullptr;
}

api::ObjectPtr Storage::newest(const std::string& key) {
  const auto item = store_.newest(key);
  return item ? parse(item->value) : nullptr;
}

api::ObjectPtr Storage::known(const store::Bytes& bytes) const {
  const auto found = parsed_.find(bytes.get());
  return found == parsed_.end() ? nullptr : found->second->object;
}

api::ObjectPtr Storage::glance(const store::Bytes& bytes) {
  if (api::ObjectPtr found = known(bytes)) return found;
  auto object = api::Object::parse(bytes);
  return object ? *object : nullptr;
}

const json::object* Storage::look(const store::Bytes& bytes) {
  looked_at_.reset();
  shown_ = known(bytes);
  if (shown_) return &shown_->document();
  // A new one each time: release() keeps the size that the next block will have, and each is twice
  // the one before.
  scratch_.emplace(scratch_bytes_.get(), kScratchBytes);
  auto value = api::parse_json_in(*bytes, &*scratch_, {.bytes = bytes->size()});
  if (!value) return nullptr;
  looked_at_.emplace(std::move(*value));
  return looked_at_->if_object();
}

api::ObjectPtr Storage::parse(const store::Bytes& bytes) {
  const auto found = parsed_.find(bytes.get());
  if (found != parsed_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->object;
  }
  auto object = api::Object::parse(bytes);
  if (!object) return nullptr;
  remember(bytes, *object);
  return *object;
}

api::ObjectPtr Storage::removed(const store::Bytes& bytes, store::Revision revision) {
  const api::ObjectPtr object = parse(bytes);
  if (!object) return nullptr;
  json::object document = object->document();
  api::set_at(document, {"metadata", "resourceVersion"}, api::key(std::to_string(revision)));
  return api::Object::make(std::move(document));
}

void Storage::remember(const store::Bytes& bytes, api::ObjectPtr object) {
  order_.push_front({bytes, std::move(object)});
  parsed_[bytes.get()] = order_.begin();
  cached_ += bytes->size() + kOverhead;
  while (cached_ > cache_bytes_ && order_.size() > 1) {
    const Entry& oldest = order_.back();
    cached_ -= oldest.bytes->size() + kOverhead;
    parsed_.erase(oldest.bytes.get());
    order_.pop_back();
  }
}

void Storage::write(const std::string& key, json::object document,
                    std::optional<store::Revision> expected, Done done) {
  const std::string revision = std::to_string(store_.next_revision());
  api::set_at(document, {"metadata", "resourceVersion"}, api::key(revision));
  const api::ObjectPtr object = api::Object::make(std::move(document));
  store::Write write =
      expected ? (*expected == 0 ? store::Write::create(key, object->bytes())
                                 : store::Write::update(key, object->bytes(), *expected))
               : store::Write::put(key, object->bytes());
  auto submitted =
      store_.submit(std::move(write), [object, done](Result<store::Written> written) mutable {
        if (!written) return done(written.error());
        done(object);
      });
  if (!submitted) return done(submitted.error());
  remember(object->bytes(), object);
}

void Storage::remove(const std::string& key, const api::ObjectPtr& object, store::Revision expected,
                     Done done) {
  auto submitted = store_.submit(store::Write::remove(key, expected),
                                 [this, object, done](Result<store::Written> written) mutable {
                                   if (!written) return done(written.error());
                                   done(removed(object->bytes(), written->revision));
                                 });
  if (!submitted) done(submitted.error());
}

}  // namespace cove::server
