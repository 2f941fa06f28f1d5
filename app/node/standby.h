// `coved --standby`: the program loaded ahead of its time, waiting for its arguments. Where the
// processor is emulated, loading takes longer than all that follows.
#pragma once

#include <string>
#include <thread>
#include <vector>

namespace cove::node {

// Does once, without effect, what is slow the first time: setting TLS up, and the tables of the
// API. In threads that take no signals; the start may begin before they are done, and they end with
// the result.
std::vector<std::jthread> load_what_is_slow();

// Reads arguments, the program's name first, each ended by a NUL, until the end of `fd`. Empty when
// that is not what comes, or more than 64 KiB: whoever would have sent them is gone.
std::vector<std::string> await_arguments(int fd);

}  // namespace cove::node
