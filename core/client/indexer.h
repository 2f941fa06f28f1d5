// Indexer: the objects of one kind by key, and by whatever else they are looked up by.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/api/object.h"

namespace cove::client {

// "namespace/name", or "name" of an object without a namespace.
std::string key_of(const api::Object& object);
struct NamespacedName {
  std::string namespace_name;
  std::string name;
};
NamespacedName split_key(std::string_view key);

// The values an object is found by; none: the index does not have it.
using IndexFunction = std::function<std::vector<std::string>(const api::Object& object)>;

inline constexpr std::string_view kByNamespace = "namespace";
inline constexpr std::string_view kByOwner = "owner-uid";  // every uid of its ownerReferences

// Thread-safe: one writer (the informer), any readers. Answers are copies of pointers; order is
// that of keys in by_index() and list().
class Indexer {
 public:
  // With the two indices above.
  Indexer();

  // Also of what is there already. A name that is there keeps its first function.
  void add_index(std::string_view name, IndexFunction function);

  api::ObjectPtr get(std::string_view key) const;  // null when it is not there
  std::vector<api::ObjectPtr> list() const;
  std::vector<std::string> keys() const;
  std::size_t size() const;
  // Empty too when there is no such index.
  std::vector<api::ObjectPtr> by_index(std::string_view index, std::string_view value) const;

  // What was there before.
  api::ObjectPtr put(const std::string& key, api::ObjectPtr object);
  api::ObjectPtr erase(const std::string& key);

 private:
  struct Index {
    IndexFunction function;
    std::unordered_map<std::string, std::set<std::string>> keys;  // by value
  };
  static void insert(Index& index, const std::string& key, const api::Object& object);
  static void remove(Index& index, const std::string& key, const api::Object& object);

  mutable std::shared_mutex mutex_;
  std::map<std::string, api::ObjectPtr, std::less<>> objects_;
  std::map<std::string, Index, std::less<>> indices_;
};

}  // namespace cove::client
