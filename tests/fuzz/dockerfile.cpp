// A Dockerfile: reading, planning its stages, and what its instructions make of a configuration.
#include "core/image/build/configure.h"
#include "core/image/build/plan.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cove::image;
  using cove::fuzz::require;
  const auto text = cove::fuzz::text(data, size);
  const auto script = dockerfile::parse_dockerfile(text, "Dockerfile");
  if (script.has_error()) {
    require(!script.error().cause.empty(), "an error has a cause");
  } else {
    require(!script->stages.empty(), "a Dockerfile has a stage");
    const auto plan = dockerfile::make_plan(*script, {"", {{"a", "b"}}, Platform{}, Platform{}});
    if (plan.has_value()) {
      std::size_t last = 0;
      for (const auto& stage : plan->stages) {
        require(stage.index < script->stages.size(), "a plan has stages of the file");
        require(last < stage.first_step, "steps count upwards");
        last = stage.first_step;
        for (const auto need : stage.needs) require(need < stage.index, "stages need earlier ones");
      }
    }
  }
  RunConfig config;
  const RunConfig before = config;
  const auto changed = apply_changes(config, {std::string(text)});
  if (changed.has_error()) require(config == before, "changes are made all or none");
  return 0;
}
