#include "core/base/bounded.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace cove {
namespace {

TEST(RingBuffer, KeepsTheNewestAndCountsTheRest) {
  RingBuffer<int> ring(3);
  for (int i = 1; i <= 5; ++i) ring.push(i);
  EXPECT_EQ(ring.items(), (std::deque<int>{3, 4, 5}));
  EXPECT_EQ(ring.dropped(), 2U);
  ring.clear();
  EXPECT_TRUE(ring.items().empty());
}

TEST(RingBuffer, WithoutRoomKeepsNothing) {
  RingBuffer<int> ring(0);
  ring.push(1);
  EXPECT_TRUE(ring.items().empty());
  EXPECT_EQ(ring.dropped(), 1U);
}

TEST(BoundedQueue, RefusesAtTheBound) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_TRUE(queue.push(4));
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 4);
}

TEST(BoundedQueue, IsDrainedAfterClosing) {
  BoundedQueue<std::unique_ptr<int>> queue(2);
  queue.push(std::make_unique<int>(7));
  queue.close();
  EXPECT_FALSE(queue.push(std::make_unique<int>(8)));
  EXPECT_EQ(*queue.pop().value(), 7);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, ClosingWakesAWaiter) {
  BoundedQueue<int> queue(1);
  std::optional<int> got = 1;
  std::jthread waiter([&] { got = queue.pop(); });
  queue.close();
  waiter.join();
  EXPECT_EQ(got, std::nullopt);
}

TEST(BoundedQueue, AStopRequestWakesAWaiter) {
  BoundedQueue<int> queue(1);
  std::optional<int> got = 1;
  std::jthread waiter([&](const std::stop_token& stop) { got = queue.pop(stop); });
  waiter.request_stop();
  waiter.join();
  EXPECT_EQ(got, std::nullopt);
}

TEST(BoundedQueue, LosesNothingBetweenThreads) {
  constexpr int kItems = 10'000;
  BoundedQueue<int> queue(8);
  std::int64_t sum = 0;
  std::jthread reader([&] {
    while (auto item = queue.pop()) sum += *item;
  });
  for (int i = 1; i <= kItems; ++i) {
    while (!queue.push(i)) std::this_thread::yield();
  }
  queue.close();
  reader.join();
  EXPECT_EQ(sum, std::int64_t{kItems} * (kItems + 1) / 2);
}

}  // namespace
}  // namespace cove
