#include "core/engine/restart_policy.h"

#include <algorithm>

namespace cove::engine {

namespace {
constexpr std::chrono::nanoseconds kFirst = std::chrono::milliseconds(100);
constexpr std::chrono::nanoseconds kLongest = std::chrono::minutes(1);
constexpr std::chrono::nanoseconds kStable = std::chrono::seconds(10);
}  // namespace

std::optional<std::chrono::nanoseconds> RestartBackoff::after(const RestartPolicy& policy,
                                                              const Ended& ended) {
  using Kind = RestartPolicy::Kind;
  if (ended.stopped_by_user || policy.kind == Kind::kNo) return std::nullopt;
  if (policy.kind == Kind::kOnFailure) {
    if (ended.exit_code == 0) return std::nullopt;
    if (policy.maximum > 0 && ended.restart_count >= policy.maximum) return std::nullopt;
  }
  if (ended.ran >= kStable) reset();
  wait_ = wait_.count() == 0 ? kFirst : std::min(wait_ * 2, kLongest);
  return wait_;
}

bool starts_with_engine(const RestartPolicy& policy, bool ran_before, bool stopped_by_user,
                        int exit_code) {
  using Kind = RestartPolicy::Kind;
  switch (policy.kind) {
    case Kind::kNo: return false;
    case Kind::kAlways: return ran_before;
    case Kind::kUnlessStopped: return ran_before && !stopped_by_user;
    case Kind::kOnFailure: return ran_before && !stopped_by_user && exit_code != 0;
  }
  return false;
}

}  // namespace cove::engine
