// Mounts of containers: their volumes, with subPath and subPathExpr, and the files that every
// container has.
#pragma once

#include "core/node/container_config.h"
#include "core/node/environment.h"

namespace cove::node {

StartResult<std::vector<runtime::Bind>> container_mounts(const ContainerInputs& inputs,
                                                         const Variables& variables,
                                                         const NodeSettings& settings);

// Absolute, without ".", ".." and a last '/'.
std::string clean_path(std::string_view text);

// Opens (O_PATH) what `sub_path` names in the folder `volume`, by links that stay in it; what is
// missing becomes folders with the volume's own mode. kPermissionDenied for a path that leads out.
Result<Fd> open_sub_path(const Path& volume, const std::string& sub_path);
// The same without making anything: kNotFound.
Result<Fd> find_in_volume(const Path& volume, const std::string& path);

}  // namespace cove::node
