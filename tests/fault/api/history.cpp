#include "tests/fault/api/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <tuple>

namespace cove::testing {
namespace {

using Kind = Operation::Kind;
using Result = Operation::Result;

// A possible state of the key, and which of the operations under way have taken effect in it.
struct Configuration {
  std::uint64_t applied = 0;  // a bit for each slot
  std::string value;          // empty: absent
  std::int64_t version = 0;   // the newest that any write was seen to have

  auto operator<=>(const Configuration&) const = default;
};

class Search {
 public:
  Search(const History& history, const Versions& versions)
      : history_(history), versions_(versions) {}

  bool explains(const std::string& initial) {
    const auto known = versions_.find(initial);
    configurations_ = {{0, initial, known != versions_.end() ? known->second : 0}};
    for (const auto& [moment, is_answer, index] : events()) {
      if (is_answer) {
        answered(index);
      } else {
        slots_[free_slot()] = index;
      }
      if (configurations_.empty()) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kFree = SIZE_MAX;

  std::vector<std::tuple<std::uint64_t, bool, std::size_t>> events() const {
    std::vector<std::tuple<std::uint64_t, bool, std::size_t>> all;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const Operation& operation = history_[i];
      if (operation.result == Result::kNoEffect) continue;
      const bool unknown = operation.result == Result::kUnknown;
      if (unknown && operation.kind == Kind::kRead) continue;
      all.emplace_back(operation.call, false, i);
      if (!unknown) all.emplace_back(operation.answer, true, i);
    }
    std::ranges::sort(all);
    return all;
  }

  std::size_t free_slot() const {
    const auto found = std::ranges::find(slots_, kFree);
    if (found == slots_.end()) throw std::length_error("too many operations at once");
    return static_cast<std::size_t>(found - slots_.begin());
  }

  // Keeps what the operation, perhaps after others under way, can have led to.
  void answered(std::size_t index) {
    const auto slot = static_cast<std::size_t>(std::ranges::find(slots_, index) - slots_.begin());
    const std::uint64_t bit = std::uint64_t{1} << slot;
    std::set<Configuration> kept;
    std::set<Configuration> seen = configurations_;
    std::vector<Configuration> open(configurations_.begin(), configurations_.end());
    while (!open.empty()) {
      Configuration from = std::move(open.back());
      open.pop_back();
      if ((from.applied & bit) != 0) {
        from.applied &= ~bit;
        kept.insert(std::move(from));
        continue;
      }
      for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i] == kFree || (from.applied >> i & 1) != 0) continue;
        auto next = step(from, history_[slots_[i]]);
        if (!next) continue;
        next->applied |= std::uint64_t{1} << i;
        if (seen.insert(*next).second) open.push_back(std::move(*next));
      }
    }
    configurations_ = std::move(kept);
    slots_[slot] = kFree;
  }

  // The state after the operation; nothing when its answer would have been another one.
  std::optional<Configuration> step(Configuration state, const Operation& operation) const {
    const bool present = !state.value.empty();
    const bool unknown = operation.result == Result::kUnknown;
    const bool done = operation.result == Result::kDone;
    switch (operation.kind) {
      case Kind::kRead:
        if (done ? state.value != operation.value : present) return std::nullopt;
        return state;
      case Kind::kCreate:
        if (!unknown && done == present) return std::nullopt;
        return present ? state : written(state, operation.value);
      case Kind::kPut:
        if (!unknown && done != present) return std::nullopt;
        return present ? written(state, operation.value) : state;
      case Kind::kCompareAndSwap: {
        const bool matches = present && state.value == operation.expected;
        const Result right = matches ? Result::kDone : present ? Result::kRefused : Result::kAbsent;
        if (!unknown && operation.result != right) return std::nullopt;
        return matches ? written(state, operation.value) : state;
      }
      case Kind::kDelete:
        if (!unknown && done != present) return std::nullopt;
        state.value.clear();
        return state;
    }
    return std::nullopt;
  }

  std::optional<Configuration> written(Configuration state, const std::string& value) const {
    state.value = value;
    const auto known = versions_.find(value);
    if (known == versions_.end()) return state;
    if (known->second <= state.version) return std::nullopt;
    state.version = known->second;
    return state;
  }

  static std::array<std::size_t, 64> no_slots() {
    std::array<std::size_t, 64> all{};
    all.fill(kFree);
    return all;
  }

  const History& history_;
  const Versions& versions_;
  std::array<std::size_t, 64> slots_ = no_slots();
  std::set<Configuration> configurations_;
};

}  // namespace

bool is_linearizable(const History& history, const std::string& initial, const Versions& versions) {
  return Search(history, versions).explains(initial);
}

std::string describe(const History& history) {
  static constexpr std::array kKinds{"read", "create", "put", "cas", "delete"};
  static constexpr std::array kResults{"?", "done", "absent", "refused", "no effect"};
  History sorted = history;
  std::ranges::sort(sorted, {}, &Operation::call);
  std::string text;
  for (const Operation& each : sorted) {
    text += fmt::format("{:>8} {:>8} {} {} {} -> {}\n", each.call,
                        each.result == Result::kUnknown ? 0 : each.answer,
                        kKinds[static_cast<std::size_t>(each.kind)], each.value,
                        each.expected.empty() ? "" : "if " + each.expected,
                        kResults[static_cast<std::size_t>(each.result)]);
  }
  return text;
}

}  // namespace cove::testing
