// Completion indexes as a Job's status has them: "1,3-5,7". Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cove::controllers {

// A set of numbers, kept as intervals: its size follows the gaps, not the numbers.
class JobIndexes {
 public:
  struct Interval {
    std::int64_t first = 0, last = 0;
  };

  // Stops at what is no such list; leaves out numbers from `completions` on.
  static JobIndexes parse(std::string_view text, std::int64_t completions);

  bool has(std::int64_t index) const;
  std::int64_t total() const;
  bool empty() const { return intervals_.empty(); }
  void add(std::int64_t index);
  void add(const JobIndexes& other);
  std::string text() const;
  const std::vector<Interval>& intervals() const { return intervals_; }
  // How many numbers are in both.
  std::int64_t common(const JobIndexes& other) const;
  // The first `count` numbers below `completions` that are not in it.
  std::vector<std::int64_t> first_missing(std::int64_t count, std::int64_t completions) const;

 private:
  void add(Interval added);

  std::vector<Interval> intervals_;  // in order, with gaps between them
};

}  // namespace cove::controllers
