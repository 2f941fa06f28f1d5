#include <gtest/gtest.h>

#include "core/image/layer_store.h"
#include "tests/support/containers.h"

int main(int argc, char** argv) {
  // The confined child that unpacks layers is this program.
  if (argc > 1 && std::string_view(argv[1]) == "--unpack-layer") {
    return cove::image::run_unpack_worker(argc, argv);
  }
  cove::test::prepare_container_host();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
