// Runs client_test.py, which is a unittest of its own, against one coved.

#include <gtest/gtest.h>

#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

TEST(PythonClient, WorksUnmodified) {
  TempDir directory;
  Coved coved(directory.path());
  ASSERT_TRUE(coved.start({"--node-name", "alpha"})) << coved.log();
  const char* const root = std::getenv("COVE_SOURCE_DIR");
  Command command;
  command.argv = {
      "/usr/bin/python3",
      std::string(root != nullptr ? root : ".") + "/tests/integration/python/client_test.py", "-v"};
  command.environment = {"PATH=/usr/bin:/bin", "HOME=" + directory.path().string(),
                         "KUBECONFIG=" + coved.kubeconfig().string(), "PYTHONDONTWRITEBYTECODE=1",
                         "LC_ALL=C.UTF-8"};
  const auto completed = make_spawner()->run(command, std::chrono::seconds(100));
  ASSERT_TRUE(completed.has_value()) << completed.error().message();
  EXPECT_EQ(completed->exit_code, 0) << completed->standard_output << completed->standard_error;
}

}  // namespace
}  // namespace cove::testing
