// Kind: all that the machinery knows about one kind, built-in or custom, as data.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"
#include "core/api/field_error.h"
#include "core/api/schema.h"
#include "core/base/clock.h"

namespace cove::api {

struct GroupVersionKind {
  std::string group;  // "" is the core group
  std::string version;
  std::string kind;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  bool operator==(const GroupVersionKind&) const = default;
  auto operator<=>(const GroupVersionKind&) const = default;
};

// A column of metav1.Table; priority 1 is shown by -o wide only.
struct Column {
  std::string name = {};
  std::string type = {};    // "string", "integer", "number", "boolean", "date"
  std::string format = {};  // "name" for the first
  std::string description = {};
  int priority = 0;
};

// What a write knows beside the documents. Lists of problems go into `errors`.
struct WriteContext {
  WallTime now;
  std::string_view user;
};

// What a kind's rules do with one version of a document. Documents have been decoded by the schema
// (types are right, unknown fields gone, the schema's defaults set) before any of these is called.
// All are pure functions of their arguments; an empty one does nothing.
struct Rules {
  // Defaults that depend on other fields. Idempotent.
  std::function<void(json::object& object)> set_defaults = {};
  // Before a create: what clients may not set is reset or set (status, generation by the
  // machinery).
  std::function<void(json::object& object, const WriteContext&)> prepare_create = {};
  // Before an update through the main resource: restores what this way may not change (status is
  // restored by the machinery when the kind has a status subresource).
  std::function<void(json::object& object, const json::object& old, const WriteContext&)>
      prepare_update = {};
  // Before an update through status: likewise for what status may not change (the machinery
  // restores spec and all metadata but labels/annotations/finalizers/managedFields/ownerRefs as
  // upstream).
  std::function<void(json::object& object, const json::object& old, const WriteContext&)>
      prepare_status = {};
  std::function<void(const json::object& object, ErrorList& errors)> validate = {};
  std::function<void(const json::object& object, const json::object& old, ErrorList& errors)>
      validate_update = {};
  std::function<void(const json::object& object, const json::object& old, ErrorList& errors)>
      validate_status = {};
  // Texts for `Warning:` headers of creates and updates (deprecated fields and the like).
  std::function<std::vector<std::string>(const json::object& object, const json::object* old)>
      warnings = {};
  // Whether a changed document gets metadata.generation + 1. Default: `spec` differs (everything
  // but metadata and status when there is no spec).
  std::function<bool(const json::object& object, const json::object& old)> generation_changes = {};
};

enum class NameRule {
  kDnsSubdomain,  // RFC 1123, at most 253
  kDnsLabel,      // RFC 1123, at most 63
  kDns1035Label,  // RFC 1035, at most 63
  kPathSegment,   // anything but "." ".." "/" "%"
  kNone           // the kind's validate does it
};

// status, scale and what has a handler of its own (pods/log, pods/exec …).
struct Subresource {
  std::string name;  // "status"
  std::optional<GroupVersionKind> kind =
      std::nullopt;                     // when its body is another kind's: autoscaling/v1 Scale
  std::vector<std::string> verbs = {};  // "get", "patch", "update", "create"
  // Of one, other than status and scale, that updates a part of the object itself
  // (pods/ephemeralcontainers, namespaces/finalize): restores what it may not change, and what is
  // wrong with what it did.
  std::function<void(json::object& object, const json::object& old, const WriteContext&)> prepare =
      {};
  std::function<void(const json::object& object, const json::object& old, ErrorList& errors)>
      validate = {};
};

// Where autoscaling/v1 Scale finds its fields in the parent.
struct ScalePaths {
  std::string replicas;         // ".spec.replicas"
  std::string status_replicas;  // ".status.replicas"
  std::string selector;  // ".status.selector" (text) or ".spec.selector" (LabelSelector or map)
};

// Legacy and sibling versions are stored in another version's form. Both functions change
// everything but apiVersion and kind in place, and are total: whatever one side holds, the other
// can say or keeps in an annotation.
struct Conversion {
  std::string storage_group;  // group and version that are stored
  std::string storage_version;
  std::string storage_plural;
  std::function<void(json::object& object)> to_storage;
  std::function<void(json::object& object)> from_storage;
};

struct Kind {
  GroupVersionKind gvk;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names = {};
  std::vector<std::string> categories = {};  // "all"
  bool namespaced = true;
  const Schema* schema = nullptr;
  // Of: get list watch create update patch delete deletecollection. Only "create": a review that is
  // answered and not stored (TokenReview).
  std::vector<std::string> verbs = {"create", "delete", "deletecollection", "get",
                                    "list",   "patch",  "update",           "watch"};
  std::vector<Subresource> subresources = {};
  std::optional<ScalePaths> scale = std::nullopt;
  NameRule name_rule = NameRule::kDnsSubdomain;
  bool allows_create_on_update = false;     // PUT of an absent object makes it
  bool allows_unconditional_update = true;  // PUT without resourceVersion
  bool tracks_generation = true;
  bool keeps_status_on_create = false;     // a node's: whoever registers it reports it
  std::int64_t default_grace_seconds = 0;  // of deletes; pods take it from their spec
  // Beside metadata.name and metadata.namespace: paths like "spec.nodeName".
  std::vector<std::string> selectable_fields = {};
  std::vector<Column> columns = {};  // empty: Name and Created At (custom resources: Age)
  // One row's cells, as many as there are columns.
  std::function<json::array(const json::object& object, WallTime now)> cells = {};
  Rules rules = {};
  std::optional<Conversion> conversion = std::nullopt;
  std::string deprecation = {};  // the Warning text every request to this version answers with
  bool custom = false;

  bool has_status() const;
  const Subresource* subresource(std::string_view name) const;
  std::string group_resource() const {
    return gvk.group.empty() ? plural : plural + "." + gvk.group;
  }
  std::string list_kind() const { return gvk.kind + "List"; }
};

}  // namespace cove::api
