// EngineService: the container engine in this process, and the doors to it: a unix socket, and TLS
// for those who hold the administrator's certificate.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/node/container_host.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/http/server.h"

namespace cove::node {

// DATA/engine.sock (0600) and, when asked for, ADDRESS:PORT.
class EngineService {
 public:
  struct Listen {
    std::string address;
    std::uint16_t port = 0;
  };
  struct Parts {
    Path data_dir;
    std::string node_name;
    std::string version;
    Path images;  // a folder of OCI layouts that are loaded at the first start
    std::optional<Listen> listen;
    http::Tls tls;
    Clock& clock;
    Logger& logger;
  };

  // Opens the doors and returns; requests wait until open() or fail(). Without root there is no
  // engine: nothing is opened, and the log says so. Fails when the port is taken.
  static Result<std::unique_ptr<EngineService>> start(Parts parts);
  // stop() without grace.
  ~EngineService();

  // Starts the engine on `host`, which must outlive stop(). When it cannot run, requests are
  // answered 503 with the reason, which the log has too. Blocks; once, as fail().
  void open(ContainerHost& host);
  // There is nothing to run it on.
  void fail(const Error& why);

  // Of the TLS door; 0 without one.
  std::uint16_t port() const;
  void reload(http::Tls tls);
  // Containers go on running.
  void stop(std::chrono::milliseconds grace);

 private:
  class Implementation;
  explicit EngineService(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::node
