#include "core/scheduler/queue.h"

#include "tests/unit/scheduler/test_world.h"

namespace cove::scheduler {
namespace {

using std::chrono::seconds;

PodPtr pod(std::string_view name, int priority = 0, std::string_view more = "") {
  return TestWorld::pod(name, "{priority: " + std::to_string(priority) + std::string(more) + "}");
}

std::string next(Queue& queue) {
  const auto popped = queue.pop();
  return popped ? popped->pod->name : "";
}

TEST(Queue, GivesTheMoreImportantAndThenTheOlderFirst) {
  FakeClock clock;
  Queue queue(clock);
  queue.put(pod("a"));
  queue.put(pod("b"));
  clock.advance(seconds(1));
  queue.put(pod("c", 10));
  queue.put(pod("d"));
  queue.put(pod("e"));
  queue.remove("d-uid");
  EXPECT_FALSE(queue.contains("d-uid"));
  EXPECT_EQ(next(queue), "c");
  EXPECT_EQ(next(queue), "a");
  EXPECT_EQ(next(queue), "b");
  EXPECT_EQ(next(queue), "e");
  EXPECT_EQ(next(queue), "");
}

TEST(Queue, HoldsGatedPodsUntilTheirGatesAreGone) {
  FakeClock clock;
  Queue queue(clock);
  queue.put(pod("a", 0, ", schedulingGates: [{name: g}]"));
  queue.tick();
  EXPECT_EQ(next(queue), "");
  EXPECT_FALSE(queue.due());
  queue.put(pod("a"));
  EXPECT_EQ(next(queue), "a");
}

TEST(Queue, WakesThoseThatAnEventMayHelp) {
  FakeClock clock;
  Queue queue(clock);
  const auto park = [&](std::string_view name, std::string_view filter) {
    queue.put(pod(name));
    queue.park(*queue.pop(), {filter});
  };
  park("resources", "NodeResourcesFit");
  park("ports", "NodePorts");
  clock.advance(seconds(2));
  queue.on({.type = Event::Type::kClaim});
  EXPECT_EQ(next(queue), "");
  const PodPtr gone = pod("gone");
  queue.on({.type = Event::Type::kPodGone, .pod = gone.get()});
  EXPECT_EQ(next(queue), "resources");
  EXPECT_EQ(next(queue), "");
  // What it asks changed.
  queue.put(pod("ports", 0, ", nodeSelector: {a: b}"));
  EXPECT_EQ(next(queue), "ports");
}

TEST(Queue, OfStatusAloneItTakesNoNotice) {
  FakeClock clock;
  Queue queue(clock);
  queue.put(pod("a"));
  queue.park(*queue.pop(), {"NodePorts"});
  clock.advance(seconds(2));
  queue.put(TestWorld::pod("a", "{priority: 0}", "{}", "status: {phase: Pending}"));
  EXPECT_EQ(next(queue), "");
  clock.advance(Queue::kLongestParked);
  queue.tick();
  EXPECT_EQ(next(queue), "a");
}

TEST(Queue, BacksOffLongerAndLonger) {
  FakeClock clock;
  Queue queue(clock);
  queue.put(pod("a"));
  for (const int expected : {1, 2, 4, 8, 10, 10}) {
    auto popped = queue.pop();
    ASSERT_TRUE(popped);
    queue.retry(std::move(*popped));
    ASSERT_TRUE(queue.due());
    EXPECT_EQ(*queue.due() - clock.steady(), seconds(expected));
    clock.advance(seconds(expected) - std::chrono::milliseconds(1));
    queue.tick();
    EXPECT_EQ(next(queue), "");
    clock.advance(std::chrono::milliseconds(1));
    queue.tick();
  }
}

TEST(Queue, TakesWaitingPodsEarlyWhileThereIsNothingElseToDo) {
  FakeClock clock;
  Queue queue(clock);
  queue.put(pod("a"));
  queue.park(*queue.pop(), {"NodeResourcesFit"});
  const PodPtr gone = pod("gone");
  queue.put(pod("b"));
  queue.on({.type = Event::Type::kPodGone, .pod = gone.get()});
  EXPECT_EQ(next(queue), "b");
  EXPECT_EQ(next(queue), "a");
}

}  // namespace
}  // namespace cove::scheduler
