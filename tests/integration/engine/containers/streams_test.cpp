#include <gmock/gmock.h>

#include "tests/integration/engine/containers/fixture.h"

namespace cove::engine::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(EngineTest, AttachBeforeTheStartMissesNothing) {
  const std::string id =
      create("echo quick; echo wrong >&2", R"({"HostConfig": {"NetworkMode": "none"}})");
  Wire wire = attach(id, "stream=1&stdout=1&stderr=1");
  EXPECT_THAT(wire.head(), StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(wire.head(), HasSubstr("application/vnd.docker.multiplexed-stream"));
  start(id);
  EXPECT_EQ(take_apart(wire.read()), (std::pair<std::string, std::string>("quick\n", "wrong\n")));
}

TEST_F(EngineTest, StandardInputReachesTheProcessAndItsEndToo) {
  const std::string id = create("cat", R"({"OpenStdin": true, "StdinOnce": true,
      "HostConfig": {"NetworkMode": "none"}})");
  Wire wire = attach(id, "stream=1&stdin=1&stdout=1");
  start(id);
  wire.send("one\ntwo\n");
  wire.finish();
  EXPECT_EQ(take_apart(wire.read()).first, "one\ntwo\n");
  EXPECT_EQ(wait(id), 0);
}

TEST_F(EngineTest, ATerminalIsRawResizesAndDetaches) {
  const std::string id = create("sh", R"({"Cmd": ["sh"], "Tty": true, "OpenStdin": true,
      "HostConfig": {"NetworkMode": "none"}})");
  Wire wire = attach(id, "stream=1&stdin=1&stdout=1");
  EXPECT_THAT(wire.head(), HasSubstr("application/vnd.docker.raw-stream"));
  start(id);
  EXPECT_EQ(api_->post("/containers/" + id + "/resize?h=40&w=132").status, 200);
  wire.send("stty size\n");
  EXPECT_THAT(wire.read("40 132"), HasSubstr("40 132"));
  wire.send("\x10\x11");
  wire.read();
  EXPECT_TRUE(flag_of(state(id), "Running"));
}

TEST_F(EngineTest, LogsFollowUntilTheEnd) {
  const std::string id = run("echo first; while ! test -e /go; do sleep 0.02; done; echo last",
                             R"({"HostConfig": {"NetworkMode": "none"}})");
  std::pair<std::string, std::string> followed;
  std::thread follower([&] { followed = logs(id, "&follow=1"); });
  EXPECT_EQ(exec(id, "touch /go").second, 0);
  follower.join();
  EXPECT_EQ(followed.first, "first\nlast\n");
}

TEST_F(EngineTest, ExecWithoutAProgramSaysSoAndIs127) {
  const std::string id = run("sleep 1000", R"({"HostConfig": {"NetworkMode": "none"}})");
  const Reply made = api_->post("/containers/" + id + "/exec",
                                R"({"Cmd": ["no-such-program"], "AttachStdout": true})");
  const std::string exec_id = text_of(made.json().as_object(), "Id");
  Wire wire(api_->folder() / "engine.sock", "/exec/" + exec_id + "/start", "{}");
  EXPECT_THAT(take_apart(wire.read()).second, HasSubstr("executable file not found in $PATH"));
  EXPECT_EQ(integer_of(api_->get("/exec/" + exec_id + "/json").json().as_object(), "ExitCode"),
            127);
  EXPECT_EQ(api_->post("/exec/" + exec_id + "/start", "{}").status, 409);
}

}  // namespace
}  // namespace cove::engine::test
