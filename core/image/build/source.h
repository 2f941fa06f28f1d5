// What a COPY or ADD names: files found in a tree, and the digest that decides about the cache.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/image/build/accounts.h"
#include "core/image/build/ignore.h"
#include "core/image/build/tree.h"
#include "core/image/digest.h"

namespace cove::image::dockerfile {

struct Source {
  Node node;
  std::string name;    // what a file is called in a destination folder
  std::string parent;  // with --parents: the folders above it, as written
};

struct Selection {
  bool parents = false;
  bool outside_refused = false;          // a build context: ".." is an error instead of the root
  const IgnoreRules* exclude = nullptr;  // relative to a source that is a folder
};

// The files that patterns name, sorted for each pattern. Errors have Docker's wording without "COPY
// failed: ".
Result<std::vector<Source>> find_sources(const Tree& tree, const std::vector<std::string>& patterns,
                                         const Selection& selection);

// Of names, kinds, modes, owners (with `owners`), links' targets and contents; never of times.
// "file:<hex>", "dir:<hex>", or "multi:<hex>" for several.
Result<std::string> digest_of(const Tree& tree, const std::vector<Source>& sources, bool owners,
                              const Selection& selection, std::stop_token stop);

// SHA-256 of a file's bytes.
Result<Digest> digest_of_file(const Path& file, std::stop_token stop);

inline constexpr unsigned kMaxFolderDepth = 512;

}  // namespace cove::image::dockerfile
