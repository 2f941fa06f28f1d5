#include <gmock/gmock.h>
#include <poll.h>

#include <algorithm>
#include <random>

#include "tests/integration/runtime/fixture.h"

namespace cove::runtime {
namespace {

class RecoveryTest : public RuntimeTest {
 protected:
  void reopen() {
    runtime_.reset();
    open();
  }
};

TEST_F(RecoveryTest, WhatRunsIsFoundAgain) {
  ContainerSpec running =
      shell("run", "trap 'exit 9' TERM; echo up; while true; do sleep 0.02; done");
  start(running);
  ASSERT_TRUE(runtime_->create(spec("made", {"true"})));
  ASSERT_TRUE(test::eventually([&] { return log("run") == "up\n"; }));
  const ContainerStatus before = *runtime_->status("run");
  reopen();
  const ContainerStatus after = *runtime_->status("run");
  EXPECT_EQ(after.state, ContainerState::kRunning);
  EXPECT_EQ(after.pid, before.pid);
  EXPECT_EQ(after.started_at, before.started_at);
  EXPECT_EQ(after.created_at, before.created_at);
  EXPECT_EQ(runtime_->status("made")->state, ContainerState::kCreated);
  EXPECT_EQ(exec("run", {"echo", "beside"}), "beside\n");
  ASSERT_TRUE(runtime_->signal("run", SIGTERM));
  EXPECT_EQ(end_of("run").exit_code, 9);
}

TEST_F(RecoveryTest, ThePausedStayPaused) {
  start(spec("pp", {"sleep", "1000"}));
  ASSERT_TRUE(runtime_->pause("pp"));
  reopen();
  EXPECT_EQ(runtime_->status("pp")->state, ContainerState::kPaused);
  EXPECT_TRUE(runtime_->resume("pp"));
}

TEST_F(RecoveryTest, AnEndWhileAwayIsToldOnce) {
  start(shell("away", "sleep 0.3; exit 21"));
  runtime_.reset();
  ASSERT_TRUE(test::eventually([&] { return host_->processes().empty(); }));
  open();
  EXPECT_EQ(runtime_->status("away")->state, ContainerState::kStopped);
  std::mutex mutex;
  std::vector<int> codes;
  runtime_->on_exit([&](const ContainerStatus& status) {
    const std::lock_guard lock(mutex);
    codes.push_back(status.exit_code);
  });
  EXPECT_TRUE(test::eventually([&] {
    const std::lock_guard lock(mutex);
    return codes == std::vector<int>{21};
  }));
  EXPECT_TRUE(host_->mounts().empty());
  EXPECT_TRUE(host_->groups().empty());
  reopen();
  EXPECT_EQ(runtime_->status("away")->exit_code, 21);
}

TEST_F(RecoveryTest, ARebootEndsWhatRan) {
  start(spec("boot", {"sleep", "1000"}));
  runtime_.reset();
  // The power goes: processes, control groups, mounts and the runtime folder.
  for (const pid_t pid : host_->processes()) ::kill(pid, SIGKILL);
  ASSERT_TRUE((*os::Cgroups::find())->remove("/" + host_->cgroup_root() + "/boot"));
  for (const auto& point : host_->mounts()) ::umount2(point.c_str(), MNT_DETACH);
  std::filesystem::remove_all(host_->run());
  open();
  EXPECT_EQ(runtime_->status("boot")->state, ContainerState::kStopped);
  EXPECT_EQ(runtime_->status("boot")->exit_code, 255);
  ASSERT_TRUE(runtime_->start("boot"));
  EXPECT_EQ(runtime_->status("boot")->state, ContainerState::kRunning);
}

TEST_F(RecoveryTest, HalfMadeFoldersGo) {
  ASSERT_TRUE(runtime_->create(spec("good", {"true"})));
  runtime_.reset();
  const Path containers = host_->directory() / "containers";
  std::filesystem::create_directories(containers / ".new-half");
  std::filesystem::create_directories(containers / ".gone-old/upper/x");
  std::filesystem::create_directories(host_->run() / "c/left");
  std::filesystem::create_directories(containers / "broken");
  ASSERT_TRUE(write_file_atomic(containers / "broken/spec.json", "{", 0600));
  open();
  EXPECT_FALSE(std::filesystem::exists(containers / ".new-half"));
  EXPECT_FALSE(std::filesystem::exists(containers / ".gone-old"));
  EXPECT_FALSE(std::filesystem::exists(host_->run() / "c/left"));
  EXPECT_TRUE(std::filesystem::exists(containers / "broken"));
  EXPECT_EQ(runtime_->list().size(), 1U);
}

// What nobody makes again is not carried along for ever.
TEST_F(RecoveryTest, TornContainersGoWhereNobodyMakesThemAgain) {
  start(spec("good", {"sleep", "1000"}));
  start(shell("torn", "sleep 1000"));
  runtime_.reset();
  const Path containers = host_->directory() / "containers";
  ASSERT_TRUE(write_file_atomic(containers / "torn/spec.json", "", 0600));
  auto opened = Runtime::open({.directory = host_->directory(),
                               .run = host_->run(),
                               .cgroup_root = host_->cgroup_root(),
                               .clock = clock_,
                               .logger = *logger_,
                               .spawner = *spawner_,
                               .remove_unreadable = true});
  ASSERT_TRUE(opened) << opened.error().message();
  runtime_ = std::move(*opened);
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(containers))
    left.push_back(entry.path().filename());
  EXPECT_EQ(left, (std::vector<std::string>{"good"}));
  EXPECT_EQ(runtime_->status("good")->state, ContainerState::kRunning);
  EXPECT_EQ(host_->mounts().size(), 1U);
}

// A specification that a loss of power tore is no end of what was written in the container.
TEST_F(RecoveryTest, WhoeverMakesATornContainerAgainFindsItsFiles) {
  start(shell("torn", "echo kept >/file"));
  EXPECT_EQ(end_of("torn").exit_code, 0);
  runtime_.reset();
  ASSERT_TRUE(
      write_file_atomic(host_->directory() / "containers/torn/spec.json", R"({"id": "to)", 0600));
  open();
  EXPECT_FALSE(runtime_->status("torn"));
  ASSERT_TRUE(runtime_->create(shell("torn", "cat /file")));
  ASSERT_TRUE(runtime_->start("torn"));
  EXPECT_EQ(end_of("torn").exit_code, 0);
}

// A process that works without pause is killed at any moment; whoever opens next finds everything
// whole, and nothing beside what he finds.
TEST_F(RecoveryTest, KilledAtAnyMomentNothingIsHalfDone) {
  runtime_.reset();
  std::mt19937 random(20240611);
  for (unsigned round = 0; round < 30; ++round) {
    auto out = make_pipe();
    ASSERT_TRUE(out);
    auto victim = ChildProcess::spawn(
        Command{{"/proc/self/exe", "--victim", host_->directory().string(), host_->run().string(),
                 host_->cgroup_root(), host_->busybox().string(), std::to_string(round)},
                {},
                {},
                {}},
        {-1, out->write.get(), 2});
    ASSERT_TRUE(victim) << victim.error().message();
    out->write.reset();
    pollfd opened{out->read.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&opened, 1, 60'000), 1);
    // The moment is what varies; nothing depends on how long it is.
    pollfd ended{victim->pidfd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ended, 1, static_cast<int>(random() % 250)), 0) << "it ended by itself";
    victim->signal(SIGKILL);
    victim->wait(std::chrono::seconds(60));

    ASSERT_NO_FATAL_FAILURE(open()) << "round " << round;
    // One that was being killed when the killer died may still end now, so what runs is asked for
    // anew.
    const auto running = [&] {
      return static_cast<std::size_t>(std::ranges::count_if(runtime_->list(), [](const auto& each) {
        return each.state == ContainerState::kRunning || each.state == ContainerState::kPaused;
      }));
    };
    EXPECT_TRUE(test::eventually([&] {
      const std::size_t count = running();
      return host_->processes().size() == count && host_->mounts().size() == count &&
             host_->groups().size() == count;
    })) << "round "
        << round << ": " << running() << " run, with " << host_->processes().size()
        << " processes, " << host_->mounts().size() << " mounts, " << host_->groups().size()
        << " groups";
    for (const auto& status : runtime_->list()) {
      EXPECT_TRUE(runtime_->remove(status.id, true)) << "round " << round;
    }
    runtime_.reset();
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  open();
}

}  // namespace
}  // namespace cove::runtime
