// Watchers across kills and restarts: nothing is missed, or 410 says that something was.
#include <random>

#include "tests/fault/api/fixture.h"
#include "tests/fault/api/reflector.h"

namespace cove::testing {
namespace {

constexpr int kWriters = 4;
constexpr int kObjects = 3;  // of each writer

// The only writer of one object. After a request that was cut off it looks what became of it.
class Counter {
 public:
  explicit Counter(std::string name) : name_(std::move(name)) {}

  // False when the server is gone.
  bool write(ApiClient& api, bool remove) {
    if (!certain_ && !look(api)) return false;
    const std::string text = config_map(name_, "n", std::to_string(count_ + 1));
    const Reply reply = !present_ ? api.ask("POST", kConfigMaps, text)
                        : remove  ? api.ask("DELETE", kConfigMaps + "/" + name_)
                                  : api.ask("PUT", kConfigMaps + "/" + name_, text);
    certain_ = reply.answered();
    if (!certain_) return false;
    EXPECT_THAT(reply.status, ::testing::AnyOf(200, 201)) << name_ << ": " << reply.body;
    if (!present_ || !remove) ++count_;
    present_ = !present_ || !remove;
    return true;
  }

 private:
  bool look(ApiClient& api) {
    const Reply reply = api.get(kConfigMaps + "/" + name_);
    if (!reply.answered()) return false;
    present_ = reply.status == 200;
    if (present_) count_ = std::stoll(entry_of(reply.document(), "n"));
    certain_ = true;
    return true;
  }

  std::string name_;
  std::int64_t count_ = 0;
  bool present_ = false;
  bool certain_ = true;
};

class WatchTest : public FaultTest {
 protected:
  WatchTest() {
    for (int writer = 0; writer < kWriters; ++writer) {
      for (int i = 0; i < kObjects; ++i)
        counters_[writer].emplace_back("w" + std::to_string(writer) + "-" + std::to_string(i));
    }
    for (const auto how : {Reflector::Start::kList, Reflector::Start::kStream}) {
      for (int i = 0; i < 2; ++i)
        reflectors_.push_back(std::make_unique<Reflector>(port_, admin_, how));
    }
  }

  void write_until_killed(int writer, std::mt19937::result_type seed) {
    std::mt19937 random(seed);
    ApiClient api = client();
    while (counters_[writer][random() % kObjects].write(api, random() % 5 == 0)) {
    }
  }

  std::map<int, std::vector<Counter>> counters_;
  std::vector<std::unique_ptr<Reflector>> reflectors_;
  std::atomic<std::int64_t> target_ = 0;
};

TEST_F(WatchTest, ReflectorsMissNothingAcrossKills) {
  const int rounds = fault_rounds(6);
  std::mt19937 random(20'260'502);
  std::vector<std::jthread> watching;
  for (const auto& reflector : reflectors_)
    watching.emplace_back([this, &reflector] { reflector->run(target_); });
  for (int round = 0; round < rounds; ++round) {
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < kWriters; ++i)
        writers.emplace_back([this, i, seed = random()] { write_until_killed(i, seed); });
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 600));
      kill();
    }
    start();
    if (HasFatalFailure()) break;
  }
  // Without one of them, they would wait for ever.
  ApiClient api = client();
  const Reply end = api.ask("POST", kConfigMaps, config_map("zz-end", "n", "1"));
  target_ = end.status == 201 ? version_of(end.document()) : 1;
  watching.clear();
  ASSERT_EQ(end.status, 201) << end.body;
  const Reflector::Copies truth = Reflector::read(api.get(kConfigMaps).document());
  int expired = 0;
  for (const auto& reflector : reflectors_) {
    EXPECT_THAT(reflector->complaints(), ::testing::IsEmpty());
    EXPECT_EQ(reflector->copies(), truth);
    EXPECT_GT(reflector->events(), rounds);
    EXPECT_GT(reflector->watches(), 1);
    expired += reflector->expired();
  }
  RecordProperty("expired", expired);
  RecordProperty("events", reflectors_.front()->events());
}

}  // namespace
}  // namespace cove::testing
