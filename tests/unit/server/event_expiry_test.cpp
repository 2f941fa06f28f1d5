#include "core/server/event_expiry.h"

#include "core/api/time.h"
#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

class EventExpiryTest : public ServerTest {
 protected:
  void tell(const std::string& name, const std::string& more = "") {
    expect(201, ask("POST", kEvents,
                    R"({"metadata":{"name":")" + name +
                        R"("},"involvedObject":{"kind":"Pod","name":"p","namespace":"default"})" +
                        more + "}"));
  }
  std::vector<std::string> left() {
    std::vector<std::string> all;
    const json::value list = read(kEvents);
    for (const json::value& item : list.at("items").as_array())
      all.emplace_back(item.at("metadata").at("name").as_string());
    return all;
  }
  void tick() {
    expiry_.tick();
    bool settled = false;
    store_->settle([&](Result<void>) { settled = true; });
    executor_.run_until([&] { return settled; });
  }

  const std::string kEvents = "/api/v1/namespaces/default/events";
  EventExpiry expiry_{*storage_, clock_};
};

TEST_F(EventExpiryTest, GoAnHourAfterTheyWereLastToldOf) {
  tell("once");
  tell("again");
  tell("of-the-future", R"(,"lastTimestamp":"2200-01-01T00:00:00Z")");
  tick();
  EXPECT_THAT(left(), UnorderedElementsAre("once", "again", "of-the-future"));
  clock_.advance(40min);
  tell("later");
  expect(200, patch(kEvents + "/again", "merge-patch+json",
                    R"({"count":2,"lastTimestamp":")" + api::format_time(clock_.wall()) + "\"}"));
  clock_.advance(30min);
  tick();
  EXPECT_THAT(left(), UnorderedElementsAre("again", "later"));
  clock_.advance(2h);
  tick();
  EXPECT_THAT(left(), UnorderedElementsAre());
  tick();
}

TEST_F(EventExpiryTest, AllAreLookedAtInTheEnd) {
  for (int i = 0; i < 250; ++i) tell("event-" + std::to_string(i));
  clock_.advance(2h);
  tick();
  EXPECT_EQ(left().size(), 150u);
  tick();
  tick();
  EXPECT_EQ(left().size(), 0u);
}

}  // namespace
}  // namespace cove::server
