// What registries' refusals become, in the words that clients of Docker know.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/http/client.h"

namespace cove::image {

// The first error of a body of the distribution-spec, as "denied: requested access to the resource
// is denied"; "" when there is none.
std::string registry_words(std::string_view body);
// The code of it ("DENIED", "MANIFEST_UNKNOWN"), or "".
std::string registry_code(std::string_view body);

// An answer that is no success, as an error about `subject`. Reads the rest of its body.
struct Refusal {
  int status = 0;
  std::string code;   // of the distribution-spec
  std::string words;  // "unauthorized: authentication required", or "received unexpected HTTP …"
  std::string limit;  // what a 429 says about the limit; a sentence, or ""
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
};
Refusal read_refusal(http::ClientResponse& response, WallTime now);
// `action` and `subject` as Error has them.
Error refusal_error(const Refusal& refusal, std::string action, std::string subject);

// Why nobody was reached, with the remedy that fits.
Error unreachable(const Error& cause, const std::string& registry);

}  // namespace cove::image
