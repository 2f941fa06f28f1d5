#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <mutex>
#include <optional>

#include "core/network/dns_message.h"
#include "core/os/namespaces.h"
#include "tests/integration/network/computer.h"

namespace cove::network::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

sockaddr_in at(const std::string& address, std::uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  return in;
}

std::string framed(const std::string& wire) {
  return std::string{static_cast<char>(wire.size() >> 8), static_cast<char>(wire.size() & 255)} +
         wire;
}

// One question to the resolver, from inside; nothing when no answer came.
std::optional<dns::Message> ask_wire(const Path& where, bool tcp, const std::string& wire,
                                     int patience_ms = 8000) {
  std::string answer(65536, '\0');
  std::size_t got = 0;
  const auto asked = os::in_network_namespace(where, [&]() -> Result<void> {
    const Fd fd(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
    const timeval time{.tv_sec = patience_ms / 1000, .tv_usec = patience_ms % 1000 * 1000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    const sockaddr_in in = at("127.0.0.11", 53);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) return {};
    const std::string out = tcp ? framed(wire) : wire;
    ::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
    while (true) {
      const ssize_t some = ::recv(fd.get(), answer.data() + got, answer.size() - got, 0);
      if (some <= 0) return {};
      got += static_cast<std::size_t>(some);
      if (!tcp) return {};
      const auto length = got < 2
                              ? 0U
                              : static_cast<unsigned>(static_cast<unsigned char>(answer[0])) << 8 |
                                    static_cast<unsigned char>(answer[1]);
      if (got >= 2 && got >= length + 2) return {};
    }
  });
  EXPECT_TRUE(asked) << asked.error().message();
  answer.resize(got);
  const auto message = dns::parse(tcp && got >= 2 ? answer.substr(2) : answer);
  if (!message) return std::nullopt;
  return *message;
}

dns::Message question(const std::string& name, std::uint16_t type = dns::kA) {
  dns::Message query;
  query.id = 4711;
  query.recursion_desired = true;
  query.questions.push_back({name, type, dns::kInternet});
  return query;
}

struct Seen {
  int code = -1;
  std::vector<std::string> data;
  bool operator==(const Seen&) const = default;
};
void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.code << ":";
  for (const auto& one : seen.data) *out << " " << one;
}

Seen ask(const Path& where, const std::string& name, std::uint16_t type = dns::kA,
         bool tcp = false) {
  const auto answer = ask_wire(where, tcp, dns::encode(question(name, type), dns::kMaxMessage));
  Seen seen;
  if (!answer) return seen;
  EXPECT_EQ(answer->id, 4711);
  EXPECT_TRUE(answer->response);
  seen.code = answer->code;
  for (const auto& record : answer->answers) {
    if (record.type == dns::kA) {
      EXPECT_EQ(record.data.size(), 4U);
      std::string text;
      for (const char c : record.data)
        text += (text.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
      seen.data.push_back(text);
    } else {
      seen.data.push_back(record.data);
    }
  }
  std::sort(seen.data.begin(), seen.data.end());
  return seen;
}

// A server of the outside that follows a script; counts what it was asked.
class Server {
 public:
  using Script = std::function<std::vector<std::string>(const dns::Message& query, bool tcp)>;
  Server(const Path& where, const std::string& address, Script script)
      : script_(std::move(script)) {
    const auto opened = os::in_network_namespace(where, [&]() -> Result<void> {
      udp_ = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      tcp_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      return {};
    });
    EXPECT_TRUE(opened);
    const int on = 1;
    ::setsockopt(tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in in = at(address, 53);
    EXPECT_EQ(::bind(udp_.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0);
    EXPECT_EQ(::bind(tcp_.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0);
    EXPECT_EQ(::listen(tcp_.get(), 16), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
  }
  int asked() const { return asked_; }

 private:
  void serve() {
    std::string buffer(65536, '\0');
    while (!stop_) {
      std::array<pollfd, 2> fds{{{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), 20) <= 0) continue;
      sockaddr_in from{};
      socklen_t length = sizeof from;
      if (fds[0].revents != 0) {
        const ssize_t got = ::recvfrom(udp_.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &length);
        const auto query = dns::parse(buffer.substr(0, static_cast<std::size_t>(got)));
        ++asked_;
        if (!query) continue;
        for (const auto& answer : script_(*query, false))
          ::sendto(udp_.get(), answer.data(), answer.size(), 0,
                   reinterpret_cast<const sockaddr*>(&from), sizeof from);
      }
      if (fds[1].revents != 0) {
        const Fd peer(::accept(tcp_.get(), nullptr, nullptr));
        const ssize_t got = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
        if (got < 2) continue;
        const auto query = dns::parse(buffer.substr(2, static_cast<std::size_t>(got) - 2));
        ++asked_;
        if (!query) continue;
        for (const auto& answer : script_(*query, true)) {
          const std::string wire = framed(answer);
          ::send(peer.get(), wire.data(), wire.size(), MSG_NOSIGNAL);
        }
      }
    }
  }

  Script script_;
  Fd udp_, tcp_;
  std::atomic<bool> stop_{false};
  std::atomic<int> asked_{0};
  std::thread thread_;
};

std::string answer_with(const dns::Message& query, const std::string& address) {
  dns::Message answer = dns::answer_to(query, dns::ResponseCode::kNoError);
  answer.answers.push_back(
      dns::address_record(query.questions.front().name, 60, *Address::parse(address)));
  return dns::encode(answer, dns::kMaxMessage);
}

class Names : public Computer {
 protected:
  void SetUp() override {
    Computer::SetUp();
    make_outside();
    name_servers_ = {"203.0.113.2"};
  }
};

TEST_F(Names, OfSharedNetworksAreKnown) {
  open();
  make_network("web");
  make_network("hidden");
  plug("web", "a");
  plug("web", "DB", {}, [](EndpointConfig& config) { config.names = {"DB", "db_1", "shared"}; });
  plug("web", "c", {}, [](EndpointConfig& config) { config.names = {"c", "shared"}; });
  plug("hidden", "h");
  const Server outside(outside_, "203.0.113.2", [](const dns::Message& query, bool) {
    return std::vector{dns::encode(dns::answer_to(query, dns::ResponseCode::kNameError), 512)};
  });
  for (const bool tcp : {false, true}) {
    EXPECT_EQ(ask(ns("a"), "db", dns::kA, tcp), (Seen{0, {"172.17.0.3"}}));
    EXPECT_EQ(ask(ns("a"), "dB.WEB", dns::kA, tcp), (Seen{0, {"172.17.0.3"}}));
    EXPECT_EQ(ask(ns("a"), "db_1", dns::kA, tcp), (Seen{0, {"172.17.0.3"}}));
    EXPECT_EQ(ask(ns("a"), "a", dns::kA, tcp), (Seen{0, {"172.17.0.2"}})) << "oneself";
    EXPECT_EQ(ask(ns("a"), "shared", dns::kA, tcp), (Seen{0, {"172.17.0.3", "172.17.0.4"}}));
    EXPECT_EQ(ask(ns("a"), "db", dns::kAaaa, tcp), (Seen{0, {}}));
    EXPECT_EQ(ask(ns("a"), "db", dns::kMx, tcp), (Seen{0, {}}));
    EXPECT_EQ(ask(ns("a"), "3.0.17.172.in-addr.arpa", dns::kPtr, tcp),
              (Seen{0, {dns::wire_name("db.web")}}));
  }
  EXPECT_EQ(outside.asked(), 0);
  EXPECT_EQ(ask(ns("a"), "h"), (Seen{3, {}})) << "of another network";
  EXPECT_EQ(ask(ns("a"), "db.hidden"), (Seen{3, {}}));

  ASSERT_TRUE(networks_->rename("DB", {"store"}));
  EXPECT_EQ(ask(ns("a"), "store"), (Seen{0, {"172.17.0.3"}}));
  EXPECT_EQ(ask(ns("a"), "db"), (Seen{3, {}}));
  ASSERT_TRUE(networks_->disconnect_all("DB"));
  EXPECT_EQ(ask(ns("a"), "store"), (Seen{3, {}}));
}

TEST_F(Names, AContainerThatCameBackHasThemInItsNewNamespace) {
  open();
  make_network("web");
  make_network("other");
  const auto second = [](EndpointConfig& config) { config.interface = "eth1"; };
  plug("web", "a");
  plug("other", "a", {}, second);
  ASSERT_TRUE(networks_->remove_namespace("a"));
  plug("web", "a");
  plug("other", "a", {}, second);
  EXPECT_EQ(ask(ns("a"), "a"), (Seen{0, {"172.17.0.2"}}));
}

TEST_F(Names, TheContainerMayHavePort53Itself) {
  open();
  make_network("web");
  plug("web", "a");
  const Listener own(ns("a"), "0.0.0.0", 53);
  EXPECT_EQ(ask(ns("a"), "a"), (Seen{0, {"172.17.0.2"}}));
  EXPECT_EQ(ask_tcp(ns("a"), "127.0.0.1", 53), "127.0.0.1");
}

TEST_F(Names, WhatIsNotKnownIsPassedOn) {
  open();
  make_network("web");
  plug("web", "a");
  const Server outside(outside_, "203.0.113.2", [](const dns::Message& query, bool tcp) {
    const std::string name = query.questions.front().name;
    dns::Message answer = dns::answer_to(query, dns::ResponseCode::kNoError);
    if (name == "large.example") {
      answer.truncated = !tcp;
      for (unsigned i = 0; tcp && i < 300; ++i)
        answer.answers.push_back(dns::address_record(name, 1, Address::from_ipv4(i)));
      return std::vector{dns::encode(answer, dns::kMaxMessage)};
    }
    if (name == "unknown.example") {
      answer.code = 3;
      return std::vector{dns::encode(answer, 512)};
    }
    return std::vector{answer_with(query, "198.51.100.7")};
  });
  EXPECT_EQ(ask(ns("a"), "www.example"), (Seen{0, {"198.51.100.7"}}));
  EXPECT_EQ(ask(ns("a"), "www.example", dns::kA, true), (Seen{0, {"198.51.100.7"}}));
  EXPECT_EQ(ask(ns("a"), "unknown.example"), (Seen{3, {}}));
  EXPECT_EQ(ask(ns("a"), "large.example", dns::kA, true).data.size(), 300U);
  const auto cut = ask_wire(ns("a"), false, dns::encode(question("large.example"), 512));
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->truncated);
}

TEST_F(Names, AnswersOfStrangersDoNotCount) {
  open();
  make_network("web");
  plug("web", "a");
  const Server outside(outside_, "203.0.113.2", [](const dns::Message& query, bool) {
    dns::Message other_id = query;
    other_id.id = static_cast<std::uint16_t>(query.id + 1);
    dns::Message other_name = query;
    other_name.questions.front().name = "evil.example";
    return std::vector<std::string>{answer_with(other_id, "192.0.2.1"),
                                    answer_with(other_name, "192.0.2.2"), dns::encode(query, 512),
                                    "x", answer_with(query, "198.51.100.7")};
  });
  EXPECT_EQ(ask(ns("a"), "www.example"), (Seen{0, {"198.51.100.7"}}));
}

TEST_F(Names, TheNextServerHelpsWhenOneIsSilentOrFails) {
  name_servers_ = {"203.0.113.2", "127.0.0.1"};
  open();
  make_network("web");
  plug("web", "a");
  const Server failing(outside_, "203.0.113.2", [](const dns::Message& query, bool) {
    if (query.questions.front().name == "silent.example") return std::vector<std::string>{};
    return std::vector{dns::encode(dns::answer_to(query, dns::ResponseCode::kServerFailure), 512)};
  });
  const Server good("/proc/self/ns/net", "127.0.0.1", [](const dns::Message& query, bool) {
    return std::vector{answer_with(query, "198.51.100.8")};
  });
  EXPECT_EQ(ask(ns("a"), "fails.example"), (Seen{0, {"198.51.100.8"}}));
  EXPECT_EQ(ask(ns("a"), "silent.example"), (Seen{0, {"198.51.100.8"}}));
}

TEST_F(Names, NobodyToAskIsAServerFailure) {
  open();
  make_network("inner", [](NetworkConfig& config) { config.internal = true; });
  plug("inner", "i");
  const Server outside(outside_, "203.0.113.2", [](const dns::Message& query, bool) {
    return std::vector{answer_with(query, "198.51.100.7")};
  });
  EXPECT_EQ(ask(ns("i"), "www.example"), (Seen{2, {}}));
  EXPECT_EQ(outside.asked(), 0) << "no way out by names either";
}

TEST_F(Names, NonsenseIsSurvived) {
  open();
  make_network("web");
  plug("web", "a");
  for (const std::string& wire :
       {std::string(), std::string(5, 'x'), std::string(600, '\xff'),
        dns::encode(dns::answer_to(question("a"), dns::ResponseCode::kNoError), 512)}) {
    EXPECT_FALSE(ask_wire(ns("a"), false, wire, kShort));
    EXPECT_FALSE(ask_wire(ns("a"), true, wire, kShort));
  }
  dns::Message two = question("a");
  two.questions.push_back(two.questions.front());
  EXPECT_EQ(ask_wire(ns("a"), false, dns::encode(two, 512))->code, 1);
  dns::Message update = question("a");
  update.opcode = 5;
  EXPECT_EQ(ask_wire(ns("a"), false, dns::encode(update, 512))->code, 4);
  EXPECT_EQ(ask(ns("a"), "a"), (Seen{0, {"172.17.0.2"}}));
}

TEST_F(Names, AFloodOfUnansweredQuestionsIsBounded) {
  open();
  make_network("web");
  plug("web", "a");
  const Server silent(outside_, "203.0.113.2",
                      [](const dns::Message&, bool) { return std::vector<std::string>{}; });
  int failures = 0;
  const auto asked = os::in_network_namespace(ns("a"), [&]() -> Result<void> {
    const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval time{.tv_sec = 0, .tv_usec = 500'000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    const sockaddr_in in = at("127.0.0.11", 53);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0);
    const std::string wire = dns::encode(question("www.example"), 512);
    std::string buffer(512, '\0');
    for (int i = 0; i < 300; ++i) {
      ::send(fd.get(), wire.data(), wire.size(), 0);
      if (i >= 256 && ::recv(fd.get(), buffer.data(), buffer.size(), 0) > 0) ++failures;
    }
    return {};
  });
  ASSERT_TRUE(asked);
  EXPECT_GT(failures, 0) << "what is too much is refused at once";
  EXPECT_LE(silent.asked(), 256);
  EXPECT_EQ(ask(ns("a"), "a"), (Seen{0, {"172.17.0.2"}})) << "names of containers go on";
}

TEST_F(Names, TheResolverFileNamesOurResolverOnlyWhereItIs) {
  open();
  make_network("web");
  make_network("bridge", [](NetworkConfig& config) { config.names = false; });
  plug("web", "a");
  plug("bridge", "b");
  EXPECT_EQ(networks_->resolver_configuration("a", {"9.9.9.9"}, {"corp.example"}, {"timeout:3"}),
            "nameserver 127.0.0.11\nsearch corp.example\noptions timeout:3 ndots:0\n");
  EXPECT_EQ(networks_->resolver_configuration("a", {}, {"."}, {"ndots:2"}),
            "nameserver 127.0.0.11\noptions ndots:2\n");
  EXPECT_EQ(networks_->resolver_configuration("b", {}, {"."}, {"timeout:3"}),
            "nameserver 203.0.113.2\noptions timeout:3\n");
  EXPECT_EQ(networks_->resolver_configuration("b", {"9.9.9.9"}, {"x"}, {"timeout:3"}),
            "nameserver 9.9.9.9\nsearch x\noptions timeout:3\n");
  EXPECT_EQ(ask(ns("a"), "b"), (Seen{2, {}})) << "nobody answers for 203.0.113.2";
}

}  // namespace
}  // namespace cove::network::test
