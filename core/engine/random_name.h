// Names for containers that were given none: "calm_meadow".
#pragma once

#include <cstdint>
#include <string>

namespace cove::engine {

// The name that a random number stands for; from the third `attempt` on with a digit behind it.
std::string random_name(std::uint64_t random, unsigned attempt);
std::uint64_t random_number();

}  // namespace cove::engine
