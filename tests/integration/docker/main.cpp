#include <gtest/gtest.h>

#include "tests/support/own_namespaces.h"

int main(int argc, char** argv) {
  if (const auto code = cove::test::enter_namespaces(argc, argv)) return *code;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
