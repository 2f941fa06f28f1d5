// Documents as server-side apply sees them: by a schema, every value is a leaf, a list whose
// elements have names of their own, or a map. Private to this room.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/field_set.h"
#include "core/api/schema.h"

namespace cove::api::typed {

// What a value is seen as. Without a schema it is deduced: maps are maps, all else is a leaf.
struct Typed {
  const Schema* schema = nullptr;
  bool atomic = false;
};

enum class Shape { kLeaf, kList, kMap };

struct Changes {
  FieldSet changed;  // added or modified
  FieldSet removed;

  bool empty() const { return changed.empty() && removed.empty(); }
};

// What is wrong with a document that a client applies, as upstream says it; empty when nothing is.
// `allow_duplicates`: lists may hold two elements of one name.
std::string validate(const Schema& schema, const json::object& document, bool allow_duplicates);

// The paths that the one who applies `document` owns.
FieldSet fields_of(const Schema& schema, const json::object& document);

// apiVersion and kind are the same by assumption, and paths that nobody owns (metadata.name and its
// like) are left out.
Changes compare(const Schema& schema, const json::object& before, const json::object& after);

// `live` with all that `config` says; elements of lists keep the order of both as far as it goes.
json::object merge(const Schema& schema, const json::object& live, const json::object& config);

// Without the values at the paths. A container that loses everything is null, or, with
// `drop_emptied`, gone.
json::object remove(const Schema& schema, const json::object& document, const FieldSet& paths,
                    bool drop_emptied);

// Puts back what `config` says is there and empty, and what holds that: a list that lost its last
// element is empty, not gone, or the next apply of the same `config` would be a change.
void keep_emptied(const Schema& schema, json::object& document, const json::object& config);

// With the paths of all declared fields that something lies below.
FieldSet with_named_fields(const Schema& schema, const FieldSet& set);

// What lies below something that the schema now replaces as a whole becomes that whole.
FieldSet reconciled(const Schema& schema, const FieldSet& set);

// The document that holds nothing but what its type always holds: an empty spec, a null list.
json::object zero_document(const Schema& schema);

// Takes the paths out that nobody owns: apiVersion, kind, and metadata that the server keeps.
FieldSet without_system_fields(const FieldSet& set);

}  // namespace cove::api::typed
