// CustomKinds: from CustomResourceDefinitions to kinds that are served (kubernetes.io "Extend the
// Kubernetes API with CustomResourceDefinitions"). It accepts names that nobody of the group has,
// serves the kinds, says so in the definition's status, and removes the objects of a definition
// that is deleted before it. On the state thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/registry.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/server/storage.h"

namespace cove::server {

// What holds a definition that is deleted until its objects are gone.
inline constexpr std::string_view kCustomCleanup = "customresourcecleanup.apiextensions.k8s.io";

struct Condition {
  std::string_view type;
  std::string_view status;  // "True", "False"
  std::string_view reason;
  std::string message;
};
// Sets status.conditions' entry of that type; its time changes with its status only.
void set_condition(json::object& document, const Condition& condition, WallTime now);

class CustomKinds {
 public:
  struct Parts {
    Storage& storage;
    const api::BuiltinSchemas& schemas;
    const Clock& clock;
    Logger& logger;
    std::shared_ptr<const api::Registry> builtin;
    // Takes what is served from now on.
    std::function<void(std::shared_ptr<const api::Registry>)> serve;
  };
  // Everything referred to must outlive it.
  explicit CustomKinds(Parts parts);
  ~CustomKinds();
  CustomKinds(const CustomKinds&) = delete;
  CustomKinds& operator=(const CustomKinds&) = delete;

  // Serves what the store has, and follows it from there on.
  Result<void> start();

 private:
  // What there is to know about a definition without its schemas, which are large.
  struct Definition {
    std::string name;
    std::string uid;
    std::string group;
    std::int64_t generation = 0;
    json::object names;                                   // spec.names
    json::object accepted;                                // status.acceptedNames
    std::vector<std::shared_ptr<const api::Kind>> kinds;  // empty until names are accepted
    std::int64_t made_of = -1;                            // generation that `kinds` are of,
    json::object made_as;                                 // and their names
    std::unique_ptr<store::Watch> remains;                // of objects that must go before it
  };
  using Dirty = std::set<std::string>;  // keys

  void drain();
  void observe(const std::string& key, const store::Bytes& bytes, Dirty& dirty);
  void add_group(const std::string& group, Dirty& dirty) const;
  void settle(const Dirty& dirty);
  // The status as it should be; accepts names and makes kinds on the way.
  json::object decide(const std::string& key, Definition& definition, const json::object& document);
  Condition accept_names(const std::string& key, Definition& definition) const;
  void make_kinds(Definition& definition, const json::object& document);
  void publish();
  void write_status(const std::string& key, const api::ObjectPtr& old, json::object next);
  void clean_up(const std::string& key);
  void remove_objects(const std::string& prefix);
  void release(const std::string& key);

  Parts parts_;
  std::map<std::string, Definition> definitions_;
  std::unique_ptr<store::Watch> watch_;
  bool changed_ = false;  // other kinds than those published last
  std::shared_ptr<CustomKinds*> self_;
};

}  // namespace cove::server
