// What instructions make of an image's configuration: in a build's stages, and for the changes that
// `docker commit --change` and `docker import --change` ask for.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/image/build/arguments.h"
#include "core/image/build/expand.h"
#include "core/image/build/instruction.h"
#include "core/image/manifest.h"

namespace cove::image::dockerfile {

// Of one stage. Refers to its arguments. Each call changes the configuration and returns the step's
// text in the history ("CMD [\"nginx\"]"); errors have Docker's wording without a place.
class Configurer {
 public:
  Configurer(RunConfig& config, const Arguments& arguments, Expansion expansion)
      : config_(config), arguments_(arguments), expansion_(expansion) {}

  Result<std::string> apply(const Env& env);
  Result<std::string> apply(const Label& label);
  Result<std::string> apply(const OnBuild& onbuild);
  Result<std::string> apply(const Workdir& workdir);
  Result<std::string> apply(const Cmd& cmd);
  Result<std::string> apply(const Entrypoint& entrypoint);
  Result<std::string> apply(const Health& health);
  Result<std::string> apply(const Expose& expose);
  Result<std::string> apply(const User& user);
  Result<std::string> apply(const Volume& volume);
  Result<std::string> apply(const StopSignal& signal);
  Result<std::string> apply(const Shell& shell);

  // With the variables of the configuration and the arguments.
  Result<std::string> expand(const std::string& text) const;
  std::vector<std::string> shell() const;
  // The shell in front of a command line of the shell form.
  std::vector<std::string> with_shell(const CommandLine& command) const;

 private:
  Result<Pairs> expand(const Pairs& pairs) const;

  RunConfig& config_;
  const Arguments& arguments_;
  Expansion expansion_;
  bool cmd_set_ = false;  // by this stage, not by its base
};

}  // namespace cove::image::dockerfile

namespace cove::image {

// Instructions as a Dockerfile has them, one or more a text: CMD, ENTRYPOINT, ENV, EXPOSE,
// HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR. kInvalidArgument with Docker's
// wording as the cause, for others "run is not a valid change command". All of them or none.
Result<void> apply_changes(RunConfig& config, const std::vector<std::string>& changes);

}  // namespace cove::image
