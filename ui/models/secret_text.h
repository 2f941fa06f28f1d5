// A Secret as people see it: its values hidden, or decoded where they are text; and back to what
// the API stores. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "core/api/document.h"

namespace cove::ui {

enum class SecretShow {
  kHidden,   // every value is a mark with its size; so is kubectl's copy in an annotation
  kDecoded,  // text stands in stringData, other bytes stay base64 in data
};

// What becomes of a hidden value that is not the other's.
enum class SecretChange { kMarked, kShown };

api::json::object shown_secret(api::json::object secret, SecretShow show);
// Hidden, as a version that follows `before`.
api::json::object hidden_secret_after(api::json::object secret, const api::json::object& before,
                                      SecretChange change);
// What was typed: marks become the values they stand for in `base`, in stringData as in data, which
// stringData goes into as the server does it. What cannot be stored stays for the server to refuse.
api::json::object stored_secret(api::json::object typed, const api::json::object& base);
// The field with a mark that stands for nothing in `base`, "stringData.password"; nothing when
// there is none.
std::optional<std::string> lost_mark(const api::json::object& typed, const api::json::object& base);

}  // namespace cove::ui
