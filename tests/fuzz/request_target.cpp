// The target of a request line: decoding, and what Kubernetes reads out of it.
#include "core/server/request.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  cove::server::Request request;
  request.method = "GET";
  if (!cove::server::parse_target(cove::fuzz::text(data, size), request)) return 0;
  require(request.path.starts_with('/'), "a path starts with a slash");
  require(request.path.find('\0') == std::string::npos, "a path has no zero byte");
  std::size_t decoded = request.path.size();
  for (const auto& [key, value] : request.query) decoded += key.size() + value.size();
  require(decoded <= size, "decoding never makes it longer");
  (void)cove::server::describe(request);
  return 0;
}
