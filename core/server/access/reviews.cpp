#include "core/server/access/reviews.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/server/access/node_authorizer.h"
#include "core/server/access/service_accounts.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::string_view kAuthentication = "authentication.k8s.io";
constexpr std::string_view kAuthorization = "authorization.k8s.io";
constexpr std::int64_t kMinTokenSeconds = 600;
constexpr std::int64_t kMaxTokenSeconds = std::int64_t{1} << 32;

json::array array_of(const std::vector<std::string>& texts) {
  json::array all;
  for (const std::string& text : texts) all.emplace_back(text);
  return all;
}

std::vector<std::string> texts_at(const json::object& object, api::Steps path) {
  std::vector<std::string> all;
  const json::array* const array = api::array_at(object, path);
  if (array == nullptr) return all;
  for (const json::value& value : *array) {
    if (value.is_string()) all.emplace_back(api::view(value.get_string()));
  }
  return all;
}

json::object user_info(const User& user) {
  json::object out{{"username", user.name}};
  if (!user.uid.empty()) out["uid"] = user.uid;
  if (!user.groups.empty()) out["groups"] = array_of(user.groups);
  if (user.extra.empty()) return out;
  json::object extra;
  for (const auto& [name, values] : user.extra) extra[name] = array_of(values);
  out["extra"] = std::move(extra);
  return out;
}

// Checks the call's body; answers the refusal and returns null when it is wrong.
json::object* checked_body(const CallPtr& call) {
  if (!call->body) {
    respond(call, call->body.error());
    return nullptr;
  }
  api::ErrorList errors;
  if (call->kind->rules.validate) call->kind->rules.validate(*call->body, errors);
  if (!errors.empty()) {
    respond(call, refuse::invalid(*call->kind, "", errors));
    return nullptr;
  }
  api::make_object_at(*call->body, {"metadata"});
  return &*call->body;
}

void answer(const CallPtr& call, json::object document, json::object status) {
  document["status"] = std::move(status);
  respond_document(call, 201, document, call->kind->schema);
}

void review_token(const CallPtr& call, const ApiServer& server) {
  json::object* const body = checked_body(call);
  if (body == nullptr) return;
  const std::string_view token = api::text_at(*body, {"spec", "token"});
  const auto user = server.authenticate_token(token, texts_at(*body, {"spec", "audiences"}));
  json::object status;
  if (user) {
    status["authenticated"] = true;
    status["user"] = user_info(*user);
    if (!user->audiences.empty()) status["audiences"] = array_of(user->audiences);
  } else {
    status["error"] = user.error().message;
  }
  // What was asked with goes no further.
  json::object document = *body;
  api::erase_at(document, {"spec", "token"});
  answer(call, std::move(document), std::move(status));
}

void review_self(const CallPtr& call) {
  json::object* const body = checked_body(call);
  if (body == nullptr) return;
  api::set_at(*body, {"metadata", "creationTimestamp"}, api::key(rfc3339(call->now)));
  answer(call, *body, {{"userInfo", user_info(call->user)}});
}

RequestInfo resource_of(const json::object& attributes) {
  const auto text = [&](std::string_view name) {
    return std::string(api::text_at(attributes, {name}));
  };
  return {.is_resource = true,
          .verb = text("verb"),
          .group = text("group"),
          .version = text("version"),
          .namespace_name = text("namespace"),
          .resource = text("resource"),
          .name = text("name"),
          .subresource = text("subresource")};
}

void review_access(const CallPtr& call, const ApiServer& server, const User& user) {
  const json::object& body = *call->body;
  RequestInfo info;
  std::string_view path;
  if (const json::object* const resource = api::object_at(body, {"spec", "resourceAttributes"})) {
    info = resource_of(*resource);
  } else {
    info.verb = api::text_at(body, {"spec", "nonResourceAttributes", "verb"});
    path = api::text_at(body, {"spec", "nonResourceAttributes", "path"});
  }
  const Decision decision = server.authorizer().authorize({user, info, path});
  json::object status{{"allowed", decision.kind == Decision::Kind::kAllow}};
  if (decision.kind == Decision::Kind::kDeny) status["denied"] = true;
  if (!decision.reason.empty()) status["reason"] = decision.reason;
  answer(call, body, std::move(status));
}

// Of somebody who is named in the review.
void review_subject(const CallPtr& call, const ApiServer& server) {
  if (call->body && call->kind->namespaced &&
      api::text_at(*call->body, {"metadata", "namespace"}).empty()) {
    api::set_at(*call->body, {"metadata", "namespace"}, api::key(call->info.namespace_name));
  }
  const json::object* const body = checked_body(call);
  if (body == nullptr) return;
  if (call->kind->namespaced &&
      api::text_at(*body, {"metadata", "namespace"}) != call->info.namespace_name) {
    return respond(call, refuse::bad_request("the namespace of the provided object does not match "
                                             "the namespace sent on the request"));
  }
  User user{.name = std::string(api::text_at(*body, {"spec", "user"})),
            .groups = texts_at(*body, {"spec", "groups"}),
            .authenticated = true,
            .uid = std::string(api::text_at(*body, {"spec", "uid"}))};
  if (const json::object* const extra = api::object_at(*body, {"spec", "extra"})) {
    for (const auto& member : *extra) {
      const std::string name(member.key());
      user.extra.emplace_back(name, texts_at(*extra, {name}));
    }
  }
  review_access(call, server, user);
}

void review_rules(const CallPtr& call, const ApiServer& server) {
  json::object* const body = checked_body(call);
  if (body == nullptr) return;
  const std::string_view space = api::text_at(*body, {"spec", "namespace"});
  if (space.empty()) return respond(call, refuse::bad_request("no namespace on request"));
  json::array resources;
  json::array paths;
  bool incomplete = false;
  server.authorizer().rules_of(call->user, space, resources, paths, incomplete);
  answer(call, *body,
         {{"resourceRules", std::move(resources)},
          {"nonResourceRules", std::move(paths)},
          {"incomplete", incomplete}});
}

// The object that a token is asked to be bound to.
Outcome<BoundObject> bound_object(const json::object& body, const api::Object& account,
                                  const ClusterState& state) {
  BoundObject bound;
  const json::object* const reference = api::object_at(body, {"spec", "boundObjectRef"});
  if (reference == nullptr) return bound;
  bound.kind = api::text_at(*reference, {"kind"});
  bound.name = api::text_at(*reference, {"name"});
  const std::string_view version = api::text_at(*reference, {"apiVersion"});
  const bool known =
      (version == "v1") && (bound.kind == "Pod" || bound.kind == "Secret" || bound.kind == "Node");
  if (!known) {
    return refuse::bad_request(
        fmt::format("cannot bind token to object of type {}, Kind={}", version, bound.kind));
  }
  const std::string plural = bound.kind == "Pod"      ? "pods"
                             : bound.kind == "Secret" ? "secrets"
                                                      : "nodes";
  const std::string_view space = bound.kind == "Node" ? "" : account.namespace_name();
  const api::ObjectPtr object = state.object("", plural, space, bound.name);
  if (!object) {
    return Refusal{404, "NotFound", fmt::format("{} \"{}\" not found", plural, bound.name),
                   json::object{{"name", bound.name}, {"kind", plural}}};
  }
  bound.uid = object->uid();
  if (const std::string_view asked = api::text_at(*reference, {"uid"});
      !asked.empty() && asked != bound.uid) {
    return Refusal{409, "Conflict",
                   fmt::format("the UID in the bound object reference ({}) does not match the UID "
                               "in record. The object might have been deleted and then recreated",
                               asked)};
  }
  if (bound.kind != "Pod") return bound;
  if (api::text_at(object->document(), {"spec", "serviceAccountName"}) != account.name()) {
    return refuse::bad_request(
        fmt::format("cannot bind token for serviceaccount \"{}\" to pod running with different "
                    "serviceaccount name.",
                    account.name()));
  }
  bound.node_name = api::text_at(object->document(), {"spec", "nodeName"});
  if (const api::ObjectPtr node = state.object("", "nodes", "", bound.node_name);
      !bound.node_name.empty() && node)
    bound.node_uid = node->uid();
  return bound;
}

void request_token(const CallPtr& call, const TokenKeys& keys, const ClusterState& state) {
  if (!call->body) return respond(call, call->body.error());
  json::object& body = *call->body;
  const api::ObjectPtr account =
      state.object("", "serviceaccounts", call->info.namespace_name, call->info.name);
  if (!account) return respond(call, refuse::not_found(*call->kind, call->info.name));
  for (const auto& [field, expected] :
       {std::pair<std::string_view, std::string>{"name", call->info.name},
        {"namespace", call->info.namespace_name}}) {
    const std::string_view given = api::text_at(body, {"metadata", field});
    if (!given.empty() && given != expected) {
      return respond(call, refuse::bad_request(fmt::format(
                               "metadata.{} in the token request body does not match the request "
                               "URL",
                               field)));
    }
  }
  const std::int64_t lifetime = api::integer_at(body, {"spec", "expirationSeconds"}).value_or(3600);
  api::ErrorList errors;
  if (lifetime < kMinTokenSeconds) {
    errors.invalid("spec.expirationSeconds", lifetime,
                   "may not specify a duration less than 10 minutes");
  } else if (lifetime > kMaxTokenSeconds) {
    errors.invalid("spec.expirationSeconds", lifetime,
                   "may not specify a duration larger than 2^32 seconds");
  }
  if (!errors.empty()) {
    const api::Kind kind{.gvk = {std::string(kAuthentication), "v1", "TokenRequest"},
                         .plural = "tokenrequests",
                         .singular = "tokenrequest"};
    return respond(call, refuse::invalid(kind, "", errors));
  }
  auto bound = bound_object(body, *account, state);
  if (!bound) return respond(call, bound.error());
  if (const auto node = node_of(call->user)) {
    std::string_view fault;
    if (bound->kind != "Pod")
      fault = "node requested token not bound to a pod";
    else if (bound->node_name != *node)
      fault = "node requested token bound to a pod scheduled on a different node";
    if (!fault.empty())
      return respond(call, refuse::forbidden(*call->kind, call->info.name, fault));
  }
  TokenWish wish{.account = *account,
                 .audiences = texts_at(body, {"spec", "audiences"}),
                 .lifetime = std::chrono::seconds(lifetime),
                 .bound = std::move(*bound)};
  if (wish.audiences.empty()) wish.audiences.emplace_back(kIssuer);
  const auto issued = issue_token(keys, wish, call->now);
  if (!issued) return respond(call, refuse::internal("the token could not be signed"));
  if (issued->token.reveal().size() > kMaxTokenBytes)
    return respond(call, refuse::bad_request("the token would be too long: fewer audiences"));
  api::set_at(body, {"metadata", "name"}, api::key(account->name()));
  api::set_at(body, {"metadata", "namespace"}, api::key(account->namespace_name()));
  api::set_at(body, {"metadata", "creationTimestamp"}, api::key(rfc3339(call->now)));
  api::set_at(body, {"spec", "audiences"}, array_of(wish.audiences));
  api::set_at(body, {"spec", "expirationSeconds"}, lifetime);
  body["status"] = json::object{{"token", issued->token.reveal()},
                                {"expirationTimestamp", rfc3339(issued->expires)}};
  respond_document(call, 201, body, &call->schemas->type("authentication/v1.TokenRequest"));
}

}  // namespace

void add_access_handlers(ApiServer& server, const TokenKeys& keys, const ClusterState& state) {
  const ApiServer* const asked = &server;
  server.add_handler(kAuthentication, "tokenreviews", "",
                     [asked](const CallPtr& call) { review_token(call, *asked); });
  server.add_handler(kAuthentication, "selfsubjectreviews", "", review_self);
  for (const char* const plural : {"subjectaccessreviews", "localsubjectaccessreviews"}) {
    server.add_handler(kAuthorization, plural, "",
                       [asked](const CallPtr& call) { review_subject(call, *asked); });
  }
  server.add_handler(kAuthorization, "selfsubjectaccessreviews", "", [asked](const CallPtr& call) {
    if (checked_body(call) != nullptr) review_access(call, *asked, call->user);
  });
  server.add_handler(kAuthorization, "selfsubjectrulesreviews", "",
                     [asked](const CallPtr& call) { review_rules(call, *asked); });
  server.add_handler("", "serviceaccounts", "token",
                     [&keys, &state](const CallPtr& call) { request_token(call, keys, state); });
  server.add_document("/openid/v1/jwks", "application/jwk-set+json",
                      [&keys](const Request&) { return json::serialize(keys.key_set()); });
  server.add_document(
      "/.well-known/openid-configuration", "application/json", [](const Request& request) {
        return json::serialize(json::object{
            {"issuer", api::key(kIssuer)},
            {"jwks_uri", fmt::format("https://{}/openid/v1/jwks", request.local_endpoint)},
            {"response_types_supported", json::array{"id_token"}},
            {"subject_types_supported", json::array{"public"}},
            {"id_token_signing_alg_values_supported", json::array{"ES256"}}});
      });
}

}  // namespace cove::server
