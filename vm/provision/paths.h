// Where things are kept, by the XDG Base Directory Specification.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::provision {

struct Paths {
  Path data;        // $XDG_DATA_HOME/cove: clusters
  Path cache;       // $XDG_CACHE_HOME/cove: what can be measured or fetched again
  Path config;      // $XDG_CONFIG_HOME/cove: preferences
  Path runtime;     // $XDG_RUNTIME_DIR/cove: sockets and locks of this login; 0700
  Path kubeconfig;  // the file kubectl writes to

  Path cluster(const std::string& profile) const { return data / "clusters" / profile; }
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// From the environment and the account's home folder. Without XDG_RUNTIME_DIR (no login session) a private folder
// /tmp/cove-runtime-<uid> is made, 0700 and owned by this user, or refused when somebody else made it.
Result<Paths> default_paths(const Environment& environment);

// Lowercase letters, digits and '-', starting with a letter, at most 30 characters: it becomes a host name, a folder and a
// kubeconfig context.
Result<void> check_profile_name(const std::string& profile);

}  // namespace cove::provision
