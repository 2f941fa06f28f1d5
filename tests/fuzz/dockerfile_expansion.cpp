// Variables in a Dockerfile's words: the first line is a variable's value, the rest is the word.
#include "core/image/build/expand.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cove::image::dockerfile;
  const auto text = cove::fuzz::text(data, size);
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string value(text.substr(0, end));
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    return name.starts_with('v') ? std::optional(value) : std::nullopt;
  };
  for (const bool raw : {false, true}) {
    Expansion options;
    options.raw_quotes = raw;
    options.raw_escapes = raw;
    options.keep_unset = raw;
    options.escape = raw ? '`' : '\\';
    const auto word = expand_word(text.substr(end + 1), lookup, options);
    if (word.has_value()) {
      cove::fuzz::require(word->size() <= kMaxExpandedBytes, "the result is bounded");
    }
    const auto words = expand_words(text.substr(end + 1), lookup, options);
    cove::fuzz::require(words.has_value() == word.has_value(), "words are split of a word");
  }
  return 0;
}
