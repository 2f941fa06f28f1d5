#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using provision::Phase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CommandsTest : public ::testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) { return test_.run(arguments); }
  std::string out() const { return test_.out.str(); }
  std::string err() const { return test_.err.str(); }
  TestWorld test_;
  ScriptedClusters& clusters_ = *test_.clusters;
};

const Error kNoLibvirt{ErrorCode::kUnavailable, "connect to", "libvirt", "no daemon answers",
                       "Install libvirt-daemon."};

TEST_F(CommandsTest, StartShowsStepsAndWhatToDoNext) {
  EXPECT_EQ(run({"start"}), kOk);
  EXPECT_EQ(out(),
            "Check this computer ...\n"
            "  done in 0.1 s (2 CPUs, KVM)\n"
            "Note: port 6443 is taken by nginx (process 812); using 6444\n"
            "Boot the virtual machine ...\n"
            "  done in 2.3 s\n"
            "Cluster 'cove' is running at https://127.0.0.1:6443.\n"
            "kubectl now uses it (context 'cove'); try: kubectl get nodes\n");
}

TEST_F(CommandsTest, StartThatDoesNotWait) {
  clusters_.after.api_ready = clusters_.after.node_ready = false;
  EXPECT_EQ(run({"start", "--no-wait", "-p", "dev"}), kOk);
  EXPECT_THAT(out(), HasSubstr("is starting; 'cove status -p dev' shows how far it is."));
}

TEST_F(CommandsTest, StartAsJsonLines) {
  EXPECT_EQ(run({"start", "-o", "json"}), kOk);
  std::istringstream lines(out());
  std::string line;
  std::vector<std::string> events;
  boost::json::value last;
  while (std::getline(lines, line)) {
    last = boost::json::parse(line);
    EXPECT_EQ(last.at("time").as_string(), "2023-11-14T22:13:20Z");
    events.emplace_back(last.at("event").as_string());
  }
  EXPECT_THAT(events, ElementsAre("plan", "step", "step", "note", "step", "step", "result"));
  EXPECT_EQ(last.at("cluster").at("Name").as_string(), "cove");
  EXPECT_EQ(last.at("cluster").at("Host").as_string(), "Running");
}

TEST_F(CommandsTest, FailureIsOneSentenceWithTheRemedyAndItsCode) {
  clusters_.failure = kNoLibvirt;
  EXPECT_EQ(run({"start"}), kUnavailable);
  EXPECT_EQ(err(), "cove: cannot connect to libvirt: no daemon answers. Install libvirt-daemon.\n");
  EXPECT_THAT(out(), HasSubstr("  failed after 2.3 s\n"));
}

TEST_F(CommandsTest, FailureAsJson) {
  clusters_.failure = kNoLibvirt;
  EXPECT_EQ(run({"stop", "-o", "json"}), kUnavailable);
  const std::string text = out();
  const auto last = boost::json::parse(text.substr(text.rfind('\n', text.size() - 2) + 1));
  EXPECT_EQ(last.at("event").as_string(), "error");
  EXPECT_EQ(last.at("code").as_string(), "unavailable");
  EXPECT_EQ(last.at("remedy").as_string(), "Install libvirt-daemon.");
  EXPECT_EQ(last.at("exit_code").as_int64(), kUnavailable);
  EXPECT_EQ(err(), "");
}

TEST_F(CommandsTest, ErrorsCannotForgeLines) {
  clusters_.failure = Error{ErrorCode::kInternal, "do", "", "bad\ncove: all is well\x1b[2J", ""};
  EXPECT_EQ(run({"stop"}), kFailed);
  EXPECT_EQ(err(), "cove: cannot do: bad\\ncove: all is well\\x1b[2J.\n");
}

TEST_F(CommandsTest, EveryErrorCodeHasItsExitCode) {
  const std::vector<std::pair<ErrorCode, int>> codes{
      {ErrorCode::kInternal, 1},          {ErrorCode::kInvalidArgument, 2},
      {ErrorCode::kNotFound, 3},          {ErrorCode::kAlreadyExists, 4},
      {ErrorCode::kPermissionDenied, 5},  {ErrorCode::kConflict, 6},
      {ErrorCode::kResourceExhausted, 7}, {ErrorCode::kUnavailable, 8},
      {ErrorCode::kTimeout, 9},           {ErrorCode::kCorrupt, 10},
      {ErrorCode::kUnsupported, 11},      {ErrorCode::kCancelled, 130}};
  for (const auto& [code, expected] : codes) {
    clusters_.failure = Error{code, "do", "it", "so", ""};
    EXPECT_EQ(run({"start"}), expected) << to_string(code);
  }
}

TEST_F(CommandsTest, ClustersThatCannotBeOpened) {
  test_.open_error = Error{ErrorCode::kPermissionDenied, "open", "/home", "no", ""};
  for (const char* command : {"start", "stop", "restart", "pause", "unpause", "delete", "status",
                              "ip", "logs", "update-context", "docker-env", "demo"}) {
    EXPECT_EQ(run({command}), kPermissionDenied) << command;
  }
  EXPECT_EQ(run({"ssh"}), kShellFailed);
}

TEST_F(CommandsTest, StopAndPauseSayHowToComeBack) {
  EXPECT_EQ(run({"stop"}), kOk);
  EXPECT_THAT(out(), HasSubstr("Cluster 'cove' is stopped; 'cove start' brings it back.\n"));
  EXPECT_EQ(run({"pause", "-p", "dev"}), kOk);
  EXPECT_THAT(out(), HasSubstr("is paused; 'cove start -p dev' brings it back.\n"));
  EXPECT_THAT(clusters_.calls, ElementsAre("stop cove", "pause dev"));
}

TEST_F(CommandsTest, UnpauseStartsAPausedCluster) {
  clusters_.current = stopped_cluster(Phase::kPaused);
  EXPECT_EQ(run({"unpause"}), kOk);
  EXPECT_THAT(clusters_.calls, ElementsAre("status cove", "start cove"));
}

TEST_F(CommandsTest, UnpauseOfAStoppedClusterSaysStart) {
  clusters_.current = stopped_cluster();
  EXPECT_EQ(run({"unpause"}), kUnavailable);
  EXPECT_EQ(
      err(),
      "cove: cannot unpause cluster 'cove': it is not paused but Stopped. Run 'cove start'.\n");
  EXPECT_THAT(clusters_.calls, ElementsAre("status cove"));
}

TEST_F(CommandsTest, InterruptionSaysThatStartContinues) {
  run({"start", "-p", "dev"});
  EXPECT_EQ(
      test_.interruption.sentence(),
      "Cancelling; press Ctrl-C again to end at once. 'cove start -p dev' continues from here.");
}

TEST_F(CommandsTest, DeleteRemovesOneCluster) {
  EXPECT_EQ(run({"delete", "-p", "dev"}), kOk);
  EXPECT_THAT(clusters_.calls, ElementsAre("remove dev"));
  EXPECT_THAT(out(), HasSubstr("Cluster 'dev' is gone.\n"));
}

TEST_F(CommandsTest, DeleteAll) {
  clusters_.known = {running_cluster("a"), running_cluster("b")};
  EXPECT_EQ(run({"delete", "--all", "-o", "json"}), kOk);
  EXPECT_THAT(clusters_.calls, ElementsAre("list", "remove a", "remove b"));
  EXPECT_THAT(out(), HasSubstr(R"("event":"result","deleted":["a","b"],"purged":false})"));
}

TEST_F(CommandsTest, DeleteAllOfNone) {
  clusters_.known.clear();
  EXPECT_EQ(run({"delete", "--all"}), kOk);
  EXPECT_EQ(out(), "There are no clusters.\n");
}

TEST_F(CommandsTest, PurgeRemovesEverythingOfCoves) {
  test::TemporaryFolder home;
  for (const char* name : {"data", "cache", "config", "other"}) {
    std::filesystem::create_directories(home.path() / name / "cove/x");
  }
  clusters_.folders.data = home.path() / "data/cove";
  clusters_.folders.cache = home.path() / "cache/cove";
  clusters_.folders.config = home.path() / "config/cove";
  EXPECT_EQ(run({"delete", "--purge"}), kOk);
  EXPECT_FALSE(std::filesystem::exists(home.path() / "data/cove"));
  EXPECT_FALSE(std::filesystem::exists(home.path() / "cache/cove"));
  EXPECT_FALSE(std::filesystem::exists(home.path() / "config/cove"));
  EXPECT_TRUE(std::filesystem::exists(home.path() / "other/cove/x"));
}

TEST_F(CommandsTest, PurgeBesideOtherClustersNeedsAll) {
  clusters_.known = {running_cluster("cove"), running_cluster("b")};
  EXPECT_EQ(run({"delete", "--purge"}), kUsage);
  EXPECT_EQ(err(),
            "cove: cannot remove everything with --purge: there are other clusters: b. Add --all "
            "to delete them too.\n");
  EXPECT_THAT(clusters_.calls, ElementsAre("list"));
}

TEST_F(CommandsTest, PurgeIsNotReachedWhenADeletionFails) {
  test::TemporaryFolder home;
  clusters_.folders.data = home.path();
  clusters_.failure = kNoLibvirt;
  EXPECT_EQ(run({"delete", "--all", "--purge"}), kUnavailable);
  EXPECT_TRUE(std::filesystem::exists(home.path()));
}

TEST_F(CommandsTest, StatusEndsWithWhatItFound) {
  EXPECT_EQ(run({"status"}), 0);
  clusters_.current = stopped_cluster();
  EXPECT_EQ(run({"status"}), 7);
  clusters_.current = provision::ClusterStatus{};
  clusters_.current.profile = "cove";
  test_.out.str("");
  EXPECT_EQ(run({"status"}), 7);
  EXPECT_THAT(out(), HasSubstr("remedy: Run 'cove start' to create it.\n"));
}

TEST_F(CommandsTest, StatusAsJson) {
  EXPECT_EQ(run({"status", "-o", "json"}), 0);
  const auto status = boost::json::parse(out());
  EXPECT_EQ(status.at("Kubelet").as_string(), "Running");
}

TEST_F(CommandsTest, IpOfARunningCluster) {
  EXPECT_EQ(run({"ip"}), kOk);
  EXPECT_EQ(out(), "127.0.0.1\n");
  clusters_.current = stopped_cluster();
  EXPECT_EQ(run({"ip"}), kUnavailable);
  EXPECT_THAT(err(), HasSubstr("it is Stopped. Run 'cove start'."));
}

TEST_F(CommandsTest, ProfileListWithAndWithoutClusters) {
  EXPECT_EQ(run({"profile", "list", "-o", "json"}), kOk);
  const auto document = boost::json::parse(out());
  EXPECT_EQ(document.at("valid").as_array().size(), 1U);
  test_.out.str("");
  clusters_.known.clear();
  EXPECT_EQ(run({"profile", "list"}), kOk);
  EXPECT_EQ(out(), "There are no clusters; 'cove start' creates one.\n");
}

TEST_F(CommandsTest, UpdateContext) {
  EXPECT_EQ(run({"update-context"}), kOk);
  EXPECT_EQ(out(), "Context 'cove' is up to date and current in /home/someone/.kube/config.\n");
}

TEST_F(CommandsTest, LogsShowTheLastLines) {
  test::TemporaryFolder folder;
  clusters_.current.console_log = folder.path() / "console.log";
  std::ofstream(clusters_.current.console_log) << "one\ntwo\nthree\n";
  EXPECT_EQ(run({"logs", "-n", "2"}), kOk);
  EXPECT_EQ(out(), "two\nthree\n");
}

TEST_F(CommandsTest, LogsOnATerminalCannotDrawOnIt) {
  test::TemporaryFolder folder;
  clusters_.current.console_log = folder.path() / "console.log";
  std::ofstream(clusters_.current.console_log) << "a\x1b[2Jb\r\n";
  EXPECT_EQ(run({"logs"}), kOk);
  EXPECT_EQ(out(), "a\x1b[2Jb\r\n") << "a file gets the bytes as they are";
  test_.out.str("");
  test_.world.style.in_place = true;
  EXPECT_EQ(run({"logs"}), kOk);
  EXPECT_EQ(out(), "a\\x1b[2Jb\n");
}

TEST_F(CommandsTest, LogsFollowOverARotatedFileUntilInterrupted) {
  test::TemporaryFolder folder;
  const Path log = folder.path() / "console.log";
  clusters_.current.console_log = log;
  std::ofstream(log) << "old\n";
  int waits = 0;
  test_.world.wait_for_log = [&] {
    switch (++waits) {
      case 1: std::ofstream(log, std::ios::app) << "more\n"; return true;
      case 2:
        std::filesystem::rename(log, log.string() + ".1");
        std::ofstream(log.string() + ".1", std::ios::app) << "last of the old\n";
        return true;
      case 3: std::ofstream(log) << "new\n"; return true;
      default: return false;
    }
  };
  EXPECT_EQ(run({"logs", "-f"}), kCancelled);
  EXPECT_EQ(out(), "old\nmore\nlast of the old\nnew\n");
}

TEST_F(CommandsTest, LogsOfAClusterNeverBooted) {
  EXPECT_EQ(run({"logs"}), kNotFound);
  EXPECT_EQ(
      err(),
      "cove: cannot show the log of cluster 'cove': it has never been booted. Run 'cove start'.\n");
}

TEST_F(CommandsTest, LogsEndWhenNobodyReads) {
  test::TemporaryFolder folder;
  clusters_.current.console_log = folder.path() / "console.log";
  std::ofstream(clusters_.current.console_log) << "one\n";
  test_.out.setstate(std::ios::badbit);
  EXPECT_EQ(run({"logs", "-f"}), kFailed);
}

TEST_F(CommandsTest, DashboardNeedsADisplayAndTheProgram) {
  EXPECT_EQ(run({"dashboard"}), kUnavailable);
  EXPECT_THAT(err(), HasSubstr("there is no graphical display"));
  test_.environment["DISPLAY"] = ":0";
  EXPECT_EQ(run({"dashboard"}), kOk);
  EXPECT_THAT(test_.launched, ElementsAre(ElementsAre("/usr/bin/cove-desktop")));
  test_.desktop.reset();
  EXPECT_EQ(run({"dashboard"}), kNotFound);
  EXPECT_THAT(err(), HasSubstr("cove-desktop is neither beside cove nor in PATH"));
}

TEST_F(CommandsTest, Version) {
  EXPECT_EQ(run({"version"}), kOk);
  EXPECT_THAT(out(), ::testing::MatchesRegex("cove version [0-9.]+\n"));
  test_.out.str("");
  EXPECT_EQ(run({"version", "-o", "json"}), kOk);
  EXPECT_FALSE(boost::json::parse(out()).at("coveVersion").as_string().empty());
}

TEST_F(CommandsTest, RootMayOnlyAsk) {
  test_.world.root = true;
  for (const char* command : {"start", "stop", "pause", "unpause", "delete", "status", "ip", "logs",
                              "ssh", "update-context", "dashboard", "docker-env", "demo"}) {
    EXPECT_EQ(run({command}), kPermissionDenied) << command;
  }
  EXPECT_THAT(clusters_.calls, IsEmpty());
  EXPECT_THAT(
      err(),
      HasSubstr(
          "cove: cannot run as root: a cluster's virtual machine belongs to an ordinary user. "
          "Run cove without sudo, from your own account.\n"));
  EXPECT_EQ(run({"version"}), kOk);
  EXPECT_EQ(run({"--help"}), kOk);
  EXPECT_EQ(run({"completion", "bash"}), kOk);
}

}  // namespace
}  // namespace cove::cli
