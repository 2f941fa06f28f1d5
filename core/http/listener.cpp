#include "core/http/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "core/http/transport.h"

namespace cove::http {
namespace {

constexpr int kBacklog = SOMAXCONN;
constexpr const char* kOtherPort = "Choose another port with --listen.";

union Address {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_storage storage;
};

socklen_t size_of(const Address& address) {
  return address.any.sa_family == AF_INET6 ? sizeof address.six : sizeof address.four;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (address.any.sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &address.four.sin_addr, buffer.data(), buffer.size());
    return fmt::format("{}:{}", buffer.data(), ntohs(address.four.sin_port));
  }
  if (address.any.sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &address.six.sin6_addr, buffer.data(), buffer.size());
    return fmt::format("[{}]:{}", buffer.data(), ntohs(address.six.sin6_port));
  }
  return {};
}

// A peer whose machine is gone is noticed within about two minutes.
constexpr KeepAlive kKeepAlive{.idle = 60, .interval = 15, .count = 4};

Result<sockaddr_un> unix_address(const Path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kInvalidArgument, "listen on", path.string(),
                 "the path is too long for a socket", "Choose a shorter folder."};
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

Fd unix_socket() {
  return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Result<Fd> listen_tcp(const std::string& address, std::uint16_t port, bool absent_too) {
  const std::string subject = fmt::format("{}:{}", address, port);
  Address where{};
  if (::inet_pton(AF_INET, address.c_str(), &where.four.sin_addr) == 1) {
    where.four.sin_family = AF_INET;
    where.four.sin_port = htons(port);
  } else if (::inet_pton(AF_INET6, address.c_str(), &where.six.sin6_addr) == 1) {
    where.six.sin6_family = AF_INET6;
    where.six.sin6_port = htons(port);
  } else {
    return Error{
        ErrorCode::kInvalidArgument, "listen on", subject, "the address is not an IP address", {}};
  }
  Fd fd(::socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error(errno, "listen on", subject);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (absent_too) ::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
  if (::bind(fd.get(), &where.any, size_of(where)) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return errno_error(errno, "listen on", subject, kOtherPort);
  return fd;
}

std::uint16_t port_of(const Fd& listener) {
  Address address{};
  socklen_t size = sizeof address;
  if (::getsockname(listener.get(), &address.any, &size) != 0) return 0;
  if (address.any.sa_family == AF_INET) return ntohs(address.four.sin_port);
  return address.any.sa_family == AF_INET6 ? ntohs(address.six.sin6_port) : 0;
}

SocketFile::~SocketFile() {
  struct stat now {};
  if (::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
    ::unlink(path_.c_str());
}

Result<UnixListener> listen_unix_socket(const Path& path) {
  COVE_TRY(const sockaddr_un address, unix_address(path));
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  const std::string subject = path.string();
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return Error{ErrorCode::kAlreadyExists, "listen on", subject,
                   "there is something that is no socket", "Move it away."};
    }
    const Fd probe = unix_socket();
    if (::connect(probe.get(), name, sizeof address) == 0 || errno == EAGAIN) {
      return Error{ErrorCode::kConflict, "listen on", subject, "another program serves on it",
                   "Stop that program."};
    }
    ::unlink(path.c_str());
  }
  UnixListener made;
  made.fd = unix_socket();
  // Nobody can connect before listen(), so nobody slips in under the mode that it is made with.
  if (!made.fd || ::bind(made.fd.get(), name, sizeof address) != 0)
    return errno_error(errno, "listen on", subject);
  if (::lstat(path.c_str(), &status) != 0) return errno_error(errno, "listen on", subject);
  made.file = std::make_unique<SocketFile>(path, status);
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(made.fd.get(), kBacklog) != 0)
    return errno_error(errno, "listen on", subject);
  return made;
}

Accepted accept_one(int listener) {
  Accepted accepted;
  Address peer{};
  socklen_t size = sizeof peer;
  accepted.fd = Fd(::accept4(listener, &peer.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!accepted.fd) {
    const bool nothing = errno == EAGAIN || errno == EWOULDBLOCK;
    // The one who wanted to connect may have gone again.
    const bool passing = errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
    if (passing) return accept_one(listener);
    accepted.failure = nothing ? 0 : errno;
    return accepted;
  }
  accepted.remote = to_string(peer);
  if (accepted.remote.empty()) return accepted;
  tune(accepted.fd.get(), kKeepAlive);
  Address local{};
  size = sizeof local;
  if (::getsockname(accepted.fd.get(), &local.any, &size) == 0) accepted.local = to_string(local);
  return accepted;
}

}  // namespace cove::http
