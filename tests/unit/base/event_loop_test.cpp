#include "core/base/event_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <numeric>

namespace cove {
namespace {

using namespace std::chrono_literals;

void wait_for(EventLoop& loop) {
  std::promise<void> reached;
  loop.post([&] { reached.set_value(); });
  reached.get_future().wait();
}

TEST(EventLoopTest, TasksRunInTheirOrderOnOneThread) {
  EventLoop loop;
  std::vector<int> seen;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 100; ++i) {
    loop.post([&, i] {
      seen.push_back(i);
      threads.insert(std::this_thread::get_id());
    });
  }
  loop.start();
  wait_for(loop);
  loop.stop();
  std::vector<int> wanted(100);
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(seen, wanted);
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(EventLoopTest, ATaskPostedByATaskRunsAfterThoseBeforeIt) {
  EventLoop loop;
  std::vector<int> seen;
  loop.post([&] {
    loop.post([&] { seen.push_back(3); });
    seen.push_back(1);
  });
  loop.post([&] { seen.push_back(2); });
  loop.start();
  loop.stop();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST(EventLoopTest, TimersFireInTheOrderOfTheirTimesAndOnce) {
  EventLoop loop;
  loop.start();
  std::vector<int> seen;
  std::promise<void> last;
  loop.after(20ms, [&] {
    seen.push_back(2);
    last.set_value();
  });
  loop.after(1ms, [&] { seen.push_back(1); });
  last.get_future().wait();
  loop.stop();
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(EventLoopTest, ACancelledTimerNeverFires) {
  EventLoop loop;
  bool fired = false;
  std::promise<void> later;
  const auto timer = loop.after(1ms, [&] { fired = true; });
  loop.after(5ms, [&] { later.set_value(); });
  loop.cancel(timer);
  loop.start();
  later.get_future().wait();
  EXPECT_FALSE(fired);
  loop.cancel(timer);
}

TEST(EventLoopTest, StoppingRunsWhatWasPostedAndForgetsTimers) {
  EventLoop loop;
  bool ran = false;
  bool fired = false;
  loop.start();
  loop.post([&] { ran = true; });
  loop.after(1h, [&] { fired = true; });
  loop.stop();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(fired);
  loop.post([&] { fired = true; });
  loop.stop();
  EXPECT_FALSE(fired);
}

TEST(EventLoopTest, ManyThreadsPostWithoutLosingATask) {
  EventLoop loop;
  loop.start();
  int count = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) loop.post([&] { ++count; });
      });
    }
  }
  wait_for(loop);
  loop.stop();
  EXPECT_EQ(count, 4000);
}

}  // namespace
}  // namespace cove
