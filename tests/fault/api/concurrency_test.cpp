// Many writers, few objects: optimistic locking loses no update.
#include <mutex>
#include <random>
#include <set>

#include "tests/fault/api/fixture.h"

namespace cove::testing {
namespace {

constexpr int kWriters = 64;
constexpr int kObjects = 10;
constexpr int kIncrements = 15;  // of each writer

class ConcurrencyTest : public FaultTest {
 protected:
  // Reads, adds one and writes until it was not overtaken; false when anything else happens.
  bool increment(ApiClient& api, const std::string& name) {
    while (true) {
      const Reply read = api.get(kConfigMaps + "/" + name);
      if (read.status != 200) return unexpected(read);
      const json::value object = read.document();
      const std::string next = std::to_string(std::stoi(entry_of(object, "n")) + 1);
      const std::string version = std::to_string(version_of(object));
      const Reply wrote =
          api.ask("PUT", kConfigMaps + "/" + name, config_map(name, "n", next, version));
      if (wrote.status == 200) {
        note(version_of(wrote.document()));
        return true;
      }
      if (wrote.status != 409) return unexpected(wrote);
      ++conflicts_;
    }
  }
  bool unexpected(const Reply& reply) {
    ADD_FAILURE() << reply.status << " " << reply.body;
    return false;
  }
  void note(std::int64_t version) {
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(versions_.insert(version).second) << version << " was given twice";
  }

  std::mutex mutex_;
  std::set<std::int64_t> versions_;
  std::atomic<int> conflicts_ = 0;
};

TEST_F(ConcurrencyTest, CountersLoseNoUpdate) {
  ApiClient api = client();
  for (int i = 0; i < kObjects; ++i) {
    const std::string name = "counter-" + std::to_string(i);
    ASSERT_EQ(api.ask("POST", kConfigMaps, config_map(name, "n", "0")).status, 201);
  }
  std::array<std::atomic<int>, kObjects> written{};
  {
    std::vector<std::jthread> writers;
    for (unsigned writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([this, writer, &written] {
        std::mt19937 random(writer);
        ApiClient mine = client();
        for (int i = 0; i < kIncrements; ++i) {
          const std::size_t object = random() % kObjects;
          if (!increment(mine, "counter-" + std::to_string(object))) return;
          ++written[object];
        }
      });
    }
  }
  int sum = 0;
  for (unsigned i = 0; i < kObjects; ++i) {
    const Reply reply = api.get(kConfigMaps + "/counter-" + std::to_string(i));
    const int value = std::stoi(entry_of(reply.document(), "n"));
    EXPECT_EQ(value, written[i]) << i;
    sum += value;
  }
  EXPECT_EQ(sum, kWriters * kIncrements);
  EXPECT_GT(conflicts_, 0) << "nobody was overtaken";
}

}  // namespace
}  // namespace cove::testing
