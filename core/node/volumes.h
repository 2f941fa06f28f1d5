// Volumes of pods (kubernetes.io "Volumes"): made on this machine before a pod's containers start,
// kept up to date while it lives, removed after it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/api/quantity.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/client/transport.h"
#include "core/image/image_store.h"

namespace cove::node {

struct MountedVolume {
  Path path;                 // on the host
  bool read_only = false;    // whatever the container asks for
  bool single_file = false;  // a hostPath of type File, Socket …
};
using MountedVolumes = std::map<std::string, MountedVolume>;  // by name in the pod's spec

// A tmpfs at a folder, which is made; success when one is there already.
Result<void> mount_tmpfs_at(const Path& folder, const std::string& options);
// A hugetlbfs, the same way.
Result<void> mount_huge_pages_at(const Path& folder, const std::string& options);

// Removes `path` (relative) and what is below it in `directory`; no component of the way there may
// be a link. Absent is success. For folders of PersistentVolumes that are reclaimed.
Result<void> remove_below(const Path& directory, const std::string& path);

// Files of configMap, secret, downwardAPI and projected volumes change atomically: they are links
// through "..data", which is replaced (as programs that watch them expect). Durable: folders
// outlive coved; mounts (of secrets, and of emptyDirs in memory) are found again.
//
// Thread-safe; calls block, also for answers of the API, and one pod's are one after the other.
class PodVolumes {
 public:
  struct Parts {
    Path directory;                // DIR/<pod uid>/volumes/<plugin>/<name>
    client::Transport& transport;  // as system:node:<name>; its executor must not be the caller's
    image::ImageStore& images;     // of image volumes
    image::LayerStore& layers;
    std::string node_name;
    Clock& clock;
    Logger& logger;
    std::map<std::string, api::Quantity, std::less<>> allocatable = {};  // as NodeSettings has it
    std::function<Result<void>(const Path& folder, const std::string& options)> mount_tmpfs =
        mount_tmpfs_at;
    std::function<Result<void>(const Path& folder, const std::string& options)> mount_huge_pages =
        mount_huge_pages_at;
  };
  explicit PodVolumes(Parts parts);
  ~PodVolumes();

  // Makes what is not there and brings the rest up to date: to be called before the first start,
  // and now and then while the pod lives. kNotFound, kUnavailable …; the cause is what the event
  // FailedMount says: 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found'.
  // Images of image volumes must be in the store by then.
  Result<MountedVolumes> mount(const api::ObjectPtr& pod);
  // Everything of the pod goes, except what outlives it: PersistentVolumes and hostPaths. What
  // stands in DIR/<pod uid> beside the volumes goes as well.
  Result<void> unmount(const std::string& pod_uid);
  // Uids that have something here: after a crash, those of no pod are unmounted.
  std::vector<std::string> pods() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::node
