// The admission plugins, one function per file of this folder. Private to this room.
#pragma once

#include <memory>

#include "core/server/admission.h"

namespace cove::server {

std::unique_ptr<AdmissionPlugin> namespace_lifecycle();

}  // namespace cove::server
