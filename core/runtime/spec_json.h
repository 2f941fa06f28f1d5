// ContainerSpec as the JSON that is kept beside a container, and what is checked of one.
#pragma once

#include <string>
#include <string_view>

#include "core/runtime/spec.h"

namespace cove::runtime {

std::string write_spec(const ContainerSpec& spec);
// Members that are missing or of another type keep their defaults; kCorrupt when it is no JSON.
Result<ContainerSpec> read_spec(std::string_view text);

// What can be said without looking at the host; kInvalidArgument with one sentence.
Result<void> check_spec(const ContainerSpec& spec);
bool is_container_id(std::string_view id);

}  // namespace cove::runtime
