#include "core/engine/system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using test::Reply;
using test::ServedApi;
using ::testing::HasSubstr;

std::vector<Route> all_routes() {
  std::vector<Route> routes = system_routes(nullptr);
  for (Route& each : swarm_routes()) routes.push_back(std::move(each));
  return routes;
}

TEST(Ping, SaysWhatClientsNegotiateBy) {
  ServedApi api(all_routes());
  const Reply reply = api.get("/_ping");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "OK");
  EXPECT_EQ(reply.header("api-version"), "1.48");
  EXPECT_EQ(reply.header("builder-version"), "1");
  EXPECT_EQ(reply.header("swarm"), "inactive");
  const Reply head = api.send(ServedApi::request("HEAD", "/v1.24/_ping"));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("api-version"), "1.48");
}

TEST(Swarm, PointsToKubernetes) {
  ServedApi api(all_routes());
  for (const char* target : {"/swarm", "/v1.40/nodes", "/services", "/services/x/logs", "/secrets",
                             "/configs/a", "/tasks"}) {
    const Reply reply = api.get(target);
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_THAT(reply.message(), HasSubstr("This node is not a swarm manager")) << target;
    EXPECT_THAT(reply.message(), HasSubstr("kubectl")) << target;
  }
  EXPECT_EQ(api.post("/swarm/init", "{}").status, 503);
  EXPECT_EQ(api.get("/plugins").body, "[]\n");
  EXPECT_EQ(api.post("/plugins/pull").status, 503);
}

TEST(BuildKit, IsNotThere) {
  ServedApi api(all_routes());
  EXPECT_EQ(api.post("/session").status, 404);
  EXPECT_EQ(api.post("/grpc").status, 404);
}

Event event(std::string type, std::string action, std::string actor,
            std::map<std::string, std::string> attributes) {
  Event event;
  event.type = std::move(type);
  event.action = std::move(action);
  event.actor = std::move(actor);
  event.attributes = std::move(attributes);
  return event;
}

// A client knows by the header that it misses nothing any more.
TEST(EventsEndpoint, AnswersBeforeAnythingHappens) {
  FakeClock clock;
  Events events(clock);
  ServedApi api(system_routes(std::make_shared<const SystemParts>(SystemParts{.name = "n",
                                                                              .id = "i",
                                                                              .version = "9.9",
                                                                              .directory = {},
                                                                              .registries = {},
                                                                              .events = events,
                                                                              .images = nullptr,
                                                                              .clock = clock,
                                                                              .counts = {},
                                                                              .containers = {},
                                                                              .volumes = {}})));
  auto response = api.client().send(ServedApi::request("GET", "/v1.43/events"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status(), 200);
  EXPECT_EQ(response->header("content-type"), "application/json");
  events.publish(event("container", "start", "0123456789ab", {}));
  const auto line = response->read(64 << 10);
  ASSERT_TRUE(line.has_value()) << line.error().message();
  EXPECT_THAT(*line, HasSubstr(R"("Action":"start")"));
}

TEST(EventFilters, SelectAsDockersDo) {
  const Event start = event("container", "start", "0123456789ab",
                            {{"name", "web"}, {"image", "nginx:1.25"}, {"tier", "front"}});
  const Event health = event("container", "health_status: healthy", "0123456789ab", {});
  const Event connect =
      event("network", "connect", "net1", {{"container", "c1"}, {"name", "bridge"}});
  const Event tag = event("image", "tag", "sha256:5f", {{"name", "nginx:1.25"}});
  EXPECT_TRUE(passes(start, {}));
  EXPECT_TRUE(passes(start, {{"event", {"stop", "start"}}}));
  EXPECT_FALSE(passes(start, {{"event", {"stop"}}}));
  EXPECT_TRUE(passes(health, {{"event", {"health_status"}}}));
  EXPECT_TRUE(passes(start, {{"container", {"web"}}}));
  EXPECT_TRUE(passes(start, {{"container", {"0123"}}}));
  EXPECT_FALSE(passes(start, {{"container", {"other"}}}));
  EXPECT_TRUE(passes(start, {{"image", {"nginx"}}}));
  EXPECT_TRUE(passes(tag, {{"image", {"nginx:1.25"}}}));
  EXPECT_FALSE(passes(start, {{"image", {"busybox"}}}));
  EXPECT_TRUE(passes(start, {{"label", {"tier=front"}}}));
  EXPECT_FALSE(passes(start, {{"label", {"tier=front", "other"}}}));
  EXPECT_TRUE(passes(connect, {{"network", {"bridge"}}}));
  EXPECT_FALSE(passes(connect, {{"container", {"c1"}}}));
  EXPECT_FALSE(passes(connect, {{"volume", {"bridge"}}}));
  EXPECT_TRUE(passes(start, {{"type", {"container"}}, {"scope", {"local"}}}));
  EXPECT_FALSE(passes(start, {{"type", {"network"}}, {"event", {"start"}}}));
}

}  // namespace
}  // namespace cove::engine
