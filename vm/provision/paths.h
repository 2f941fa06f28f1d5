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
  Path session;     // $XDG_RUNTIME_DIR, or what stands in for it (see default_paths)
  Path runtime;     // <session>/cove: sockets of this login; 0700
  Path kubeconfig;  // the file kubectl writes to

  Path cluster(const std::string& profile) const { return data / "clusters" / profile; }
  Path lock(const std::string& profile) const { return data / "locks" / profile; }
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// From the environment and the account's home folder. Without XDG_RUNTIME_DIR (no login session)
// the private folder /tmp/cove-runtime-<uid> stands in for it: made 0700, refused when it is not
// ours or others may enter it.
Result<Paths> default_paths(const Environment& environment);

// This process' environment.
Environment process_environment();

// Exports XDG_RUNTIME_DIR as paths.session when the login has none: libvirt's session daemon is
// found through it. Call it from main, before there are threads.
void export_session(const Paths& paths);

// Lowercase letters, digits and '-', starting with a letter, not ending with '-', at most 30
// characters: it becomes a host name, a folder and a kubeconfig context.
Result<void> check_profile_name(const std::string& profile);

}  // namespace cove::provision
