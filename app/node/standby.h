// `coved --standby`: the program loaded ahead of its time, waiting for its arguments. Where the
// processor is emulated, loading takes longer than all that follows.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "app/node/api_kinds.h"

namespace cove::node {

struct Preparation {
  std::jthread tls;
  std::shared_future<ApiKindsPtr> kinds;
};

// Sets TLS up once, without effect, which is slow the first time, and makes what every start needs.
// In threads that take no signals; the start may begin before they are done, and they end with the
// result.
Preparation load_what_is_slow();

// Reads arguments, the program's name first, each ended by a NUL, until the end of `fd`. Empty when
// that is not what comes, or more than 64 KiB: whoever would have sent them is gone.
std::vector<std::string> await_arguments(int fd);

}  // namespace cove::node
