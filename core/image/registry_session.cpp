#include "core/image/registry_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/strings.h"

namespace cove::image {
namespace {

constexpr int kMaxRedirects = 8;
constexpr std::size_t kMaxTokenAnswer = 1 << 20;

bool passes_by(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
}

}  // namespace

Result<void> Attempts::again(const Failure& failure) {
  const bool too_long = failure.wait && *failure.wait > kLongestWait;
  if (!failure.transient || too_long || made_ >= most_) return failure.error;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const Milliseconds usual(500.0 * (1 << made_) * (1.0 + random_() / 2));
  ++made_;
  const auto wait = failure.wait ? std::chrono::nanoseconds(*failure.wait)
                                 : std::chrono::duration_cast<std::chrono::nanoseconds>(usual);
  if (clock_.sleep(wait, stop_)) return {};
  return Error{
      ErrorCode::kCancelled, failure.error.action, failure.error.subject, "it was cancelled", {}};
}

RegistrySession::RegistrySession(Parts parts)
    : parts_(std::move(parts)),
      authorizer_({parts_.endpoint.base.origin(), parts_.endpoint.verified, parts_.endpoint.name,
                   parts_.auth, parts_.tokens, parts_.clock, [this](http::ClientRequest request) {
                     return fetch_token(std::move(request));
                   }}) {}

Failure RegistrySession::failure_of(const Error& error) const {
  if (error.code == ErrorCode::kCancelled) return {error};
  // A registry that was never reached is not there; one that broke off may come back.
  return {unreachable(error, parts_.endpoint.name), answered_ && passes_by(error.code)};
}

Result<http::ClientResponse> RegistrySession::exchange(http::ClientRequest request, bool verified,
                                                       const std::stop_token& stop) {
  COVE_TRY(const auto client, parts_.clients->get(request.url, verified));
  return client->send(std::move(request), stop);
}

Result<Authorizer::Answer> RegistrySession::fetch_token(http::ClientRequest request) {
  const http::Url url = request.url;
  const bool verified = !is_insecure(parts_.clients->settings(), url);
  Attempts attempts(parts_.clock, parts_.random, parts_.stop);
  while (true) {
    auto response = exchange(request, verified, parts_.stop);
    Failure failure;
    if (!response) {
      failure = {unreachable(response.error(), parts_.endpoint.name),
                 passes_by(response.error().code)};
      failure.error.cause =
          fmt::format("its token server {}: {}", url.origin(), response.error().cause);
      return failure.error;
    }
    if (response->status() == 429 || response->status() >= 500) {
      const Refusal refusal = read_refusal(*response, parts_.clock.wall());
      failure = {refusal_error(refusal, "log in to", "the registry " + parts_.endpoint.name), true,
                 refusal.retry_after};
      COVE_CHECK(attempts.again(failure));
      continue;
    }
    COVE_TRY(std::string body, response->read_all(kMaxTokenAnswer));
    return Authorizer::Answer{response->status(), std::move(body)};
  }
}

// Where a redirect leads, or nothing when the answer is none.
std::variant<std::monostate, http::Url, Failure> RegistrySession::next_place(
    const RegistryCall& call, const http::Url& at, http::ClientResponse& response) {
  const int status = response.status();
  const bool redirect =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (!redirect || (call.method != "GET" && call.method != "HEAD")) return std::monostate();
  const auto refuse = [&](std::string why) {
    return Failure{Error{ErrorCode::kPermissionDenied,
                         "follow",
                         "the registry " + parts_.endpoint.name,
                         std::move(why),
                         {}}};
  };
  auto next = http::resolve_location(at, response.header("location"));
  if (!next) return refuse(fmt::format("it leads elsewhere, but {}", next.error().cause));
  if (at.scheme == "https" && next->scheme != "https" && parts_.endpoint.verified)
    return refuse(fmt::format("it leads to {}, which is not protected", next->origin()));
  next->user_info = {};
  return std::move(*next);
}

RegistrySession::Attempt RegistrySession::try_once(const RegistryCall& call, std::stop_token stop) {
  const Endpoint& endpoint = parts_.endpoint;
  http::Url own = endpoint.base;
  own.target = endpoint.path + call.target;
  http::Url at = call.url ? *call.url : own;
  Secret authorization = authorizer_.known(call.scope);
  bool proved = false;
  for (int redirects = 0; redirects <= kMaxRedirects;) {
    const bool home = at.same_origin(endpoint.base);
    http::ClientRequest request{.method = call.method, .url = at, .headers = call.headers};
    request.body = call.body;
    request.source = call.source;
    request.source_length = call.source_length;
    if (home && !authorization.empty())
      request.headers.emplace_back("Authorization", authorization.reveal());
    const bool verified = home ? endpoint.verified : !is_insecure(parts_.clients->settings(), at);
    auto response = exchange(std::move(request), verified, stop);
    if (!response) return failure_of(response.error());
    answered_ = true;
    const int status = response->status();
    if (status == 401 && home && !proved && !call.source) {
      proved = true;
      std::vector<Challenge> challenges;
      for (const auto& [name, value] : response->headers()) {
        if (name != "www-authenticate") continue;
        for (Challenge& challenge : parse_challenges(value))
          challenges.push_back(std::move(challenge));
      }
      const Refusal refusal = read_refusal(*response, parts_.clock.wall());
      if (challenges.empty()) {
        return Failure{refusal_error(refusal, "log in to", "the registry " + parts_.endpoint.name)};
      }
      auto better = authorizer_.answer(challenges, call.scope, authorization);
      if (!better) return Failure{better.error()};
      authorization = std::move(*better);
      continue;
    }
    if (status == 429 || (status >= 500 && status != 501)) {
      const Refusal refusal = read_refusal(*response, parts_.clock.wall());
      // Without a word when it ends, a limit is not waited for.
      const bool transient = status != 429 || refusal.retry_after.has_value();
      return Failure{refusal_error(refusal, "use", "the registry " + parts_.endpoint.name),
                     transient, refusal.retry_after};
    }
    auto next = next_place(call, at, *response);
    if (auto* failure = std::get_if<Failure>(&next)) return std::move(*failure);
    if (auto* place = std::get_if<http::Url>(&next)) {
      at = std::move(*place);
      ++redirects;
      continue;
    }
    return Response{std::move(*response), at};
  }
  return Failure{Error{ErrorCode::kUnavailable,
                       "use",
                       "the registry " + parts_.endpoint.name,
                       "it leads around in circles",
                       {}}};
}

Result<RegistrySession::Response> RegistrySession::send(const RegistryCall& call,
                                                        std::stop_token stop) {
  Attempts left = attempts(stop);
  while (true) {
    Attempt attempt = try_once(call, stop);
    if (auto* response = std::get_if<Response>(&attempt)) return std::move(*response);
    COVE_CHECK(left.again(std::get<Failure>(attempt)));
  }
}

}  // namespace cove::image
