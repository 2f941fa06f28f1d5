// Documents that break rules which no single wrong field breaks.
#pragma once

#include <string>
#include <vector>

namespace cove::api::testing {

struct BadExample {
  std::string yaml;
  std::string old = {};  // what was there, for the rules of updates; empty: the same
};

std::vector<BadExample> bad_examples();

}  // namespace cove::api::testing
