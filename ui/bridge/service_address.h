// Where a Service answers outside the cluster.
#pragma once

#include <QUrl>
#include <string>

#include "core/api/object.h"

namespace cove::ui {

// "http://HOST:NODEPORT" by its first TCP port that the node answers on; invalid when there is
// none. `host`: the cluster's; empty is this computer.
QUrl node_address(const api::Object& service, const std::string& host);

}  // namespace cove::ui
