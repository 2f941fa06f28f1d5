// How fast an autoscaler may follow what the metrics call for: bounds, stabilization windows and
// scaling policies (kubernetes.io "Horizontal Pod Autoscaling", configurable scaling behavior).
#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

#include "core/base/clock.h"

namespace cove::controllers {

struct PaceQuestion {
  std::int64_t current = 0, wanted = 0, least = 1, most = 1;
  const boost::json::object* behavior = nullptr;  // of the spec; null: the older default rules
  WallTime now{};
};
struct PaceAnswer {
  std::int64_t replicas = 0;
  // Of the conditions AbleToScale (always true) and ScalingLimited.
  std::string_view able_reason, able_message;
  bool limited = false;
  std::string_view limit_reason, limit_message;
};

// What one autoscaler recommended and did. Holds what the longest window (an hour) needs.
class ScalePace {
 public:
  // The number there is when it is first looked at counts as recommended.
  void begin(std::int64_t replicas, WallTime now);
  PaceAnswer decide(const PaceQuestion& question);
  // After the target was scaled.
  void scaled(std::int64_t from, std::int64_t to, WallTime now);

 private:
  struct Sample {
    std::int64_t value;
    WallTime time;
  };
  PaceAnswer by_default_rules(const PaceQuestion& question);
  PaceAnswer by_behavior(const PaceQuestion& question);
  std::int64_t changed(const std::vector<Sample>& events, std::int64_t seconds, WallTime now) const;
  std::int64_t limit(const boost::json::object& rules, bool up, std::int64_t current,
                     WallTime now) const;
  void record(std::int64_t wanted, WallTime now);

  std::vector<Sample> recommended_, added_, removed_;
};

}  // namespace cove::controllers
