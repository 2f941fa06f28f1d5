#include "core/server/api_server.h"

#include <fmt/format.h>

#include "core/api/decode.h"
#include "core/base/strings.h"
#include "core/server/documents.h"
#include "core/server/identity.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

// The schema of a subresource's body: "autoscaling/v1.Scale".
std::string type_key(const api::GroupVersionKind& gvk) {
  const std::string group = gvk.group.empty() ? "core" : gvk.group.substr(0, gvk.group.find('.'));
  return fmt::format("{}/{}.{}", group, gvk.version, gvk.kind);
}

// What of a node's agent a request is for, as kubelets ask for rights: who has no right to all of
// it (nodes/proxy) may have that to a part. Of the agent alone, not of what else a node serves.
std::string agent_right(const RequestInfo& request) {
  if (!request.group.empty() || request.resource != "nodes" ||
      request.name.find(':') != std::string::npos)
    return {};
  const std::vector<std::string> path = split(request.subresource, '/');
  if (path.size() < 2 || path[0] != "proxy") return {};
  for (const auto& [page, right] : {std::pair{"logs", "log"},
                                    {"stats", "stats"},
                                    {"metrics", "metrics"},
                                    {"pods", "pods"},
                                    {"runningpods", "pods"},
                                    {"healthz", "healthz"},
                                    {"configz", "configz"}}) {
    if (path[1] == page) return right;
  }
  return {};
}

bool reading(std::string_view verb) {
  return verb == "get" || verb == "list" || verb == "watch";
}

}  // namespace

// A request on its way to the state thread.
struct ApiServer::Ticket {
  std::shared_ptr<const Request> request;
  RequestInfo info;
  CallPtr call;  // null for what is no resource
  Outcome<void> routed = {};
  Respond respond;
  std::shared_ptr<AuditRecord> record;  // null: nothing is written down
};

ApiServer::ApiServer(Parts parts, std::shared_ptr<const api::Registry> registry)
    : parts_(std::move(parts)),
      documents_(std::make_unique<ApiDocuments>(parts_.schemas)),
      registry_(std::move(registry)) {
  parts_.resources.set_registry(registry_);
  const auto bind = [this](const CallPtr& call) { parts_.resources.bind(call); };
  add_handler("", "pods", "binding", bind);
  add_handler("", "bindings", "", bind);
  add_handler("", "pods", "eviction",
              [this](const CallPtr& call) { parts_.resources.evict(call); });
}

ApiServer::~ApiServer() = default;

void ApiServer::add_handler(std::string_view group, std::string_view plural,
                            std::string_view subresource, CallHandler handler) {
  handlers_[{std::string(group), std::string(plural), std::string(subresource)}] =
      std::move(handler);
}

void ApiServer::add_source(std::string_view group, std::string_view plural, CallHandler handler) {
  sources_[{std::string(group), std::string(plural)}] = std::move(handler);
}

void ApiServer::add_document(std::string path, std::string content_type,
                             std::function<std::string(const Request&)> make) {
  own_documents_[std::move(path)] = {std::move(content_type), std::move(make)};
}

void ApiServer::set_registry(std::shared_ptr<const api::Registry> registry) {
  parts_.resources.set_registry(registry);
  const std::lock_guard lock(registry_mutex_);
  registry_ = std::move(registry);
}

std::shared_ptr<const api::Registry> ApiServer::registry() const {
  const std::lock_guard lock(registry_mutex_);
  return registry_;
}

Answer ApiServer::refuse(int status, std::string_view message) const {
  return status_answer(status, "", message);
}

const CallHandler* ApiServer::handler_of(const Call& call) const {
  // "proxy/some/path" is of "proxy".
  const std::string_view subresource =
      std::string_view(call.info.subresource).substr(0, call.info.subresource.find('/'));
  if (subresource.empty()) {
    const auto source = sources_.find({call.stored->gvk.group, call.stored->plural});
    if (source != sources_.end()) return &source->second;
    if (call.info.verb != "create") return nullptr;
  }
  const auto found =
      handlers_.find(std::tuple<std::string_view, std::string_view, std::string_view>(
          call.stored->gvk.group, call.stored->plural, subresource));
  return found != handlers_.end() ? &found->second : nullptr;
}

Outcome<void> ApiServer::route(Call& call) const {
  call.registry = registry();
  call.kind = call.registry->resource(call.info.group, call.info.version, call.info.resource);
  if (!call.kind) return refuse::no_such_resource();
  const api::Kind& kind = *call.kind;
  call.stored = call.kind;
  if (!kind.custom && kind.conversion && !kind.conversion->storage_plural.empty()) {
    call.stored =
        call.registry->resource(kind.conversion->storage_group, kind.conversion->storage_version,
                                kind.conversion->storage_plural);
    if (!call.stored) return refuse::no_such_resource();
  }
  // A kind of the whole cluster is not found below a namespace.
  if (!kind.namespaced && !call.info.namespace_name.empty() && kind.plural != "namespaces")
    return refuse::no_such_resource();
  const std::vector<std::string>* verbs = &kind.verbs;
  if (!call.info.subresource.empty()) {
    const std::string name = call.info.subresource.substr(0, call.info.subresource.find('/'));
    call.subresource = kind.subresource(name);
    if (call.subresource == nullptr) return refuse::no_such_resource();
    verbs = &call.subresource->verbs;
    const bool document = name == "status" || name == "scale" || call.subresource->prepare;
    if (!document && handler_of(call) == nullptr) return refuse::no_such_resource();
    // Streams and proxies take every method.
    if (!document) verbs = nullptr;
  }
  if (verbs != nullptr && std::ranges::find(*verbs, call.info.verb) == verbs->end())
    return refuse::method_not_allowed();
  // Collections take creates, single objects updates and patches.
  const bool named = !call.info.name.empty();
  if (((call.info.verb == "update" || call.info.verb == "patch") && !named) ||
      (call.info.verb == "create" && named && call.subresource == nullptr))
    return refuse::method_not_allowed();
  // Creates and lists of a namespaced kind say where; only reads go over all namespaces.
  if (kind.namespaced && call.info.namespace_name.empty() && !reading(call.info.verb) &&
      call.info.verb != "deletecollection") {
    const bool review = kind.verbs.size() == 1;
    if (!review) return refuse::bad_request("an empty namespace may not be set during creation");
  }
  const auto media = negotiate(
      call.request->header("accept"),
      {.table = reading(call.info.verb),
       .partial = call.info.verb != "list",
       .partial_list = call.info.verb == "list",
       .protobuf = !call.kind->custom && api::ProtobufCodec::supports(*call.kind->schema)});
  const bool streams = call.subresource != nullptr && verbs == nullptr;
  if (!media && !streams) return refuse::not_acceptable(kAcceptedMediaTypes);
  if (media) call.media = *media;
  if (call.info.verb == "watch" && call.media.encoding == Encoding::kYaml)
    call.media.encoding = Encoding::kJson;
  if (!kind.deprecation.empty()) call.warnings.push_back(kind.deprecation);
  return {};
}

void ApiServer::read_body(Call& call) const {
  const std::string& verb = call.info.verb;
  if (reading(verb)) return;
  const bool own_handler = call.subresource != nullptr && call.subresource->name != "status" &&
                           call.subresource->name != "scale" && !call.subresource->prepare;
  // A stream or a proxy reads its own body, and the query is not for this server.
  if (own_handler && (!call.subresource->kind || call.subresource->name == "proxy")) return;
  if (verb == "delete" || verb == "deletecollection") {
    if (call.request->body.empty()) return;
    std::vector<std::string> ignored;
    call.body =
        decode_body(call, {"", "v1", "DeleteOptions"}, parts_.schemas.type("meta/v1.DeleteOptions"),
                    nullptr, FieldValidation::kIgnore, ignored);
    return;
  }
  const std::string_view type = call.request->header("content-type");
  const bool apply = verb == "patch" && type.starts_with("application/apply-patch");
  call.options = read_write_options(*call.request, apply);
  if (!call.options) return;
  if (verb == "patch") {
    std::vector<std::string> duplicates;
    auto patch = parse_body(*call.request, apply, &duplicates);
    if (!patch) {
      call.body = patch.error();
    } else {
      call.body = json::object{{"patch", std::move(*patch)}};
    }
    return;
  }
  const bool foreign = call.subresource != nullptr && call.subresource->kind;
  const api::GroupVersionKind gvk = foreign ? *call.subresource->kind : call.kind->gvk;
  const api::Schema& schema = foreign ? parts_.schemas.type(type_key(gvk)) : *call.kind->schema;
  call.body =
      decode_body(call, gvk, schema, call.kind->custom && !foreign ? call.kind.get() : nullptr,
                  call.options->field_validation, call.warnings);
  if (!call.body) return;
  api::apply_defaults(schema, *call.body);
  if (!foreign && call.kind->rules.set_defaults) call.kind->rules.set_defaults(*call.body);
}

CallPtr ApiServer::make_call(const std::shared_ptr<const Request>& request, RequestInfo info,
                             Respond respond) const {
  auto call = std::make_shared<Call>();
  call->request = request;
  call->info = std::move(info);
  call->now = parts_.clock.wall();
  call->respond = std::move(respond);
  call->protobuf = &parts_.protobuf;
  call->schemas = &parts_.schemas;
  return call;
}

void ApiServer::handle(std::shared_ptr<const Request> request, Respond respond) {
  if (in_flight_.fetch_add(1) >= parts_.max_in_flight) {
    in_flight_.fetch_sub(1);
    return respond(
        answer_of(refuse::too_many_requests("too many requests, please try again later", 1)));
  }
  auto ticket = std::make_shared<Ticket>();
  ticket->request = std::move(request);
  ticket->info = describe(*ticket->request);
  if (parts_.audit != nullptr) {
    ticket->record = std::make_shared<AuditRecord>(
        AuditRecord{ticket->request, ticket->info, parts_.clock.wall()});
    respond = audited(std::move(respond), *parts_.audit, ticket->record);
  }
  ticket->respond = respond;
  if (ticket->info.is_resource) {
    ticket->call = make_call(ticket->request, ticket->info, std::move(respond));
    ticket->routed = route(*ticket->call);
    if (ticket->routed) read_body(*ticket->call);
    if (ticket->record && ticket->routed && ticket->call->body &&
        parts_.audit->wants_body(ticket->info, ticket->request->body.size()) &&
        !ticket->call->body->empty())
      ticket->record->body = *ticket->call->body;
  }
  const auto task = [this, ticket] {
    in_flight_.fetch_sub(1);
    serve(ticket);
  };
  if (parts_.dispatch) return parts_.dispatch(task);
  parts_.executor.post(task);
}

Handler::Respond ApiServer::audited(Respond respond, AuditLog& audit,
                                    std::shared_ptr<AuditRecord> record) {
  return [respond = std::move(respond), &audit, record = std::move(record)](Answer answer) {
    audit.write(*record, answer.status, answer.stream != nullptr);
    respond(std::move(answer));
  };
}

void ApiServer::serve(const std::shared_ptr<Ticket>& ticket) {
  const Request& request = *ticket->request;
  auto user = authenticate(request);
  if (user && ticket->record) ticket->record->user = *user;
  if (user) user = impersonate(request, std::move(*user));
  if (user && ticket->record && user->name != ticket->record->user.name)
    ticket->record->impersonated = *user;
  if (!user) return ticket->respond(answer_of(user.error()));
  if (auto allowed = authorize(*user, named_by_selector(ticket->info, request), request.path);
      !allowed)
    return ticket->respond(answer_of(allowed.error()));
  if (!ticket->call) return serve_path(ticket, *user);
  ticket->call->user = std::move(*user);
  if (ticket->info.verb == "update" || ticket->info.verb == "patch") {
    ticket->call->may_create = [this, call = ticket->call.get()] {
      RequestInfo info = call->info;
      info.verb = "create";
      return authorize(call->user, info, "");
    };
  }
  if (!ticket->routed) return respond(ticket->call, ticket->routed.error());
  serve_resource(ticket->call);
}

void ApiServer::serve_resource(const CallPtr& call) {
  if (const CallHandler* const handler = handler_of(*call)) {
    if (!call->options) return respond(call, call->options.error());
    return (*handler)(call);
  }
  parts_.resources.serve(call);
}

void ApiServer::serve_path(const std::shared_ptr<Ticket>& ticket, const User&) {
  const Request& request = *ticket->request;
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (is_health_path(request.path)) {
    return ticket->respond(get ? answer_health(request, parts_.checks)
                               : answer_of(refuse::method_not_allowed()));
  }
  if (!get) return ticket->respond(answer_of(refuse::no_such_resource()));
  if (const auto own = own_documents_.find(request.path); own != own_documents_.end()) {
    Answer answer;
    answer.content_type = own->second.content_type;
    answer.body = std::make_shared<const std::string>(own->second.make(request));
    return ticket->respond(std::move(answer));
  }
  documents_->answer(ticket->request, registry(), ticket->respond);
}

Outcome<User> ApiServer::authenticate(const Request& request) const {
  for (const auto& authenticator : parts_.authenticators) {
    auto found = authenticator->authenticate(request);
    if (!found) return found.error();
    if (*found) return std::move(**found);
  }
  return User{"system:anonymous", {"system:unauthenticated"}, false};
}

Outcome<User> ApiServer::authenticate_token(std::string_view token,
                                            const std::vector<std::string>& audiences) const {
  for (const auto& authenticator : parts_.authenticators) {
    auto found = authenticator->authenticate_token(token, audiences);
    if (!found) return found.error();
    if (*found) return std::move(**found);
  }
  return Refusal{401, "Unauthorized", "Unauthorized"};
}

Outcome<User> ApiServer::impersonate(const Request& request, User user) const {
  const auto asked = read_impersonation(request);
  if (!asked) return asked.error();
  if (!*asked) return user;
  for (const RequestInfo& need : impersonation_needs(**asked)) {
    if (auto allowed = authorize(user, need, ""); !allowed) return allowed.error();
  }
  return impersonated(**asked);
}

Outcome<void> ApiServer::authorize(const User& user, const RequestInfo& request,
                                   std::string_view path) const {
  if (user.in_group("system:masters")) return {};
  // "proxy/some/path" is about "proxy".
  if (const std::size_t slash = request.subresource.find('/'); slash != std::string::npos) {
    RequestInfo plain = request;
    plain.subresource.resize(slash);
    auto allowed = authorize(user, plain, path);
    if (allowed) return allowed;
    plain.subresource = agent_right(request);
    return plain.subresource.empty() || !authorize(user, plain, path) ? allowed : Outcome<void>();
  }
  const Decision decision = parts_.authorizer->authorize({user, request, path});
  if (decision.kind == Decision::Kind::kAllow) return {};
  Refusal refusal = forbidden_request(user, request, path);
  if (!decision.reason.empty()) refusal.message += ": " + decision.reason;
  return refusal;
}

}  // namespace cove::server
