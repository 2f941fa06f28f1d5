// libvirt's errors as ours: a code a program can act on, a cause and a remedy a person can.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cove::vm::libvirt {

// Of the failed libvirt call just made on this thread. `uri` decides the remedies for connecting.
Error last_error(std::string action, std::string subject, const std::string& uri = {});

// libvirt's error number (VIR_ERR_…) of the last call on this thread; VIR_ERR_OK when it succeeded.
int last_code();

// The mapping alone, so that it can be tested with texts as the versions in the field write them.
Error map_error(int code, int domain, const std::string& text, std::string action,
                std::string subject, const std::string& uri);

}  // namespace cove::vm::libvirt
