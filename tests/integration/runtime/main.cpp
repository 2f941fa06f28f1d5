#include <gtest/gtest.h>

#include "tests/integration/runtime/crash.h"
#include "tests/support/containers.h"

int main(int argc, char** argv) {
  // In the mount namespace of the test that started it.
  if (argc > 1 && std::string_view(argv[1]) == "--victim")
    return cove::runtime::run_victim(argc, argv);
  cove::test::prepare_container_host();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
