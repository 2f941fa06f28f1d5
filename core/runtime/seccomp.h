// Seccomp profiles in Docker's form, made into what a bundle says (OCI runtime-spec, config-linux,
// Seccomp).
#pragma once

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cove::runtime {

struct SeccompHost {
  std::string architecture;  // as profiles call it: "amd64", "arm64"
  unsigned kernel_major = 0, kernel_minor = 0;
};

// The profile that containers get when nothing else is said.
std::string_view default_seccomp_profile();

// The rules that hold for a process with these capabilities on this host. A profile is outside
// input: at most 1 MiB, 32 levels, 4096 rules; kInvalidArgument else.
Result<boost::json::object> seccomp_rules(std::string_view profile,
                                          const std::set<std::string>& capabilities,
                                          const SeccompHost& host);

}  // namespace cove::runtime
