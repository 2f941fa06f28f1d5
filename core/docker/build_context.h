// The context of a build as docker sends it: a tar of a folder without what .dockerignore names.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::docker {

// Writes the tar of `folder`. Owners become root's, and nothing outside the folder is read,
// wherever symbolic links point (they are sent as links). The Dockerfile and .dockerignore
// themselves always go along. Errors: kNotFound when folder or Dockerfile is missing;
// kInvalidArgument for a line of .dockerignore, or a Dockerfile outside of the folder.
Result<void> write_build_context(const Path& folder, const std::string& dockerfile,
                                 const std::function<Result<void>(std::string_view)>& sink,
                                 std::stop_token stop = {});

}  // namespace cove::docker
