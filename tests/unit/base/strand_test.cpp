#include "core/base/strand.h"

#include <gtest/gtest.h>

#include <future>

namespace cove {
namespace {

using namespace std::chrono_literals;

void wait_for(Strand& strand) {
  std::promise<void> reached;
  strand.post([&] { reached.set_value(); });
  reached.get_future().wait();
}

// Inside dispatch(), which the strand allows as soon as its own thread has nothing to do.
void run_here(Strand& strand, const std::function<void()>& task) {
  const auto here = std::this_thread::get_id();
  for (bool ran = false; !ran;) {
    std::promise<void> done;
    strand.dispatch([&] {
      if (std::this_thread::get_id() == here) {
        ran = true;
        task();
      }
      done.set_value();
    });
    done.get_future().wait();
  }
}

TEST(StrandTest, WhatIsPostedMeanwhileWaitsForADispatchedTask) {
  Strand strand;
  strand.start();
  std::vector<int> seen;
  run_here(strand, [&] {
    strand.post([&] { seen.push_back(2); });
    strand.dispatch([&] { seen.push_back(3); });
    const auto later = std::chrono::steady_clock::now() + 2ms;
    while (std::chrono::steady_clock::now() < later) std::this_thread::yield();
    seen.push_back(1);
  });
  strand.stop();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST(StrandTest, WhatIsDispatchedWaitsForATaskThatRuns) {
  Strand strand;
  strand.start();
  std::promise<void> begun;
  std::promise<void> end;
  std::vector<int> seen;
  strand.post([&] {
    begun.set_value();
    end.get_future().wait();
    seen.push_back(1);
  });
  begun.get_future().wait();
  strand.dispatch([&] { seen.push_back(2); });
  end.set_value();
  strand.stop();
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
  strand.dispatch([&] { seen.push_back(3); });
  EXPECT_EQ(seen.size(), 2u);
}

TEST(StrandTest, ATimerThatIsCancelledWhileItWaitsForItsTurnNeverFires) {
  Strand strand;
  strand.start();
  bool fired = false;
  run_here(strand, [&] {
    const auto timer = strand.after(0ms, [&] { fired = true; });
    // It is due, and the strand's thread has taken it.
    const auto later = std::chrono::steady_clock::now() + 2ms;
    while (std::chrono::steady_clock::now() < later) std::this_thread::yield();
    strand.cancel(timer);
    strand.cancel(timer);
  });
  wait_for(strand);
  strand.stop();
  EXPECT_FALSE(fired);
}

TEST(StrandTest, StoppingWaitsForADispatchedTask) {
  Strand strand;
  strand.start();
  bool ended = false;
  bool after = false;
  std::jthread stopper;
  run_here(strand, [&] {
    strand.post([&] { after = ended; });
    std::promise<void> begun;
    stopper = std::jthread([&] {
      begun.set_value();
      strand.stop();
      EXPECT_TRUE(ended);
      EXPECT_TRUE(after);
    });
    begun.get_future().wait();
    ended = true;
  });
}

TEST(StrandTest, ManyThreadsNeverRunTwoTasksAtATime) {
  Strand strand;
  strand.start();
  int count = 0;  // no lock: two tasks at a time would lose some
  int fired = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 1000; ++i) {
          if (i % 4 == t) strand.post([&] { ++count; });
          strand.dispatch([&] {
            ++count;
            strand.after(1us, [&] { ++fired; });
          });
        }
      });
    }
  }
  std::promise<void> all;
  std::function<void()> look = [&] {
    if (fired == 4000) return all.set_value();
    strand.after(1ms, look);
  };
  strand.post(look);
  all.get_future().wait();
  strand.stop();
  EXPECT_EQ(count, 5000);
}

}  // namespace
}  // namespace cove
