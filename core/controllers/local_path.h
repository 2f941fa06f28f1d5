// The contract between the provisioner cove.dev/local-path and the nodes that hold its volumes.
//
// A volume is a PersistentVolume "pvc-<uid of its claim>" of type hostPath (DirectoryOrCreate), a
// folder of that name in the node's folder of volumes, bound to that node by its affinity. It has
// the finalizer kLocalPathFinalizer from the beginning. Once the volume is being deleted and
// nothing uses it any more (local_path_cleanup() says so) its node removes the folder, when that is
// what is asked for, and then takes the finalizer away (local_path_folders.h).
#pragma once

#include <string>
#include <string_view>

#include "core/api/object.h"

namespace cove::controllers {

inline constexpr std::string_view kLocalPathProvisioner = "cove.dev/local-path";
inline constexpr std::string_view kLocalPathFinalizer = "cove.dev/local-path";
// Of a Node: where its volumes are, if not in the default folder.
inline constexpr std::string_view kLocalPathDirectory = "cove.dev/local-path-directory";
inline constexpr std::string_view kDefaultLocalPathDirectory = "/var/lib/cove/volumes";

// What a volume's node has to do about it now.
enum class LocalPathCleanup {
  kNothing,  // it is not one of these, or it lives, or something uses it still
  kKeep,     // take the finalizer away, and leave the folder as it is (reclaim policy Retain)
  kRemove    // remove the folder, then take the finalizer away
};
LocalPathCleanup local_path_cleanup(const api::Object& volume);
// The node (its label kubernetes.io/hostname) that has the volume; empty: it is not one of these.
std::string local_path_node(const api::Object& volume);
boost::json::object without_local_path_finalizer(const api::Object& volume);

}  // namespace cove::controllers
