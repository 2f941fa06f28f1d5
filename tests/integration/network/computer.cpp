#include "tests/integration/network/computer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "core/os/namespaces.h"

namespace cove::network::test {
namespace {

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  return in;
}

std::string text_of(const sockaddr_in& in) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  return text;
}

Fd socket_in(const Path& where, int type) {
  Fd fd;
  const auto make = [&]() -> Result<void> {
    fd = Fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    return {};
  };
  if (where.empty()) {
    static_cast<void>(make());
  } else {
    const auto made = os::in_network_namespace(where, make);
    EXPECT_TRUE(made) << made.error().message();
  }
  return fd;
}

void be_patient(const Fd& fd, int milliseconds) {
  const timeval time{.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

}  // namespace

std::string id_of(const std::string& name) {
  std::string id;
  for (const char c : name) id += fmt::format("{:02x}", static_cast<unsigned char>(c));
  id.resize(64, '0');
  return id;
}

Listener::Listener(const Path& where, const std::string& address, std::uint16_t port,
                   std::string sign)
    : tcp_(socket_in(where, SOCK_STREAM)), udp_(socket_in(where, SOCK_DGRAM)) {
  const int on = 1;
  ::setsockopt(tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in in = socket_address(address, port);
  for (const Fd* fd : {&tcp_, &udp_})
    EXPECT_EQ(::bind(fd->get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0) << errno;
  EXPECT_EQ(::listen(tcp_.get(), 16), 0);
  thread_ = std::thread([this, sign = std::move(sign)] {
    while (!stop_) {
      std::array<pollfd, 2> fds{{{tcp_.get(), POLLIN, 0}, {udp_.get(), POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), 20) <= 0) continue;
      sockaddr_in from{};
      socklen_t length = sizeof from;
      if (fds[0].revents != 0) {
        const Fd peer(::accept(tcp_.get(), reinterpret_cast<sockaddr*>(&from), &length));
        const std::string text = sign + text_of(from);
        ::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
      }
      if (fds[1].revents != 0) {
        char byte = 0;
        length = sizeof from;
        ::recvfrom(udp_.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &length);
        const std::string text = sign + text_of(from);
        ::sendto(udp_.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&from),
                 sizeof from);
      }
    }
  });
}

Listener::~Listener() {
  stop_ = true;
  thread_.join();
}

std::string ask_tcp(const Path& where, const std::string& address, std::uint16_t port,
                    int patience_ms) {
  const Fd fd = socket_in(where, SOCK_STREAM);
  be_patient(fd, patience_ms);
  const sockaddr_in in = socket_address(address, port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) return "";
  std::array<char, 64> buffer{};
  const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::string ask_udp(const Path& where, const std::string& address, std::uint16_t port,
                    int patience_ms) {
  const Fd fd = socket_in(where, SOCK_DGRAM);
  be_patient(fd, patience_ms);
  const sockaddr_in in = socket_address(address, port);
  std::array<char, 64> buffer{};
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0 ||
      ::send(fd.get(), "?", 1, 0) != 1)
    return "";
  const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
}

void Computer::SetUp() {
  ASSERT_EQ(::unshare(CLONE_NEWNET | CLONE_NEWNS), 0) << "these tests need root";
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  auto links = Links::open();
  ASSERT_TRUE(links);
  ASSERT_TRUE(links->set_up(1, "lo"));
}

void Computer::TearDown() {
  networks_.reset();
  if (!outside_.empty()) static_cast<void>(os::remove_pin(outside_));
  std::error_code error;
  for (const char* run : {"run-one", "run-two"})
    for (const auto& pin : std::filesystem::directory_iterator(folder_ / run, error))
      static_cast<void>(os::remove_pin(pin.path()));
}

void Computer::make_outside() {
  outside_ = folder_ / "outside";
  ASSERT_TRUE(os::make_network_namespace(outside_, {}));
  auto links = Links::open();
  const auto inside = os::open_namespace(outside_);
  ASSERT_TRUE(links && inside);
  Links::Veth veth;
  veth.name = "up0";
  veth.peer_name = "eth0";
  veth.peer_namespace = inside->get();
  veth.peer_mac = "02:00:00:00:00:02";
  ASSERT_TRUE(links->make_veth(veth));
  const auto up = links->find("up0");
  ASSERT_TRUE(up && *up);
  ASSERT_TRUE(links->add_address((*up)->index, "up0", *Address::parse("203.0.113.1"), 24));
  ASSERT_TRUE(links->set_up((*up)->index, "up0"));
  auto far = Links::open_in(outside_);
  ASSERT_TRUE(far);
  const auto eth0 = far->find("eth0");
  ASSERT_TRUE(eth0 && *eth0);
  ASSERT_TRUE(far->add_address((*eth0)->index, "eth0", *Address::parse("203.0.113.2"), 24));
  ASSERT_TRUE(far->set_up((*eth0)->index, "eth0"));
  ASSERT_TRUE(links->set_default_route((*up)->index, "up0", *Address::parse("203.0.113.2")));
}

void Computer::open(const std::string& instance, PortGate* gate) {
  networks_.reset();
  auto opened = ContainerNetworks::open({.directory = folder_ / instance,
                                         .run = folder_ / ("run-" + instance),
                                         .gate = gate,
                                         .name_servers = name_servers_,
                                         .logger = null_logger()});
  ASSERT_TRUE(opened) << opened.error().message();
  networks_ = std::move(*opened);
}

NetworkConfig Computer::make_network(const std::string& name,
                                     const std::function<void(NetworkConfig&)>& change) {
  NetworkConfig config;
  config.id = id_of(name);
  config.name = name;
  if (change) change(config);
  auto made = networks_->create(config);
  EXPECT_TRUE(made) << made.error().message();
  return made ? *made : config;
}

Endpoint Computer::plug(const std::string& network, const std::string& container,
                        std::vector<PortMapping> ports,
                        const std::function<void(EndpointConfig&)>& change) {
  if (!std::filesystem::exists(ns(container))) {
    const auto made = networks_->make_namespace(container);
    EXPECT_TRUE(made) << made.error().message();
  }
  EndpointConfig config;
  config.network = id_of(network);
  config.container = container;
  config.namespace_path = ns(container);
  config.names = {container};
  config.ports = std::move(ports);
  if (change) change(config);
  auto endpoint = networks_->connect(config);
  EXPECT_TRUE(endpoint) << endpoint.error().message();
  return endpoint ? *endpoint : Endpoint();
}

std::vector<std::string> Computer::links() {
  std::vector<std::string> names;
  auto links = Links::open();
  const auto all = links->list();
  for (const auto& link : *all) names.push_back(link.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Computer::tables() {
  return *nft::Nftables::open()->tables(nft::TableFamily::kIpv4);
}

}  // namespace cove::network::test
