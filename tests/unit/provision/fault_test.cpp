// What goes wrong while a cluster lives: every fault is one sentence with a remedy, and the next
// command heals.
#include <unistd.h>

#include "tests/unit/provision/life_fixture.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

// The end of the program in the middle of a step: nothing after it runs.
struct Killed {};

class Interrupted : public LifeTest, public testing::WithParamInterface<const char*> {};

TEST_P(Interrupted, AStartKilledAtThisStepIsContinuedByTheNext) {
  progress.on_running = [](const std::string& step) {
    if (step == GetParam()) throw Killed();
  };
  EXPECT_THROW(static_cast<void>(start()), Killed);
  const ClusterStatus after = status();
  EXPECT_EQ(after.phase, Phase::kBroken);
  EXPECT_NE(after.reason.find("interrupted"), std::string::npos) << after.reason;
  EXPECT_NE(after.remedy.find("cove start"), std::string::npos);
  progress.on_running = nullptr;
  const auto again = start();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->phase, Phase::kRunning);
}

TEST_P(Interrupted, AStartKilledAtThisStepCanBeDeleted) {
  progress.on_running = [](const std::string& step) {
    if (step == GetParam()) throw Killed();
  };
  EXPECT_THROW(static_cast<void>(start()), Killed);
  progress.on_running = nullptr;
  ASSERT_TRUE(program()->remove("cove", progress));
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
  EXPECT_FALSE(hypervisor->spec("cove"));
}

TEST_P(Interrupted, AStartCancelledAtThisStepIsContinuedByTheNext) {
  std::stop_source stop;
  progress.on_running = [&](const std::string& step) {
    if (step == GetParam()) stop.request_stop();
  };
  const auto cancelled = program()->start("cove", {}, progress, stop.get_token());
  progress.on_running = nullptr;
  if (std::string(GetParam()) != "write-kubeconfig") {
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
    EXPECT_NE(status().phase, Phase::kRunning);
    EXPECT_NE(status().reason.find("cancelled"), std::string::npos) << status().reason;
  }
  const auto again = start();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->phase, Phase::kRunning);
}

INSTANTIATE_TEST_SUITE_P(Steps, Interrupted,
                         testing::Values("check-host", "create-disk", "define-machine",
                                         "create-keys", "boot", "configure-node", "open-ports",
                                         "wait-api", "wait-node", "write-kubeconfig"),
                         [](const auto& chosen) {
                           std::string name = chosen.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class InterruptedEnd : public LifeTest,
                       public testing::WithParamInterface<std::pair<const char*, const char*>> {
 protected:
  void act() {
    const std::string verb = GetParam().first;
    if (verb == "stop") static_cast<void>(program()->stop("cove", progress));
    if (verb == "pause") static_cast<void>(program()->pause("cove", progress));
    if (verb == "delete") static_cast<void>(program()->remove("cove", progress));
  }
};

TEST_P(InterruptedEnd, KilledAtThisStepTheSameCommandFinishesIt) {
  ASSERT_TRUE(start());
  progress.on_running = [](const std::string& step) {
    if (step == GetParam().second) throw Killed();
  };
  EXPECT_THROW(act(), Killed);
  EXPECT_EQ(status().phase, Phase::kBroken);
  progress.on_running = nullptr;
  act();
  const std::string verb = GetParam().first;
  EXPECT_EQ(status().phase, verb == "stop"    ? Phase::kStopped
                            : verb == "pause" ? Phase::kPaused
                                              : Phase::kNotCreated);
  if (verb == "delete") {
    EXPECT_EQ(leftovers(), std::vector<std::string>{});
  } else {
    EXPECT_EQ(start()->phase, Phase::kRunning);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Steps, InterruptedEnd,
    testing::Values(std::pair{"stop", "shutdown"}, std::pair{"stop", "power-off"},
                    std::pair{"pause", "save-memory"}, std::pair{"delete", "remove-machine"},
                    std::pair{"delete", "remove-kubeconfig"}, std::pair{"delete", "remove-files"}),
    [](const auto& chosen) {
      std::string name = std::string(chosen.param.first) + "_" + chosen.param.second;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

class BackendFailure : public LifeTest, public testing::WithParamInterface<const char*> {};

TEST_P(BackendFailure, IsShownAndTheNextStartHeals) {
  hypervisor->fail_next(
      GetParam(), Error{ErrorCode::kUnavailable, "call", "libvirt", "the wire broke", "Mend it."});
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("the wire broke"), std::string::npos)
      << result.error().message();
  const ClusterStatus after = status();
  EXPECT_EQ(after.phase, Phase::kBroken);
  EXPECT_NE(after.reason.find("the wire broke"), std::string::npos) << after.reason;
  EXPECT_FALSE(after.remedy.empty());
  const auto again = start();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->phase, Phase::kRunning);
}

INSTANTIATE_TEST_SUITE_P(Calls, BackendFailure,
                         testing::Values("describe", "define", "start", "observe", "guest_network",
                                         "open_channel", "add_forward"),
                         [](const auto& chosen) { return std::string(chosen.param); });

using FaultTest = LifeTest;

TEST_F(FaultTest, NoLibvirt) {
  no_backend = true;
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("Install the package libvirt-daemon."),
            std::string::npos);
  EXPECT_EQ(status().phase, Phase::kBroken);
  ASSERT_TRUE(program()->remove("cove", progress))
      << "a cluster that never had a machine needs no libvirt to go";
  EXPECT_EQ(status().phase, Phase::kNotCreated);
}

TEST_F(FaultTest, NoSystemImage) {
  std::filesystem::remove_all(image);
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(result.error().remedy.empty());
  write_image();
  EXPECT_TRUE(start());
}

TEST_F(FaultTest, TheMachineDiesAndStartHeals) {
  ASSERT_TRUE(start());
  hypervisor->crash("cove");
  const ClusterStatus after = status();
  EXPECT_EQ(after.phase, Phase::kBroken);
  EXPECT_NE(after.reason.find("QEMU was killed or crashed"), std::string::npos) << after.reason;
  EXPECT_NE(after.remedy.find("cove start"), std::string::npos);
  EXPECT_EQ(start()->phase, Phase::kRunning);
}

TEST_F(FaultTest, TheMachineIsRemovedByAnotherProgramAndStartHeals) {
  ASSERT_TRUE(start());
  vm::FakeBackend other(hypervisor);
  ASSERT_TRUE(other.stop("cove", vm::StopPolicy::kForce));
  ASSERT_TRUE(other.undefine("cove"));
  EXPECT_EQ(status().phase, Phase::kBroken);
  EXPECT_EQ(start()->phase, Phase::kRunning);
}

TEST_F(FaultTest, AFrozenMachineIsBrokenAndStartContinuesIt) {
  ASSERT_TRUE(start());
  hypervisor->freeze("cove");
  EXPECT_EQ(status().phase, Phase::kBroken);
  EXPECT_EQ(start()->phase, Phase::kRunning);
}

TEST_F(FaultTest, ARestartOfTheComputerIsNoFault) {
  ASSERT_TRUE(start());
  hypervisor->power_off("cove");
  State edited = state();
  edited.host_boot_id = "an earlier boot";
  ASSERT_TRUE(write_state(state_file(), edited));
  const ClusterStatus after = status();
  EXPECT_EQ(after.phase, Phase::kStopped);
  EXPECT_EQ(after.reason, "this computer was restarted");
}

TEST_F(FaultTest, ASilentApiIsStartingAndThenBroken) {
  ASSERT_TRUE(start());
  guest->api = {false, false, "", "connection refused"};
  EXPECT_EQ(status().phase, Phase::kStarting);
  clock.advance(61s);
  const ClusterStatus after = status();
  EXPECT_EQ(after.phase, Phase::kBroken);
  EXPECT_NE(after.reason.find("connection refused"), std::string::npos);
}

TEST_F(FaultTest, AStartWhoseApiNeverAnswersFailsWithTheReason) {
  guest->api = {false, false, "", "connection refused"};
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
  EXPECT_NE(result.error().message().find("connection refused"), std::string::npos)
      << result.error().message();
}

TEST_F(FaultTest, TheGuestsOwnTroubleReachesTheUser) {
  guest->configure_trouble = "the data disk holds a ntfs file system, not a Cove one";
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("the data disk holds"), std::string::npos);
  EXPECT_NE(status().reason.find("the data disk holds"), std::string::npos);
}

TEST_F(FaultTest, AnInitThatNeverAnswersShowsTheConsolesLastLine) {
  guest->init_silent = true;
  ASSERT_TRUE(make_directories(paths.cluster("cove"), 0700));
  ASSERT_TRUE(write_file_atomic(paths.cluster("cove") / "console.log",
                                "booting\nKernel panic: no init\n", 0600));
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().cause.find("Kernel panic: no init"), std::string::npos)
      << result.error().cause;
}

TEST_F(FaultTest, CorruptStateIsSaidKeptAndDeletable) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(write_file_atomic(state_file(), "{\"format\":1", 0600));
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(text(state_file()), "{\"format\":1");
  EXPECT_EQ(status().phase, Phase::kBroken);
  EXPECT_TRUE(std::filesystem::exists(paths.cluster("cove") / "data.qcow2")) << "nothing is lost";
  ASSERT_TRUE(program()->remove("cove", progress));
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
  EXPECT_FALSE(hypervisor->spec("cove"));
}

TEST_F(FaultTest, NewerStateIsSaidAndKept) {
  ASSERT_TRUE(start());
  std::string newer = text(state_file());
  newer.replace(newer.find("\"format\":1"), 10, "\"format\":9");
  ASSERT_TRUE(write_file_atomic(state_file(), newer, 0600));
  for (const Error& error : {start().error(), program()->stop("cove", progress).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kUnsupported);
    EXPECT_NE(error.remedy.find("Update Cove"), std::string::npos);
  }
  EXPECT_EQ(text(state_file()), newer);
}

TEST_F(FaultTest, TwoProgramsAtOnceTheSecondNamesTheFirst) {
  std::optional<Error> refused;
  std::optional<ClusterStatus> seen;
  RecordedProgress other;
  progress.on_running = [&](const std::string& step) {
    if (step != "boot") return;
    refused = program()->stop("cove", other).error();
    seen = status();
  };
  ASSERT_TRUE(start());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::kConflict);
  EXPECT_NE(refused->cause.find(fmt::format("(process {}) is at 'start'", ::getpid())),
            std::string::npos)
      << refused->cause;
  EXPECT_EQ(seen->phase, Phase::kCreating);
  EXPECT_EQ(seen->current_step->id, "boot");
  EXPECT_FALSE(seen->busy.empty());
}

TEST_F(FaultTest, ABrokenKubeconfigIsLeftAloneAndTheStartSaysSo) {
  ASSERT_TRUE(make_directories(paths.kubeconfig.parent_path(), 0700));
  ASSERT_TRUE(write_file_atomic(paths.kubeconfig, "clusters: [unclosed", 0600));
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(result.error().message().find(paths.kubeconfig.string()), std::string::npos);
  EXPECT_EQ(text(paths.kubeconfig), "clusters: [unclosed");
}

TEST_F(FaultTest, AForeignDataDiskIsRefusedAndKept) {
  ASSERT_TRUE(make_directories(paths.cluster("cove"), 0700));
  ASSERT_TRUE(write_file_atomic(paths.cluster("cove") / "data.qcow2", "somebody's bytes", 0600));
  const auto result = start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(text(paths.cluster("cove") / "data.qcow2"), "somebody's bytes");
}

TEST_F(FaultTest, WrongPermissionsAreNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::permissions(paths.data.parent_path(), std::filesystem::perms::owner_read |
                                                             std::filesystem::perms::owner_exec);
  const auto result = start();
  std::filesystem::permissions(paths.data.parent_path(), std::filesystem::perms::owner_all);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kPermissionDenied);
  EXPECT_NE(result.error().message().find(paths.data.string()), std::string::npos)
      << result.error().message();
}

}  // namespace
}  // namespace cove::provision
