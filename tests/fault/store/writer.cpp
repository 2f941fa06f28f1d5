// store_writer <store> <seed>: writes random keys until it is killed, with history, compaction and
// checkpoints kept short. Prints "<revision> <key> <value, or - when deleted>" after each answer.
#include <unistd.h>

#include <cstdio>
#include <random>

#include "tests/unit/store/loop.h"

namespace cove::store::test {
namespace {

int run(const Path& path, unsigned seed) {
  Loop loop;
  const SystemClock clock;
  Options options{.path = path, .post = loop.poster(), .clock = clock};
  options.limits.history_revisions = 200;
  options.limits.compaction_slice = 16;
  options.limits.vacuum_slice = 4;
  options.limits.checkpoint_pages = 32;
  auto opened = Store::open(std::move(options));
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message().c_str());
    return 1;
  }
  Store& store = **opened;
  std::mt19937 random(seed);
  std::function<void()> submit = [&] {
    const std::string key = "/key/" + std::to_string(random() % 50);
    const bool present = store.newest(key).has_value();
    const bool deletes = present && random() % 4 == 0;
    const std::string value =
        deletes ? "-" : std::to_string(random()) + std::string(random() % 3000, 'x');
    const auto answer = [&, key, value](Result<Written> result) {
      if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message().c_str());
        ::_exit(1);
      }
      const std::string line = std::to_string(result->revision) + " " + key + " " + value + "\n";
      if (::write(1, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(1);
      submit();
    };
    if (!store.submit({key, deletes ? nullptr : bytes(value), std::nullopt}, answer)) ::_exit(1);
  };
  for (int i = 0; i < 8; ++i) submit();
  loop.run_until([] { return false; });
  return 0;
}

}  // namespace
}  // namespace cove::store::test

int main(int count, char** arguments) {
  if (count != 3) return 2;
  return cove::store::test::run(arguments[1], static_cast<unsigned>(std::atoi(arguments[2])));
}
