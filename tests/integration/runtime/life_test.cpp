#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "core/base/process.h"
#include "tests/integration/runtime/fixture.h"

namespace cove::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using LifeTest = RuntimeTest;

TEST_F(LifeTest, ExitCodesAreTheProcess) {
  EXPECT_EQ(run(shell("c0", "exit 0")), 0);
  EXPECT_EQ(run(shell("c3", "exit 3")), 3);
  // Process 1 of a namespace is out of reach of its own signals.
  EXPECT_EQ(run(shell("c15", "sh -c 'kill -15 $$'; exit $?")), 143);
  EXPECT_EQ(run(shell("c255", "exit 255")), 255);
}

TEST_F(LifeTest, OutputIsInTheLogByStream) {
  EXPECT_EQ(run(shell("ab", "echo out; echo err >&2; echo last")), 0);
  EXPECT_THAT(log("ab"), testing::AllOf(HasSubstr("out\n"), HasSubstr("err\n")));
  LogQuery query;
  query.out = false;
  EXPECT_EQ(log("ab", query), "err\n");
  query = {};
  query.tail = 1;
  query.error = false;
  EXPECT_EQ(log("ab", query), "last\n");
}

TEST_F(LifeTest, StatesAndTimesFollowTheLife) {
  ASSERT_TRUE(runtime_->create(spec("cc", {"sleep", "1000"})));
  EXPECT_EQ(runtime_->status("cc")->state, ContainerState::kCreated);
  EXPECT_FALSE(runtime_->namespaces("cc"));
  ASSERT_TRUE(runtime_->start("cc"));
  const ContainerStatus running = *runtime_->status("cc");
  EXPECT_EQ(running.state, ContainerState::kRunning);
  EXPECT_GT(running.pid, 0);
  EXPECT_GE(running.started_at, running.created_at);
  EXPECT_TRUE(std::filesystem::exists(*runtime_->namespaces("cc") / "net"));
  EXPECT_EQ(runtime_->start("cc").error().code, ErrorCode::kConflict);
  EXPECT_EQ(runtime_->remove("cc", false).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(runtime_->signal("cc", SIGKILL));
  const ContainerStatus ended = end_of("cc");
  EXPECT_EQ(ended.exit_code, 137);
  EXPECT_EQ(ended.state, ContainerState::kStopped);
  EXPECT_EQ(ended.pid, 0);
  EXPECT_GE(ended.finished_at, ended.started_at);
  EXPECT_FALSE(ended.oom_killed);
  EXPECT_EQ(runtime_->signal("cc", SIGTERM).error().code, ErrorCode::kConflict);
}

TEST_F(LifeTest, ASignalReachesItsHandler) {
  start(shell("tt", "trap 'exit 42' TERM; echo ready; while true; do sleep 0.02; done"));
  ASSERT_TRUE(test::eventually([&] { return log("tt") == "ready\n"; }));
  ASSERT_TRUE(runtime_->signal("tt", SIGTERM));
  EXPECT_EQ(end_of("tt").exit_code, 42);
}

TEST_F(LifeTest, TheRootStaysBetweenTwoRuns) {
  EXPECT_EQ(run(shell("rr", "test -e /mark && exit 5; touch /mark; rm /etc/group")), 0);
  EXPECT_TRUE(host_->mounts().empty());
  ASSERT_TRUE(runtime_->start("rr"));
  EXPECT_EQ(end_of("rr").exit_code, 5);
  EXPECT_TRUE(std::filesystem::exists(runtime_->root("rr")->upper / "mark"));
  // The layer below knows nothing of it.
  EXPECT_TRUE(std::filesystem::exists(host_->busybox() / "etc/group"));
  EXPECT_FALSE(std::filesystem::exists(host_->busybox() / "mark"));
}

TEST_F(LifeTest, ARootIsMountedForWhoNeedsIt) {
  EXPECT_EQ(run(shell("mm", "echo text > /file")), 0);
  {
    auto mounted = runtime_->mount_root("mm");
    ASSERT_TRUE(mounted) << mounted.error().message();
    EXPECT_EQ(*read_file((*mounted)->path() / "file", 100), "text\n");
    EXPECT_TRUE(std::filesystem::exists((*mounted)->path() / "bin/busybox"));
  }
  EXPECT_TRUE(host_->mounts().empty());
}

TEST_F(LifeTest, ManyLayersFitOneMount) {
  ContainerSpec many = shell("many", "cat /layer0 /layer119");
  for (int i = 0; i < 120; ++i) {
    const Path layer =
        host_->folder() / "layers" / (std::string(64, 'a') + std::to_string(i)) / "fs";
    std::filesystem::create_directories(layer);
    ASSERT_TRUE(write_file_atomic(layer / ("layer" + std::to_string(i)), "here\n", 0644));
    many.root.lower.insert(many.root.lower.begin(), layer);
  }
  EXPECT_EQ(run(many), 0);
  EXPECT_EQ(log("many"), "here\nhere\n");
}

TEST_F(LifeTest, WhatCannotBeRunSaysSoInDockersWords) {
  const auto refusal = [&](const std::string& id, const std::string& command) {
    EXPECT_TRUE(runtime_->create(spec(id, {command})));
    const auto started = runtime_->start(id);
    EXPECT_FALSE(started);
    return started ? Error{} : started.error();
  };
  EXPECT_EQ(refusal("n1", "foo").cause, "exec: \"foo\": executable file not found in $PATH");
  EXPECT_EQ(runtime_->status("n1")->exit_code, 127);
  EXPECT_EQ(runtime_->status("n1")->state, ContainerState::kCreated);
  const Error path = refusal("n2", "/bin/foo");
  EXPECT_EQ(path.cause, "exec: \"/bin/foo\": stat /bin/foo: no such file or directory");
  EXPECT_EQ(path.code, ErrorCode::kNotFound);
  const Error denied = refusal("n3", "/etc/passwd");
  EXPECT_EQ(denied.cause, "exec: \"/etc/passwd\": permission denied");
  EXPECT_EQ(denied.code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(runtime_->status("n3")->exit_code, 126);
  EXPECT_TRUE(host_->mounts().empty());
  EXPECT_TRUE(host_->groups().empty());
  // Nothing stands in the way of a better command.
  ContainerSpec better = spec("n1", {"true"});
  ASSERT_TRUE(runtime_->reconfigure(better));
  ASSERT_TRUE(runtime_->start("n1"));
  EXPECT_EQ(end_of("n1").exit_code, 0);
}

TEST_F(LifeTest, UnknownAndDoubleAreSaid) {
  EXPECT_EQ(runtime_->start("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(runtime_->status("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(runtime_->remove("none", true).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(runtime_->create(spec("aa", {"true"})));
  EXPECT_EQ(runtime_->create(spec("aa", {"true"})).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(runtime_->create(spec("../x", {"true"})).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(runtime_->remove("aa", false));
  EXPECT_FALSE(std::filesystem::exists(host_->directory() / "containers/aa"));
  EXPECT_TRUE(runtime_->list().empty());
}

TEST_F(LifeTest, ListenersHearEveryEndInOrder) {
  std::mutex mutex;
  std::vector<std::string> heard;
  runtime_->on_exit([&](const ContainerStatus& status) {
    const std::lock_guard lock(mutex);
    heard.push_back(status.id + ":" + std::to_string(status.exit_code));
  });
  EXPECT_EQ(run(shell("e1", "exit 1")), 1);
  EXPECT_EQ(run(shell("e2", "exit 2")), 2);
  ASSERT_TRUE(runtime_->start("e1"));
  end_of("e1");
  EXPECT_TRUE(test::eventually([&] {
    const std::lock_guard lock(mutex);
    return heard.size() == 3;
  }));
  EXPECT_THAT(heard, ElementsAre("e1:1", "e2:2", "e1:1"));
}

TEST_F(LifeTest, WaitingCanBeCutOff) {
  start(spec("ww", {"sleep", "1000"}));
  std::stop_source stop;
  std::jthread later([&] { stop.request_stop(); });
  const auto ended = runtime_->wait("ww", stop.get_token());
  ASSERT_TRUE(ended);
  EXPECT_FALSE(*ended);
}

TEST_F(LifeTest, TwentyAtOnceLeaveNothing) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) {
      threads.emplace_back([&, i] {
        const std::string id = "p" + std::to_string(i);
        EXPECT_TRUE(runtime_->create(shell(id, "exit " + std::to_string(i))));
        const auto started = runtime_->start(id);
        EXPECT_TRUE(started) << started.error().message();
        EXPECT_EQ(end_of(id).exit_code, i);
      });
    }
  }
  EXPECT_TRUE(host_->mounts().empty());
  EXPECT_TRUE(host_->groups().empty());
  EXPECT_TRUE(test::eventually([&] { return host_->processes().empty(); }));
  EXPECT_TRUE(std::filesystem::is_empty(host_->run() / "c"));
  EXPECT_TRUE(std::filesystem::is_empty(host_->run() / "crun"));
  EXPECT_TRUE(std::filesystem::is_empty(host_->run() / "exits"));
}

// A container's first process is crun for a moment and finds it as its own program.
TEST_F(LifeTest, WhatStartsContainersCannotBeChanged) {
  ASSERT_EQ(run(shell("any", "exit 0")), 0);
  const Path program = host_->run() / "bin/crun";
  const auto version =
      make_spawner()->run({{program.string(), "--version"}, {}, {}, {}}, std::chrono::seconds(20));
  ASSERT_TRUE(version);
  EXPECT_THAT(version->standard_output, testing::StartsWith("crun version"));
  const Fd opened(::open(program.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(opened);
  EXPECT_LT(::write(opened.get(), "x", 1), 0);
  EXPECT_NE(::ftruncate(opened.get(), 0), 0);
  EXPECT_EQ(::fcntl(opened.get(), F_GET_SEALS),
            F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

TEST_F(LifeTest, ALostMonitorEndsItsContainer) {
  start(spec("lost", {"sleep", "1000"}));
  // Until it has become `sleep`, its process looks like crun.
  ASSERT_TRUE(test::eventually([&] { return host_->processes().size() == 1; }));
  ::kill(host_->processes().at(0), SIGKILL);
  const ContainerStatus ended = end_of("lost");
  EXPECT_EQ(ended.exit_code, 137);
  EXPECT_THAT(ended.error, HasSubstr("monitor"));
  EXPECT_TRUE(host_->groups().empty());
}

TEST_F(LifeTest, LogsRotateAndReadAsOne) {
  ContainerSpec chatty = shell("log", "for i in $(seq 1 400); do echo line number $i; done");
  chatty.log.max_bytes = 4096;
  chatty.log.max_files = 3;
  EXPECT_EQ(run(chatty), 0);
  const Path file = chatty.log.file;
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(file.string() + ".1"); }));
  EXPECT_LE(std::filesystem::file_size(file), 4096U);
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".3"));
  EXPECT_THAT(log("log"), testing::EndsWith("line number 399\nline number 400\n"));
}

TEST_F(LifeTest, AFollowedLogEndsWithItsContainer) {
  start(shell("ff", "echo one; sleep 0.2; echo two; sleep 0.2; echo three"));
  LogQuery query;
  query.follow = true;
  EXPECT_EQ(log("ff", query), "one\ntwo\nthree\n");
}

}  // namespace
}  // namespace cove::runtime
