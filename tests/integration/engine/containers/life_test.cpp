#include <gmock/gmock.h>

#include "tests/integration/engine/containers/fixture.h"

namespace cove::engine::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNoNetwork = R"({"HostConfig": {"NetworkMode": "none"}})";

TEST_F(EngineTest, RunsAndSaysTheExitCode) {
  const std::string id = run("echo out; echo err >&2; exit 7", kNoNetwork, "box");
  EXPECT_EQ(wait(id), 7);
  EXPECT_EQ(logs(id), (std::pair<std::string, std::string>("out\n", "err\n")));
  const auto after = state("box");
  EXPECT_EQ(text_of(after, "Status"), "exited");
  EXPECT_EQ(integer_of(after, "ExitCode"), 7);
  EXPECT_EQ(logs(id, "&tail=0").first, "");
  EXPECT_THAT(logs(id, "&timestamps=1").first, HasSubstr("Z out\n"));
}

TEST_F(EngineTest, SaysConflictsInDockersWords) {
  const std::string id = run("sleep 1000", kNoNetwork, "box");
  EXPECT_EQ(api_->post("/containers/" + id + "/start").status, 304);
  const Reply taken = api_->post("/containers/create?name=box", R"({"Image": "busybox"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(taken.message(),
            "Conflict. The container name \"/box\" is already in use by container \"" + id +
                "\". You have to remove (or rename) that container to be able to reuse that name.");
  const Reply running = api_->remove("/containers/box");
  EXPECT_EQ(running.status, 409);
  EXPECT_EQ(running.message(),
            "cannot remove container \"/box\": container is running: stop the container before "
            "removing or force remove");
  EXPECT_EQ(api_->get("/containers/nobody/json").message(), "No such container: nobody");
  EXPECT_EQ(api_->post("/containers/box/rename?name=other").status, 204);
  EXPECT_EQ(text_of(inspect(id), "Name"), "/other");
  EXPECT_EQ(api_->post("/containers/other/kill?signal=BOO").status, 400);
  EXPECT_EQ(api_->post("/containers/other/kill").status, 204);
  EXPECT_EQ(wait(id), 137);
  EXPECT_EQ(api_->post("/containers/other/stop").status, 304);
  EXPECT_EQ(api_->remove("/containers/other").status, 204);
  EXPECT_EQ(api_->remove("/containers/other").status, 404);
  EXPECT_EQ(api_->post("/containers/create", R"({"Image": "nothing"})").status, 404);
}

TEST_F(EngineTest, ACommandThatIsNotThereIs127) {
  const std::string id = create("", R"({"Cmd": ["no-such-program"],
      "HostConfig": {"NetworkMode": "none"}})");
  const Reply failed = api_->post("/containers/" + id + "/start");
  EXPECT_EQ(failed.status, 400);
  EXPECT_THAT(failed.message(), HasSubstr("executable file not found in $PATH"));
  EXPECT_EQ(integer_of(state(id), "ExitCode"), 127);
  const std::string text = create("", R"({"Cmd": ["/etc/passwd"],
      "HostConfig": {"NetworkMode": "none"}})");
  EXPECT_THAT(api_->post("/containers/" + text + "/start").message(),
              HasSubstr("ermission denied"));
  EXPECT_EQ(integer_of(state(text), "ExitCode"), 126);
}

TEST_F(EngineTest, StopSendsTheSignalAndThenKills) {
  // The signal is of no use before the shell listens to it.
  const auto listens = [&](const std::string& id) {
    return eventually([&] { return logs(id).first == "ready\n"; });
  };
  const std::string polite =
      run("trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done", kNoNetwork);
  ASSERT_TRUE(listens(polite));
  EXPECT_EQ(api_->post("/containers/" + polite + "/stop?t=60").status, 204);
  EXPECT_EQ(integer_of(state(polite), "ExitCode"), 3);
  const std::string deaf =
      run("trap '' TERM; echo ready; while :; do sleep 0.05; done", kNoNetwork);
  ASSERT_TRUE(listens(deaf));
  EXPECT_EQ(api_->post("/containers/" + deaf + "/stop?t=0").status, 204);
  EXPECT_EQ(integer_of(state(deaf), "ExitCode"), 137);
}

TEST_F(EngineTest, PausesAndRefusesExecsMeanwhile) {
  const std::string id = run("sleep 1000", kNoNetwork);
  EXPECT_EQ(api_->post("/containers/" + id + "/pause").status, 204);
  EXPECT_EQ(text_of(state(id), "Status"), "paused");
  EXPECT_EQ(api_->post("/containers/" + id + "/exec", R"({"Cmd": ["true"]})").status, 409);
  EXPECT_EQ(api_->post("/containers/" + id + "/unpause").status, 204);
  EXPECT_EQ(exec(id, "echo hi; exit 4"), (std::pair<std::string, std::int64_t>("hi\n", 4)));
}

TEST_F(EngineTest, RemovesWhatAskedForItAndItsVolumes) {
  const std::string id = create("exit 5", R"({"Volumes": {"/vol": {}},
                            "HostConfig": {"NetworkMode": "none", "AutoRemove": true}})");
  EXPECT_EQ(containers_->volumes().list().size(), 1U);
  std::thread starter([&] { start(id); });
  const auto container = *containers_->find(id);
  const auto waited = containers_->wait(container, Containers::WaitFor::kRemoved, [] {}, {});
  starter.join();
  ASSERT_TRUE(waited.has_value() && waited->has_value());
  EXPECT_EQ((*waited)->exit_code, 5);
  EXPECT_EQ(api_->get("/containers/" + id + "/json").status, 404);
  EXPECT_TRUE(containers_->volumes().list().empty());
}

TEST_F(EngineTest, AStoppedContainerKeepsItsLayers) {
  const std::string id = run("cat /data/seed", kNoNetwork);
  EXPECT_EQ(wait(id), 0);
  const auto layers = layers_->list();
  ASSERT_EQ(layers.size(), 1U);
  ASSERT_TRUE(images_->remove("busybox", true, true, {}).has_value());
  EXPECT_TRUE(images_->list().empty());
  images_->collect();
  EXPECT_EQ(layers_->list(), layers);
  // Neither does another process take them before it has found its containers.
  close();
  open();
  images_->collect();
  EXPECT_EQ(layers_->list(), layers);
  start(id);
  EXPECT_EQ(wait(id), 0);
  EXPECT_EQ(logs(id).first, "growngrown");
  EXPECT_EQ(api_->remove("/containers/" + id).status, 204);
  images_->collect();
  EXPECT_TRUE(layers_->list().empty());
}

TEST_F(EngineTest, RestartsOnFailureAsOftenAsAsked) {
  const std::string id = run("exit 1", R"({"HostConfig": {"NetworkMode": "none",
      "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}})");
  // Between its runs it has not come to its end.
  EXPECT_EQ(wait(id), 1);
  EXPECT_EQ(integer_of(inspect(id), "RestartCount"), 2);
  EXPECT_EQ(text_of(state(id), "Status"), "exited");
}

TEST_F(EngineTest, ContainersOutliveTheEngine) {
  const std::string steady = run("sleep 1000", kNoNetwork, "steady");
  const std::string brief = run("sleep 1000", kNoNetwork, "brief");
  const auto pid = integer_of(state(steady), "Pid");
  const auto brief_pid = static_cast<pid_t>(integer_of(state(brief), "Pid"));
  close();
  ::kill(brief_pid, SIGKILL);
  open();
  EXPECT_EQ(integer_of(state(steady), "Pid"), pid);
  EXPECT_TRUE(eventually([&] { return text_of(state(brief), "Status") == "exited"; }));
  EXPECT_EQ(integer_of(state(brief), "ExitCode"), 137);
  EXPECT_EQ(exec(steady, "echo still here").first, "still here\n");
}

// What was told last stands beside the record until the disk has it; a loss of power may tear that.
TEST_F(EngineTest, WhatIsBesideARecordCountsIfItIsWhole) {
  const std::string id = run("exit 3", kNoNetwork, "told");
  EXPECT_EQ(wait(id), 3);
  close();
  const Path records = host_->folder() / "engine/containers";
  const Path next = records / (id + ".next");
  EXPECT_FALSE(std::filesystem::exists(next));
  std::string text = *read_file(records / (id + ".json"), 1 << 20);
  const std::size_t at = text.find("\"told\"");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 6, "\"heard\"");
  ASSERT_TRUE(write_file_atomic(next, text, 0600));
  open();
  EXPECT_EQ(text_of(inspect(id), "Name"), "/heard");
  EXPECT_FALSE(std::filesystem::exists(next));
  close();
  const Path unmade = records / (std::string(64, 'a') + ".next");
  ASSERT_TRUE(write_file_atomic(next, text.substr(0, text.size() / 2), 0600));
  ASSERT_TRUE(write_file_atomic(unmade, text, 0600));
  open();
  EXPECT_EQ(text_of(inspect(id), "Name"), "/heard");
  EXPECT_EQ(integer_of(state(id), "ExitCode"), 3);
  EXPECT_FALSE(std::filesystem::exists(next));
  EXPECT_FALSE(std::filesystem::exists(unmade));
  EXPECT_EQ(containers_->all().size(), 1U);
}

TEST_F(EngineTest, HealthFollowsTheProbe) {
  const std::string id = run("sleep 1000", R"({"HostConfig": {"NetworkMode": "none"},
      "Healthcheck": {"Test": ["CMD-SHELL", "test -e /ok"], "Interval": 50000000, "Retries": 2}})");
  const auto health = [&] { return text_of(object_of(state(id), "Health"), "Status"); };
  EXPECT_EQ(text_of(object_of(state(id), "Health"), "Status").empty(), false);
  EXPECT_TRUE(eventually([&] { return health() == "unhealthy"; }));
  EXPECT_EQ(exec(id, "touch /ok").second, 0);
  EXPECT_TRUE(eventually([&] { return health() == "healthy"; }));
}

TEST_F(EngineTest, LimitsReachTheProcessAndUpdateChangesThem) {
  const std::string id = run("sleep 1000", R"({"HostConfig": {"NetworkMode": "none",
      "Memory": 67108864, "PidsLimit": 50, "Ulimits": [{"Name": "nofile", "Soft": 99, "Hard": 99}],
      "ShmSize": 1048576}, "User": "app", "Env": ["A=b"], "WorkingDir": "/new/dir",
      "Hostname": "boxy"})");
  EXPECT_EQ(exec(id, "id -un; ulimit -n; pwd; hostname; echo $A $HOME").first,
            "app\n99\n/new/dir\nboxy\nb /home\n");
  const auto stats = api_->get("/containers/" + id + "/stats?stream=0&one-shot=1").json();
  EXPECT_EQ(integer_of(object_of(stats.as_object(), "memory_stats"), "limit"), 67108864);
  EXPECT_EQ(
      api_->post("/containers/" + id + "/update", R"({"Memory": 33554432, "MemorySwap": 67108864})")
          .status,
      200);
  const auto after = api_->get("/containers/" + id + "/stats?stream=0&one-shot=1").json();
  EXPECT_EQ(integer_of(object_of(after.as_object(), "memory_stats"), "limit"), 33554432);
  const auto top = api_->get("/containers/" + id + "/top").json().as_object();
  EXPECT_EQ(array_of(top, "Processes").size(), 1U);
}

TEST_F(EngineTest, ListAndPrune) {
  const std::string running = run("sleep 1000", kNoNetwork, "one");
  const std::string ended = run("true", kNoNetwork, "two");
  wait(ended);
  EXPECT_EQ(api_->get("/containers/json").json().as_array().size(), 1U);
  EXPECT_EQ(api_->get("/containers/json?all=1&size=1").json().as_array().size(), 2U);
  const auto pruned = api_->post("/containers/prune").json().as_object();
  EXPECT_EQ(array_of(pruned, "ContainersDeleted").size(), 1U);
  EXPECT_EQ(api_->get("/containers/" + ended + "/json").status, 404);
}

}  // namespace
}  // namespace cove::engine::test
