#include "core/image/reference.h"

#include <algorithm>

#include "core/base/strings.h"

namespace cove::image {
namespace {

constexpr std::string_view kDefaultDomain = "docker.io";
constexpr std::string_view kLegacyDomain = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::size_t kMaxRepository = 255;
constexpr std::size_t kMaxTag = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c) || c == '_';
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_upper);
}

// What would be taken for an image's id.
bool is_id(std::string_view text) {
  return text.size() == 64 &&
         all(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// Whether what stands before the first '/' is a registry rather than a part of the repository.
bool names_host(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view first = text.substr(0, slash);
  return slash != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos ||
                                             first == "localhost" || has_upper(first));
}

// Host names, IPv4 addresses and IPv6 addresses in brackets, with a port or without.
bool is_domain(std::string_view text) {
  if (text.substr(0, 1) == "[") {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    if (!all(text.substr(1, end - 1), [](char c) { return is_hex(c) || c == ':'; })) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text[0] == ':' && all(text.substr(1), is_digit));
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (!all(text.substr(colon + 1), is_digit)) return false;
    text = text.substr(0, colon);
  }
  for (const std::string& label : split(text, '.')) {
    if (!all(label, [](char c) { return (is_word(c) && c != '_') || c == '-'; })) return false;
    if (label.front() == '-' || label.back() == '-') return false;
  }
  return true;
}

// Lower case letters and digits with single '.', '_', "__" or any number of '-' between.
bool is_path_component(std::string_view text) {
  const auto alphanumeric = [](char c) { return is_digit(c) || is_lower(c); };
  std::size_t at = 0;
  while (true) {
    const std::size_t start = at;
    while (at < text.size() && alphanumeric(text[at])) ++at;
    if (at == start) return false;
    if (at == text.size()) return true;
    const std::size_t separator = at;
    while (at < text.size() && !alphanumeric(text[at])) ++at;
    const std::string_view between = text.substr(separator, at - separator);
    const bool dashes = all(between, [](char c) { return c == '-'; });
    if (!dashes && between != "." && between != "_" && between != "__") return false;
  }
}

bool is_repository(std::string_view text) {
  const auto components = split(text, '/');
  return std::all_of(components.begin(), components.end(), is_path_component);
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTag && is_word(text.front()) &&
         all(text, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

Error invalid(std::string_view text, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "use the image name",
               escape_control(text.substr(0, 256)), std::move(cause), ""};
}

struct Halves {
  std::string domain;
  std::string rest;
};
Halves split_domain(std::string_view text) {
  Halves halves;
  const bool with_host = names_host(text);
  const std::size_t slash = text.find('/');
  halves.domain = with_host ? text.substr(0, slash) : kDefaultDomain;
  halves.rest = with_host ? text.substr(slash + 1) : text;
  if (halves.domain == kLegacyDomain) halves.domain = kDefaultDomain;
  if (halves.domain == kDefaultDomain && halves.rest.find('/') == std::string::npos)
    halves.rest.insert(0, kOfficial);
  return halves;
}

}  // namespace

std::string Reference::familiar_name() const {
  if (domain != kDefaultDomain) return name();
  const std::string_view path = repository;
  if (path.substr(0, kOfficial.size()) == kOfficial &&
      path.find('/', kOfficial.size()) == std::string_view::npos) {
    const std::string_view official = path.substr(kOfficial.size());
    return is_id(official) ? name() : std::string(official);
  }
  return names_host(path) ? name() : repository;
}

std::string Reference::familiar() const {
  std::string text = familiar_name();
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest.text();
  return text;
}

std::string Reference::canonical() const {
  std::string text = name();
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest.text();
  return text;
}

Result<Reference> parse_reference(std::string_view text) {
  constexpr const char* kInvalid = "invalid reference format";
  if (text.size() > 2 * kMaxRepository + kMaxTag + 128) return invalid(text, kInvalid);
  if (is_id(text)) {
    return invalid(text, "invalid repository name (" + std::string(text) +
                             "), cannot specify 64-byte hexadecimal strings");
  }
  Halves halves = split_domain(text);
  std::string_view rest = halves.rest;
  if (const std::string_view remote = rest.substr(0, rest.find(':')); has_upper(remote)) {
    return invalid(text, "invalid reference format: repository name (" + escape_control(remote) +
                             ") must be lowercase");
  }
  Reference reference;
  reference.domain = std::move(halves.domain);
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    auto digest = Digest::parse(rest.substr(at + 1));
    if (!digest) {
      const bool known_form = rest.find(':', at) != std::string_view::npos;
      return invalid(text, known_form ? digest.error().cause : kInvalid);
    }
    reference.digest = std::move(*digest);
    rest = rest.substr(0, at);
  }
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    if (!is_tag(rest.substr(colon + 1))) return invalid(text, kInvalid);
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  if (!is_domain(reference.domain) || !is_repository(rest)) return invalid(text, kInvalid);
  if (rest.size() > kMaxRepository)
    return invalid(text, "repository name must not be more than 255 characters");
  reference.repository = rest;
  return reference;
}

Result<Reference> parse_tagged(std::string_view text) {
  COVE_TRY(Reference reference, parse_reference(text));
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  return reference;
}

}  // namespace cove::image
