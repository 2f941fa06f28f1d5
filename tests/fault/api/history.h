// A history of operations on one key, and whether any order of them explains it: each takes effect
// at one moment between its call and its answer (linearizability: Herlihy and Wing 1990; the search
// follows Wing and Gong 1993). An operation whose answer never came may have taken effect at any
// moment after its call, or never.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cove::testing {

struct Operation {
  enum class Kind { kRead, kCreate, kPut, kCompareAndSwap, kDelete };
  enum class Result {
    kUnknown,
    kDone,      // kRead: `value` was there
    kAbsent,    // there was nothing
    kRefused,   // kCreate: something was there; kCompareAndSwap: something else was
    kNoEffect,  // refused without a look at the key
  };
  Kind kind = Kind::kRead;
  Result result = Result::kUnknown;
  std::string value;         // what was read or written; every write has one of its own
  std::string expected;      // of a compare-and-swap
  std::uint64_t call = 0;    // moments: any numbers that grow with time
  std::uint64_t answer = 0;  // unless unknown
};

using History = std::vector<Operation>;
// What the server said of the version of each value.
using Versions = std::map<std::string, std::int64_t>;

// Whether an order explains `history` that starts with `initial` (empty: absent), and in which the
// versions of the values written, as far as known, grow.
bool is_linearizable(const History& history, const std::string& initial, const Versions& versions);

// One line an operation, in order of their calls.
std::string describe(const History& history);

}  // namespace cove::testing
