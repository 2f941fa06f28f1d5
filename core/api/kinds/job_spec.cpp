#include "core/api/kinds/job_spec.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/metadata.h"
#include "core/api/selector.h"

namespace cove::api::jobs {
namespace {

constexpr std::int64_t kMaxParallelism = 100'000;
constexpr std::int64_t kMaxBackoffPerIndex = 100'000;
constexpr std::size_t kMaxRules = 20;

void check_counts(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  constexpr std::array<std::string_view, 7> kCounts = {"parallelism",
                                                       "completions",
                                                       "activeDeadlineSeconds",
                                                       "backoffLimit",
                                                       "ttlSecondsAfterFinished",
                                                       "backoffLimitPerIndex",
                                                       "maxFailedIndexes"};
  for (const std::string_view field : kCounts) {
    rules::not_negative(errors, path / field, integer_at(spec, {field}));
  }
}

void check_indexed(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const std::string_view mode = text_at(spec, {"completionMode"});
  rules::enumeration(errors, path / "completionMode", mode, {"Indexed", "NonIndexed"});
  const auto per_index = integer_at(spec, {"backoffLimitPerIndex"});
  const auto max_failed = integer_at(spec, {"maxFailedIndexes"});
  const auto completions = integer_at(spec, {"completions"});
  if (mode == "Indexed") {
    if (!completions) {
      errors.required(path / "completions", "when completion mode is Indexed");
    }
    const std::int64_t parallelism = integer_at(spec, {"parallelism"}).value_or(0);
    if (parallelism > kMaxParallelism) {
      errors.invalid(path / "parallelism", parallelism,
                     "must be less than or equal to 100000 when completion mode is Indexed");
    }
    if (completions && max_failed && *max_failed > *completions) {
      errors.invalid(path / "maxFailedIndexes", *max_failed,
                     "must be less than or equal to completions");
    }
    if (max_failed && *max_failed > kMaxBackoffPerIndex) {
      errors.invalid(path / "maxFailedIndexes", *max_failed,
                     "must be less than or equal to 100000");
    }
  }
  if (max_failed && !per_index) {
    errors.required(path / "backoffLimitPerIndex", "when maxFailedIndexes is specified");
  }
  if (mode == "Indexed") return;
  if (per_index) {
    errors.invalid(path / "backoffLimitPerIndex", *per_index, "requires indexed completion mode");
  }
  if (max_failed) {
    errors.invalid(path / "maxFailedIndexes", *max_failed, "requires indexed completion mode");
  }
}

void check_exit_codes(ErrorList& errors, const FieldPath& path, const json::object& codes,
                      const json::object& spec) {
  const std::string_view how = text_at(codes, {"operator"});
  rules::required_enumeration(errors, path / "operator", how, {"In", "NotIn"});
  const json::array* const values = array_at(codes, {"values"});
  if (values == nullptr || values->empty()) {
    errors.invalid(path / "values", json::array(), "at least one value is required");
  } else if (values->size() > 255) {
    errors.too_many(path / "values", values->size(), 255);
  }
  std::set<std::int64_t> seen;
  std::int64_t before = INT64_MIN;
  bool ordered = true;
  for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
    if (!(*values)[i].is_int64()) continue;
    const std::int64_t code = (*values)[i].get_int64();
    if (how == "In" && code == 0) {
      errors.invalid((path / "values").index(i), code, "must not be 0 for the In operator");
    }
    if (!seen.insert(code).second) errors.duplicate((path / "values").index(i), code);
    ordered = ordered && code >= before;
    before = code;
  }
  if (!ordered) errors.invalid(path / "values", *values, "must be ordered");
  if (!rules::has(codes, {"containerName"})) return;
  const std::string_view name = text_at(codes, {"containerName"});
  bool known = false;
  const json::object* const pod = object_at(spec, {"template", "spec"});
  pods::each_container(pod == nullptr ? json::object() : *pod, {"containers", "initContainers"}, {},
                       [&](const json::object& container, const FieldPath&) {
                         known = known || text_at(container, {"name"}) == name;
                       });
  if (!known) {
    errors.invalid(path / "containerName", json::string(name),
                   "must be one of the container or initContainer names in the pod template");
  }
}

void check_failure_rule(ErrorList& errors, const FieldPath& path, const json::object& rule,
                        const json::object& spec) {
  const std::string_view action = text_at(rule, {"action"});
  rules::required_enumeration(errors, path / "action", action,
                              {"Count", "FailIndex", "FailJob", "Ignore"});
  if (action == "FailIndex" && !rules::has(spec, {"backoffLimitPerIndex"})) {
    errors.invalid(path / "action", json::string(action),
                   "requires the backoffLimitPerIndex to be set");
  }
  const json::object* const codes = object_at(rule, {"onExitCodes"});
  const json::array* const conditions = array_at(rule, {"onPodConditions"});
  const bool has_conditions = conditions != nullptr && !conditions->empty();
  if (codes != nullptr) check_exit_codes(errors, path / "onExitCodes", *codes, spec);
  if (has_conditions) {
    if (conditions->size() > kMaxRules) {
      errors.too_many(path / "onPodConditions", conditions->size(), kMaxRules);
    }
    rules::each(conditions, [&](const json::object& pattern, std::size_t i) {
      const FieldPath at = (path / "onPodConditions").index(i);
      const std::string_view type = text_at(pattern, {"type"});
      add_problems(errors, at / "type", type, check_qualified_name(type));
      rules::required_enumeration(errors, at / "status", text_at(pattern, {"status"}),
                                  {"False", "True", "Unknown"});
    });
  }
  if (codes != nullptr && has_conditions) {
    errors.invalid(path, json::string("onExitCodes, onPodConditions"),
                   "specifying both OnExitCodes and OnPodConditions is not supported");
  }
  if (codes == nullptr && !has_conditions) {
    errors.invalid(path, json::string(""),
                   "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

void check_failure_policy(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const json::object* const policy = object_at(spec, {"podFailurePolicy"});
  if (policy == nullptr) return;
  const FieldPath at = path / "podFailurePolicy" / "rules";
  const json::array* const list = array_at(*policy, {"rules"});
  if (list != nullptr && list->size() > kMaxRules) {
    errors.too_many(at, list->size(), kMaxRules);
    return;
  }
  rules::each(list, [&](const json::object& rule, std::size_t i) {
    check_failure_rule(errors, at.index(i), rule, spec);
  });
}

// "1,3-5,7": growing, below `completions`. How many there are; nothing after a problem.
std::optional<std::int64_t> check_indexes(ErrorList& errors, const FieldPath& path,
                                          std::string_view text, std::int64_t completions) {
  std::int64_t count = 0;
  std::int64_t previous = -1;
  const auto fail = [&](std::string detail) {
    errors.invalid(path, json::string(text), std::move(detail));
    return std::nullopt;
  };
  for (const std::string& part : rules::split(text, ',')) {
    const std::vector<std::string> ends = rules::split(part, '-');
    if (ends.size() > 2) {
      return fail(
          fmt::format("error parsing succeededIndexes: expected a number or an interval, "
                      "but got \"{}\"",
                      part));
    }
    std::array<std::int64_t, 2> numbers{};
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const char* const end = ends[i].data() + ends[i].size();
      const auto read = std::from_chars(ends[i].data(), end, numbers[i]);
      if (read.ec != std::errc() || read.ptr != end) {
        return fail(
            fmt::format("error parsing succeededIndexes: cannot convert string to integer "
                        "for index: \"{}\"",
                        ends[i]));
      }
      if (numbers[i] >= completions) {
        return fail(fmt::format("too large index: \"{}\"", ends[i]));
      }
    }
    const std::int64_t last = ends.size() == 2 ? numbers[1] : numbers[0];
    if (numbers[0] <= previous) {
      return fail(
          fmt::format("non-increasing order, previous: {}, current: {}", previous, numbers[0]));
    }
    if (ends.size() == 2 && last <= numbers[0]) {
      return fail(fmt::format("non-increasing order, previous: {}, current: {}", numbers[0], last));
    }
    count += last - numbers[0] + 1;
    previous = last;
  }
  return count;
}

void check_success_policy(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const json::object* const policy = object_at(spec, {"successPolicy"});
  if (policy == nullptr) return;
  if (text_at(spec, {"completionMode"}) != "Indexed") {
    errors.invalid(path / "successPolicy", *policy, "requires indexed completion mode");
    return;
  }
  const FieldPath at = path / "successPolicy" / "rules";
  const json::array* const list = array_at(*policy, {"rules"});
  if (list == nullptr || list->empty()) {
    errors.required(at, "at least one rules must be specified when the successPolicy is specified");
    return;
  }
  if (list->size() > kMaxRules) {
    errors.too_many(at, list->size(), kMaxRules);
    return;
  }
  const std::int64_t completions = integer_at(spec, {"completions"}).value_or(0);
  rules::each(list, [&](const json::object& rule, std::size_t i) {
    const FieldPath here = at.index(i);
    const auto count = integer_at(rule, {"succeededCount"});
    if (!count && !rules::has(rule, {"succeededIndexes"})) {
      errors.required(here, "at least one of succeededCount or succeededIndexes must be specified");
    }
    std::optional<std::int64_t> named;
    if (rules::has(rule, {"succeededIndexes"})) {
      named = check_indexes(errors, here / "succeededIndexes", text_at(rule, {"succeededIndexes"}),
                            completions);
    }
    if (!count) return;
    rules::not_negative(errors, here / "succeededCount", count);
    if (*count > completions) {
      errors.invalid(here / "succeededCount", *count,
                     fmt::format("must be less than or equal to {} (the number of specified "
                                 "completions)",
                                 completions));
    }
    if (named && *count > *named) {
      errors.invalid(here / "succeededCount", *count,
                     fmt::format("must be less than or equal to {} (the number of indexes in the "
                                 "specified succeededIndexes field)",
                                 *named));
    }
  });
}

void check_managed_by(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  if (!rules::has(spec, {"managedBy"})) return;
  const std::string_view manager = text_at(spec, {"managedBy"});
  check_domain_prefixed_path(errors, path / "managedBy", manager);
  if (manager.size() > 63) errors.too_long(path / "managedBy", 63);
}

void check_template(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const FieldPath at = path / "template";
  const json::object* const given = object_at(spec, {"template"});
  const json::object empty;
  const json::object& pod_template = given == nullptr ? empty : *given;
  pods::validate_template(errors, at, pod_template);
  const std::string_view policy = text_at(pod_template, {"spec", "restartPolicy"});
  const FieldPath field = at / "spec" / "restartPolicy";
  // Always is the default of templates, and no job can be done with it.
  if (policy == "Always") {
    errors.required(field, "valid values: \"OnFailure\", \"Never\"");
  } else if (policy != "OnFailure" && policy != "Never") {
    errors.not_supported(field, json::string(policy), {"Never", "OnFailure"});
  } else if (rules::has(spec, {"podFailurePolicy"}) && policy != "Never") {
    errors.invalid(field, json::string(policy),
                   "only \"Never\" is supported when podFailurePolicy is specified");
  }
}

}  // namespace

void validate_spec(ErrorList& errors, const FieldPath& path, const json::object& spec,
                   bool generated) {
  check_counts(errors, path, spec);
  check_indexed(errors, path, spec);
  check_failure_policy(errors, path, spec);
  check_success_policy(errors, path, spec);
  check_managed_by(errors, path, spec);
  rules::enumeration(errors, path / "podReplacementPolicy", text_at(spec, {"podReplacementPolicy"}),
                     {"Failed", "TerminatingOrFailed"});
  if (rules::has(spec, {"podFailurePolicy"}) &&
      text_at(spec, {"podReplacementPolicy"}) == "TerminatingOrFailed") {
    errors.not_supported(path / "podReplacementPolicy", "TerminatingOrFailed", {"Failed"});
  }
  check_template(errors, path, spec);
  if (generated) return;
  const json::object* const given = object_at(spec, {"selector"});
  if (given == nullptr) {
    errors.required(path / "selector");
    return;
  }
  validate_label_selector(given, path / "selector", errors);
  const auto selector = LabelSelector::from_document(given);
  const json::object* const labels = object_at(spec, {"template", "metadata", "labels"});
  if (selector && !selector->matches_labels(labels)) {
    errors.invalid(path / "template" / "metadata" / "labels",
                   labels == nullptr ? json::value() : *labels,
                   "`selector` does not match template `labels`");
  }
}

}  // namespace cove::api::jobs
