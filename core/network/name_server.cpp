#include "core/network/name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/network/dns_cache.h"
#include "core/network/rules.h"
#include "core/os/namespaces.h"

namespace cove::network {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxServers = 3;
constexpr int kDatagramsAtOnce = 64;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint64_t kWakeUp = 0;

std::uint16_t random16() {
  std::uint16_t value = 0;
  while (::getrandom(&value, sizeof value, 0) != sizeof value) {
  }
  return value;
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const Address& address, std::uint16_t port) {
  SocketAddress result;
  if (address.family() == Family::kIpv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes().data(), 4);
    std::memcpy(&result.storage, &in, sizeof in);
    result.length = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, address.bytes().data(), 16);
    std::memcpy(&result.storage, &in, sizeof in);
    result.length = sizeof in;
  }
  return result;
}

void set_id(std::string& wire, std::uint16_t id) {
  wire[0] = static_cast<char>(id >> 8);
  wire[1] = static_cast<char>(id & 255);
}

std::string with_length(std::string_view wire) {
  std::string framed{static_cast<char>(wire.size() >> 8), static_cast<char>(wire.size() & 255)};
  return framed.append(wire);
}

// The first whole message of a TCP stream, taken out of it.
std::optional<std::string> take_message(std::string& stream) {
  if (stream.size() < 2) return std::nullopt;
  const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(stream[0])) << 8 |
                             static_cast<unsigned char>(stream[1]);
  if (stream.size() < length + 2) return std::nullopt;
  std::string message = stream.substr(2, length);
  stream.erase(0, length + 2);
  return message;
}

struct ResolverSockets {
  Fd udp, tcp;
  // Kept open: the kernel waits for its own housekeeping when it is closed after a transaction.
  std::optional<nft::Nftables> rules;
};

// Port 0: any.
Result<Fd> bind_resolver(int type, const Address& where, std::uint16_t& port) {
  Fd fd(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address = socket_address(where, port);
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on) != 0 ||
      (type == SOCK_STREAM &&
       ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
      ::bind(fd.get(), address.get(), address.length) != 0 ||
      (type == SOCK_STREAM && ::listen(fd.get(), 64) != 0) ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0)
    return errno_error(errno, "open the name server at", where.text());
  port = ntohs(bound.sin_port);
  return fd;
}

Result<ResolverSockets> open_resolver(const Path& namespace_path) {
  ResolverSockets sockets;
  COVE_CHECK(os::in_network_namespace(namespace_path, [&]() -> Result<void> {
    std::uint16_t udp_port = 0, tcp_port = 0;
    const Address address = *Address::parse(kResolverAddress);
    COVE_TRY(sockets.udp, bind_resolver(SOCK_DGRAM, address, udp_port));
    COVE_TRY(sockets.tcp, bind_resolver(SOCK_STREAM, address, tcp_port));
    COVE_TRY(auto rules, nft::Nftables::open());
    sockets.rules.emplace(std::move(rules));
    return sockets.rules->commit(make_resolver_table(udp_port, tcp_port));
  }));
  return sockets;
}

// Who asked, and how the answer gets there.
struct Origin {
  std::string client;
  std::uint64_t connection = 0;  // 0: by UDP
  sockaddr_in from{};
};

struct Client {
  ResolverSockets sockets;
  std::uint64_t udp_id = 0, tcp_id = 0;
  std::size_t questions = 0, connections = 0;
};

struct Connection {
  std::string client;
  Fd fd;
  std::string in, out;
  bool waiting = false;  // for the answer of its question; reads nothing meanwhile
  bool closed_by_peer = false;
  Clock::time_point deadline;
};

struct Pending {
  Origin origin;
  dns::Message query;
  std::vector<dns::Record> before;  // answers that lead to what is asked
  dns::Message asked;
  std::string wire;  // of what is asked, with the id of the attempt
  std::vector<std::string> servers;
  std::size_t next_server = 0;
  Fd fd;
  std::string in, out;  // TCP
  Clock::time_point deadline;
};

}  // namespace

class NameServer::Implementation {
 public:
  Implementation(NameSource& source, Limits limits)
      : source_(source), limits_(limits), cache_(limits.cache) {}

  ~Implementation() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_up();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> start() {
    epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!epoll_ || !wake_) return errno_error(errno, "start", "the name server");
    watch(wake_, kWakeUp, EPOLLIN);
    thread_ = std::thread([this] { run(); });
    return {};
  }

  Result<void> add_client(const std::string& name, const Path& namespace_path) {
    COVE_TRY(ResolverSockets sockets, open_resolver(namespace_path));
    add_sockets(name, std::move(sockets));
    return {};
  }

  Result<void> add_address(const std::string& name, const Address& address, std::uint16_t port) {
    ResolverSockets sockets;
    COVE_TRY(sockets.udp, bind_resolver(SOCK_DGRAM, address, port));
    COVE_TRY(sockets.tcp, bind_resolver(SOCK_STREAM, address, port));
    add_sockets(name, std::move(sockets));
    return {};
  }

  void add_sockets(const std::string& name, ResolverSockets sockets) {
    const std::lock_guard lock(mutex_);
    forget_client(name);
    Client& client = clients_[name];
    client.sockets = std::move(sockets);
    client.udp_id = next_id_++;
    client.tcp_id = next_id_++;
    listeners_[client.udp_id] = name;
    listeners_[client.tcp_id] = name;
    watch(client.sockets.udp, client.udp_id, EPOLLIN);
    watch(client.sockets.tcp, client.tcp_id, EPOLLIN);
  }

  void remove_client(const std::string& name) {
    const std::lock_guard lock(mutex_);
    forget_client(name);
  }

  bool has_client(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return clients_.contains(name);
  }

 private:
  void wake_up() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }

  void watch(const Fd& fd, std::uint64_t id, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0)
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd.get(), &event);
  }

  void run() {
    std::array<epoll_event, 128> events{};
    while (true) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     milliseconds_to_deadline());
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)]);
      expire();
    }
  }

  int milliseconds_to_deadline() const {
    const std::lock_guard lock(mutex_);
    if (deadlines_.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }

  template <class Item>
  void set_deadline(std::uint64_t id, Item& item, std::chrono::milliseconds delay) {
    deadlines_.erase({item.deadline, id});
    item.deadline = Clock::now() + delay;
    deadlines_.insert({item.deadline, id});
  }

  void expire() {
    const auto now = Clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const std::uint64_t id = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      if (connections_.contains(id)) {
        close_connection(id);
      } else if (pending_.contains(id)) {
        ask_next_server(id);
      }
    }
  }

  void on_event(const epoll_event& event) {
    const std::uint64_t id = event.data.u64;
    if (id == kWakeUp) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
    } else if (const auto listener = listeners_.find(id); listener != listeners_.end()) {
      const std::string name = listener->second;
      if (clients_.at(name).udp_id == id) {
        read_datagrams(name);
      } else {
        accept_connection(name);
      }
    } else if (connections_.contains(id)) {
      serve_connection(id, event.events);
    } else if (pending_.contains(id)) {
      read_answer(id);
    }
  }

  void forget_client(const std::string& name) {
    const auto found = clients_.find(name);
    if (found == clients_.end()) return;
    std::vector<std::uint64_t> gone;
    for (const auto& [id, pending] : pending_)
      if (pending.origin.client == name) gone.push_back(id);
    for (const std::uint64_t id : gone) drop_pending(id);
    gone.clear();
    for (const auto& [id, connection] : connections_)
      if (connection.client == name) gone.push_back(id);
    for (const std::uint64_t id : gone) close_connection(id);
    listeners_.erase(found->second.udp_id);
    listeners_.erase(found->second.tcp_id);
    clients_.erase(found);
  }

  // -- Questions ----------------------------------------------------------------------------------

  void read_datagrams(const std::string& name) {
    std::array<char, 4096> buffer{};
    for (int i = 0; i < kDatagramsAtOnce; ++i) {
      Origin origin;
      origin.client = name;
      socklen_t length = sizeof origin.from;
      const ssize_t got =
          ::recvfrom(clients_.at(name).sockets.udp.get(), buffer.data(), buffer.size(), MSG_TRUNC,
                     reinterpret_cast<sockaddr*>(&origin.from), &length);
      if (got < 0) return;
      if (static_cast<std::size_t>(got) > buffer.size()) continue;
      handle_query(origin, {buffer.data(), static_cast<std::size_t>(got)});
    }
  }

  void accept_connection(const std::string& name) {
    Client& client = clients_.at(name);
    Fd fd(::accept4(client.sockets.tcp.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd || client.connections >= limits_.connections_per_client) return;
    const std::uint64_t id = next_id_++;
    Connection& connection = connections_[id];
    connection.client = name;
    connection.fd = std::move(fd);
    ++client.connections;
    watch(connection.fd, id, EPOLLIN);
    set_deadline(id, connection, limits_.idle);
  }

  void close_connection(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    deadlines_.erase({found->second.deadline, id});
    if (const auto client = clients_.find(found->second.client); client != clients_.end())
      --client->second.connections;
    connections_.erase(found);
  }

  void serve_connection(std::uint64_t id, std::uint32_t events) {
    Connection& connection = connections_.at(id);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 || !write_out(connection.fd, connection.out))
      return close_connection(id);
    if (!connection.waiting) {
      std::array<char, 4096> buffer{};
      const ssize_t got = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
      if (got == 0) connection.closed_by_peer = true;
      if (got < 0 && errno != EAGAIN) return close_connection(id);
      if (got > 0) connection.in.append(buffer.data(), static_cast<std::size_t>(got));
    }
    next_of_connection(id);
  }

  // One question after the other; what to wait for follows from what is under way.
  void next_of_connection(std::uint64_t id) {
    if (serving_) return;  // the loop below is further up the stack
    serving_ = true;
    serve_questions(id);
    serving_ = false;
  }

  void serve_questions(std::uint64_t id) {
    while (true) {
      const auto found = connections_.find(id);
      if (found == connections_.end()) return;
      Connection& connection = found->second;
      if (connection.waiting || !connection.out.empty()) break;
      auto message = take_message(connection.in);
      if (!message) {
        if (connection.closed_by_peer) return close_connection(id);
        break;
      }
      connection.waiting = true;
      set_deadline(id, connection, limits_.idle);
      Origin origin;
      origin.client = connection.client;
      origin.connection = id;
      if (!handle_query(origin, *message)) return close_connection(id);
    }
    Connection& connection = connections_.at(id);
    std::uint32_t events = connection.out.empty() ? 0U : std::uint32_t{EPOLLOUT};
    if (!connection.waiting && connection.out.empty()) events |= EPOLLIN;
    watch(connection.fd, id, events);
  }

  // False for what deserves no answer.
  bool handle_query(const Origin& origin, std::string_view wire) {
    const auto query = dns::parse(wire);
    if (!query) {
      const auto head = dns::parse_head(wire);
      if (!head || head->response) return false;
      reply(origin, *head, dns::answer_to(*head, dns::ResponseCode::kFormatError));
      return true;
    }
    if (query->response) return false;
    if (query->opcode != 0) {
      reply(origin, *query, dns::answer_to(*query, dns::ResponseCode::kNotImplemented));
    } else if (query->questions.size() != 1) {
      reply(origin, *query, dns::answer_to(*query, dns::ResponseCode::kFormatError));
    } else {
      answer_question(origin, *query, wire);
    }
    return true;
  }

  void answer_question(const Origin& origin, const dns::Message& query, std::string_view wire) {
    const dns::Question& question = query.questions.front();
    auto local =
        question.klass == dns::kInternet ? source_.answer(origin.client, question) : std::nullopt;
    if (!local) return forward(origin, query, query, std::string(wire), {});
    if (!local->follow.empty()) {
      dns::Message further = query;
      further.questions.front().name = local->follow;
      std::string asked = dns::encode(further, dns::kMaxMessage);
      return forward(origin, query, further, std::move(asked), std::move(local->answers));
    }
    dns::Message answer = dns::answer_to(query, local->code);
    answer.authoritative = local->authoritative;
    answer.answers = std::move(local->answers);
    answer.authorities = std::move(local->authorities);
    answer.additionals.insert(answer.additionals.begin(), local->additionals.begin(),
                              local->additionals.end());
    reply(origin, query, answer);
  }

  void reply(const Origin& origin, const dns::Message& query, const dns::Message& answer) {
    send_reply(origin, dns::encode(answer, origin.connection == 0 ? dns::udp_limit(query)
                                                                  : dns::kMaxMessage));
  }

  void send_reply(const Origin& origin, std::string_view wire) {
    if (origin.connection == 0) {
      const auto client = clients_.find(origin.client);
      if (client == clients_.end()) return;
      ::sendto(client->second.sockets.udp.get(), wire.data(), wire.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&origin.from), sizeof origin.from);
      return;
    }
    const auto found = connections_.find(origin.connection);
    if (found == connections_.end()) return;
    found->second.waiting = false;
    found->second.out += with_length(wire);
    if (!write_out(found->second.fd, found->second.out)) found->second.closed_by_peer = true;
  }

  // False when the connection is broken.
  static bool write_out(const Fd& fd, std::string& out) {
    while (!out.empty()) {
      const ssize_t sent = ::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      out.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  // -- What is passed on --------------------------------------------------------------------------

  // `asked` is what the servers are asked for the answer to `query`, `wire` its bytes.
  void forward(const Origin& origin, const dns::Message& query, const dns::Message& asked,
               std::string wire, std::vector<dns::Record> before) {
    if (const auto known = cache_.find(asked)) return reply_with(origin, query, before, *known);
    std::vector<std::string> servers = source_.servers(origin.client);
    Client& client = clients_.at(origin.client);
    if (servers.empty() || client.questions >= limits_.questions_per_client ||
        pending_.size() >= limits_.questions)
      return fail(origin, query, before);
    if (servers.size() > kMaxServers) servers.resize(kMaxServers);
    const std::uint64_t id = next_id_++;
    Pending& pending = pending_[id];
    pending.origin = origin;
    pending.query = query;
    pending.before = std::move(before);
    pending.asked = asked;
    pending.wire = std::move(wire);
    pending.servers = std::move(servers);
    ++client.questions;
    ask_next_server(id);
  }

  void fail(const Origin& origin, const dns::Message& query,
            const std::vector<dns::Record>& before) {
    dns::Message failure = dns::answer_to(query, dns::ResponseCode::kServerFailure);
    failure.answers = before;
    reply(origin, query, failure);
  }

  void reply_with(const Origin& origin, const dns::Message& query,
                  const std::vector<dns::Record>& before, const dns::Message& found) {
    dns::Message answer = dns::answer_to(query, static_cast<dns::ResponseCode>(found.code));
    answer.answers = before;
    answer.answers.insert(answer.answers.end(), found.answers.begin(), found.answers.end());
    answer.authorities = found.authorities;
    for (const dns::Record& record : found.additionals)
      if (record.type != dns::kOpt) answer.additionals.push_back(record);
    reply(origin, query, answer);
  }

  void drop_pending(std::uint64_t id) {
    const auto found = pending_.find(id);
    deadlines_.erase({found->second.deadline, id});
    if (const auto client = clients_.find(found->second.origin.client); client != clients_.end())
      --client->second.questions;
    pending_.erase(found);
  }

  void finish(std::uint64_t id, std::string_view answer) {
    const Origin origin = pending_.at(id).origin;
    drop_pending(id);
    send_reply(origin, answer);
    if (origin.connection != 0) next_of_connection(origin.connection);
  }

  void ask_next_server(std::uint64_t id) {
    Pending& pending = pending_.at(id);
    while (pending.next_server < pending.servers.size()) {
      if (ask(id, pending, pending.servers[pending.next_server++])) return;
    }
    const Origin origin = pending.origin;
    const dns::Message query = std::move(pending.query);
    const std::vector<dns::Record> before = std::move(pending.before);
    drop_pending(id);
    fail(origin, query, before);
    if (origin.connection != 0) next_of_connection(origin.connection);
  }

  // A socket of its own for every attempt: a fresh source port, and only the server can answer.
  bool ask(std::uint64_t id, Pending& pending, const std::string& server) {
    const auto address = Address::parse(server);
    if (!address) return false;
    const bool tcp = pending.origin.connection != 0;
    pending.in.clear();
    pending.out.clear();
    pending.fd = Fd(::socket(address->family() == Family::kIpv4 ? AF_INET : AF_INET6,
                             (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const SocketAddress target = socket_address(*address, kDnsPort);
    if (!pending.fd ||
        (::connect(pending.fd.get(), target.get(), target.length) != 0 && errno != EINPROGRESS))
      return false;
    set_id(pending.wire, random16());
    if (tcp) {
      pending.out = with_length(pending.wire);
    } else if (::send(pending.fd.get(), pending.wire.data(), pending.wire.size(), MSG_NOSIGNAL) <
               0) {
      return false;
    }
    watch(pending.fd, id, tcp ? EPOLLIN | EPOLLOUT : EPOLLIN);
    set_deadline(id, pending, limits_.patience);
    return true;
  }

  void read_answer(std::uint64_t id) {
    Pending& pending = pending_.at(id);
    const bool tcp = pending.origin.connection != 0;
    if (tcp) {
      int error = 0;
      socklen_t length = sizeof error;
      ::getsockopt(pending.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
      if (error != 0 || !write_out(pending.fd, pending.out)) return ask_next_server(id);
      if (pending.out.empty()) watch(pending.fd, id, EPOLLIN);
    }
    buffer_.resize(dns::kMaxMessage);
    const ssize_t got = ::recv(pending.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0 || (tcp && got == 0)) return ask_next_server(id);
    std::string answer(buffer_.data(), static_cast<std::size_t>(got));
    if (tcp) {
      pending.in += answer;
      auto message = take_message(pending.in);
      if (!message) return;
      answer = std::move(*message);
    }
    accept_answer(id, pending, std::move(answer), tcp);
  }

  void accept_answer(std::uint64_t id, Pending& pending, std::string answer, bool tcp) {
    const auto head = dns::parse_head(answer);
    const auto asked = dns::parse_head(pending.wire);
    if (!head || !head->response || head->id != asked->id || head->questions != asked->questions) {
      // Somebody guesses; by UDP the true answer may still come.
      if (tcp) ask_next_server(id);
      return;
    }
    const auto code = static_cast<dns::ResponseCode>(head->code);
    if ((code == dns::ResponseCode::kServerFailure || code == dns::ResponseCode::kRefused) &&
        pending.next_server < pending.servers.size())
      return ask_next_server(id);
    const auto whole = dns::parse(answer);
    if (whole) cache_.add(pending.asked, *whole);
    if (!pending.before.empty() && whole) {
      const Origin origin = pending.origin;
      const dns::Message query = std::move(pending.query);
      const std::vector<dns::Record> before = std::move(pending.before);
      drop_pending(id);
      reply_with(origin, query, before, *whole);
      if (origin.connection != 0) next_of_connection(origin.connection);
      return;
    }
    set_id(answer, pending.query.id);
    if (!tcp && answer.size() > dns::udp_limit(pending.query)) {
      dns::Message cut = dns::answer_to(pending.query, code);
      cut.truncated = true;
      answer = dns::encode(cut, dns::udp_limit(pending.query));
    }
    finish(id, answer);
  }

  NameSource& source_;
  const Limits limits_;
  Fd epoll_, wake_;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  bool serving_ = false;
  std::uint64_t next_id_ = 1;
  std::map<std::string, Client> clients_;
  std::map<std::uint64_t, std::string> listeners_;
  std::map<std::uint64_t, Connection> connections_;
  std::map<std::uint64_t, Pending> pending_;
  std::set<std::pair<Clock::time_point, std::uint64_t>> deadlines_;
  std::string buffer_;
  dns::Cache cache_;
  std::thread thread_;
};

Result<std::unique_ptr<NameServer>> NameServer::start(NameSource& source, Limits limits) {
  auto implementation = std::make_unique<Implementation>(source, limits);
  COVE_CHECK(implementation->start());
  return std::unique_ptr<NameServer>(new NameServer(std::move(implementation)));
}

NameServer::NameServer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
NameServer::~NameServer() = default;

Result<void> NameServer::add_client(const std::string& client, const Path& namespace_path) {
  return implementation_->add_client(client, namespace_path);
}
Result<void> NameServer::add_address(const std::string& client, const Address& address,
                                     std::uint16_t port) {
  return implementation_->add_address(client, address, port);
}
void NameServer::remove_client(const std::string& client) {
  implementation_->remove_client(client);
}
bool NameServer::has_client(const std::string& client) const {
  return implementation_->has_client(client);
}

}  // namespace cove::network
