// A load generator for HTTP over TLS: keep-alive connections of HTTP/1.1 (one request at a time
// each) or HTTP/2 (several at a time each), for benchmarks of whatever serves them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::bench {

struct LoadPlan {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string ca_certificate_pem;
  std::string certificate_pem;  // the client's; may be empty
  Secret key_pem;
  bool http2 = false;
  unsigned threads = 1;
  unsigned connections = 16;
  unsigned streams = 1;  // requests at a time on one connection; more than 1 with HTTP/2 only
  std::string method = "GET";
  std::vector<std::string> paths{"/"};                         // in turn
  std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
  std::string body{};
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds duration{3000};
};

class LoadReport {
 public:
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  // answers other than 2xx, broken connections
  std::uint64_t body_bytes = 0;
  double seconds = 0;
  std::vector<std::uint32_t> microseconds;  // every request's, in order of size

  double per_second() const { return seconds > 0 ? static_cast<double>(requests) / seconds : 0; }
  // In milliseconds; `quantile` from 0 to 1.
  double latency(double quantile) const;
};

// Blocks for the plan's time. Fails when no connection can be made; a failure later is counted.
Result<LoadReport> run_load(const LoadPlan& plan);

}  // namespace cove::bench
