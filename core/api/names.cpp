#include "core/api/names.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/api/scalars.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

constexpr std::string_view kLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kSubdomain =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view kUnderscoreSubdomain =
    "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view kQualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

constexpr bool is_label_character(char c) {
  return is_lower(c) || is_digit(c);
}

// One or more characters: the first and the last of `ends`, the rest of `ends` or `within`.
template <class Ends>
bool is_word(std::string_view text, Ends ends, std::string_view within) {
  return !text.empty() && ends(text.front()) && ends(text.back()) &&
         std::ranges::all_of(
             text, [&](char c) { return ends(c) || within.find(c) != std::string_view::npos; });
}

bool is_label(std::string_view text) {
  return is_word(text, is_label_character, "-");
}

template <class IsPart>
bool every_part(std::string_view text, IsPart is_part) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_part(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_subdomain(std::string_view text) {
  return every_part(text, is_label);
}

bool is_underscore_label(std::string_view text) {
  if (text.starts_with('_')) text.remove_prefix(1);
  return is_word(text, is_label_character, "-_");
}

bool is_qualified_part(std::string_view text) {
  return is_word(text, is_alphanumeric, "-_.");
}

template <class Accepts>
bool all_of(std::string_view text, Accepts accepts) {
  return !text.empty() && std::ranges::all_of(text, accepts);
}

std::string qualified_problem(std::string_view what) {
  return fmt::format("{}{}", what,
                     regex_problem("must consist of alphanumeric characters, '-', '_' or '.', and "
                                   "must start and end with an alphanumeric character",
                                   kQualified, {"MyName", "my.name", "123-abc"}));
}

std::string max_bytes_problem(std::size_t bytes) {
  return fmt::format("must be no more than {} bytes", bytes);
}

void add_directory_problem(std::string_view text, Problems& problems) {
  if (text == ".") {
    problems.emplace_back("must not be '.'");
  } else if (text == "..") {
    problems.emplace_back("must not be '..'");
  } else if (text.starts_with("..")) {
    problems.emplace_back("must not start with '..'");
  }
}

struct Address {
  bool v6 = false;
  std::array<unsigned char, 16> bytes{};

  std::size_t bits() const { return v6 ? 128 : 32; }
  bool is_mapped() const {
    return v6 && std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
           bytes[10] == 0xff && bytes[11] == 0xff;
  }
  bool has_bits_beyond(std::size_t prefix) const {
    for (std::size_t bit = prefix; bit < bits(); ++bit) {
      if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
    }
    return false;
  }
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string terminated(text.substr(0, 64));
  Address address;
  address.v6 = terminated.find(':') != std::string::npos;
  const int parsed =
      inet_pton(address.v6 ? AF_INET6 : AF_INET, terminated.c_str(), address.bytes.data());
  if (parsed != 1 || terminated.size() != text.size()) return std::nullopt;
  return address;
}

// "010.1.2.3": what older readers took, each in its own way.
std::optional<Address> parse_sloppy_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_address(text);
  std::string trimmed;
  for (const std::string& part : split(text, '.')) {
    const std::size_t digits = std::min(part.find_first_not_of('0'), part.size());
    if (!trimmed.empty()) trimmed += '.';
    trimmed += digits == part.size() && !part.empty() ? "0" : part.substr(digits);
  }
  return parse_address(trimmed);
}

std::string print_address(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.is_mapped()) {
    inet_ntop(AF_INET, address.bytes.data() + 12, text.data(), text.size());
  } else {
    inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  }
  return text.data();
}

}  // namespace

std::string max_length_problem(std::size_t characters) {
  return fmt::format("must be no more than {} characters", characters);
}

std::string range_problem(std::int64_t low, std::int64_t high) {
  return fmt::format("must be between {} and {}, inclusive", low, high);
}

std::string regex_problem(std::string_view message, std::string_view regex,
                          std::initializer_list<std::string_view> examples) {
  std::string text(message);
  text += " (";
  for (const std::string_view example : examples)
    text += fmt::format("{}'{}', ", text.back() == '(' ? "e.g. " : " or ", example);
  return text + fmt::format("regex used for validation is '{}')", regex);
}

Problems check_dns1123_label(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxLabel) problems.push_back(max_length_problem(kMaxLabel));
  if (is_label(text)) return problems;
  if (is_subdomain(text)) {
    problems.emplace_back("must not contain dots");
  } else {
    problems.push_back(regex_problem(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
        "must start and end with an alphanumeric character",
        kLabel, {"my-name", "123-abc"}));
  }
  return problems;
}

Problems check_dns1123_subdomain(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxSubdomain) problems.push_back(max_length_problem(kMaxSubdomain));
  if (!is_subdomain(text)) {
    problems.push_back(regex_problem(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character",
        kSubdomain, {"example.com"}));
  }
  return problems;
}

Problems check_dns1123_subdomain_underscore(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxSubdomain) problems.push_back(max_length_problem(kMaxSubdomain));
  if (!every_part(text, is_underscore_label)) {
    problems.push_back(regex_problem(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', "
        "'-' or '.', and must start and end with an alphanumeric character",
        kUnderscoreSubdomain, {"example.com"}));
  }
  return problems;
}

Problems check_wildcard_dns1123_subdomain(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxSubdomain) problems.push_back(max_length_problem(kMaxSubdomain));
  if (!text.starts_with("*.") || !is_subdomain(text.substr(2))) {
    problems.push_back(regex_problem(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
        "which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
        "alphanumeric character",
        fmt::format("\\*\\.{}", kSubdomain), {"*.example.com"}));
  }
  return problems;
}

Problems check_dns1035_label(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxLabel) problems.push_back(max_length_problem(kMaxLabel));
  if (!is_label(text) || !is_lower(text.front())) {
    problems.push_back(regex_problem(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
  }
  return problems;
}

Problems check_qualified_name(std::string_view text) {
  Problems problems;
  std::string_view name = text;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      return {qualified_problem("a valid label key ") +
              " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"};
    }
    if (slash == 0) {
      problems.emplace_back("prefix part must be non-empty");
    } else {
      for (const std::string& problem : check_dns1123_subdomain(text.substr(0, slash)))
        problems.push_back("prefix part " + problem);
    }
  }
  if (name.empty()) {
    problems.emplace_back("name part must be non-empty");
  } else if (name.size() > kMaxLabel) {
    problems.push_back("name part " + max_bytes_problem(kMaxLabel));
  }
  if (!is_qualified_part(name)) problems.push_back(qualified_problem("name part "));
  return problems;
}

Problems check_label_value(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxLabel) problems.push_back(max_bytes_problem(kMaxLabel));
  if (!text.empty() && !is_qualified_part(text)) {
    problems.push_back(regex_problem(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', and must start and end with an alphanumeric character",
        fmt::format("({})?", kQualified), {"MyValue", "my_value", "12345"}));
  }
  return problems;
}

Problems check_path_segment(std::string_view text) {
  if (text == "." || text == "..") return {fmt::format("may not be '{}'", text)};
  Problems problems;
  for (const char c : {'/', '%'}) {
    if (text.find(c) != std::string_view::npos)
      problems.push_back(fmt::format("may not contain '{}'", c));
  }
  return problems;
}

Problems check_c_identifier(std::string_view text) {
  const auto accepts = [](char c) { return is_alphanumeric(c) || c == '_'; };
  if (all_of(text, accepts) && !is_digit(text.front())) return {};
  return {regex_problem(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of "
      "alphanumeric characters or '_'",
      "[A-Za-z_][A-Za-z0-9_]*", {"my_name", "MY_NAME", "MyName"})};
}

Problems check_env_var_name(std::string_view text) {
  if (text.empty()) return {"environment variable name must be non-empty"};
  if (std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '='; }))
    return {};
  return {
      "a valid environment variable name must consist only of printable ASCII characters other "
      "than '='"};
}

Problems check_strict_env_var_name(std::string_view text) {
  Problems problems;
  const auto accepts = [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  };
  if (!all_of(text, accepts) || is_digit(text.front())) {
    problems.push_back(regex_problem(
        "a valid environment variable name must consist of alphabetic characters, digits, '_', "
        "'-', or '.', and must not start with a digit",
        "[-._a-zA-Z][-._a-zA-Z0-9]*", {"my.env-name", "MY_ENV.NAME", "MyEnvName1"}));
  }
  add_directory_problem(text, problems);
  return problems;
}

Problems check_config_map_key(std::string_view text) {
  Problems problems;
  if (text.size() > kMaxSubdomain) problems.push_back(max_length_problem(kMaxSubdomain));
  const auto accepts = [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  };
  if (!all_of(text, accepts)) {
    problems.push_back(
        regex_problem("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                      "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
  }
  add_directory_problem(text, problems);
  return problems;
}

Problems check_http_header_name(std::string_view text) {
  if (all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; })) return {};
  return {regex_problem("a valid HTTP header must consist of alphanumeric characters or '-'",
                        "[-A-Za-z0-9]+", {"X-Header-Name"})};
}

Problems check_port_name(std::string_view text) {
  Problems problems;
  if (text.size() > 15) problems.push_back(max_length_problem(15));
  if (!all_of(text, [](char c) { return is_label_character(c) || c == '-'; })) {
    problems.emplace_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::ranges::none_of(text, is_lower))
    problems.emplace_back("must contain at least one letter (a-z)");
  if (text.find("--") != std::string_view::npos)
    problems.emplace_back("must not contain consecutive hyphens");
  if (text.starts_with('-') || text.ends_with('-'))
    problems.emplace_back("must not begin or end with a hyphen");
  return problems;
}

Problems check_percent(std::string_view text) {
  if (text.ends_with('%') && all_of(text.substr(0, text.size() - 1), is_digit)) return {};
  return {regex_problem("a valid percent string must be a numeric string followed by an ending '%'",
                        "[0-9]+%", {"1%", "93%"})};
}

Problems check_port_number(std::int64_t number) {
  return check_range(number, 1, 65535);
}

Problems check_range(std::int64_t number, std::int64_t low, std::int64_t high) {
  if (number >= low && number <= high) return {};
  return {range_problem(low, high)};
}

Problems check_user_id(std::int64_t id) {
  return check_range(id, 0, std::numeric_limits<std::int32_t>::max());
}

Problems check_group_id(std::int64_t id) {
  return check_range(id, 0, std::numeric_limits<std::int32_t>::max());
}

Problems check_ip(std::string_view text, bool canonical) {
  const auto address = parse_address(text);
  if (!address) {
    if (parse_sloppy_address(text)) return {"must not have leading 0s"};
    return {"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"};
  }
  if (address->is_mapped()) return {"must not be an IPv4-mapped IPv6 address"};
  if (const std::string printed = print_address(*address); canonical && printed != text)
    return {fmt::format("must be in canonical form (\"{}\")", printed)};
  return {};
}

Problems check_cidr(std::string_view text, bool canonical) {
  const Problems invalid = {"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"};
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return invalid;
  const std::string_view digits = text.substr(slash + 1);
  std::size_t prefix = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const auto sloppy = parse_sloppy_address(text.substr(0, slash));
  if (!sloppy || !all_of(digits, is_digit) || read.ec != std::errc() || prefix > sloppy->bits())
    return invalid;
  const auto address = parse_address(text.substr(0, slash));
  if (!address || (digits.size() > 1 && digits.front() == '0'))
    return {"must not have leading 0s in IP or prefix length"};
  if (address->is_mapped()) return {"must not have an IPv4-mapped IPv6 address"};
  if (address->has_bits_beyond(prefix)) return {"must not have bits set beyond the prefix length"};
  const std::string printed = fmt::format("{}/{}", print_address(*address), prefix);
  if (canonical && printed != text)
    return {fmt::format("must be in canonical form (\"{}\")", printed)};
  return {};
}

std::string canonical_ip(std::string_view text) {
  const auto address = parse_sloppy_address(text);
  return address ? print_address(*address) : std::string();
}

bool is_ipv6(std::string_view text) {
  const auto address = parse_address(text);
  return address && address->v6 && !address->is_mapped();
}

Problems check_name(std::string_view text, NameRule rule, bool prefix) {
  // A trailing "-" is fine before the random end of a generated name.
  std::string masked(text);
  if (prefix && rule != NameRule::kPathSegment && masked.size() > 1 && masked.ends_with('-')) {
    masked.pop_back();
    masked.back() = 'a';
  }
  switch (rule) {
    case NameRule::kDnsSubdomain: return check_dns1123_subdomain(masked);
    case NameRule::kDnsLabel: return check_dns1123_label(masked);
    case NameRule::kDns1035Label: return check_dns1035_label(masked);
    case NameRule::kPathSegment: return check_path_segment(masked);
    case NameRule::kNone: break;
  }
  return {};
}

void add_problems(ErrorList& errors, const FieldPath& path, std::string_view value,
                  const Problems& problems) {
  for (const std::string& problem : problems)
    errors.invalid(path, json::value(json::string_view(value.data(), value.size())), problem);
}

void check_domain_prefixed_path(ErrorList& errors, const FieldPath& path, std::string_view value) {
  if (value.empty()) return errors.required(path);
  const std::size_t slash = value.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == value.size()) {
    return add_problems(errors, path, value,
                        {"must be a domain-prefixed path (such as \"acme.io/foo\")"});
  }
  const std::string_view host = value.substr(0, slash);
  add_problems(errors, path, host, check_dns1123_subdomain(host));
  const std::string_view rest = value.substr(slash + 1);
  constexpr std::string_view kMarks = "/-._~%!$&'()*+,;=:";
  if (!all_of(rest, [&](char c) {
        return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
      })) {
    add_problems(errors, path, rest,
                 {"Invalid path (regex used for validation is "
                  "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"});
  }
}

void check_domain_prefixed_key(ErrorList& errors, const FieldPath& path, std::string_view value) {
  if (value.empty()) return errors.required(path);
  const Problems problems = check_qualified_name(value);
  add_problems(errors, path, value, problems);
  if (problems.empty() && value.find('/') == std::string_view::npos) {
    add_problems(errors, path, value, {"must be a domain-prefixed key (such as \"acme.io/foo\")"});
  }
}

void check_fully_qualified_name(ErrorList& errors, const FieldPath& path, std::string_view value) {
  if (value.empty()) return errors.required(path);
  if (const Problems problems = check_dns1123_subdomain(value); !problems.empty())
    return add_problems(errors, path, value, {fmt::format("{}", fmt::join(problems, ","))});
  if (std::ranges::count(value, '.') < 2) {
    add_problems(errors, path, value,
                 {"should be a domain with at least three segments separated by dots"});
  }
}

void check_domain(ErrorList& errors, const FieldPath& path, std::string_view value) {
  if (value.empty()) return errors.required(path);
  if (value.ends_with('.')) value.remove_suffix(1);
  if (const Problems problems = check_dns1123_subdomain(value); !problems.empty())
    return add_problems(errors, path, value, {fmt::format("{}", fmt::join(problems, ","))});
  if (value.find('.') == std::string_view::npos) {
    return add_problems(errors, path, value,
                        {"should be a domain with at least two segments separated by dots"});
  }
  for (const std::string& label : split(value, '.')) {
    if (const Problems problems = check_dns1123_label(label); !problems.empty())
      return add_problems(errors, path, label, {fmt::format("{}", fmt::join(problems, ","))});
  }
}

}  // namespace cove::api
