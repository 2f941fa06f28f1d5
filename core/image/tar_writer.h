// Writing tar streams: POSIX ustar headers, and pax records (IEEE 1003.1-2001) for what they cannot
// say. The same entries make the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/image/layer_store.h"

namespace cove::image {

struct TarEntry {
  std::string name;  // a folder's ends with '/'
  char type =
      '0';  // '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' folder, '6' fifo
  std::string link = {};
  std::uint32_t mode = 0644;
  std::uint32_t user = 0, group = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  // seconds; since 1970, or before
  std::uint32_t mtime_ns = 0;
  unsigned major = 0, minor = 0;
  std::vector<std::pair<std::string, std::string>> attributes = {};  // SCHILY.xattr
};

// Not thread-safe. Exactly `size` bytes of data follow a file's header.
class TarWriter {
 public:
  explicit TarWriter(ByteSink sink) : sink_(std::move(sink)) {}
  Result<void> header(const TarEntry& entry);
  Result<void> data(std::string_view bytes);
  Result<void> file(const TarEntry& entry, std::string_view bytes);  // size is that of `bytes`
  // The two empty blocks.
  Result<void> finish();

 private:
  Result<void> put(std::string_view bytes);
  Result<void> pad();
  Result<void> flush();

  ByteSink sink_;
  std::string buffer_;
  std::uint64_t left_ = 0;     // data bytes of this entry that are still to come
  std::uint64_t padding_ = 0;  // zeros after them
};

}  // namespace cove::image
