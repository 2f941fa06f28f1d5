// What of a pod its readers ask for.
#pragma once

#include <string_view>

#include "core/api/object.h"

namespace cove::api {

std::string_view pod_phase(const Object& pod);
// It has Succeeded or Failed, and runs no more.
bool has_ended(const json::object& pod);
bool has_ended(const Object& pod);
// Neither ended nor being deleted.
bool is_pod_active(const Object& pod);
bool is_pod_ready(const Object& pod);

}  // namespace cove::api
