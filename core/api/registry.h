// Registry: the kinds that are served, by resource and by kind. Built-in ones never change; those
// of CustomResourceDefinitions come and go. A registry is an immutable value: to change it, make
// another and exchange the pointer. Thread-safe to read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/api/kind.h"
#include "core/base/result.h"

namespace cove::api {

// Whether version `a` stands before `b` in a group: stable before beta before alpha, then the
// greater number ("v2", "v1", "v1beta2", "v1alpha1"); names of another form last.
bool version_precedes(std::string_view a, std::string_view b);

class Registry {
 public:
  // The built-in kinds of core/api/kinds/list.cpp. `schemas` must outlive it.
  static std::shared_ptr<const Registry> builtin(const BuiltinSchemas& schemas);
  // Of them nodes and leases alone.
  static std::shared_ptr<const Registry> of_nodes(const BuiltinSchemas& schemas);
  // This registry with the custom kinds replaced by `kinds`. kConflict names a kind or resource
  // that is there already.
  Result<std::shared_ptr<const Registry>> with_custom(
      std::vector<std::shared_ptr<const Kind>> kinds) const;

  // Null when there is none.
  std::shared_ptr<const Kind> resource(std::string_view group, std::string_view version,
                                       std::string_view plural) const;
  // In the group's preferred version that has it.
  std::shared_ptr<const Kind> resource(std::string_view group, std::string_view plural) const;
  std::shared_ptr<const Kind> kind(const GroupVersionKind& gvk) const;
  // In the order of discovery: core first, then groups by upstream's priority, versions newest
  // first, resources by name.
  const std::vector<std::shared_ptr<const Kind>>& kinds() const { return kinds_; }
  bool serves_group(std::string_view group) const;
  bool serves_version(std::string_view group, std::string_view version) const;

 private:
  explicit Registry(std::vector<std::shared_ptr<const Kind>> kinds);
  static std::shared_ptr<const Registry> make(
      const BuiltinSchemas& schemas,
      const std::vector<std::vector<Kind> (*)(const BuiltinSchemas&)>& makers);

  std::vector<std::shared_ptr<const Kind>> kinds_;
  // Positions in `kinds_`.
  std::unordered_map<std::string, std::size_t> by_resource_;  // "group/version/plural"
  std::unordered_map<std::string, std::size_t> preferred_;    // "group/plural"
  std::map<GroupVersionKind, std::size_t> by_kind_;
};

}  // namespace cove::api
