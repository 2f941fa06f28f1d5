#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/process.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DockerEnvTest : public ::testing::Test {
 protected:
  DockerEnvTest() { test_.environment["SHELL"] = "/bin/bash"; }
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "docker-env");
    return test_.run(arguments);
  }
  std::string out() const { return test_.out.str(); }
  std::string err() const { return test_.err.str(); }

  TestWorld test_;
  ScriptedClusters& clusters_ = *test_.clusters;
};

TEST_F(DockerEnvTest, ForTheUsersOwnShell) {
  EXPECT_EQ(run({}), kOk);
  EXPECT_EQ(out(),
            R"(export DOCKER_TLS_VERIFY="1"
export DOCKER_HOST="tcp://127.0.0.1:2376"
export DOCKER_CERT_PATH="/home/someone/.local/share/cove/clusters/cove/engine-client"
export DOCKER_BUILDKIT="0"

# To point your shell to the cluster's container engine, run:
# eval $(cove docker-env)
)");
}

TEST_F(DockerEnvTest, ForFish) {
  test_.environment["SHELL"] = "/usr/bin/fish";
  EXPECT_EQ(run({"-p", "dev"}), kOk);
  EXPECT_EQ(out(),
            R"(set -gx DOCKER_TLS_VERIFY "1";
set -gx DOCKER_HOST "tcp://127.0.0.1:2376";
set -gx DOCKER_CERT_PATH "/home/someone/.local/share/cove/clusters/cove/engine-client";
set -gx DOCKER_BUILDKIT "0";

# To point your shell to the cluster's container engine, run:
# cove docker-env -p dev --shell fish | source
)");
}

TEST_F(DockerEnvTest, ForPowershell) {
  EXPECT_EQ(run({"--shell", "powershell"}), kOk);
  EXPECT_EQ(out(),
            R"($Env:DOCKER_TLS_VERIFY = "1"
$Env:DOCKER_HOST = "tcp://127.0.0.1:2376"
$Env:DOCKER_CERT_PATH = "/home/someone/.local/share/cove/clusters/cove/engine-client"
$Env:DOCKER_BUILDKIT = "0"

# To point your shell to the cluster's container engine, run:
# & cove docker-env --shell powershell | Invoke-Expression
)");
}

TEST_F(DockerEnvTest, UnsetAsksNoCluster) {
  clusters_.current = stopped_cluster();
  EXPECT_EQ(run({"--unset"}), kOk);
  EXPECT_EQ(out(),
            R"(unset DOCKER_TLS_VERIFY;
unset DOCKER_HOST;
unset DOCKER_CERT_PATH;
unset DOCKER_BUILDKIT;

# To point your shell away from the cluster's container engine, run:
# eval $(cove docker-env --unset)
)");
  EXPECT_THAT(clusters_.calls, IsEmpty());
  test_.out.str("");
  EXPECT_EQ(run({"--unset", "--shell", "fish"}), kOk);
  EXPECT_THAT(out(), HasSubstr("set -e DOCKER_HOST;\n"));
  test_.out.str("");
  EXPECT_EQ(run({"-u", "--shell", "powershell"}), kOk);
  EXPECT_THAT(out(), HasSubstr("Remove-Item Env:\\DOCKER_HOST\n"));
}

TEST_F(DockerEnvTest, AnUnknownShellOfTheUserIsTakenForSh) {
  test_.environment["SHELL"] = "/bin/tcsh";
  EXPECT_EQ(run({}), kOk);
  EXPECT_THAT(out(), HasSubstr("export DOCKER_TLS_VERIFY=\"1\"\n"));
}

TEST_F(DockerEnvTest, AnUnknownShellAskedForIsRefused) {
  EXPECT_EQ(run({"--shell", "csh"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("Use sh, bash, zsh, fish or powershell."));
  EXPECT_EQ(out(), "");
}

TEST_F(DockerEnvTest, NeedsARunningCluster) {
  clusters_.current = stopped_cluster();
  EXPECT_EQ(run({}), kUnavailable);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(),
            "cove: cannot point docker to cluster 'cove': it is Stopped. Run 'cove start'.\n");
  clusters_.current = stopped_cluster(provision::Phase::kNotCreated);
  EXPECT_EQ(run({"-p", "dev"}), kNotFound);
  EXPECT_THAT(err(), HasSubstr("cluster 'dev': it was never created. Run 'cove start -p dev'.\n"));
}

TEST_F(DockerEnvTest, EvalTakesEveryFolder) {
  clusters_.current.engine_client = "/home/a b/$HOME `true` \"c\" \\d/engine-client";
  EXPECT_EQ(run({}), kOk);
  Command sh;
  sh.argv = {"/bin/sh", "-c", "eval \"$1\"; printf %s \"$DOCKER_CERT_PATH\"", "sh", out()};
  const auto completed = make_spawner()->run(sh, std::chrono::seconds(30));
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->standard_output, clusters_.current.engine_client.string());
  EXPECT_EQ(completed->standard_error, "");
}

}  // namespace
}  // namespace cove::cli
