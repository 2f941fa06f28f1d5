// The resolver that containers in networks with names ask: 127.0.0.11 inside their own namespace.
// Names of containers are answered here, everything else is passed on to the servers of this host.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/address.h"

namespace cove::network {

constexpr const char* kResolverAddress = "127.0.0.11";

// What the asking container may know. Called from the server's thread; must not block for long.
class NameSource {
 public:
  struct Names {
    bool known = false;  // the name exists for this container
    std::vector<Address> addresses;
  };
  virtual ~NameSource() = default;
  // `name` in lower case, without final dot.
  virtual Names find(const std::string& client, const std::string& name) = 0;
  virtual std::optional<std::string> name_of(const std::string& client, const Address& address) = 0;
  // Where other questions go, first server first; empty: nowhere (the asker gets SERVFAIL).
  virtual std::vector<std::string> servers(const std::string& client) = 0;
};

// One thread for all sockets. Thread-safe.
//
// Bounds: 256 questions on their way for one client and 2048 in all (more get SERVFAIL at once), 32
// TCP connections of one client (more are closed), 10 s for an idle connection, 3 servers, 2 s for
// each. Answers from outside count only when they come from the asked address with the question's
// random id and the same question in them.
class NameServer {
 public:
  struct Limits {
    std::size_t questions_per_client = 256, questions = 2048;
    std::size_t connections_per_client = 32;
    std::chrono::milliseconds patience{2000};  // with one server
    std::chrono::milliseconds idle{10'000};    // of a TCP connection
  };
  static Result<std::unique_ptr<NameServer>> start(NameSource& source, Limits limits);
  // Closes all sockets and ends the thread.
  ~NameServer();

  // Opens the resolver inside the namespace. Again for a client that has one: replaces it.
  Result<void> add_client(const std::string& client, const Path& namespace_path);
  void remove_client(const std::string& client);
  bool has_client(const std::string& client) const;

 private:
  class Implementation;
  explicit NameServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::network
