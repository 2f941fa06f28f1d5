#include "core/server/access/service_accounts.h"

#include <fmt/format.h>

#include "core/api/time.h"
#include "core/base/base64.h"
#include "core/base/strings.h"

namespace cove::server {
namespace {

constexpr std::string_view kSecretIssuer = "kubernetes/serviceaccount";
constexpr std::string_view kPrivate = "kubernetes.io";
constexpr std::string_view kExtra = "authentication.kubernetes.io/";
constexpr std::int64_t kLeeway = 60;  // seconds that clocks may differ
// Objects that are being deleted count as long as their grace lasts.
constexpr std::chrono::seconds kDeletionLeeway{60};

std::int64_t seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Refusal unauthorized(std::string message) {
  return {401, "Unauthorized", std::move(message)};
}

json::object named(std::string_view name, std::string_view uid) {
  return {{"name", api::key(name)}, {"uid", api::key(uid)}};
}

std::vector<std::string> audiences_of(const json::object& claims) {
  std::vector<std::string> all;
  const json::value* const value = api::member(claims, "aud");
  if (value == nullptr) return all;
  if (value->is_string()) all.emplace_back(api::view(value->get_string()));
  if (const json::array* const array = value->if_array()) {
    for (const json::value& each : *array) {
      if (each.is_string()) all.emplace_back(api::view(each.get_string()));
    }
  }
  return all;
}

// A number of seconds; JSON numbers with a fraction are taken as what they are below it.
std::optional<std::int64_t> time_claim(const json::object& claims, std::string_view name) {
  const json::value* const value = api::member(claims, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  return std::nullopt;
}

void add_extra(User& user, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  user.extra.emplace_back(fmt::format("{}{}", kExtra, name),
                          std::vector<std::string>{std::string(value)});
}

User make_user(std::string_view namespace_name, std::string_view name, std::string_view uid) {
  return {
      .name = account_user(namespace_name, name),
      .groups = {"system:serviceaccounts", fmt::format("system:serviceaccounts:{}", namespace_name),
                 "system:authenticated"},
      .authenticated = true,
      .uid = std::string(uid)};
}

bool scheme_is_bearer(std::string_view scheme) {
  return std::ranges::equal(scheme, std::string_view("bearer"), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
}

}  // namespace

std::string account_user(std::string_view namespace_name, std::string_view name) {
  return fmt::format("system:serviceaccount:{}:{}", namespace_name, name);
}

Result<IssuedToken> issue_token(const TokenKeys& keys, const TokenWish& wish, WallTime now) {
  const api::Object& account = wish.account;
  json::object about{{"namespace", api::key(account.namespace_name())},
                     {"serviceaccount", named(account.name(), account.uid())}};
  if (wish.bound.kind == "Pod") about["pod"] = named(wish.bound.name, wish.bound.uid);
  if (wish.bound.kind == "Secret") about["secret"] = named(wish.bound.name, wish.bound.uid);
  if (wish.bound.kind == "Node") about["node"] = named(wish.bound.name, wish.bound.uid);
  if (wish.bound.kind == "Pod" && !wish.bound.node_name.empty()) {
    about["node"] = json::object{{"name", wish.bound.node_name}};
    if (!wish.bound.node_uid.empty()) about["node"].get_object()["uid"] = wish.bound.node_uid;
  }
  json::array audiences;
  for (const std::string& audience : wish.audiences) audiences.emplace_back(audience);
  const WallTime expires = now + wish.lifetime;
  const json::object claims{{"aud", std::move(audiences)},
                            {"exp", seconds(expires)},
                            {"iat", seconds(now)},
                            {"iss", api::key(kIssuer)},
                            {"jti", random_uuid()},
                            {api::key(kPrivate), std::move(about)},
                            {"nbf", seconds(now)},
                            {"sub", account_user(account.namespace_name(), account.name())}};
  COVE_TRY(Secret token, keys.sign(claims));
  return IssuedToken{std::move(token), expires};
}

Result<Secret> issue_secret_token(const TokenKeys& keys, const api::Object& account,
                                  std::string_view secret_name) {
  return keys.sign({{"iss", api::key(kSecretIssuer)},
                    {"kubernetes.io/serviceaccount/namespace", api::key(account.namespace_name())},
                    {"kubernetes.io/serviceaccount/secret.name", api::key(secret_name)},
                    {"kubernetes.io/serviceaccount/service-account.name", api::key(account.name())},
                    {"kubernetes.io/serviceaccount/service-account.uid", api::key(account.uid())},
                    {"sub", account_user(account.namespace_name(), account.name())}});
}

TokenAuthenticator::TokenAuthenticator(const TokenKeys& keys, const ClusterState& state,
                                       const Clock& clock)
    : keys_(keys), state_(state), clock_(clock) {}

Outcome<Identity> TokenAuthenticator::authenticate(const Request& request) const {
  const std::string_view header = request.header("authorization");
  const std::size_t space = header.find(' ');
  if (space == header.npos || !scheme_is_bearer(header.substr(0, space))) return Identity();
  const std::string_view token = trim(header.substr(space + 1));
  if (token.empty()) return Identity();
  auto found = authenticate_token(token, {});
  if (!found) return unauthorized("Unauthorized");  // why is nobody's business
  if (!*found) return unauthorized("Unauthorized");
  return found;
}

Outcome<Identity> TokenAuthenticator::authenticate_token(
    std::string_view token, const std::vector<std::string>& audiences) const {
  const auto claims = keys_.verify(token);
  if (!claims) return unauthorized("invalid bearer token");
  const std::vector<std::string> wanted =
      audiences.empty() ? std::vector<std::string>{std::string(kIssuer)} : audiences;
  auto user = api::text_at(*claims, {"iss"}) == kSecretIssuer ? secret_user(*claims, token, wanted)
                                                              : bound_user(*claims, wanted);
  if (!user) return user.error();
  return Identity(std::move(*user));
}

Outcome<void> TokenAuthenticator::check_times(const json::object& claims) const {
  const std::int64_t now = seconds(clock_.wall());
  const auto expires = time_claim(claims, "exp");
  const auto from = time_claim(claims, "nbf");
  if (!expires || now > *expires) return unauthorized("service account token has expired");
  if (from && now + kLeeway < *from) return unauthorized("service account token is not valid yet");
  return {};
}

Outcome<void> TokenAuthenticator::check_account(std::string_view namespace_name,
                                                std::string_view name, std::string_view uid) const {
  const api::ObjectPtr account = state_.object("", "serviceaccounts", namespace_name, name);
  if (!account || account->uid() != uid || uid.empty())
    return unauthorized("service account of the token was deleted");
  if (account->deleting()) return unauthorized("service account of the token is being deleted");
  return {};
}

Outcome<void> TokenAuthenticator::check_bound(const json::object& about,
                                              std::string_view namespace_name, User& user) const {
  struct Form {
    std::string_view claim;
    std::string_view plural;
    bool namespaced;
  };
  const bool of_pod = about.contains("pod");
  for (const Form& form :
       {Form{"pod", "pods", true}, Form{"secret", "secrets", true}, Form{"node", "nodes", false}}) {
    if (!about.contains(api::key(form.claim))) continue;
    const std::string_view name = api::text_at(about, {form.claim, "name"});
    const std::string_view uid = api::text_at(about, {form.claim, "uid"});
    if (form.claim != "secret") {
      add_extra(user, fmt::format("{}-name", form.claim), name);
      add_extra(user, fmt::format("{}-uid", form.claim), uid);
    }
    if (form.claim == "node" && of_pod) continue;  // told, not bound to
    const api::ObjectPtr bound =
        state_.object("", form.plural, form.namespaced ? namespace_name : "", name);
    if (!bound || bound->uid() != uid || uid.empty())
      return unauthorized(fmt::format("{} of the token was deleted", form.claim));
    if (!bound->deleting()) continue;
    const auto until =
        api::parse_time(api::text_at(bound->document(), {"metadata", "deletionTimestamp"}));
    if (!until || clock_.wall() > *until + kDeletionLeeway)
      return unauthorized(fmt::format("{} of the token is being deleted", form.claim));
  }
  return {};
}

Outcome<User> TokenAuthenticator::bound_user(const json::object& claims,
                                             const std::vector<std::string>& audiences) const {
  if (api::text_at(claims, {"iss"}) != kIssuer) return unauthorized("invalid bearer token");
  if (auto checked = check_times(claims); !checked) return checked.error();
  const json::object* const about = api::object_at(claims, {kPrivate});
  if (about == nullptr) return unauthorized("invalid bearer token");
  const std::string_view space = api::text_at(*about, {"namespace"});
  const std::string_view name = api::text_at(*about, {"serviceaccount", "name"});
  const std::string_view uid = api::text_at(*about, {"serviceaccount", "uid"});
  if (api::text_at(claims, {"sub"}) != account_user(space, name))
    return unauthorized("invalid bearer token");
  const std::vector<std::string> given = audiences_of(claims);
  User user = make_user(space, name, uid);
  for (const std::string& audience : audiences) {
    if (std::ranges::find(given, audience) != given.end()) user.audiences.push_back(audience);
  }
  if (user.audiences.empty()) {
    return unauthorized(fmt::format("token audiences [{}] is invalid for the target audiences [{}]",
                                    fmt::join(given, " "), fmt::join(audiences, " ")));
  }
  if (auto checked = check_account(space, name, uid); !checked) return checked.error();
  if (const std::string_view id = api::text_at(claims, {"jti"}); !id.empty())
    add_extra(user, "credential-id", fmt::format("JTI={}", id));
  if (auto checked = check_bound(*about, space, user); !checked) return checked.error();
  return user;
}

Outcome<User> TokenAuthenticator::secret_user(const json::object& claims, std::string_view token,
                                              const std::vector<std::string>& audiences) const {
  const auto claim = [&](std::string_view name) {
    return api::text_at(claims, {fmt::format("kubernetes.io/serviceaccount/{}", name)});
  };
  const std::string_view space = claim("namespace");
  const std::string_view name = claim("service-account.name");
  const std::string_view uid = claim("service-account.uid");
  if (api::text_at(claims, {"sub"}) != account_user(space, name))
    return unauthorized("invalid bearer token");
  User user = make_user(space, name, uid);
  for (const std::string& audience : audiences) {
    if (audience == kIssuer) user.audiences.push_back(audience);
  }
  if (user.audiences.empty()) return unauthorized("token audiences do not fit");
  if (auto checked = check_account(space, name, uid); !checked) return checked.error();
  const api::ObjectPtr secret = state_.object("", "secrets", space, claim("secret.name"));
  if (!secret || secret->deleting()) return unauthorized("secret of the token was deleted");
  const auto stored = base64_decode_lenient(api::text_at(secret->document(), {"data", "token"}));
  if (!stored || !equal_in_constant_time(*stored, token))
    return unauthorized("secret of the token holds another one");
  return user;
}

}  // namespace cove::server
