#include "core/store/index.h"

#include <algorithm>

namespace cove::store {
namespace {

// More of one leaf is not joined: its values are large, and to send each by itself costs little.
constexpr std::size_t kMaxRun = 512 << 10;
// So far ahead of what is read: versions and values lie anywhere in memory.
constexpr std::size_t kAhead = 8;

const Version* at_revision(const Index::Entry& entry, Revision at) {
  const Version* version = entry.newest.get();
  while (version != nullptr && version->revision > at) version = version->older.get();
  return version != nullptr && version->value ? version : nullptr;
}

void fetch_ahead(const std::vector<Index::Entry>& entries, std::size_t entry) {
  if (entry + 2 * kAhead < entries.size())
    __builtin_prefetch(entries[entry + 2 * kAhead].newest.get());
  // To be written: who gets the value counts as one of its owners.
  if (entry + kAhead < entries.size())
    __builtin_prefetch(entries[entry + kAhead].newest->value.get(), 1);
}

}  // namespace

struct Index::Counted {
  Counted(std::string joined, std::shared_ptr<Count> all)
      : text(std::move(joined)), count(std::move(all)) {
    *count += text.size();
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { *count -= text.size(); }

  const std::string text;
  const std::shared_ptr<Count> count;
};

Index::Index(std::size_t joined_bytes) : max_joined_bytes_(joined_bytes) {
  leaves_.emplace(std::string_view(), Leaf{});
}

Index::~Index() {
  // One by one: a chain of versions must not become a chain of destructor calls.
  for (auto& [first, leaf] : leaves_) {
    for (Entry& entry : leaf.entries) {
      while (entry.newest) entry.newest = std::move(entry.newest->older);
    }
  }
}

std::size_t Index::entry_of(const Leaf& leaf, std::string_view key) {
  const auto entry = std::ranges::lower_bound(leaf.entries, key, {}, &Entry::name);
  return static_cast<std::size_t>(entry - leaf.entries.begin());
}

Index::Place Index::place_of(std::string_view key) {
  const auto leaf = std::prev(leaves_.upper_bound(key));
  return {leaf, entry_of(leaf->second, key)};
}

Index::ConstPlace Index::place_of(std::string_view key) const {
  const auto leaf = std::prev(leaves_.upper_bound(key));
  return {leaf, entry_of(leaf->second, key)};
}

bool Index::is_at(const Leaf& leaf, std::size_t entry, std::string_view key) {
  return entry < leaf.entries.size() && leaf.entries[entry].name == key;
}

// Whether it is not greater than the key at `place`, greater than the one before, and of that leaf.
bool Index::belongs(std::string_view key, const Place& place) const {
  const std::vector<Entry>& entries = place.leaf->second.entries;
  if (key < place.leaf->first) return false;
  if (place.entry > 0 && entries[place.entry - 1].name >= key) return false;
  if (place.entry < entries.size()) return entries[place.entry].name >= key;
  const auto next = std::next(place.leaf);
  return next == leaves_.end() || key < next->first;
}

Index::ConstPlace Index::end_of(std::string_view prefix) const {
  std::string next(prefix);
  while (!next.empty() && next.back() == '\xff') next.pop_back();
  if (next.empty()) {
    const auto last = std::prev(leaves_.end());
    return {last, last->second.entries.size()};
  }
  next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
  return place_of(next);
}

std::size_t Index::room_for(const ConstPlace& begin, const ConstPlace& end, std::size_t limit) {
  std::size_t room = end.entry;
  for (auto leaf = begin.leaf; leaf != end.leaf && (limit == 0 || room < limit); ++leaf)
    room += leaf->second.entries.size();
  return limit == 0 ? room : std::min(room, limit);
}

const Version* Index::seek(std::string_view key) {
  sought_ = place_of(key);
  const Leaf& leaf = sought_->leaf->second;
  return is_at(leaf, sought_->entry, key) ? leaf.entries[sought_->entry].newest.get() : nullptr;
}

const Version* Index::visible(std::string_view key, Revision at, Bytes* stored_key) const {
  const ConstPlace place = place_of(key);
  const Leaf& leaf = place.leaf->second;
  if (!is_at(leaf, place.entry, key)) return nullptr;
  *stored_key = leaf.entries[place.entry].key;
  return at_revision(leaf.entries[place.entry], at);
}

Index::Leaf& Index::add_leaf(Bytes first) {
  const std::string_view name(*first);
  Leaf& leaf = leaves_.emplace(name, Leaf{std::move(first), {}, {}}).first->second;
  leaf.entries.reserve(kLeafEntries);
  return leaf;
}

Index::Entry& Index::insert(Place place, Entry entry) {
  sought_.reset();
  ++keys_;
  Leaf* leaf = &place.leaf->second;
  changed(*leaf);
  if (leaf->entries.size() == kLeafEntries) {
    if (place.entry == kLeafEntries) {
      // Keys that come in order leave full leaves behind.
      leaf = &add_leaf(entry.key);
      place.entry = 0;
    } else {
      constexpr std::size_t kHalf = kLeafEntries / 2;
      Leaf& upper = add_leaf(leaf->entries[kHalf].key);
      const auto middle = leaf->entries.begin() + kHalf;
      std::move(middle, leaf->entries.end(), std::back_inserter(upper.entries));
      leaf->entries.erase(middle, leaf->entries.end());
      if (place.entry > kHalf) {
        leaf = &upper;
        place.entry -= kHalf;
      }
    }
  }
  const auto where = leaf->entries.begin() + static_cast<std::ptrdiff_t>(place.entry);
  return *leaf->entries.insert(where, std::move(entry));
}

Index::Added Index::push(Bytes key, Revision revision, Bytes value) {
  const std::string_view name(*key);
  // Another key may have been sought since: then the place does not fit.
  const Place place = sought_ && belongs(name, *sought_) ? *sought_ : place_of(name);
  sought_.reset();
  Leaf& leaf = place.leaf->second;
  Entry& entry = is_at(leaf, place.entry, name)
                     ? leaf.entries[place.entry]
                     : insert(place, Entry{name, std::move(key), nullptr});
  changed(leaf);
  entry.newest =
      std::make_unique<Version>(Version{revision, std::move(value), std::move(entry.newest)});
  return {entry.key, entry.newest.get()};
}

void Index::append(Bytes key, Revision revision, Bytes value) {
  const std::string_view name(*key);
  auto version = std::make_unique<Version>(Version{revision, std::move(value), nullptr});
  const auto last = std::prev(leaves_.end());
  insert({last, last->second.entries.size()}, Entry{name, std::move(key), std::move(version)});
}

void Index::pop(std::string_view key, Revision oldest) {
  const Place place = place_of(key);
  Leaf& leaf = place.leaf->second;
  if (!is_at(leaf, place.entry, key)) return;
  changed(leaf);
  Entry& entry = leaf.entries[place.entry];
  entry.newest = std::move(entry.newest->older);
  const Version* newest = entry.newest.get();
  if (newest == nullptr || (!newest->value && newest->revision <= oldest)) erase(place);
}

void Index::forget_before(std::string_view key, Version& version) {
  while (version.older) version.older = std::move(version.older->older);
  if (version.value) return;
  const Place place = place_of(key);
  const Leaf& leaf = place.leaf->second;
  if (is_at(leaf, place.entry, key) && leaf.entries[place.entry].newest.get() == &version)
    erase(place);
}

// Small neighbours become one, so that what is left of many keys lies close together.
void Index::erase(const Place& place) {
  sought_.reset();
  --keys_;
  std::vector<Entry>& entries = place.leaf->second.entries;
  changed(place.leaf->second);
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place.entry));
  if (const auto next = std::next(place.leaf); next != leaves_.end()) merge_into_previous(next);
  if (place.leaf != leaves_.begin()) merge_into_previous(place.leaf);
}

void Index::merge_into_previous(Leaves::iterator leaf) {
  Leaf& previous = std::prev(leaf)->second;
  std::vector<Entry>& entries = leaf->second.entries;
  if (previous.entries.size() + entries.size() > kLeafEntries / 2 && !entries.empty()) return;
  changed(previous);
  changed(leaf->second);
  std::ranges::move(entries, std::back_inserter(previous.entries));
  leaves_.erase(leaf);
}

Listing Index::list(const ListRequest& request, Revision at) const {
  Listing listing;
  listing.revision = at;
  const std::string_view prefix(request.prefix);
  const std::string_view after(request.after);
  const bool goes_on = !after.empty() && after >= prefix;
  if (goes_on && !after.starts_with(prefix)) return listing;  // behind all of them
  const ConstPlace end = end_of(prefix);
  ConstPlace place = place_of(goes_on ? after : prefix);
  listing.items.reserve(room_for(place, end, request.limit));
  if (goes_on && is_at(place.leaf->second, place.entry, after)) ++place.entry;
  for (;; ++place.leaf, place.entry = 0) {
    const std::vector<Entry>& entries = place.leaf->second.entries;
    const bool last = place.leaf == end.leaf;
    const std::size_t stop = last ? end.entry : entries.size();
    for (; place.entry < stop; ++place.entry) {
      fetch_ahead(entries, place.entry);
      const Entry& entry = entries[place.entry];
      const Version* version = at_revision(entry, at);
      if (version == nullptr) continue;
      if (request.limit != 0 && listing.items.size() == request.limit) {
        listing.more = true;
        if (!request.count_remaining) return listing;
        ++listing.remaining;
        continue;
      }
      listing.items.push_back({entry.key, version->revision, version->value});
    }
    if (last) return listing;
  }
}

std::vector<Bytes> Index::join(std::string_view prefix, Revision at) const {
  std::vector<Bytes> values;
  const ConstPlace end = end_of(prefix);
  ConstPlace place = place_of(prefix);
  while (true) {
    const Leaf& leaf = place.leaf->second;
    const bool last = place.leaf == end.leaf;
    const std::size_t stop = last ? end.entry : leaf.entries.size();
    if (place.entry == 0 && stop == leaf.entries.size()) {
      join_leaf(leaf, at, values);
    } else {
      for (; place.entry < stop; ++place.entry) {
        if (const Version* version = at_revision(leaf.entries[place.entry], at))
          values.push_back(version->value);
      }
    }
    if (last) return values;
    ++place.leaf;
    place.entry = 0;
  }
}

void Index::join_leaf(const Leaf& leaf, Revision at, std::vector<Bytes>& values) const {
  Run& joined = leaf.joined;
  joined.fresh = joined_lately_ = true;
  if (joined.text && joined.revision <= at) {
    values.push_back(joined.text);
    return;
  }
  const std::size_t before = values.size();
  Revision newest = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < leaf.entries.size(); ++i) {
    fetch_ahead(leaf.entries, i);
    newest = std::max(newest, leaf.entries[i].newest->revision);
    const Version* version = at_revision(leaf.entries[i], at);
    if (version == nullptr) continue;
    values.push_back(version->value);
    bytes += version->value->size() + 1;
  }
  // What changes between two lists is not worth being joined, and what is not of now even less.
  if (newest > at || !std::exchange(joined.wanted, true) || values.size() < before + 2 ||
      bytes > std::min(kMaxRun, max_joined_bytes_ - *joined_bytes_))
    return;
  std::string text;
  text.reserve(bytes);
  for (std::size_t i = before; i < values.size(); ++i) {
    if (i > before) text += ',';
    text += *values[i];
  }
  const auto counted = std::make_shared<const Counted>(std::move(text), joined_bytes_);
  joined.text = Bytes(counted, &counted->text);
  joined.revision = newest;
  values.resize(before);
  values.push_back(joined.text);
}

void Index::changed(const Leaf& leaf) const {
  leaf.joined = {};
}

void Index::age() {
  if (!std::exchange(joined_lately_, false) && *joined_bytes_ == 0) return;
  for (const auto& [first, leaf] : leaves_) {
    if (!std::exchange(leaf.joined.fresh, false)) changed(leaf);
  }
}

}  // namespace cove::store
