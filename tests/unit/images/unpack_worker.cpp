// The confined child of the tests: what coved is when it is called with --unpack-layer.
#include "core/image/layer_store.h"

int main(int argc, char** argv) {
  return cove::image::run_unpack_worker(argc, argv);
}
