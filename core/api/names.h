// The forms of names and the like that many kinds demand, with the messages that clients of
// Kubernetes know (kubernetes.io "Object Names and IDs", RFC 1035, 1123, 6335). Each function
// returns what is wrong with the text: nothing when it is right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/field_error.h"
#include "core/api/kind.h"

namespace cove::api {

using Problems = std::vector<std::string>;

Problems check_dns1123_label(std::string_view text);
Problems check_dns1123_subdomain(std::string_view text);
Problems check_dns1123_subdomain_underscore(std::string_view text);  // "_" as well
Problems check_wildcard_dns1123_subdomain(std::string_view text);    // "*.example.com"
Problems check_dns1035_label(std::string_view text);
Problems check_qualified_name(std::string_view text);  // a label's key: "example.com/name"
Problems check_label_value(std::string_view text);
Problems check_path_segment(std::string_view text);
Problems check_c_identifier(std::string_view text);
Problems check_env_var_name(std::string_view text);  // printable ASCII but "="
Problems check_strict_env_var_name(std::string_view text);
Problems check_config_map_key(std::string_view text);
Problems check_http_header_name(std::string_view text);
Problems check_port_name(std::string_view text);
Problems check_percent(std::string_view text);
Problems check_port_number(std::int64_t number);
Problems check_range(std::int64_t number, std::int64_t low, std::int64_t high);
Problems check_user_id(std::int64_t id);
Problems check_group_id(std::int64_t id);
// IPv4 or IPv6 without leading zeros and not IPv4 in IPv6; `canonical`: RFC 5952's form only.
Problems check_ip(std::string_view text, bool canonical = false);
// "10.9.8.0/24": no bits set beyond the prefix.
Problems check_cidr(std::string_view text, bool canonical = false);
// RFC 5952's form; empty when the text is no address.
std::string canonical_ip(std::string_view text);
bool is_ipv6(std::string_view text);

// "name must be …" of a kind's rule; `prefix`: it is a generateName, which may end in "-".
Problems check_name(std::string_view text, NameRule rule, bool prefix = false);

// What several texts above are made of, for the rules that are one kind's alone.
std::string max_length_problem(std::size_t characters);
std::string range_problem(std::int64_t low, std::int64_t high);
std::string regex_problem(std::string_view message, std::string_view regex,
                          std::initializer_list<std::string_view> examples);

// Adds each problem as an invalid value.
void add_problems(ErrorList& errors, const FieldPath& path, std::string_view value,
                  const Problems& problems);
// Required when empty; "example.com/path" with the characters of a URL's path.
void check_domain_prefixed_path(ErrorList& errors, const FieldPath& path, std::string_view value);
void check_domain_prefixed_key(ErrorList& errors, const FieldPath& path, std::string_view value);
// At least three segments ("a.example.com"); check_domain: two, with or without a final dot.
void check_fully_qualified_name(ErrorList& errors, const FieldPath& path, std::string_view value);
void check_domain(ErrorList& errors, const FieldPath& path, std::string_view value);

}  // namespace cove::api
