// Many connections that one thread reads from, so that what is measured is the server's work and
// not a hundred threads being woken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "tests/integration/coved/harness.h"

namespace cove::bench {

class Crowd {
 public:
  // Throws when one of them cannot connect.
  Crowd(std::size_t size, std::uint16_t port, const client::TlsIdentity& identity);

  void send(const std::string& request);
  // Until each has received `text`, from now on; throws when nothing comes for 30 s.
  void receive(const std::string& text);

 private:
  struct Member {
    std::unique_ptr<testing::TlsClient> connection;
    std::string received;
    bool done = false;
  };
  std::vector<Member> members_;
  Fd ready_;
};

}  // namespace cove::bench
