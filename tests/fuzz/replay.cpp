// Runs a fuzz target over the seeds of its corpus: the first argument is the folder. Fails when it
// has none.
#include <algorithm>
#include <vector>

#include "tests/fuzz/fuzz.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<cove::Path> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    seeds.push_back(entry.path());
  }
  std::ranges::sort(seeds);
  for (const cove::Path& seed : seeds) {
    std::fprintf(stderr, "%s\n", seed.c_str());
    const auto bytes = cove::read_file(seed, 1 << 20);
    if (!bytes) {
      std::fprintf(stderr, "%s\n", bytes.error().message().c_str());
      return 1;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size());
  }
  return seeds.empty() ? 1 : 0;
}
