// What fuzz targets share. A target returns 0, and ends the process when a promise is broken.
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "core/base/fs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cove::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

// Whatever way a stream is cut, its reader says the same: put(part, sink) for the whole of it and
// byte by byte. A sink counts what it was told in `events` and `bytes`, and `bytes` are no more
// than came in.
template <class Reader, class Sink>
void read_whole_and_cut(std::string_view stream) {
  Sink whole;
  Reader reader;
  const bool fine = reader.put(stream, whole);
  require(whole.bytes <= stream.size(), "nothing comes from nowhere");
  Sink cut;
  Reader slow;
  bool cut_fine = true;
  for (const char& c : stream) cut_fine = cut_fine && slow.put({&c, 1}, cut);
  require(fine == cut_fine && whole.events == cut.events && whole.bytes == cut.bytes,
          "how it is cut changes nothing");
}

// A folder of the process, for targets that read files; $TMPDIR says where.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cove-fuzz.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Path write(std::string_view name, std::string_view bytes) const {
    Path file = path_ / name;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    return file;
  }

 private:
  Path path_;
};

}  // namespace cove::fuzz
