// coved killed at random moments under clients that read and write the same few objects: every
// answer fits into one order of operations on each object. COVE_FAULT_ROUNDS: how often.
#include <mutex>
#include <random>

#include "tests/fault/api/fixture.h"
#include "tests/fault/api/history.h"

namespace cove::testing {
namespace {

using Kind = Operation::Kind;
using Result = Operation::Result;

const std::array<std::string, 3> kNames{"left", "middle", "right"};
constexpr unsigned kClients = 6;

struct Seen {
  std::string value;
  std::int64_t version = 0;
};

// What one client last read of each object, for its compare-and-swaps.
using Memory = std::map<std::string, Seen>;

class KillTest : public FaultTest {
 protected:
  // Until the server is gone.
  void run_client(unsigned number, std::mt19937::result_type seed) {
    std::mt19937 random(seed);
    ApiClient api = client();
    Memory memory;
    for (int i = 0;; ++i) {
      const std::string& name = kNames[random() % kNames.size()];
      const auto draw = random() % 100;
      bool served = false;
      if (draw < 8) {
        served = list(api);
      } else {
        Operation operation;
        operation.kind = draw < 30   ? Kind::kRead
                         : draw < 45 ? Kind::kCreate
                         : draw < 60 ? Kind::kPut
                         : draw < 88 ? Kind::kCompareAndSwap
                                     : Kind::kDelete;
        if (operation.kind != Kind::kRead && operation.kind != Kind::kDelete)
          operation.value =
              "r" + std::to_string(round_) + "c" + std::to_string(number) + "n" + std::to_string(i);
        served = perform(api, name, std::move(operation), memory);
      }
      if (!served) return;
    }
  }

  // False when the server is gone.
  bool perform(ApiClient& api, const std::string& name, Operation operation, Memory& memory) {
    const Seen seen = memory[name];
    if (operation.kind == Kind::kCompareAndSwap && seen.version == 0) operation.kind = Kind::kRead;
    if (operation.kind == Kind::kCompareAndSwap) operation.expected = seen.value;
    operation.call = ++moment_;
    const Reply reply = send(api, name, operation, seen);
    operation.answer = ++moment_;
    if (reply.outcome == Reply::Outcome::kNotSent) return false;
    if (reply.answered()) {
      judge(operation, reply);
      if (operation.result == Result::kDone && operation.kind != Kind::kDelete) {
        const json::value object = reply.document();
        memory[name] = {entry_of(object, "v"), version_of(object)};
        if (operation.kind == Kind::kRead) operation.value = memory[name].value;
        EXPECT_EQ(memory[name].value, operation.value);
        note(name, memory[name]);
      }
    }
    record(name, operation);
    return reply.answered();
  }

  static Reply send(ApiClient& api, const std::string& name, const Operation& operation,
                    const Seen& seen) {
    const std::string target = kConfigMaps + "/" + name;
    switch (operation.kind) {
      case Kind::kRead: return api.get(target);
      case Kind::kCreate:
        return api.ask("POST", kConfigMaps, config_map(name, "v", operation.value));
      case Kind::kPut: return api.ask("PUT", target, config_map(name, "v", operation.value));
      case Kind::kCompareAndSwap:
        return api.ask("PUT", target,
                       config_map(name, "v", operation.value, std::to_string(seen.version)));
      case Kind::kDelete: return api.ask("DELETE", target);
    }
    return {};
  }

  static void judge(Operation& operation, const Reply& reply) {
    const bool refusable =
        operation.kind == Kind::kCreate || operation.kind == Kind::kCompareAndSwap;
    if (reply.status == 200 || reply.status == 201) {
      operation.result = Result::kDone;
    } else if (reply.status == 404 && operation.kind != Kind::kCreate) {
      operation.result = Result::kAbsent;
    } else if (reply.status == 409 && refusable) {
      operation.result = Result::kRefused;
    } else if (reply.status == 429) {
      operation.result = Result::kNoEffect;
    } else {
      ADD_FAILURE() << reply.status << " " << reply.body;
    }
  }

  // A list reads every object at one moment.
  bool list(ApiClient& api) {
    const std::int64_t floor = newest_;
    const std::uint64_t call = ++moment_;
    const Reply reply = api.get(kConfigMaps);
    const std::uint64_t answer = ++moment_;
    if (!reply.answered()) return false;
    EXPECT_EQ(reply.status, 200) << reply.body;
    const json::value document = reply.document();
    EXPECT_GE(version_of(document), floor) << "the list is older than what was answered before";
    std::map<std::string, Seen> found;
    for (const json::value& item : document.at("items").as_array())
      found[name_of(item)] = {entry_of(item, "v"), version_of(item)};
    for (const std::string& name : kNames) {
      const auto there = found.find(name);
      const bool present = there != found.end();
      if (present) note(name, there->second);
      record(name, {Kind::kRead, present ? Result::kDone : Result::kAbsent,
                    present ? there->second.value : "", "", call, answer});
    }
    return true;
  }

  void record(const std::string& name, const Operation& operation) {
    const std::lock_guard lock(mutex_);
    histories_[name].push_back(operation);
  }
  // Every value has one version, and no version is given twice.
  void note(const std::string& name, const Seen& seen) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(versions_[name].emplace(seen.value, seen.version).first->second, seen.version);
    EXPECT_EQ(owners_.emplace(seen.version, seen.value).first->second, seen.value);
    newest_ = std::max<std::int64_t>(newest_, seen.version);
  }

  // With a server that nobody else talks to: what is there ends the round.
  void check_round() {
    ApiClient api = client();
    Memory memory;
    ASSERT_TRUE(list(api));
    for (const std::string& name : kNames) {
      ASSERT_TRUE(perform(api, name, {}, memory));
      History& history = histories_[name];
      operations_ += history.size();
      for (const Operation& each : history) {
        if (each.result == Result::kUnknown) ++unknown_;
      }
      ASSERT_TRUE(is_linearizable(history, initial_[name], versions_[name]))
          << name << " was '" << initial_[name] << "'\n"
          << describe(history);
      const Operation last = history.back();
      initial_[name] = last.result == Result::kDone ? last.value : "";
      history.clear();
      // Later rounds start from here: nothing older can be read again.
      Versions& versions = versions_[name];
      std::erase_if(versions, [&](const auto& entry) { return entry.first != initial_[name]; });
    }
  }

  int round_ = 0;
  std::atomic<std::uint64_t> moment_ = 0;
  std::atomic<std::int64_t> newest_ = 0;
  std::mutex mutex_;
  std::map<std::string, History> histories_;
  std::map<std::string, Versions> versions_;
  std::map<std::int64_t, std::string> owners_;
  std::map<std::string, std::string> initial_;
  std::size_t operations_ = 0;
  std::size_t unknown_ = 0;
};

TEST_F(KillTest, EveryAnswerFitsIntoOneOrder) {
  const int rounds = fault_rounds(15);
  std::mt19937 random(20'260'501);
  for (; round_ < rounds; ++round_) {
    SCOPED_TRACE("round " + std::to_string(round_));
    {
      std::vector<std::jthread> clients;
      for (unsigned i = 0; i < kClients; ++i)
        clients.emplace_back([this, i, seed = random()] { run_client(i, seed); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 400));
      kill();
    }
    start();
    ASSERT_FALSE(HasFatalFailure());
    check_round();
    ASSERT_FALSE(HasFailure());
  }
  RecordProperty("rounds", round_);
  RecordProperty("operations", static_cast<int>(operations_));
  RecordProperty("unknown", static_cast<int>(unknown_));
  EXPECT_GT(operations_, static_cast<std::size_t>(rounds) * 10) << "the clients hardly ran";
  EXPECT_GT(unknown_, 0U) << "no request was cut off";
}

}  // namespace
}  // namespace cove::testing
