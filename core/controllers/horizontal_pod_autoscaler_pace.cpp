#include "core/controllers/horizontal_pod_autoscaler_pace.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/api/document.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

using std::chrono::seconds;

constexpr seconds kDefaultDownWindow{300};
constexpr seconds kLongestMemory{3600};

constexpr std::string_view kHigher =
    "recent recommendations were higher than current one, applying the highest recent "
    "recommendation";
constexpr std::string_view kLower =
    "recent recommendations were lower than current one, applying the lowest recent "
    "recommendation";
constexpr std::string_view kFastUp =
    "the desired replica count is increasing faster than the maximum scale rate";
constexpr std::string_view kFastDown =
    "the desired replica count is decreasing faster than the maximum scale rate";
constexpr std::string_view kTooMany =
    "the desired replica count is more than the maximum replica count";
constexpr std::string_view kTooFew =
    "the desired replica count is less than the minimum replica count";

void set_able(PaceAnswer& answer, bool as_wanted, std::string_view reason,
              std::string_view message) {
  answer.able_reason = as_wanted ? "ReadyForNewScale" : reason;
  answer.able_message = as_wanted ? "recommended size matches current size" : message;
}

void set_limit(PaceAnswer& answer, std::int64_t replicas, std::string_view reason,
               std::string_view message) {
  answer.limited = replicas != answer.replicas;
  answer.replicas = replicas;
  answer.limit_reason = answer.limited ? reason : "DesiredWithinRange";
  answer.limit_message =
      answer.limited ? message : "the desired count is within the acceptable range";
}

const json::object& rules_at(const json::object& behavior, std::string_view direction) {
  static const json::object none;
  const json::object* const rules = api::object_at(behavior, {direction});
  return rules == nullptr ? none : *rules;
}

seconds window_of(const json::object& rules, seconds otherwise) {
  const auto window = api::integer_at(rules, {"stabilizationWindowSeconds"});
  return window ? seconds(*window) : otherwise;
}

}  // namespace

void ScalePace::begin(std::int64_t replicas, WallTime now) {
  if (recommended_.empty()) recommended_.push_back({replicas, now});
}

void ScalePace::record(std::int64_t wanted, WallTime now) {
  std::erase_if(recommended_,
                [&](const Sample& sample) { return sample.time < now - kLongestMemory; });
  recommended_.push_back({wanted, now});
}

PaceAnswer ScalePace::decide(const PaceQuestion& question) {
  PaceAnswer answer =
      question.behavior == nullptr ? by_default_rules(question) : by_behavior(question);
  record(question.wanted, question.now);
  return answer;
}

PaceAnswer ScalePace::by_default_rules(const PaceQuestion& question) {
  PaceAnswer answer;
  answer.replicas = question.wanted;
  for (const Sample& sample : recommended_) {
    if (sample.time > question.now - kDefaultDownWindow)
      answer.replicas = std::max(answer.replicas, sample.value);
  }
  set_able(answer, answer.replicas == question.wanted, "ScaleDownStabilized", kHigher);
  const std::int64_t fastest = std::max<std::int64_t>(2 * question.current, 4);
  const bool is_fast = question.most > fastest;
  const std::int64_t most = std::min(question.most, fastest);
  if (answer.replicas < question.least) {
    set_limit(answer, question.least, "TooFewReplicas", kTooFew);
  } else {
    set_limit(answer, std::min(answer.replicas, most), is_fast ? "ScaleUpLimit" : "TooManyReplicas",
              is_fast ? kFastUp : kTooMany);
  }
  return answer;
}

PaceAnswer ScalePace::by_behavior(const PaceQuestion& question) {
  const json::object& up = rules_at(*question.behavior, "scaleUp");
  const json::object& down = rules_at(*question.behavior, "scaleDown");
  const WallTime up_from = question.now - window_of(up, seconds(0));
  const WallTime down_from = question.now - window_of(down, kDefaultDownWindow);
  std::int64_t lowest = question.wanted;
  std::int64_t highest = question.wanted;
  for (const Sample& sample : recommended_) {
    if (sample.time > up_from) lowest = std::min(lowest, sample.value);
    if (sample.time > down_from) highest = std::max(highest, sample.value);
  }
  PaceAnswer answer;
  answer.replicas = std::min(std::max(question.current, lowest), highest);
  const bool rising = question.wanted >= question.current;
  set_able(answer, answer.replicas == question.wanted,
           rising ? "ScaleUpStabilized" : "ScaleDownStabilized", rising ? kLower : kHigher);
  if (answer.replicas > question.current) {
    const std::int64_t fastest =
        std::max(limit(up, true, question.current, question.now), question.current);
    const bool is_fast = question.most > fastest;
    set_limit(answer, std::min({answer.replicas, question.most, fastest}),
              is_fast ? "ScaleUpLimit" : "TooManyReplicas", is_fast ? kFastUp : kTooMany);
  } else if (answer.replicas < question.current) {
    const std::int64_t fastest =
        std::min(limit(down, false, question.current, question.now), question.current);
    const bool is_fast = question.least < fastest;
    set_limit(answer, std::max({answer.replicas, question.least, fastest}),
              is_fast ? "ScaleDownLimit" : "TooFewReplicas", is_fast ? kFastDown : kTooFew);
  } else {
    set_limit(answer, answer.replicas, "", "");
  }
  return answer;
}

std::int64_t ScalePace::changed(const std::vector<Sample>& events, std::int64_t period,
                                WallTime now) const {
  std::int64_t sum = 0;
  for (const Sample& event : events) {
    if (event.time > now - seconds(period)) sum += event.value;
  }
  return sum;
}

// The most (or fewest) pods that the policies allow now.
std::int64_t ScalePace::limit(const json::object& rules, bool up, std::int64_t current,
                              WallTime now) const {
  const std::string_view select = api::text_at(rules, {"selectPolicy"});
  if (select == "Disabled") return current;
  // The greatest change upward is the greatest number, downward the least.
  const bool greatest = (select != "Min") == up;
  std::int64_t result = greatest ? std::numeric_limits<std::int32_t>::min()
                                 : std::numeric_limits<std::int32_t>::max();
  const json::array* const policies = api::array_at(rules, {"policies"});
  if (policies == nullptr) return up ? std::numeric_limits<std::int32_t>::max() : 0;
  for (const json::value& each : *policies) {
    const json::object& policy = each.get_object();
    const std::int64_t period = api::integer_at(policy, {"periodSeconds"}).value_or(0);
    const std::int64_t value = api::integer_at(policy, {"value"}).value_or(0);
    const std::int64_t start =
        current - changed(added_, period, now) + changed(removed_, period, now);
    std::int64_t proposed = up ? start + value : start - value;
    if (api::text_at(policy, {"type"}) == "Percent") {
      const double share = static_cast<double>(value) / 100;
      const auto before = static_cast<double>(start);
      proposed =
          static_cast<std::int64_t>(up ? std::ceil(before * (1 + share)) : before * (1 - share));
    }
    result = greatest ? std::max(result, proposed) : std::min(result, proposed);
  }
  return result;
}

void ScalePace::scaled(std::int64_t from, std::int64_t to, WallTime now) {
  for (std::vector<Sample>* const events : {&added_, &removed_})
    std::erase_if(*events, [&](const Sample& event) { return event.time < now - kLongestMemory; });
  if (to > from) added_.push_back({to - from, now});
  if (to < from) removed_.push_back({from - to, now});
}

}  // namespace cove::controllers
