// Pod templates as controllers compare and name them. Private to this folder.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cove::controllers {

namespace json = boost::json;

inline constexpr std::string_view kTemplateHash = "pod-template-hash";

// One text for one meaning: members in order of their names, without what counts as absent (null,
// empty lists, empty maps of labels and the like).
std::string canonical_text(const json::value& value);

// The same but for the label pod-template-hash.
bool is_same_template(const json::object& a, const json::object& b);

// FNV-1a of 32 bits over the text and the number of collisions, in letters and digits that make no
// words, as names of ReplicaSets and ControllerRevisions end: "6d4cf56db6".
std::string short_hash(std::string_view text, std::optional<std::int64_t> collisions);

// "name-hash", the name cut so that the whole has `longest` bytes at most.
std::string hashed_name(std::string_view name, std::string_view hash, std::size_t longest);

}  // namespace cove::controllers
