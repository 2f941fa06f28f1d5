// ApiServer: the Kubernetes API, from a request to its answer: who asks, whether they may, what
// they sent, and the verb, in that order (kubernetes.io "Controlling Access to the Kubernetes
// API").
//
// Requests come in on any thread, are parsed there, and are served on the state thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/api/protobuf.h"
#include "core/api/registry.h"
#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/server/access.h"
#include "core/server/audit.h"
#include "core/server/call.h"
#include "core/server/health.h"
#include "core/server/resources.h"

namespace cove::server {

class ApiDocuments;

// Serves one subresource, or the create of one kind that is answered and not stored, with an answer
// of its own.
using CallHandler = std::function<void(const CallPtr&)>;

class ApiServer final : public http::Handler {
 public:
  struct Parts {
    const api::BuiltinSchemas& schemas;
    const api::ProtobufCodec& protobuf;
    Resources& resources;
    Executor& executor;
    // How a request comes to the state thread; may serve it inside. Empty: by posting.
    std::function<void(Executor::Task)> dispatch = {};
    const Clock& clock;
    std::vector<std::unique_ptr<Authenticator>> authenticators;  // asked in this order
    std::unique_ptr<Authorizer> authorizer;
    std::vector<HealthCheck> checks;
    AuditLog* audit = nullptr;         // null: nothing is written down
    std::size_t max_in_flight = 2000;  // requests waiting for the state thread; more get 429
  };
  // Everything referred to must outlive it.
  ApiServer(Parts parts, std::shared_ptr<const api::Registry> registry);
  ~ApiServer() override;

  // Before the first request. `subresource` empty: creates of the kind itself.
  void add_handler(std::string_view group, std::string_view plural, std::string_view subresource,
                   CallHandler handler);
  // Before the first request: answers every verb of a kind that is not stored.
  void add_source(std::string_view group, std::string_view plural, CallHandler handler);
  // Before the first request: what a GET of this path is answered with.
  void add_document(std::string path, std::string content_type,
                    std::function<std::string(const Request&)> make);
  // On the state thread: from now on these kinds are served.
  void set_registry(std::shared_ptr<const api::Registry> registry);
  std::shared_ptr<const api::Registry> registry() const;
  const Authorizer& authorizer() const { return *parts_.authorizer; }
  Outcome<User> authenticate_token(std::string_view token,
                                   const std::vector<std::string>& audiences) const;

  void handle(std::shared_ptr<const Request> request, Respond respond) override;
  Answer refuse(int status, std::string_view message) const override;

 private:
  struct Ticket;

  void serve(const std::shared_ptr<Ticket>& ticket);
  void serve_resource(const CallPtr& call);
  void serve_path(const std::shared_ptr<Ticket>& ticket, const User& user);
  Outcome<User> authenticate(const Request& request) const;
  Outcome<User> impersonate(const Request& request, User user) const;
  // `record` null: nothing is written down.
  static Respond audited(Respond respond, AuditLog& audit, std::shared_ptr<AuditRecord> record);
  Outcome<void> authorize(const User& user, const RequestInfo& request,
                          std::string_view path) const;
  CallPtr make_call(const std::shared_ptr<const Request>& request, RequestInfo info,
                    Respond respond) const;
  Outcome<void> route(Call& call) const;
  void read_body(Call& call) const;
  const CallHandler* handler_of(const Call& call) const;

  Parts parts_;
  std::unique_ptr<ApiDocuments> documents_;
  mutable std::mutex registry_mutex_;
  std::shared_ptr<const api::Registry> registry_;
  std::map<std::tuple<std::string, std::string, std::string>, CallHandler, std::less<>> handlers_;
  std::map<std::pair<std::string, std::string>, CallHandler> sources_;
  struct OwnDocument {
    std::string content_type;
    std::function<std::string(const Request&)> make;
  };
  std::map<std::string, OwnDocument, std::less<>> own_documents_;
  std::atomic<std::size_t> in_flight_{0};
};

// "v1.36.0+cove.0.1.0": the API's version with Cove's own as build metadata.
std::string git_version();

}  // namespace cove::server
