// NginxServer: one nginx that answers as the last Routing says.
#pragma once

#include <memory>
#include <optional>

#include "core/base/log.h"
#include "core/base/process.h"
#include "core/proxy/ingress_nginx.h"

namespace cove::proxy {

// Thread-safe. Has a thread that writes configurations, has each checked before it is used, starts
// nginx, makes it take the new one without dropping a connection, and starts it again when it ends.
// A configuration that nginx refuses is not used: the one before goes on.
class NginxServer {
 public:
  struct Parts {
    Spawner& spawner;
    Logger& logger;
    Path program;
    NginxSettings settings;  // `keys` is chosen here
  };
  explicit NginxServer(Parts parts);
  // Ends nginx with its workers.
  ~NginxServer();
  NginxServer(const NginxServer&) = delete;

  // From now on; nothing: nginx is not to run. Of several at once the last counts.
  void serve(std::optional<Routing> routing);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace cove::proxy
