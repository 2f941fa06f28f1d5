// The built-in kinds: one function per file, listed in list.cpp. Private to this room.
#pragma once

#include "core/api/kind.h"

namespace cove::api {

// A kind is one file kinds/<group>_<kind>.cpp with a function that returns its descriptor (or those
// of all its served versions), and one line in list.cpp.
using MakeKinds = std::vector<Kind> (*)(const BuiltinSchemas& schemas);

std::vector<MakeKinds> builtin_kinds();

}  // namespace cove::api
