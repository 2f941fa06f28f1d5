#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/forward/fake_proc.h"
#include "vm/forward/forward.h"

namespace cove::vm {
namespace {

using test::FakeProc;

constexpr unsigned kListen = 0x0A;
constexpr unsigned kEstablished = 0x01;
constexpr const char* kLoopback4 = "0100007F";
constexpr const char* kAny4 = "00000000";
constexpr const char* kAny6 = "00000000000000000000000000000000";
constexpr const char* kLoopback6 = "00000000000000000000000001000000";
constexpr const char* kMappedLoopback = "0000000000000000FFFF00000100007F";

class PortHolderTest : public ::testing::Test {
 protected:
  std::optional<PortHolder> holder(std::uint16_t port, Protocol protocol = Protocol::kTcp,
                                   const std::string& address = "127.0.0.1") {
    return port_holder(protocol, address, port, proc_.path());
  }
  FakeProc proc_;
};

TEST_F(PortHolderTest, NamesTheProcess) {
  proc_.socket("tcp", kLoopback4, 6443, kListen, 77);
  proc_.process(812, "nginx", 77);
  proc_.process(900, "other", 78);
  const auto found = holder(6443);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, 812);
  EXPECT_EQ(found->program, "nginx");
  EXPECT_FALSE(holder(6444));
}

TEST_F(PortHolderTest, OldestOfSeveralProcesses) {
  proc_.socket("tcp", kLoopback4, 6443, kListen, 77);
  proc_.process(1000, "worker", 77);
  proc_.process(99, "server", 77);
  EXPECT_EQ(holder(6443)->program, "server");
}

TEST_F(PortHolderTest, AnotherUsersProcessCannotBeSeen) {
  proc_.socket("tcp", kLoopback4, 6443, kListen, 77);
  const auto found = holder(6443);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, 0);
  EXPECT_EQ(found->program, "a program of another user");
}

TEST_F(PortHolderTest, AnyAddressHoldsEveryAddress) {
  proc_.socket("tcp", kAny4, 80, kListen, 1);
  proc_.socket("tcp6", kAny6, 81, kListen, 2);
  proc_.socket("tcp6", kMappedLoopback, 82, kListen, 3);
  EXPECT_TRUE(holder(80));
  EXPECT_TRUE(holder(81));
  EXPECT_TRUE(holder(82));
  EXPECT_FALSE(holder(80, Protocol::kTcp, "::1"));
}

TEST_F(PortHolderTest, OtherAddressesDoNot) {
  proc_.socket("tcp", "0200007F", 80, kListen, 1);
  proc_.socket("tcp6", kLoopback6, 81, kListen, 2);
  EXPECT_FALSE(holder(80));
  EXPECT_FALSE(holder(81));
  EXPECT_TRUE(holder(80, Protocol::kTcp, "0.0.0.0"));
  EXPECT_TRUE(holder(81, Protocol::kTcp, "::1"));
}

TEST_F(PortHolderTest, ConnectionsAreNoListeners) {
  proc_.socket("tcp", kLoopback4, 6443, kEstablished, 77);
  EXPECT_FALSE(holder(6443));
}

TEST_F(PortHolderTest, UdpSocketsHoldTheirPort) {
  proc_.socket("udp", kAny4, 53, 0x07, 77);
  proc_.process(5, "dnsmasq", 77);
  EXPECT_EQ(holder(53, Protocol::kUdp)->program, "dnsmasq");
  EXPECT_FALSE(holder(53, Protocol::kTcp));
}

TEST_F(PortHolderTest, StrangeContentsAreIgnored) {
  proc_.write("net/tcp",
              std::string("\0\xff junk\n   0: zz:1 1\n 0: 0100007F:192B x 0A 0 0 0 0 0 notanumber\n"
                          " 0: 0100007F 0 0A 0 0 0 0 0 0 1\n 0: 0100007F:FFFFFF 0 0A 0 0 0 0 0 5\n",
                          120));
  EXPECT_FALSE(holder(6443));
  EXPECT_FALSE(holder(0xFFFF));
  EXPECT_FALSE(port_holder(Protocol::kTcp, "not an address", 6443, proc_.path()));
  EXPECT_FALSE(port_holder(Protocol::kTcp, "127.0.0.1", 6443, "/nonexistent"));
}

TEST_F(PortHolderTest, ProgramNamesCannotForgeOutput) {
  proc_.socket("tcp", kLoopback4, 6443, kListen, 77);
  proc_.process(812, "a\x1b[2Jb", 77);
  EXPECT_EQ(holder(6443)->program, "a\\x1b[2Jb");
}

// A listening socket of this process, on a port of the kernel's choosing.
struct Listener {
  explicit Listener(int family) : fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address =
        family == AF_INET ? reinterpret_cast<sockaddr*>(&four) : reinterpret_cast<sockaddr*>(&six);
    socklen_t length = family == AF_INET ? sizeof four : sizeof six;
    listening = ::bind(fd.get(), address, length) == 0 && ::listen(fd.get(), 1) == 0 &&
                ::getsockname(fd.get(), address, &length) == 0;
    port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
  }
  Fd fd;
  bool listening = false;
  std::uint16_t port = 0;
};

TEST(RealPortHolder, FindsThisProcess) {
  for (const int family : {AF_INET, AF_INET6}) {
    Listener listener(family);
    if (family == AF_INET6 && !listener.listening) continue;  // a host without IPv6
    ASSERT_TRUE(listener.listening);
    const auto found = port_holder(Protocol::kTcp, "127.0.0.1", listener.port);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->pid, ::getpid());
    EXPECT_EQ(found->program, "forward_test");
    listener.fd.reset();
    EXPECT_FALSE(port_holder(Protocol::kTcp, "127.0.0.1", listener.port));
  }
}

}  // namespace
}  // namespace cove::vm
