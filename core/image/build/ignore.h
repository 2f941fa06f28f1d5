// .dockerignore: which files of a build context are not sent.
// https://docs.docker.com/build/concepts/context/#dockerignore-files
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/image/build/glob.h"

namespace cove::image {

// The rules of one file; immutable, thread-safe. The last rule that fits decides; a rule that fits
// a folder fits everything in it.
class IgnoreRules {
 public:
  static constexpr std::size_t kMaxBytes = 1 << 20;
  static constexpr std::size_t kMaxPatterns = 10'000;

  // kInvalidArgument names the line: ".dockerignore:3: illegal exclusion pattern: \"!\"".
  static Result<IgnoreRules> parse(std::string_view text);
  // The same from patterns, one rule each, without comments.
  static Result<IgnoreRules> from_patterns(const std::vector<std::string>& patterns);

  // `path` is relative to the context, with '/', without "." or "..".
  bool ignores(std::string_view path) const;
  // Whether a walk must look into the folder although it is ignored, because a "!" rule may bring
  // back something below it.
  bool may_keep_below(std::string_view folder) const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    bool keep = false;  // "!"
    std::string text;
    dockerfile::Glob glob;
  };
  static Result<void> add(std::string_view pattern, std::vector<Rule>& rules);
  std::vector<Rule> rules_;
};

}  // namespace cove::image
