#include "core/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>

namespace cove {
namespace {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(WorkerPool, StartsWithoutThreadsAndGrowsWithWhatBlocks) {
  // Before the pool, whose threads may still be leaving them.
  std::latch inside(4);
  std::latch go(1);
  WorkerPool pool({.threads = 4, .idle = 10s});
  EXPECT_EQ(pool.threads(), 0u);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.run([&] {
      inside.count_down();
      go.wait();
    }));
  }
  inside.wait();  // all four at once
  EXPECT_EQ(pool.threads(), 4u);
  EXPECT_FALSE(pool.run([] {}));
  go.count_down();
  EXPECT_TRUE(eventually([&] { return pool.run([] {}); }));
}

TEST(WorkerPool, UsesAnIdleThreadAgain) {
  WorkerPool pool({.threads = 8, .idle = 10s});
  for (int i = 0; i < 20; ++i) {
    std::binary_semaphore done(0);
    ASSERT_TRUE(eventually([&] { return pool.run([&] { done.release(); }); }));
    done.acquire();
  }
  EXPECT_LE(pool.threads(), 8u);
}

TEST(WorkerPool, IdleThreadsEnd) {
  WorkerPool pool({.threads = 4, .idle = 1ms});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.run([] {}));
  EXPECT_TRUE(eventually([&] { return pool.threads() == 0; }));
  std::binary_semaphore done(0);
  ASSERT_TRUE(pool.run([&] { done.release(); }));
  done.acquire();
}

TEST(WorkerPool, StopWaitsForWhatRunsAndRefusesMore) {
  WorkerPool pool({.threads = 4, .idle = 10s});
  std::latch inside(1);
  std::atomic<bool> ended = false;
  std::atomic<bool> go = false;
  ASSERT_TRUE(pool.run([&] {
    inside.count_down();
    go.wait(false);
    ended = true;
  }));
  inside.wait();
  std::jthread releaser([&] {
    go = true;
    go.notify_all();
  });
  pool.stop();
  EXPECT_TRUE(ended);
  EXPECT_EQ(pool.threads(), 0u);
  EXPECT_FALSE(pool.run([] {}));
}

}  // namespace
}  // namespace cove
