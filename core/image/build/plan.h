// Which stages a build needs, and which of them wait for which.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/image/build/arguments.h"
#include "core/image/build/instruction.h"

namespace cove::image::dockerfile {

struct PlannedStage {
  std::size_t index = 0;             // in Script::stages
  std::string base;                  // expanded: an image, "scratch", or an earlier stage's name
  std::optional<std::size_t> stage;  // `base` is this stage
  Platform platform;
  std::vector<std::size_t> needs;  // stages that must be there before, all lower than `index`
  std::size_t first_step = 0;      // "Step first/total"
};

struct Plan {
  std::vector<PlannedStage> stages;  // in the file's order; the last one is the target
  std::size_t steps = 0;
  Arguments arguments;  // with those before the first FROM
  // "name" and the digits of its number, to the stage's number.
  std::map<std::string, std::size_t> by_name;

  const PlannedStage* find(std::size_t index) const;
};

struct PlanOptions {
  std::string target;  // a name or a number; empty: the last one
  GivenArgs args;
  Platform platform;
  Platform build_platform;
};

// kInvalidArgument with "Dockerfile:3: …", or "failed to reach build target x in Dockerfile".
Result<Plan> make_plan(const Script& script, const PlanOptions& options);

}  // namespace cove::image::dockerfile
