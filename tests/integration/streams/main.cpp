#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/containers.h"

int main(int argc, char** argv) {
  cove::test::prepare_container_host();
  ::signal(SIGPIPE, SIG_IGN);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
