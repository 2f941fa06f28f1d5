#include "core/image/registry_errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/image/json.h"
#include "core/image/registry_headers.h"

namespace cove::image {
namespace {

constexpr std::size_t kMaxBody = 64 * 1024;
constexpr std::size_t kMaxWords = 512;

struct Said {
  std::string code;
  std::string message;
};

std::string shown(std::string_view text) {
  return escape_control(text.substr(0, kMaxWords));
}

// {"errors":[{"code":…,"message":…}]}, or the {"details":…} of token servers.
Said read_said(std::string_view body) {
  const auto document = parse_json(body, kMaxBody, "an answer");
  if (!document) return {};
  const Fields fields(document->get_object(), "an answer");
  const auto errors = fields.array("errors", SIZE_MAX);
  if (!errors || *errors == nullptr || (*errors)->empty() || !(**errors)[0].is_object()) {
    const auto details = fields.text("details");
    return details && !details->empty() ? Said{"UNAUTHORIZED", *details} : Said{};
  }
  const Fields first((**errors)[0].get_object(), "an answer");
  const auto code = first.text("code");
  const auto message = first.text("message");
  return {code ? shown(*code) : "", message ? shown(*message) : ""};
}

std::string join(const Said& said) {
  if (said.code.empty()) return said.message;
  std::string code = said.code;
  std::ranges::transform(code, code.begin(), [](char c) {
    if (c == '_') return ' ';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return said.message.empty() ? code : fmt::format("{}: {}", code, said.message);
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::kInvalidArgument;
    case 401:
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kConflict;
    case 413: return ErrorCode::kResourceExhausted;
    case 429: return ErrorCode::kResourceExhausted;
    default: return ErrorCode::kUnavailable;
  }
}

// "100;w=21600" of the fields ratelimit-limit and ratelimit-remaining.
std::string limit_words(std::string_view limit, std::string_view remaining) {
  const std::string count(limit.substr(0, limit.find(';')));
  if (count.empty() || count.size() > 12 || !std::ranges::all_of(count, ::isdigit)) return {};
  std::string words = fmt::format("the limit is {} pulls", count);
  const std::size_t window = limit.find(";w=");
  if (window != std::string_view::npos) {
    const std::string seconds(limit.substr(window + 3, 10));
    if (!seconds.empty() && seconds.size() < 9 && std::ranges::all_of(seconds, ::isdigit)) {
      const long every = std::stol(seconds);
      words += every % 3600 == 0 ? fmt::format(" in {} hours", every / 3600)
                                 : fmt::format(" in {} seconds", every);
    }
  }
  const std::string left(remaining.substr(0, remaining.find(';')));
  if (!left.empty() && left.size() <= 12 && std::ranges::all_of(left, ::isdigit))
    words += fmt::format(", {} are left", left);
  return words;
}

}  // namespace

std::string registry_words(std::string_view body) {
  return join(read_said(body));
}

std::string registry_code(std::string_view body) {
  return read_said(body).code;
}

Refusal read_refusal(http::ClientResponse& response, WallTime now) {
  Refusal refusal;
  refusal.status = response.status();
  if (const auto body = response.read_all(kMaxBody)) {
    const Said said = read_said(*body);
    refusal.code = said.code;
    refusal.words = join(said);
  }
  if (refusal.words.empty()) {
    refusal.words = refusal.status == 401 ? "unauthorized: authentication required"
                                          : fmt::format("received unexpected HTTP status: {} {}",
                                                        refusal.status, shown(response.reason()));
  }
  refusal.retry_after = parse_retry_after(response.header("retry-after"), now);
  if (refusal.status == 429) {
    refusal.limit =
        limit_words(response.header("ratelimit-limit"), response.header("ratelimit-remaining"));
  }
  return refusal;
}

Error refusal_error(const Refusal& refusal, std::string action, std::string subject) {
  Error error{code_of(refusal.status), std::move(action), std::move(subject), refusal.words, {}};
  if (!refusal.limit.empty()) error.cause += fmt::format(" ({})", refusal.limit);
  if (refusal.status == 429) {
    error.remedy = refusal.retry_after
                       ? fmt::format("Try again in {} seconds, log in, or configure a mirror.",
                                     refusal.retry_after->count())
                       : "Try again later, log in, or configure a mirror.";
  } else if (refusal.status == 401 || refusal.status == 403) {
    error.remedy = "Log in with 'docker login', or check the name.";
  }
  return error;
}

Error unreachable(const Error& cause, const std::string& registry) {
  Error error{cause.code == ErrorCode::kNotFound ? ErrorCode::kUnavailable : cause.code, "reach",
              "the registry " + registry, cause.cause, cause.remedy};
  switch (cause.code) {
    case ErrorCode::kPermissionDenied:
      error.remedy = fmt::format(
          "Put its authority's certificate into certs.d/{}/ca.crt, or list it as an insecure "
          "registry.",
          registry);
      break;
    case ErrorCode::kNotFound:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      error.remedy =
          "Check the network and the proxy, configure a mirror, or load the image from a file.";
      break;
    default: break;
  }
  return error;
}

}  // namespace cove::image
