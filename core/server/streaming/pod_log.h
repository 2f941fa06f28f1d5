// pods/log: the query's options, and a log as text (kubernetes.io API reference, "read log of the
// specified Pod"). Private to this room.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "core/http/stream.h"
#include "core/server/pod_streams.h"
#include "core/server/refusal.h"
#include "core/server/request.h"

namespace cove::server {

struct LogOptions {
  std::string container;
  LogRequest request;
  bool timestamps = false;
  std::optional<std::uint64_t> limit_bytes = std::nullopt;
};
Outcome<LogOptions> read_log_options(const Request& request, std::string_view pod, WallTime now);

// Why a container has no log to read, by its pod's status; empty: it may have one.
std::string log_obstacle(const json::object& pod, std::string_view container, bool previous);

// Writes a log into `stream` to its end. Blocks.
void send_log(PodLog& log, const LogOptions& options, http::Stream& stream, std::stop_token stop);

}  // namespace cove::server
