#include "core/engine/events.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/engine/fields.h"

namespace cove::engine {
namespace {

Event event(int number) {
  return {.type = "container",
          .action = "start",
          .actor = std::to_string(number),
          .attributes = {{"image", "nginx"}}};
}

TEST(Events, AListenerSeesWhatComesInOrder) {
  FakeClock clock;
  Events events(clock);
  events.publish(event(0));
  const auto listener = events.listen();
  events.publish(event(1));
  events.publish(event(2));
  EXPECT_EQ(listener->next({})->actor, "1");
  EXPECT_EQ(listener->next({})->actor, "2");
}

TEST(Events, KeepsTheNewestForThoseWhoAskLater) {
  FakeClock clock;
  Events events(clock);
  const WallTime start = clock.wall();
  for (int i = 0; i < 300; ++i) {
    events.publish(event(i));
    clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(events.listen(start)->next({})->actor, "44");
  EXPECT_EQ(events.listen(start + std::chrono::seconds(290))->next({})->actor, "290");
}

TEST(Events, ASlowListenerLosesTheOldest) {
  FakeClock clock;
  Events events(clock);
  const auto listener = events.listen();
  for (int i = 0; i < 1100; ++i) events.publish(event(i));
  EXPECT_EQ(listener->next({})->actor, "76");
  for (int i = 77; i < 1100; ++i) EXPECT_EQ(listener->next({})->actor, std::to_string(i));
}

TEST(Events, WaitsEndWithStopAndWithTheMoment) {
  FakeClock clock;
  Events events(clock);
  const auto listener = events.listen();
  EXPECT_FALSE(listener->next({}, clock.wall()));
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(listener->next(stop.get_token()));
  stopper.join();
  events.publish(event(1));
  EXPECT_FALSE(listener->next({}, clock.wall() - std::chrono::seconds(5)))
      << "it came after the moment";
}

TEST(Events, ToJsonHasBothForms) {
  Event start = event(7);
  start.time = WallTime(std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(5));
  const auto object = to_json(start);
  EXPECT_EQ(text_of(object, "status"), "start");
  EXPECT_EQ(text_of(object, "from"), "nginx");
  EXPECT_EQ(text_of(object, "Type"), "container");
  EXPECT_EQ(text_of(object_of(object, "Actor"), "ID"), "7");
  EXPECT_EQ(integer_of(object, "time"), 1'700'000'000);
  EXPECT_EQ(integer_of(object, "timeNano"), 1'700'000'000'000'000'005);
  Event made{.type = "network", .action = "create", .actor = "n", .attributes = {}};
  EXPECT_FALSE(to_json(made).contains("status"));
}

}  // namespace
}  // namespace cove::engine
