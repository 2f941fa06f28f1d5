// A writer killed at random moments, again and again over one store. COVE_FAULT_ROUNDS: how often.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <random>
#include <sstream>

#include "core/base/process.h"
#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

struct Answered {
  Revision revision = 0;
  std::string value;  // "-": deleted
};

class KillTest : public StoreTest {
 protected:
  // Reads the writer's answers for a random while, kills it, and reads the rest.
  std::string run_writer(unsigned seed, std::chrono::microseconds patience) {
    auto output = make_pipe();
    const Path program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "store_writer";
    auto child = ChildProcess::spawn(
        Command{{program.string(), path().string(), std::to_string(seed)}, {}, {}, {}},
        {.standard_output = output->write.get(), .standard_error = 2});
    if (!child) throw std::runtime_error(child.error().message());
    output->write.reset();
    std::string text;
    // From its first answer on, so that it is killed while it writes.
    bool killed = false;
    char buffer[65536];
    SteadyTime end = SteadyTime::max();
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
          end - std::chrono::steady_clock::now());
      if (!killed && end != SteadyTime::max() && left.count() <= 0) {
        child->signal(SIGKILL);
        killed = true;
      }
      pollfd ready{output->read.get(), POLLIN, 0};
      const int wait = end == SteadyTime::max() ? 60'000 : killed ? 60'000 : 1;
      if (::poll(&ready, 1, wait) <= 0) continue;
      const ssize_t n = ::read(output->read.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      if (end == SteadyTime::max()) end = std::chrono::steady_clock::now() + patience;
      text.append(buffer, static_cast<std::size_t>(n));
    }
    child->wait(std::chrono::minutes(1));
    return text;
  }

  void note(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      Revision revision = 0;
      std::string key;
      std::string value;
      fields >> revision >> key >> value;
      if (lines.eof()) return;  // cut off in the middle
      ASSERT_EQ(revision, last_answered + 1) << "an answered revision came again or was left out";
      last_answered = revision;
      answered[key] = {revision, value};
    }
  }

  void check() {
    open();
    ASSERT_GE(store->revision(), last_answered) << "an answered write is lost";
    for (const auto& [key, expected] : answered) {
      const auto item = store->get(key);
      if (item && item->revision > last_answered) continue;  // written, not answered yet
      if (expected.value == "-") {
        ASSERT_FALSE(item) << key;
      } else if (!item) {
        // Only a deletion that was not answered can explain it.
        ASSERT_GT(store->revision(), last_answered) << key;
      } else {
        ASSERT_EQ(item->revision, expected.revision) << key;
        ASSERT_EQ(*item->value, expected.value) << key;
      }
    }
    // What was written and not answered counts from now on: it must not go again.
    last_answered = store->revision();
    for (auto& [key, expected] : answered) {
      const auto item = store->get(key);
      expected = item ? Answered{item->revision, *item->value} : Answered{0, "-"};
    }
    store.reset();
  }

  std::map<std::string, Answered> answered;
  Revision last_answered = 0;
};

TEST_F(KillTest, NothingAnsweredIsLost) {
  const char* wanted = ::getenv("COVE_FAULT_ROUNDS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 200;
  std::mt19937 random(20'260'101);
  for (int round = 0; round < rounds; ++round) {
    const auto patience = std::chrono::microseconds(random() % 60'000);
    note(run_writer(static_cast<unsigned>(random()), patience));
    ASSERT_FALSE(HasFatalFailure()) << "round " << round;
    check();
    ASSERT_FALSE(HasFatalFailure()) << "round " << round;
  }
  RecordProperty("revisions", static_cast<int>(last_answered));
  EXPECT_GT(last_answered, rounds) << "the writer did not get to write";
  const auto report = Store::check(path());
  ASSERT_TRUE(report) << report.error().message();
}

}  // namespace
}  // namespace cove::store::test
