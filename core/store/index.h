// Index: all keys in order, each with its newest versions. Newest first come versions in flight,
// then the committed one, then the older ones that the history still needs.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/store/store.h"

namespace cove::store {

struct Version {
  Revision revision = 0;
  Bytes value;  // null: deleted
  std::unique_ptr<Version> older;
};

// Not thread-safe, reads included.
//
// Keys stand in leaves of up to `kLeafEntries`, side by side: who walks over many waits for memory
// once a leaf and not once a key.
class Index {
 public:
  static constexpr std::size_t kLeafEntries = 128;

  struct Entry {
    std::string_view name;  // the key's own bytes
    Bytes key;
    std::unique_ptr<Version> newest;
  };

  // Joined values have at most `joined_bytes` altogether, those included that are kept no more but
  // still being sent to somebody.
  explicit Index(std::size_t joined_bytes = 0);
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
  // See Store::join(). The values of a leaf that is joined again and again without a change between
  // are kept as one.
  std::vector<Bytes> join(std::string_view prefix, Revision at) const;
  // Frees what was joined and not asked for since the last call.
  void age();

  std::size_t keys() const { return keys_; }
  std::size_t joined_bytes() const { return *joined_bytes_; }

 private:
  // Bytes of joined values that are alive; their last owner may be of another thread.
  using Count = std::atomic<std::size_t>;
  struct Counted;
  // A leaf's values as one; written by reads.
  struct Run {
    Bytes text;             // null: not kept
    Revision revision = 0;  // from which on it holds
    bool wanted = false;    // joined since the last change
    bool fresh = false;     // joined since the last age()
  };
  struct Leaf {
    Bytes first;  // has the bytes of the name the leaf is found by; null in the first leaf
    std::vector<Entry> entries;
    mutable Run joined;
  };
  // By a name that is not greater than any key in the leaf and greater than all before it. The
  // first is "" and always there; another leaf is never empty.
  using Leaves = std::map<std::string_view, Leaf>;
  // May be behind the last entry of the leaf.
  struct Place {
    Leaves::iterator leaf;
    std::size_t entry;
  };
  struct ConstPlace {
    Leaves::const_iterator leaf;
    std::size_t entry;
  };

  // Where `key` is or belongs.
  Place place_of(std::string_view key);
  ConstPlace place_of(std::string_view key) const;
  static std::size_t entry_of(const Leaf& leaf, std::string_view key);
  static bool is_at(const Leaf& leaf, std::size_t entry, std::string_view key);
  bool belongs(std::string_view key, const Place& place) const;
  // Behind all keys that start with `prefix`.
  ConstPlace end_of(std::string_view prefix) const;
  // At least as many as stand between the two, `limit` (0: none) at most.
  static std::size_t room_for(const ConstPlace& begin, const ConstPlace& end, std::size_t limit);
  Entry& insert(Place place, Entry entry);
  Leaf& add_leaf(Bytes first);
  void erase(const Place& place);
  void merge_into_previous(Leaves::iterator leaf);
  void changed(const Leaf& leaf) const;
  void join_leaf(const Leaf& leaf, Revision at, std::vector<Bytes>& values) const;

  Leaves leaves_;
  std::size_t keys_ = 0;
  std::optional<Place> sought_;  // none after the leaves changed
  const std::size_t max_joined_bytes_;
  const std::shared_ptr<Count> joined_bytes_ = std::make_shared<Count>(0);
  mutable bool joined_lately_ = false;
};

}  // namespace cove::store
