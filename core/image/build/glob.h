// Patterns of file names: Go's filepath.Match, the `**` of .dockerignore, and the shell's patterns
// in `${name#pattern}`. Matching takes time proportional to pattern times text, whatever they are.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cove::image::dockerfile {

enum class GlobStyle {
  kPath,    // filepath.Match: `*` and `?` stop at '/', classes, `\` escapes
  kIgnore,  // the same, and `**` is any number of folders
  kShell,   // `*` and `?` take everything but a line's end; no classes; `\` escapes * ? \ } /
};

// Immutable; thread-safe.
class Glob {
 public:
  static constexpr std::size_t kMaxTokens = 4096;

  // kInvalidArgument: "syntax error in pattern", or what is wrong with an escape of the shell's.
  static Result<Glob> compile(std::string_view pattern, GlobStyle style);

  bool matches(std::string_view text) const;
  // Where a match that begins at the text's first byte ends: the first or the last such place.
  std::optional<std::size_t> prefix(std::string_view text, bool longest) const;
  // The same from the other end: where a match that ends with the text begins.
  std::optional<std::size_t> suffix(std::string_view text, bool longest) const;

  // Whether the pattern has anything but itself to match.
  static bool has_wildcards(std::string_view pattern);

 private:
  struct Token {
    enum class Kind {
      kByte,        // itself
      kAny,         // one character but '/' or a line's end, as the style says
      kClass,       // one of a set
      kStar,        // any number of kAny
      kEverything,  // any number of anything
      kMaybe,       // the token after it may be left out
      kFolders,     // anything up to and with a '/'
    };
    Kind kind = Kind::kByte;
    unsigned char byte = 0;
    std::bitset<256> set = {};
  };
  explicit Glob(GlobStyle style) : style_(style) {}
  static std::optional<std::size_t> add_class(std::string_view pattern, std::size_t at,
                                              std::vector<Token>& tokens);
  template <class Next>
  std::optional<std::size_t> run(const std::vector<Token>& tokens, std::size_t size, bool longest,
                                 bool whole, Next byte_at) const;
  bool accepts(const Token& token, unsigned char byte) const;

  GlobStyle style_;
  std::vector<Token> tokens_;
};

}  // namespace cove::image::dockerfile
