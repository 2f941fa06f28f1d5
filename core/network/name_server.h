// A name server for containers: what its source knows is answered here, everything else is passed
// on to other servers.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/address.h"
#include "core/network/dns_message.h"

namespace cove::network {

// Where containers in networks with names ask, inside their own namespace.
constexpr const char* kResolverAddress = "127.0.0.11";

// What the asking container may know. Called from the server's thread; must not block for long.
class NameSource {
 public:
  struct Answer {
    dns::ResponseCode code = dns::ResponseCode::kNoError;
    bool authoritative = false;
    std::vector<dns::Record> answers, authorities, additionals;
    // Where the answers lead that is not known here: what the servers say about it follows them.
    std::string follow = {};
  };
  virtual ~NameSource() = default;
  // Nothing: the question goes to the servers. Its class is kInternet.
  virtual std::optional<Answer> answer(const std::string& client,
                                       const dns::Question& question) = 0;
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
    std::size_t cache = 0;                     // answers of servers that are remembered
  };
  static Result<std::unique_ptr<NameServer>> start(NameSource& source, Limits limits);
  // Closes all sockets and ends the thread.
  ~NameServer();

  // Opens the resolver inside the namespace. Again for a client that has one: replaces it.
  Result<void> add_client(const std::string& client, const Path& namespace_path);
  // Opens the resolver at an address of this namespace, which may come into being later.
  Result<void> add_address(const std::string& client, const Address& address, std::uint16_t port);
  void remove_client(const std::string& client);
  bool has_client(const std::string& client) const;

 private:
  class Implementation;
  explicit NameServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::network
