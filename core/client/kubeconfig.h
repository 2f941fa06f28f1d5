// kubeconfig files: reading and careful merging (kubernetes.io "Organizing Cluster Access Using
// kubeconfig Files").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::client {

// One cluster, user and context, all of the same name.
struct KubeconfigEntry {
  std::string name;
  std::string server;  // "https://127.0.0.1:6443"
  std::string ca_certificate_pem;
  std::string client_certificate_pem;
  Secret client_key_pem;
};

// The file kubectl would write to: the first existing file of $KUBECONFIG's list, else its last,
// else ~/.kube/config. `kubeconfig_variable` is $KUBECONFIG's value, `home` the home folder.
Path kubeconfig_path(const std::optional<std::string>& kubeconfig_variable, const Path& home);

// Adds or replaces the entry (data embedded as base64) and, when `make_current`, sets
// current-context. Every other value in the file, known to us or not, survives; comments may not.
// The file is written atomically with mode 0600 (its own mode when it exists), under a lock file
// beside it as client-go does (<file>.lock, O_EXCL). kCorrupt when the file is not a YAML mapping
// of a kubeconfig's shape: it is left alone and the message has line and column.
Result<void> merge_kubeconfig(const Path& path, const KubeconfigEntry& entry, bool make_current);

// Removes cluster, user and context of that name, and current-context if it points there. Absent is
// success.
Result<void> remove_from_kubeconfig(const Path& path, const std::string& name);

// Whether the file's entry of that name equals `entry`.
Result<bool> kubeconfig_matches(const Path& path, const KubeconfigEntry& entry);

// A whole file with the one entry, as coved --kubeconfig-out writes it.
std::string render_kubeconfig(const KubeconfigEntry& entry);

}  // namespace cove::client
