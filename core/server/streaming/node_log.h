// Pages of a node's log folder, as the kubelet shows them: a folder as links, a file as it is.
#pragma once

#include <stop_token>

#include "core/server/pod_streams.h"
#include "core/server/request.h"

namespace cove::server {

// What a GET or HEAD of the page is answered with; a file's bytes are to follow.
Answer node_log_answer(const Request& request, const Result<NodeLogPage>& page);
// The file's bytes, and the stream's end.
void send_node_log(const NodeLogPage& page, http::Stream& stream, std::stop_token stop);

}  // namespace cove::server
