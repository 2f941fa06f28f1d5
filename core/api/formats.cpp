#include "core/api/formats.h"
#include "core/base/base64.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "core/api/names.h"
#include "core/api/scalars.h"
#include "core/api/time.h"

namespace cove::api {
namespace {

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool all_hex(std::string_view text) {
  return std::ranges::all_of(text, is_hex);
}

// `version`: the digit that tells UUIDs apart, or '\0'.
bool is_uuid(std::string_view text, char version) {
  std::string digits(text);
  std::erase(digits, '-');
  if (digits.size() != 32 || !all_hex(digits)) return false;
  // Hyphens stand where they stand in the usual form, or nowhere.
  for (std::size_t i = 0, digit = 0; i < text.size(); ++i) {
    if (text[i] != '-') {
      ++digit;
    } else if (digit != 8 && digit != 12 && digit != 16 && digit != 20) {
      return false;
    }
  }
  if (version == '\0') return true;
  const bool variant =
      version == '3' || std::string_view("89abAB").find(digits[16]) != std::string_view::npos;
  return digits[12] == version && variant;
}

bool is_mac(std::string_view text) {
  if (text.size() < 14) return false;
  const char separator = text[2] == ':' || text[2] == '-' ? text[2] : '.';
  const std::size_t group = separator == '.' ? 4 : 2;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_separator = i % (group + 1) == group;
    if (is_separator ? text[i] != separator : !is_hex(text[i])) return false;
    digits += is_separator ? 0 : 1;
  }
  return digits == 12 || digits == 16 || digits == 40;
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == ',';
  });
}

bool is_hostname(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return check_dns1123_subdomain(lower).empty();
}

bool is_uri(std::string_view text) {
  if (text.starts_with('/')) return true;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view scheme = text.substr(0, colon);
  return (is_lower(scheme[0]) || is_upper(scheme[0])) &&
         std::ranges::all_of(
             scheme,
             [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; }) &&
         text.find(' ') == std::string_view::npos;
}

bool is_hex_color(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  return (text.size() == 3 || text.size() == 6) && all_hex(text);
}

bool is_date(std::string_view text) {
  return text.size() == 10 && parse_time(std::string(text) + "T00:00:00Z").has_value();
}

bool is_date_time(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c == 't' || c == 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return parse_time(upper).has_value();
}

// With bits beyond the prefix, unlike addresses of networks.
bool is_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || canonical_ip(text.substr(0, slash)).empty()) return false;
  const std::string_view digits = text.substr(slash + 1);
  int prefix = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const int bits = text.find(':') == std::string_view::npos ? 32 : 128;
  return !digits.empty() && is_digit(digits.front()) && read.ec == std::errc() &&
         read.ptr == digits.data() + digits.size() && prefix <= bits;
}

using Check = bool (*)(std::string_view);

constexpr auto kFormats = std::to_array<std::pair<std::string_view, Check>>({
    {"byte", [](std::string_view text) { return base64_decode_lenient(text).has_value(); }},
    {"cidr", is_cidr},
    {"date", is_date},
    {"datetime", is_date_time},
    {"duration", [](std::string_view text) { return parse_duration(text).has_value(); }},
    {"email", is_email},
    {"hexcolor", is_hex_color},
    {"hostname", is_hostname},
    {"ipv4",
     [](std::string_view text) {
       return text.find(':') == std::string_view::npos && check_ip(text).empty();
     }},
    {"ipv6",
     [](std::string_view
            text) { return text.find(':') != std::string_view::npos && !canonical_ip(text).empty(); }},
    {"k8slongname", [](std::string_view text) { return check_dns1123_subdomain(text).empty(); }},
    {"k8sshortname", [](std::string_view text) { return check_dns1123_label(text).empty(); }},
    {"mac", is_mac},
    {"uri", is_uri},
    {"uuid", [](std::string_view text) { return is_uuid(text, '\0'); }},
    {"uuid3", [](std::string_view text) { return is_uuid(text, '3'); }},
    {"uuid4", [](std::string_view text) { return is_uuid(text, '4'); }},
    {"uuid5", [](std::string_view text) { return is_uuid(text, '5'); }},
});

}  // namespace

bool has_format(std::string_view format, std::string_view text) {
  if (format.empty()) return true;
  std::string name(format);
  std::erase(name, '-');
  const auto found = std::ranges::find(kFormats, name, [](const auto& each) { return each.first; });
  return found == kFormats.end() || found->second(text);
}

}  // namespace cove::api
