#include "core/image/registry_auth.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/image/json.h"
#include "core/image/registry_errors.h"

namespace cove::image {
namespace {

constexpr std::size_t kMaxKept = 256;
constexpr std::size_t kMaxTokenAnswer = 1 << 20;
constexpr std::chrono::seconds kUsualLife{60};
constexpr std::chrono::seconds kLongestLife = std::chrono::hours(24);
// A token is not used in its last moments: the request has to arrive, too.
constexpr std::chrono::seconds kMargin{10};
constexpr const char* kClient = "cove";

// Both scopes' parts, each once.
Scope merge(const Scope& ours, std::string_view theirs) {
  std::vector<std::string> parts = split(ours, ' ');
  for (std::string& part : split(theirs, ' ')) parts.push_back(std::move(part));
  std::erase(parts, "");
  std::ranges::sort(parts);
  const auto twice = std::ranges::unique(parts);
  parts.erase(twice.begin(), twice.end());
  return fmt::format("{}", fmt::join(parts, " "));
}

std::string parameter(const Challenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

std::string form(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out = "?";
  for (const auto& [name, value] : fields) {
    if (!value.empty()) out = http::with_parameter(std::move(out), name, value);
  }
  // What with_parameter() makes of "?" is "?&a=b&c=d".
  return out.size() > 2 ? out.substr(2) : std::string();
}

}  // namespace

std::optional<Secret> TokenCache::find(const std::string& key, WallTime now) {
  std::lock_guard lock(mutex_);
  const auto found = tokens_.find(key);
  if (found == tokens_.end()) return std::nullopt;
  if (found->second.expires > now) return found->second.value;
  tokens_.erase(found);
  return std::nullopt;
}

void TokenCache::keep(const std::string& key, Token token) {
  std::lock_guard lock(mutex_);
  tokens_.insert_or_assign(key, std::move(token));
  if (tokens_.size() <= kMaxKept) return;
  tokens_.erase(std::ranges::min_element(tokens_, {},
                                         [](const auto& entry) { return entry.second.expires; }));
}

void TokenCache::forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  tokens_.erase(key);
}

std::optional<Challenge> TokenCache::challenge(const std::string& origin) {
  std::lock_guard lock(mutex_);
  const auto found = challenges_.find(origin);
  return found == challenges_.end() ? std::nullopt : std::optional(found->second);
}

void TokenCache::keep_challenge(const std::string& origin, Challenge challenge) {
  challenge.parameters.erase("scope");
  challenge.parameters.erase("error");
  std::lock_guard lock(mutex_);
  if (challenges_.size() >= kMaxKept) challenges_.clear();
  challenges_.insert_or_assign(origin, std::move(challenge));
}

Authorizer::Authorizer(Parts parts) : parts_(std::move(parts)) {
  const RegistryAuth& auth = parts_.auth;
  user_key_ = Digest::of(fmt::format("{}\n{}\n{}\n{}", auth.username, auth.password.reveal(),
                                     auth.identity_token.reveal(), auth.registry_token.reveal()))
                  .hex();
}

Error Authorizer::denied(std::string cause) const {
  return Error{ErrorCode::kPermissionDenied, "log in to", "the registry " + parts_.name,
               std::move(cause), fmt::format("Log in with 'docker login {}'.", parts_.name)};
}

Secret Authorizer::basic() const {
  return Secret("Basic " +
                base64_encode(parts_.auth.username + ":" + parts_.auth.password.reveal()));
}

std::string Authorizer::token_key(const Challenge& challenge, const Scope& scope) const {
  return fmt::format("{}\n{}\n{}\n{}", user_key_, parameter(challenge, "realm"),
                     parameter(challenge, "service"), scope);
}

Secret Authorizer::known(const Scope& scope) {
  const RegistryAuth& auth = parts_.auth;
  if (!auth.registry_token.empty()) return Secret("Bearer " + auth.registry_token.reveal());
  const auto challenge = parts_.tokens.challenge(parts_.origin);
  if (!challenge) return {};
  if (challenge->scheme == "basic") return auth.username.empty() ? Secret() : basic();
  const auto token = parts_.tokens.find(token_key(*challenge, scope), parts_.clock.wall());
  return token ? Secret("Bearer " + token->reveal()) : Secret();
}

Result<Secret> Authorizer::answer(const std::vector<Challenge>& challenges, const Scope& scope,
                                  const Secret& sent) {
  std::lock_guard lock(mutex_);
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == "bearer" && !parameter(challenge, "realm").empty()) {
      if (!parts_.auth.registry_token.empty()) break;
      parts_.tokens.keep_challenge(parts_.origin, challenge);
      // Another thread may have been here meanwhile.
      if (Secret now = known(scope); !now.empty() && now.reveal() != sent.reveal()) return now;
      parts_.tokens.forget(token_key(challenge, scope));
      COVE_TRY(const Secret token, fetch_token(challenge, scope));
      Secret header("Bearer " + token.reveal());
      if (header.reveal() == sent.reveal()) break;
      return header;
    }
    if (challenge.scheme == "basic") {
      parts_.tokens.keep_challenge(parts_.origin, challenge);
      if (parts_.auth.username.empty()) return denied("no basic auth credentials");
      Secret header = basic();
      if (header.reveal() == sent.reveal()) break;
      return header;
    }
  }
  return denied("unauthorized: authentication required");
}

Secret Authorizer::identity_token() {
  std::lock_guard lock(mutex_);
  return identity_token_;
}

Result<http::ClientRequest> Authorizer::token_request(const Challenge& challenge,
                                                      const Scope& scope) const {
  const RegistryAuth& auth = parts_.auth;
  const std::string realm = parameter(challenge, "realm");
  http::ClientRequest request;
  auto url = http::parse_url(realm);
  if (!url) return denied(fmt::format("its token server is not at a URL: {}", url.error().cause));
  request.url = std::move(*url);
  request.url.user_info = {};
  const bool known = !auth.username.empty() || !auth.identity_token.empty();
  if (known && request.url.scheme != "https" && parts_.verified) {
    return denied(fmt::format("its token server {} would get the credentials unprotected",
                              request.url.origin()));
  }
  const Scope wanted = merge(scope, parameter(challenge, "scope"));
  const std::string service = parameter(challenge, "service");
  if (!auth.identity_token.empty()) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = form({{"grant_type", "refresh_token"},
                         {"service", service},
                         {"client_id", kClient},
                         {"refresh_token", auth.identity_token.reveal()},
                         {"scope", wanted}});
    return request;
  }
  std::string& target = request.url.target;
  if (!service.empty()) target = http::with_parameter(std::move(target), "service", service);
  for (const std::string& part : split(wanted, ' ')) {
    if (!part.empty()) target = http::with_parameter(std::move(target), "scope", part);
  }
  if (!auth.username.empty()) {
    target = http::with_parameter(std::move(target), "account", auth.username);
    request.headers = {{"Authorization", basic().reveal()}};
  }
  if (offline_) {
    target = http::with_parameter(std::move(target), "offline_token", "true");
    target = http::with_parameter(std::move(target), "client_id", kClient);
  }
  return request;
}

Result<Secret> Authorizer::fetch_token(const Challenge& challenge, const Scope& scope) {
  COVE_TRY(http::ClientRequest request, token_request(challenge, scope));
  const std::string where = request.url.origin();
  // A server that knows refresh tokens alone by GET says so with these.
  COVE_TRY(const Answer answer, parts_.fetch(std::move(request)));
  if (answer.status == 401 || answer.status == 403 || answer.status == 400) {
    const std::string said = registry_words(answer.body);
    const bool given = !parts_.auth.username.empty() || !parts_.auth.identity_token.empty();
    if (!said.empty()) return denied(said);
    return denied(given ? "unauthorized: incorrect username or password"
                        : "unauthorized: authentication required");
  }
  if (answer.status / 100 != 2) {
    return Error{ErrorCode::kUnavailable,
                 "log in to",
                 "the registry " + parts_.name,
                 fmt::format("its token server {} answered {}", where, answer.status),
                 {}};
  }
  return read_token(answer.body, token_key(challenge, scope));
}

Result<Secret> Authorizer::read_token(const std::string& body, const std::string& key) {
  const std::string what = "the answer of the token server of " + parts_.name;
  COVE_TRY(const auto document, parse_json(body, kMaxTokenAnswer, what));
  const Fields fields(document.get_object(), what);
  COVE_TRY(std::string token, fields.text("token"));
  if (token.empty()) {
    COVE_TRY(token, fields.text("access_token"));
  }
  const bool printable = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
  if (token.empty() || !printable) return denied("authorization server did not include a token");
  COVE_TRY(const std::int64_t given, fields.number("expires_in"));
  COVE_TRY(std::string refresh, fields.text("refresh_token"));
  if (!refresh.empty()) identity_token_ = Secret(std::move(refresh));
  const std::chrono::seconds life =
      given <= 0 ? kUsualLife : std::min(std::chrono::seconds(given), kLongestLife);
  const Secret value(std::move(token));
  parts_.tokens.keep(key, {value, parts_.clock.wall() + std::max(life, kUsualLife) - kMargin});
  return value;
}

}  // namespace cove::image
