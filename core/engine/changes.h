// Changes: Dockerfile instructions that `docker commit --change` and `docker import --change`
// apply.
#pragma once

#include <string>
#include <vector>

#include "core/engine/exchange.h"
#include "core/image/manifest.h"

namespace cove::engine {

// CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR;
// 400 for anything else, and for what cannot be read.
Outcome<> apply_changes(image::RunConfig& config, const std::vector<std::string>& changes);

}  // namespace cove::engine
