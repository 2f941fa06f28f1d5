// LocalPathFolders: a node's part in cove.dev/local-path (local_path.h). Removes the folders of
// volumes that are not wanted any more.
#pragma once

#include <functional>
#include <string>

#include "core/base/fs.h"
#include "core/controllers/control_loop.h"

namespace cove::controllers {

struct LocalPathPlace {
  std::string host;  // the node's label kubernetes.io/hostname
  Path directory;    // what the Node's annotation kLocalPathDirectory says; else the default one
  // Removes a folder and all that is in it, elsewhere than on the executor since that may take
  // long; one that is not there is removed. `done` from any thread.
  std::function<void(const Path& folder, std::function<void(Result<void>)> done)> remove;
};

// Only a folder of the volume's own name directly in `directory` is ever removed, whatever the
// volume says: people can write volumes. To be made before the informers start, as every loop.
std::unique_ptr<ControlLoop> make_local_path_folders(const Environment& environment,
                                                     LocalPathPlace place);

}  // namespace cove::controllers
