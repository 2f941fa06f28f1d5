#include "core/store/index.h"

namespace cove::store {
namespace {

const Version* at_revision(const Index::Entry& entry, Revision at) {
  const Version* version = entry.newest.get();
  while (version != nullptr && version->revision > at) version = version->older.get();
  return version != nullptr && version->value ? version : nullptr;
}

}  // namespace

Index::~Index() {
  // One by one: a chain of versions must not become a chain of destructor calls.
  for (auto& [key, entry] : entries_) {
    while (entry.newest) entry.newest = std::move(entry.newest->older);
  }
}

const Version* Index::seek(std::string_view key) {
  sought_ = entries_.lower_bound(key);
  return *sought_ != entries_.end() && (*sought_)->first == key ? (*sought_)->second.newest.get()
                                                                : nullptr;
}

void Index::erase(Entries::iterator entry) {
  sought_.reset();
  entries_.erase(entry);
}

const Version* Index::visible(std::string_view key, Revision at, Bytes* stored_key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  *stored_key = found->second.key;
  return at_revision(found->second, at);
}

Index::Added Index::push(Bytes key, Revision revision, Bytes value) {
  const std::string_view view(*key);
  // Another key may have been sought since: then the place does not fit.
  const auto fits = [&](Entries::iterator place) {
    return (place == entries_.end() || place->first >= view) &&
           (place == entries_.begin() || std::prev(place)->first < view);
  };
  auto place = sought_ && fits(*sought_) ? *sought_ : entries_.lower_bound(view);
  sought_.reset();
  if (place == entries_.end() || place->first != view) {
    place = entries_.emplace_hint(place, view, Entry{std::move(key), nullptr});
  }
  Entry& entry = place->second;
  entry.newest =
      std::make_unique<Version>(Version{revision, std::move(value), std::move(entry.newest)});
  return {entry.key, entry.newest.get()};
}

void Index::append(Bytes key, Revision revision, Bytes value) {
  const std::string_view view(*key);
  auto version = std::make_unique<Version>(Version{revision, std::move(value), nullptr});
  entries_.emplace_hint(entries_.end(), view, Entry{std::move(key), std::move(version)});
}

void Index::pop(std::string_view key, Revision oldest) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  found->second.newest = std::move(found->second.newest->older);
  const Version* newest = found->second.newest.get();
  if (newest == nullptr || (!newest->value && newest->revision <= oldest)) erase(found);
}

void Index::forget_before(std::string_view key, Version& version) {
  while (version.older) version.older = std::move(version.older->older);
  if (version.value) return;
  const auto found = entries_.find(key);
  if (found != entries_.end() && found->second.newest.get() == &version) erase(found);
}

Listing Index::list(const ListRequest& request, Revision at) const {
  Listing listing;
  listing.revision = at;
  const std::string_view prefix(request.prefix);
  auto place =
      request.after < prefix ? entries_.lower_bound(prefix) : entries_.upper_bound(request.after);
  for (; place != entries_.end() && place->first.starts_with(prefix); ++place) {
    const Version* version = at_revision(place->second, at);
    if (version == nullptr) continue;
    if (request.limit != 0 && listing.items.size() == request.limit) {
      listing.more = true;
      if (!request.count_remaining) break;
      ++listing.remaining;
      continue;
    }
    listing.items.push_back({place->second.key, version->revision, version->value});
  }
  return listing;
}

}  // namespace cove::store
