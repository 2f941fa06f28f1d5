// Storage: API objects on the store. Knows keys, versions inside of objects, and which documents
// are parsed already. Everything runs on the store's owner thread.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/api/kind.h"
#include "core/api/object.h"
#include "core/server/refusal.h"
#include "core/store/store.h"

namespace cove::server {

// Where a kind's objects stand: "apps/deployments/". Custom or not, versions of one resource share
// it; a kind that is a form of another one's objects has that one's.
std::string storage_prefix(const api::Kind& kind);
// "apps/deployments/default/web", or "core/nodes/n1" without a namespace.
std::string storage_key(const api::Kind& kind, std::string_view namespace_name,
                        std::string_view name);

// A write that goes to the disk together with another one.
struct SideWrite {
  std::string key;
  json::object document;
  store::Revision expected = 0;
};

class Storage {
 public:
  // `store` must outlive it. Parsed documents are kept up to about `cache_bytes` of their text.
  explicit Storage(store::Store& store, std::size_t cache_bytes = 4 << 20);

  // Committed state, with the version it was written at inside (metadata.resourceVersion).
  api::ObjectPtr get(const std::string& key);
  // The newest state, writes in flight included: for read-modify-write only.
  api::ObjectPtr newest(const std::string& key);
  // The parsed form of what the store gave out.
  api::ObjectPtr parse(const store::Bytes& bytes);
  // The same for one of many that are walked through: what was not kept is not kept now.
  api::ObjectPtr glance(const store::Bytes& bytes);
  // The same for less, where nothing is kept of it: the document, and what is copied of it as a
  // value, is there until the next look(). Null when it cannot be read.
  const json::object* look(const store::Bytes& bytes);
  // The same if it is at hand; else null.
  api::ObjectPtr known(const store::Bytes& bytes) const;
  // The document as it was when it was removed: `bytes` with the removal's revision in it.
  api::ObjectPtr removed(const store::Bytes& bytes, store::Revision revision);

  using Done = std::function<void(Result<api::ObjectPtr>)>;
  // Writes `document` with metadata.resourceVersion set to the revision it gets. `expected` as in
  // store::Write. `done` gets the object once it is durable; errors as in the store.
  void write(const std::string& key, json::object document, std::optional<store::Revision> expected,
             Done done);
  // `done` gets the object with the removal's revision.
  void remove(const std::string& key, const api::ObjectPtr& object, store::Revision expected,
              Done done);

  store::Store& store() { return store_; }

 private:
  struct Entry {
    store::Bytes bytes;
    api::ObjectPtr object;
  };
  using Order = std::list<Entry>;

  void remember(const store::Bytes& bytes, api::ObjectPtr object);

  static constexpr std::size_t kScratchBytes = 32 << 10;

  store::Store& store_;
  std::size_t cache_bytes_;
  std::size_t cached_ = 0;
  Order order_;  // the most recently used first
  std::unordered_map<const std::string*, Order::iterator> parsed_;
  // What look() shows: something known, or a value in memory that is used again and again.
  api::ObjectPtr shown_;
  std::unique_ptr<unsigned char[]> scratch_bytes_ =
      std::make_unique<unsigned char[]>(kScratchBytes);
  std::optional<json::monotonic_resource> scratch_;
  std::optional<json::value> looked_at_;
};

// The revision inside an object; 0 when there is none.
store::Revision revision_of(const api::Object& object);

}  // namespace cove::server
