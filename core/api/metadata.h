// ObjectMeta: the rules that hold for the metadata of every object, and for the pieces of it that
// other fields repeat (kubernetes.io "Object Names and IDs", "Labels and Selectors").
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/api/document.h"
#include "core/api/field_error.h"
#include "core/api/kind.h"

namespace cove::api {

// A number below `bound`, at random.
using Random = std::function<std::uint32_t(std::uint32_t bound)>;

// `prefix`, cut to 58 bytes, and five characters that make no words.
std::string generate_name(std::string_view prefix, const Random& random);

// Of a new object, once its name has been generated.
void validate_metadata(const json::object& object, const Kind& kind, ErrorList& errors);
// Of an object that replaces `old`.
void validate_metadata_update(const json::object& object, const json::object& old,
                              ErrorList& errors);

// Null stands for an absent value, which is right.
void validate_labels(const json::object* labels, const FieldPath& path, ErrorList& errors);
void validate_annotations(const json::object* annotations, const FieldPath& path,
                          ErrorList& errors);
// A metav1.LabelSelector.
void validate_label_selector(const json::object* selector, const FieldPath& path,
                             ErrorList& errors);
// A list of metav1.Condition.
void validate_conditions(const json::array* conditions, const FieldPath& path, ErrorList& errors);
// A client's name for itself: at most 128 bytes, all printable.
void validate_field_manager(std::string_view manager, const FieldPath& path, ErrorList& errors);
// "field is immutable" unless both are the same; null: absent.
void validate_immutable(const json::value* now, const json::value* old, const FieldPath& path,
                        ErrorList& errors);
void validate_non_negative(const json::value* number, const FieldPath& path, ErrorList& errors);

}  // namespace cove::api
