// Variables in a Dockerfile's words: $name, ${name} and its modifiers, quotes and escapes.
// https://docs.docker.com/reference/dockerfile/#environment-replacement
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cove::image::dockerfile {

inline constexpr std::size_t kMaxExpandedBytes = 1 << 20;
inline constexpr unsigned kMaxExpansionDepth = 32;  // of ${a:-${b:-…}}

// The value of a name, or nothing when it is not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Expansion {
  char escape = '\\';
  bool raw_quotes = false;   // quotes stay in the result
  bool raw_escapes = false;  // the escape character stays
  bool skip_quotes = false;  // quotes are characters like others (here-documents)
  bool keep_unset = false;   // $name stays where name is not set
};

// One word, quotes removed, spaces kept. kInvalidArgument with Docker's wording: "failed to process
// \"${x\": syntax error: missing '}'", "x: is not allowed to be unset".
Result<std::string> expand_word(std::string_view word, const Lookup& lookup,
                                const Expansion& options = {});
// The same, then split at spaces that stood outside quotes.
Result<std::vector<std::string>> expand_words(std::string_view text, const Lookup& lookup,
                                              const Expansion& options = {});

}  // namespace cove::image::dockerfile
