// InProcessTransport: the API server of this very process behind the client's interface, with the
// same authentication, authorization and admission as over TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/transport.h"
#include "core/http/handler.h"

namespace cove::node {

// Who asks, as a client certificate would say it.
struct ClientUser {
  std::string name;
  std::vector<std::string> groups = {};
};

// The service account `name` of kube-system, under which a controller acts.
ClientUser service_account(std::string_view name);

// Thread-safe, as Transport has it. `handler` and `executor` must outlive it; answers and
// cancellations that come later are dropped.
class InProcessTransport final : public client::Transport {
 public:
  InProcessTransport(http::Handler& handler, Executor& executor, const ClientUser& user);
  // What is open ends with kCancelled.
  ~InProcessTransport() override;

  [[nodiscard]] client::Operation send(client::ApiRequest request, Callback done) override;
  [[nodiscard]] client::Operation watch(client::ApiRequest request,
                                        client::WatchCallbacks callbacks) override;
  [[nodiscard]] client::Operation stream(client::ApiRequest request,
                                         client::StreamCallbacks callbacks) override;
  Executor& executor() override { return executor_; }

 private:
  class Call;
  class Calls;
  client::Operation begin(const std::shared_ptr<Call>& call, const client::ApiRequest& request);

  http::Handler& handler_;
  Executor& executor_;
  std::shared_ptr<const http::PeerCertificate> certificate_;
  std::shared_ptr<Calls> calls_;
};

}  // namespace cove::node
