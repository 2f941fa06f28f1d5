// Base64 as JSON documents carry bytes (RFC 4648 section 4, with padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cove::api {

std::string base64_encode(std::string_view bytes);
// None when `text` is no base64. Line ends are skipped, as Go's decoder does.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace cove::api
