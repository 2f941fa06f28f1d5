// The tutorials end to end in a real virtual machine, by kubectl, docker, curl and cove on this
// computer.
#include <iostream>

#include "tests/support/image_server.h"
#include "tests/vm/life/cluster_fixture.h"

namespace cove::test {
namespace {

using namespace std::chrono_literals;

// This computer's loopback, as machines with user-mode networking see it.
constexpr const char* kThisComputer = "10.0.2.2";

class TutorialsTest : public ClusterTest {
 protected:
  // The environment of a reader who typed `eval $(cove docker-env)`.
  static std::vector<std::string> environment() {
    std::vector<std::string> all = computer().environment();
    for (std::string& variable : all) {
      if (!variable.starts_with("PATH=")) continue;
      variable = fmt::format("PATH={}:{}:{}:{}", Path(client("kubectl")).parent_path().string(),
                             Path(client("docker")).parent_path().string(),
                             Computer::program("cove").parent_path().string(), variable.substr(5));
    }
    std::istringstream lines(computer().cove({"docker-env", "--shell", "sh"}));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("export ")) continue;
      std::string variable = line.substr(7);
      std::erase(variable, '"');
      all.push_back(variable);
    }
    all.emplace_back("DOCKER_BUILDKIT=0");
    all.emplace_back("COVE_TUTORIAL_PATIENCE=300");
    all.emplace_back("PYTHONDONTWRITEBYTECODE=1");
    return all;
  }
};

TEST_F(TutorialsTest, WorkAsWritten) {
  const TemporaryFolder scratch;
  const auto registry = value(ImageServer::start(
      source() / "tests/support/images/serve", test_images() / "registry", scratch.path(), false));
  computer().cove({"start", "--cpus", "2", "--memory", "1536", "--vm-driver", "kvm2",
                   "--registry-mirror",
                   fmt::format("http://{}:{}", kThisComputer, registry.port())});
  EXPECT_EQ(computer().run({kubectl(), "config", "current-context"}).standard_output, "cove\n");
  // The one that is left asks for nothing that only a machine has; it is a native test.
  const char* const wanted = ::getenv("COVE_TUTORIALS");
  std::istringstream scenarios(
      wanted != nullptr
          ? wanted
          : "docker_by_itself one_pod ten_replicas three_replicas user_service next_app");
  Command command{{"python3", (source() / "tests/integration/cluster/tutorials.py").string()},
                  environment(),
                  {},
                  {}};
  for (std::string scenario; scenarios >> scenario;) command.argv.push_back(scenario);
  const Completed done = value(make_spawner(8 << 20)->run(command, 1400s));
  std::cout << done.standard_output << done.standard_error << std::flush;
  EXPECT_EQ(done.exit_code, 0);
  // The program for pods that share their processes comes with the system image.
  command.argv = {"python3", (source() / "tests/integration/cluster/commands.py").string(),
                  "shared_processes"};
  const Completed shared = value(make_spawner()->run(command, 300s));
  EXPECT_EQ(shared.exit_code, 0) << shared.standard_output << shared.standard_error;
  if (HasFailure()) std::cout << computer().try_cove({"logs"}).standard_output << std::flush;
}

}  // namespace
}  // namespace cove::test
