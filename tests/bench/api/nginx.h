// nginx over TLS with one process that serves files from memory: what this machine gives a server
// that decides nothing, as the limit beside the API's figures.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/fs.h"
#include "core/base/process.h"

namespace cove::bench {

class Nginx {
 public:
  // Its folder must exist and be empty; `pki` has server.crt and server.key. Null where nginx is
  // not installed or does not start.
  static std::unique_ptr<Nginx> start(const Path& folder, const Path& pki);
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return process_.pid(); }
  // The path under which `bytes` are served from now on.
  std::string serve(const std::string& bytes);

 private:
  Nginx(Path folder, std::uint16_t port, ChildProcess process)
      : folder_(std::move(folder)), port_(port), process_(std::move(process)) {}

  Path folder_;
  std::uint16_t port_;
  ChildProcess process_;
  int files_ = 0;
};

}  // namespace cove::bench
