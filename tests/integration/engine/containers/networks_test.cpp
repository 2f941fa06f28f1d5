#include <gmock/gmock.h>

#include "tests/integration/engine/containers/fixture.h"

namespace cove::engine::test {
namespace {

using ::testing::HasSubstr;

TEST_F(EngineTest, UserNetworksKnowNamesAndAliases) {
  const Reply made = api_->post("/networks/create", R"({"Name": "mine"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(api_->post("/networks/create", R"({"Name": "mine"})").status, 409);
  const std::string server = run("while :; do echo hello | nc -l -p 80; done",
                                 R"({"HostConfig": {"NetworkMode": "mine"},
          "NetworkingConfig": {"EndpointsConfig": {"mine": {"Aliases": ["web"]}}}})",
                                 "server");
  const std::string client = run("sleep 1000", R"({"HostConfig": {"NetworkMode": "mine"}})");
  EXPECT_TRUE(eventually([&] { return exec(client, "nc web 80 </dev/null").first == "hello\n"; }));
  EXPECT_THAT(
      exec(client, "nslookup server").first,
      HasSubstr(text_of(
          object_of(object_of(object_of(inspect(server), "NetworkSettings"), "Networks"), "mine"),
          "IPAddress")));
  EXPECT_EQ(api_->remove("/networks/mine").status, 403);
  EXPECT_EQ(api_->post("/networks/mine/disconnect",
                       boost::json::serialize(boost::json::object{{"Container", client}}))
                .status,
            200);
  EXPECT_NE(exec(client, "nslookup server").second, 0);
  EXPECT_EQ(api_->post("/networks/mine/connect",
                       boost::json::serialize(boost::json::object{{"Container", client}}))
                .status,
            200);
  EXPECT_TRUE(eventually([&] { return exec(client, "nc web 80 </dev/null").first == "hello\n"; }));
}

TEST_F(EngineTest, ATakenPortUndoesTheStart) {
  const char* published =
      R"({"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "18080"}]}}})";
  const std::string first = run("sleep 1000", published, "first");
  EXPECT_THAT(
      boost::json::serialize(object_of(object_of(inspect(first), "NetworkSettings"), "Ports")),
      HasSubstr("18080"));
  const std::string second = create("sleep 1000", published, "second");
  const Reply refused = api_->post("/containers/second/start");
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.message(), HasSubstr("driver failed programming external connectivity on "
                                           "endpoint second"));
  EXPECT_THAT(refused.message(),
              HasSubstr("Bind for 0.0.0.0:18080 failed: port is already allocated"));
  EXPECT_FALSE(flag_of(state(second), "Running"));
  EXPECT_EQ(api_->remove("/containers/first?force=1").status, 204);
  start(second);
}

TEST_F(EngineTest, SharesTheNetworkOfAnother) {
  const std::string owner = run("sleep 1000", {}, "owner");
  const std::string guest =
      run("sleep 1000", R"({"HostConfig": {"NetworkMode": "container:owner"}})");
  EXPECT_EQ(exec(owner, "ip -4 -o addr show eth0").first,
            exec(guest, "ip -4 -o addr show eth0").first);
  EXPECT_EQ(api_->get("/networks/bridge").status, 200);
  EXPECT_EQ(api_->remove("/networks/bridge").status, 403);
}

}  // namespace
}  // namespace cove::engine::test
