#include <gtest/gtest.h>

#include "tests/support/containers.h"

int main(int argc, char** argv) {
  cove::test::prepare_container_host();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
