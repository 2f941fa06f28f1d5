#include "core/node/access.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "core/api/document.h"
#include "core/os/namespaces.h"

namespace cove::node {
namespace {

constexpr std::chrono::milliseconds kConnectTime{5'000};

Error not_found(std::string_view action, std::string_view container) {
  return Error{ErrorCode::kNotFound, std::string(action), std::string(container),
               fmt::format("container not found ({})", api::quote(container)), ""};
}

// What people know from Docker and containerd.
Error exec_error(Error error) {
  error.cause = fmt::format(
      "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown",
      error.cause);
  return error;
}

Result<Fd> connect_to(const sockaddr* address, socklen_t length, std::chrono::milliseconds bound) {
  const auto failed = [](int code) { return errno_error(code, "connect to", "the port"); };
  Fd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(errno);
  if (::connect(fd.get(), address, length) == 0) return fd;
  if (errno != EINPROGRESS) return failed(errno);
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, static_cast<int>(bound.count())) <= 0) return failed(ETIMEDOUT);
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return failed(code);
  return fd;
}

}  // namespace

Result<Fd> connect_loopback(std::uint16_t port, std::chrono::milliseconds bound) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto first = connect_to(reinterpret_cast<const sockaddr*>(&v4), sizeof v4, bound);
  if (first) return first;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  auto second = connect_to(reinterpret_cast<const sockaddr*>(&v6), sizeof v6, bound);
  if (second) return second;
  Error error = first.error();
  error.cause = fmt::format("IPv4: dial tcp4 127.0.0.1:{}: {} IPv6: dial tcp6 [::1]:{}: {}", port,
                            first.error().cause, port, second.error().cause);
  return error;
}

std::optional<PodContainer> PodAccess::find(std::string_view namespace_name, std::string_view pod,
                                            std::string_view container) const {
  const auto running = pods_.find(namespace_name, pod);
  if (!running) return std::nullopt;
  const auto found = std::ranges::find(running->containers, container, &PodContainer::name);
  if (found == running->containers.end()) return std::nullopt;
  return *found;
}

Result<std::string> PodAccess::run_of_log(std::string_view namespace_name, std::string_view pod,
                                          std::string_view container, bool previous) const {
  const auto found = find(namespace_name, pod, container);
  const std::string who =
      fmt::format("container {} in pod {}", api::quote(container), api::quote(pod));
  const auto missing = [&](std::string cause) {
    return Error{ErrorCode::kNotFound, "read the log of", std::string(container), std::move(cause),
                 ""};
  };
  if (!found) return missing(who + " is not available");
  if (previous) {
    if (found->previous.empty()) return missing("previous terminated " + who + " not found");
    return found->previous;
  }
  // One that waits for its next run has the log of the last.
  if (!found->id.empty()) return found->id;
  if (!found->previous.empty()) return found->previous;
  return missing(who + " is waiting to start - no logs yet");
}

Result<void> PodAccess::read_log(const std::string& run, const runtime::LogQuery& query,
                                 const std::function<bool(const runtime::LogLine&)>& line,
                                 std::stop_token stop) const {
  return runtime_.read_log(run, query, line, std::move(stop));
}

Result<std::string> PodAccess::running(std::string_view namespace_name, std::string_view pod,
                                       std::string_view container) const {
  const auto found = find(namespace_name, pod, container);
  if (!found || found->id.empty() || found->state != runtime::ContainerState::kRunning)
    return not_found("use", container);
  return found->id;
}

Result<std::unique_ptr<runtime::Runtime::Exec>> PodAccess::exec(
    std::string_view namespace_name, std::string_view pod, std::string_view container,
    const CommandWish& wish, runtime::Streams::Handlers handlers,
    std::function<void(int)> ended) const {
  COVE_TRY(const std::string id, running(namespace_name, pod, container));
  COVE_TRY(const runtime::ContainerSpec spec, runtime_.spec(id));
  runtime::ExecSpec exec;
  exec.process = spec.process;
  exec.process.args = wish.command;
  exec.process.terminal = wish.terminal;
  exec.process.rows = exec.process.columns = 0;
  const bool named = std::ranges::any_of(
      exec.process.env, [](const std::string& each) { return each.starts_with("TERM="); });
  if (wish.terminal && !named) exec.process.env.emplace_back("TERM=xterm");
  exec.privileged = spec.security.privileged;
  exec.open_stdin = wish.in;
  exec.stdout_wanted = wish.out;
  exec.stderr_wanted = wish.error;
  auto process = runtime_.exec(id, exec, std::move(handlers), std::move(ended));
  if (!process) return exec_error(process.error());
  return std::move(*process);
}

Result<std::unique_ptr<runtime::Streams>> PodAccess::attach(
    std::string_view namespace_name, std::string_view pod, std::string_view container,
    runtime::Streams::Handlers handlers) const {
  COVE_TRY(const std::string id, running(namespace_name, pod, container));
  return runtime_.attach(id, std::move(handlers));
}

Result<Fd> PodAccess::connect_port(std::string_view namespace_name, std::string_view pod,
                                   std::uint16_t port) const {
  const auto found = pods_.find(namespace_name, pod);
  const auto missing = [&](std::string cause) {
    return Error{ErrorCode::kNotFound, "connect to", std::string(pod), std::move(cause), ""};
  };
  if (!found) return missing(fmt::format("pod not found ({})", api::quote(pod)));
  const bool host = api::flag_at(found->pod->document(), {"spec", "hostNetwork"});
  if (host) return connect_loopback(port, kConnectTime);
  if (found->network_namespace.empty()) return missing("pod is not running");
  Result<Fd> socket = missing("pod is not running");
  const auto entered = os::in_network_namespace(found->network_namespace, [&]() -> Result<void> {
    socket = connect_loopback(port, kConnectTime);
    return {};
  });
  if (!entered) return entered.error();
  if (socket) return socket;
  Error error = socket.error();
  error.cause = fmt::format("failed to connect to localhost:{} inside namespace {}, {}", port,
                            api::quote(found->network_namespace.string()), error.cause);
  return error;
}

}  // namespace cove::node
