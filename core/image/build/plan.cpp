#include "core/image/build/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

std::optional<std::size_t> find_stage(const Script& script, const std::string& wanted,
                                      std::size_t below) {
  const std::string name = lower(wanted);
  for (std::size_t i = 0; i < below; ++i) {
    if (!name.empty() && script.stages[i].from.name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> stage_number(const std::string& text) {
  if (text.empty() || text.size() > 6 ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return std::stoul(text);
}

Result<std::size_t> find_target(const Script& script, const std::string& target) {
  if (target.empty()) return script.stages.size() - 1;
  if (const auto named = find_stage(script, target, script.stages.size())) return *named;
  if (const auto number = stage_number(target); number && *number < script.stages.size()) {
    return *number;
  }
  return Error{ErrorCode::kInvalidArgument,
               "build the image",
               {},
               fmt::format("failed to reach build target {} in Dockerfile", target),
               {}};
}

Result<Arguments> global_arguments(const Script& script, const PlanOptions& options,
                                   const std::string& target) {
  Arguments arguments(options.args, options.build_platform, options.platform, target);
  Expansion expansion;
  expansion.escape = script.escape;
  for (const Instruction& instruction : script.meta_args) {
    for (const auto& [name, value] : std::get<Arg>(instruction.value).args) {
      std::optional<std::string> expanded;
      if (value) {
        auto result = expand_word(
            *value, [&](std::string_view key) { return arguments.global(key); }, expansion);
        if (!result) return error_at(script.name, instruction.line, result.error().cause);
        expanded = std::move(*result);
      }
      arguments.add_global(name, expanded);
    }
  }
  return arguments;
}

Result<PlannedStage> plan_stage(const Script& script, std::size_t index, const PlanOptions& options,
                                const Arguments& arguments) {
  const Stage& stage = script.stages[index];
  const auto lookup = [&](std::string_view key) { return arguments.global(key); };
  Expansion expansion;
  expansion.escape = script.escape;
  PlannedStage planned;
  planned.index = index;
  planned.platform = options.platform;
  auto base = expand_word(stage.from.base, lookup, expansion);
  if (!base) return error_at(script.name, stage.line, base.error().cause);
  planned.base = std::move(*base);
  if (planned.base.empty()) {
    return error_at(script.name, stage.line,
                    fmt::format("base name ({}) should not be blank", stage.from.base));
  }
  if (!stage.from.platform.empty()) {
    auto text = expand_word(stage.from.platform, lookup, expansion);
    if (!text) return error_at(script.name, stage.line, text.error().cause);
    auto platform = parse_platform(*text);
    if (!platform) {
      return error_at(
          script.name, stage.line,
          fmt::format("failed to parse platform {}: {}", *text, platform.error().cause));
    }
    planned.platform = std::move(*platform);
  }
  planned.stage = find_stage(script, planned.base, index);
  if (planned.stage) planned.needs.push_back(*planned.stage);
  for (const Instruction& instruction : stage.instructions) {
    const auto* copy = std::get_if<Copy>(&instruction.value);
    if (copy == nullptr || copy->from.empty()) continue;
    auto from = find_stage(script, copy->from, index);
    if (const auto number = stage_number(copy->from); !from && number) {
      if (*number >= index) {
        return error_at(script.name, instruction.line,
                        fmt::format("invalid from flag value {}: {}", copy->from,
                                    *number == index ? "refers to current build stage"
                                                     : "no such earlier build stage"));
      }
      from = number;
    }
    if (!from && lower(copy->from) == stage.from.name && !stage.from.name.empty()) {
      return error_at(
          script.name, instruction.line,
          fmt::format("invalid from flag value {}: refers to current build stage", copy->from));
    }
    if (from) planned.needs.push_back(*from);
  }
  std::sort(planned.needs.begin(), planned.needs.end());
  planned.needs.erase(std::unique(planned.needs.begin(), planned.needs.end()), planned.needs.end());
  return planned;
}

}  // namespace

const PlannedStage* Plan::find(std::size_t index) const {
  const auto found = std::find_if(stages.begin(), stages.end(),
                                  [&](const PlannedStage& stage) { return stage.index == index; });
  return found == stages.end() ? nullptr : &*found;
}

Result<Plan> make_plan(const Script& script, const PlanOptions& options) {
  COVE_TRY(const std::size_t target, find_target(script, options.target));
  Plan plan;
  COVE_TRY(plan.arguments,
           global_arguments(script, options, options.target.empty() ? "default" : options.target));
  std::set<std::size_t> needed{target};
  // Stages need only earlier ones, so one pass downwards finds all.
  for (std::size_t index = target + 1; index-- > 0;) {
    if (!needed.contains(index)) continue;
    COVE_TRY(auto planned, plan_stage(script, index, options, plan.arguments));
    needed.insert(planned.needs.begin(), planned.needs.end());
    plan.stages.push_back(std::move(planned));
  }
  std::reverse(plan.stages.begin(), plan.stages.end());
  std::size_t step = script.meta_args.size() + 1;
  for (PlannedStage& planned : plan.stages) {
    planned.first_step = step;
    step += 1 + script.stages[planned.index].instructions.size();
  }
  plan.steps = step - 1;
  for (std::size_t index = 0; index <= target; ++index) {
    if (!script.stages[index].from.name.empty()) {
      plan.by_name[script.stages[index].from.name] = index;
    }
    plan.by_name.try_emplace(std::to_string(index), index);
  }
  return plan;
}

}  // namespace cove::image::dockerfile
