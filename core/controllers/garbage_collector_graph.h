// OwnerGraph: who owns whom among all objects there are, of any kind (kubernetes.io "Garbage
// Collection", "Owners and Dependents").
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/api/object.h"
#include "core/client/client.h"

namespace cove::controllers {

inline constexpr std::string_view kForegroundFinalizer = "foregroundDeletion";
inline constexpr std::string_view kOrphanFinalizer = "orphan";

bool has_finalizer(const boost::json::object& document, std::string_view name);

struct OwnerReference {
  std::string uid;
  std::string api_version = {};
  std::string kind = {};
  std::string name = {};
  bool blocks = false;  // blockOwnerDeletion

  bool operator==(const OwnerReference&) const = default;
};
std::vector<OwnerReference> owner_references(const boost::json::object& document);

// A kind whose objects are followed.
struct FollowedResource {
  client::Resource resource;
  std::string api_version = {};
  std::string kind = {};
  bool namespaced = false;
};
using Followed = std::shared_ptr<const FollowedResource>;

// Keeps of each object what garbage collection asks for: some hundred bytes, however large the
// object. Not thread-safe.
class OwnerGraph {
 public:
  struct Node {
    std::string uid;
    Followed of;
    std::string namespace_name = {};
    std::string name = {};
    std::vector<OwnerReference> owners = {};
    bool deleting = false;
    bool foreground = false;  // deleting, and it waits for its dependents
    bool orphans = false;     // deleting, and its dependents are to be let go
  };
  // What a change makes worth a look.
  struct Sink {
    std::function<void(const std::string& uid)> check;   // it may have to go, or be let go
    std::function<void(const std::string& uid)> orphan;  // its dependents are to be let go
    // The owner that `node` names lives in another namespace.
    std::function<void(const Node& node, const OwnerReference& owner)> wrong_namespace;
  };
  explicit OwnerGraph(Sink sink) : sink_(std::move(sink)) {}

  void put(const Followed& of, const api::Object& object);
  void remove(std::string_view uid);
  // All of `of` that are not in `present`.
  void keep_only(const Followed& of, const std::unordered_set<std::string>& present);
  void drop(const Followed& of) { keep_only(of, {}); }

  const Node* find(std::string_view uid) const;
  // Those that name it as an owner, whether it is known itself or not.
  std::vector<const Node*> dependents(std::string_view uid) const;
  bool has_dependents(std::string_view uid) const;
  // Whether this is the owner that `dependent` means, and it is where an owner may be.
  static bool matches(const Node& owner, const OwnerReference& reference, const Node& dependent);
  std::size_t size() const { return nodes_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class Value>
  using ByUid = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  void set_owners(Node& node, std::vector<OwnerReference> owners);
  void add_owner(const Node& node, const OwnerReference& owner);
  void meet_dependents(const Node& node);
  void judge(const Node& node, const OwnerReference& reference, const Node& owner);
  void remove_owner(const Node& node, const OwnerReference& owner);
  void set_state(Node& node, const boost::json::object& document);

  const Sink sink_;
  ByUid<Node> nodes_;
  ByUid<std::unordered_set<const Node*>> dependents_;  // by the owner's uid
};

}  // namespace cove::controllers
