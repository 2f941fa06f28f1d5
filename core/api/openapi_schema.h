// Schemas as OpenAPI schema objects, for both versions of the specification. Private to this room.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/api/registry.h"

namespace cove::api::openapi {

enum class Version { kV2, kV3 };

// What stands for the built-in schema of a kind that no resource of the registry has
// (autoscaling/v1 Scale); null when there is none.
const Schema* builtin_schema(const BuiltinSchemas& schemas, const GroupVersionKind& gvk);

// "io.k8s.api.apps.v1.Deployment", "com.example.v1.Widget".
std::string definition_name(const GroupVersionKind& gvk, const Schema* schema);

// Collects definitions: what is referred to is defined.
class Definitions {
 public:
  Definitions(Version version, const BuiltinSchemas& schemas)
      : version_(version), schemas_(schemas) {}

  // {"$ref": …}; the kinds' names in the definition are those told to name().
  json::object reference(const GroupVersionKind& gvk, const Schema& schema);
  // Of a whole list of that kind.
  json::object list_reference(const GroupVersionKind& gvk, const Schema& schema);
  // Of a type of meta/v1: "Status".
  json::object meta_reference(std::string_view type);
  // {"$ref": …} to a definition that is given as it is.
  json::object given_reference(std::string_view name, json::object definition);

  // Says that the definition is that kind's (x-kubernetes-group-version-kind).
  void name(std::string_view definition, const GroupVersionKind& gvk);

  // Everything referred to so far, by name.
  json::object finish();

 private:
  struct Pending {
    std::string name;
    const Schema* schema;
  };

  json::object reference_to(std::string_view name) const;
  json::object described_reference(std::string_view doc, json::object reference) const;
  json::object definition_reference(const Schema& schema);
  json::object scalar_reference(Type type);
  json::object type_of(const Schema& schema);
  json::object plain_type_of(const Schema& schema);
  json::object inline_object(const Schema& schema);
  json::object list_of(const Schema& schema);
  json::object property(const Field& field);
  void add_properties(const Schema& schema, json::object& definition);
  json::object definition(const Pending& pending);

  Version version_;
  const BuiltinSchemas& schemas_;
  bool custom_ = false;  // the definition that is being made is of a custom resource
  std::map<std::string, json::object, std::less<>> done_;
  std::set<std::string, std::less<>> queued_;
  std::deque<Pending> queue_;
  std::map<std::string, std::set<GroupVersionKind>, std::less<>> kinds_;
};

}  // namespace cove::api::openapi
