// Small text helpers that several rooms need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cove {

// A JSON string literal with quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

// Control characters (C0, DEL, and C1 as UTF-8 writes them) as \n, \t, \xNN; everything else as it
// is.
std::string escape_control(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

// "4g", "4096mb", "20GiB", "512Mi", "1073741824" to bytes; a bare number counts `default_unit`
// bytes. Units are powers of 1024 as in minikube and docker. Fails on signs, fractions, unknown
// units and overflow.
Result<std::uint64_t> parse_size(std::string_view text, std::uint64_t default_unit);

// "1.5 GiB", "300 MiB": powers of 1024, one decimal below ten.
std::string format_size(std::uint64_t bytes);

// Lowercase hexadecimal of `bytes` random bytes from the operating system.
std::string random_hex(std::size_t bytes);

// RFC 4122 version 4, lowercase.
std::string random_uuid();

}  // namespace cove
