// AccountUpkeep: every namespace has its account "default" and the authority's certificate in
// kube-root-ca.crt, and Secrets of type kubernetes.io/service-account-token hold a token as long as
// their account is there (kubernetes.io "Managing Service Accounts"). On the state thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/api/registry.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/server/access/tokens.h"
#include "core/server/admission.h"
#include "core/server/storage.h"

namespace cove::server {

// What a pod or a Secret is told of the cluster.
struct ClusterTrust {
  const TokenKeys& keys;
  std::string ca_certificate_pem;
};

// Puts token, ca.crt and namespace into a Secret of that type whose account is there; anything else
// stays as it is.
Result<void> fill_token_secret(const ClusterTrust& trust, const ClusterState& state,
                               json::object& secret);
// The same for new Secrets, so that whoever makes one finds it filled. `trust` must outlive it.
std::unique_ptr<AdmissionPlugin> token_secrets(const ClusterTrust& trust);

class AccountUpkeep {
 public:
  struct Parts {
    Storage& storage;
    const ClusterState& state;
    const api::Registry& registry;
    const ClusterTrust& trust;
    const Clock& clock;
    Logger& logger;
  };
  // All must outlive it.
  explicit AccountUpkeep(Parts parts);
  ~AccountUpkeep();

  // Follows changes from now on; `done` once what is missing is durable.
  void start(std::function<void(Result<void>)> done);

 private:
  void watch(std::unique_ptr<store::Watch>& watch, std::string_view prefix);
  void drain();
  void see(const store::Event& event);
  void equip(const std::string& namespace_name, std::function<void(Result<void>)> done);
  void fill_secrets(const std::string& namespace_name, const std::string& account);
  void remove_secrets(const std::string& namespace_name, const std::string& account);
  std::function<void(Result<void>)> report();

  Parts parts_;
  std::unique_ptr<store::Watch> namespaces_;
  std::unique_ptr<store::Watch> accounts_;
  std::shared_ptr<AccountUpkeep*> self_;
};

}  // namespace cove::server
