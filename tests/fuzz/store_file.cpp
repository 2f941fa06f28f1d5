// A store's file and its write-ahead log: four bytes say how long the file is (little-endian), the
// rest is the log. Damage is an error, never a crash.
#include <cstring>

#include "core/store/store.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cove::fuzz::Folder folder;
  std::uint32_t file_bytes = 0;
  if (size < sizeof file_bytes) return 0;
  std::memcpy(&file_bytes, data, sizeof file_bytes);
  const std::string_view rest = cove::fuzz::text(data, size).substr(sizeof file_bytes);
  const std::string_view file = rest.substr(0, std::min<std::size_t>(file_bytes, rest.size()));
  const cove::Path path = folder.write("store", file);
  if (file.size() == rest.size()) {
    std::error_code error;
    std::filesystem::remove(path.string() + "-wal", error);
  } else {
    folder.write("store-wal", rest.substr(file.size()));
  }
  const auto report = cove::store::Store::check(path);
  cove::fuzz::require(!report || report->objects <= report->revisions,
                      "every object has a revision");
  return 0;
}
