// LocalPathFolders: a node's part in cove.dev/local-path (local_path.h). Makes the folders of new
// volumes, so that whoever a container runs as can write there, and removes those of volumes that
// are not wanted any more.
#pragma once

#include <functional>
#include <string>

#include "core/base/fs.h"
#include "core/controllers/control_loop.h"

namespace cove::controllers {

struct LocalPathPlace {
  std::string host;  // the node's label kubernetes.io/hostname
  Path directory;    // what the Node's annotation kLocalPathDirectory says; else the default one
  // Both elsewhere than on the executor, since they may take long; `done` from any thread.
  using Done = std::function<void(Result<void>)>;
  // Makes a folder (mode 0777); one that is there stays as it is.
  std::function<void(const Path& folder, Done done)> make;
  // Removes a folder and all that is in it; one that is not there is removed.
  std::function<void(const Path& folder, Done done)> remove;
};

// Only a folder of the volume's own name directly in `directory` is ever touched, whatever the
// volume says: people can write volumes. To be made before the informers start, as every loop.
std::unique_ptr<ControlLoop> make_local_path_folders(const Environment& environment,
                                                     LocalPathPlace place);

}  // namespace cove::controllers
