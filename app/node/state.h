// What makes the node the same node after a restart: kept in DIR/state.json, written atomically.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/server/node.h"

namespace cove::node {

struct State {
  server::ObjectIdentity node;
  std::vector<server::ObjectIdentity> namespaces;  // the system's four, by name
};

// Loads the state, or makes it when there is none; a node of another name gets an identity of its
// own. kCorrupt when the file is not what coved wrote, kUnsupported when its format is a newer one;
// either way the file is left alone.
Result<State> ensure_state(const Path& data_dir, const std::string& node_name, const Clock& clock);

}  // namespace cove::node
