// Base 64 (RFC 4648): the standard alphabet with padding, and the one for URLs without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cove {

std::string base64_encode(std::string_view bytes);
// Nothing when the text is not what an encoder writes: other characters, wrong length or padding.
// White space is not skipped.
std::optional<std::string> base64_decode(std::string_view text);
// The same as Go's decoder reads it, and so the API: line breaks are skipped, and the bits of the
// last digit that belong to no byte may be anything.
std::optional<std::string> base64_decode_lenient(std::string_view text);

std::string base64url_encode(std::string_view bytes);
// Padding may be there or not.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace cove
