// Golden files: what a program printed, with everything that differs from run to run replaced by
// its name in <>, as a file in tests/golden.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fs.h"

namespace cove::testing {

// In the source tree.
inline Path source_path(std::string_view relative) {
  const char* const root = std::getenv("COVE_SOURCE_DIR");
  return Path(root != nullptr ? root : ".") / relative;
}

// COVE_UPDATE_GOLDEN=1: golden files are written, not compared.
inline bool updating_golden() {
  const char* const update = std::getenv("COVE_UPDATE_GOLDEN");
  return update != nullptr && std::string_view(update) == "1";
}

// Compares with tests/golden/<name>, or writes it.
inline void expect_golden_file(const Path& name, const std::string& text) {
  const Path path = source_path("tests/golden") / name;
  if (updating_golden()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return;
  }
  const auto golden = read_file(path, 4 << 20);
  ASSERT_TRUE(golden.has_value()) << path << " is missing; COVE_UPDATE_GOLDEN=1 writes it.";
  EXPECT_EQ(text, *golden) << "in " << path << " (COVE_UPDATE_GOLDEN=1 writes it anew)";
}

struct Mask {
  std::regex pattern;
  const char* replacement;
};
inline Mask make_mask(const char* pattern, const char* replacement) {
  return Mask{std::regex(pattern, std::regex::optimize), replacement};
}

// The masks one after another, and then no spaces at the ends of lines.
inline std::string apply_masks(std::string text, const std::vector<Mask>& masks) {
  for (const Mask& mask : masks) text = std::regex_replace(text, mask.pattern, mask.replacement);
  std::string trimmed;
  std::size_t spaces = 0;
  for (const char c : text) {
    if (c == ' ') {
      ++spaces;
      continue;
    }
    if (c != '\n') trimmed.append(spaces, ' ');
    spaces = 0;
    trimmed.push_back(c);
  }
  return trimmed;
}

}  // namespace cove::testing
