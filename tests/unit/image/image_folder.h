// A folder of a test's own with files in it.
#pragma once

#include <fstream>
#include <iterator>

#include "core/base/fs.h"
#include "tests/support/temporary_folder.h"

namespace cove::test {

class ImageFolder : public TemporaryFolder {
 public:
  Path write(const std::string& name, std::string_view bytes) const {
    const Path file = path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }
};

inline std::string slurp(const Path& file) {
  std::ifstream stream(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

}  // namespace cove::test
