// A folder's tree as a tar stream, in the order of names.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "core/base/result.h"
#include "core/image/tar_writer.h"

namespace cove::image {

struct TreeOptions {
  bool upper = false;  // an overlay's upper folder: whiteouts and opaque folders become .wh. files
  std::optional<std::int64_t> fixed_mtime = std::nullopt;  // later times become it
};

// Not thread-safe. What changes while it is read is cut or filled up to the size it had. Sockets
// are left out. Nothing follows a symbolic link. At most 512 folders deep (kInvalidArgument).
class TreeArchive {
 public:
  TreeArchive(TarWriter& writer, const TreeOptions& options, std::stop_token stop)
      : writer_(writer), options_(options), stop_(std::move(stop)) {}

  // What is in an open folder; names in the archive start with `prefix` ("" or "a/").
  Result<void> contents(int folder, const std::string& prefix);
  // `name` in an open folder, called `archived`.
  Result<void> entry(int folder, const std::string& name, const std::string& archived);
  // Whether nothing was left out so far, and the bytes of the files that were not.
  bool is_whole() const { return whole_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Result<void> file(int folder, const std::string& name, TarEntry entry);
  Result<void> whiteout(const std::string& archived_folder, const std::string& name);
  void stamp(TarEntry& entry, const struct stat& status) const;

  TarWriter& writer_;
  TreeOptions options_;
  std::stop_token stop_;
  int depth_ = 0;
  bool whole_ = true;
  std::uint64_t bytes_ = 0;
  // Files with several names: the first one met.
  std::map<std::pair<dev_t, ino_t>, std::string> linked_;
};

}  // namespace cove::image
