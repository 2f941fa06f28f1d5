// Index: all keys in order, each with its newest versions. Newest first come versions in flight,
// then the committed one, then the older ones that the history still needs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "core/store/store.h"

namespace cove::store {

struct Version {
  Revision revision = 0;
  Bytes value;  // null: deleted
  std::unique_ptr<Version> older;
};

// Not thread-safe. Keys are views into the entries' own shared keys.
class Index {
 public:
  struct Entry {
    Bytes key;
    std::unique_ptr<Version> newest;
  };

  Index() = default;
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;
  ~Index();

  // The newest version of `key`, a deletion included; null when there is none. Remembers the place
  // for a push() of the same key.
  const Version* seek(std::string_view key);
  // What was there at revision `at`; null when nothing.
  const Version* visible(std::string_view key, Revision at, Bytes* stored_key) const;

  struct Added {
    Bytes key;
    Version* version;  // lives until dropped by pop() or forget_before() of a later one
  };
  // Puts a version in front of the others.
  Added push(Bytes key, Revision revision, Bytes value);
  // Adds a key that is greater than all that are there.
  void append(Bytes key, Revision revision, Bytes value);
  // Takes the newest version away again. A deletion at or before `oldest` that comes to the front
  // is not needed any more and goes too.
  void pop(std::string_view key, Revision oldest);
  // `version` is the oldest that anybody will ask for: drops what is older, and the key itself when
  // nothing but this deletion is left.
  void forget_before(std::string_view key, Version& version);

  Listing list(const ListRequest& request, Revision at) const;
  std::size_t keys() const { return entries_.size(); }

 private:
  using Entries = std::map<std::string_view, Entry>;
  void erase(Entries::iterator entry);

  Entries entries_;
  std::optional<Entries::iterator>
      sought_;  // not before the key that was sought; none after erase()
};

}  // namespace cove::store
