#include "core/node/probes_requests.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "core/api/document.h"
#include "core/http/client.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostOutput = 10 << 10;
constexpr int kMostRedirects = 10;

Error failure(ErrorCode code, std::string cause) {
  return Error{code, "probe", "a container", std::move(cause), {}};
}

// What a command prints, and its end. Shared with the process, which may outlive who asked.
struct Output {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::string text;
  std::optional<int> exit_code;
};

std::string joined(const std::string& host, std::uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The path and query as they may be sent: what cannot stand in a URL is encoded.
std::string target_of(std::string_view path) {
  std::string out = path.starts_with('/') ? "" : "/";
  for (const char c : path.substr(0, path.find('#'))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '<' && c != '>') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

// As Go words what kept a request from being answered.
std::string reason_of(const Error& error, const http::Url& url, bool stopped) {
  const std::string dial = fmt::format("dial tcp {}: ", joined(url.host, url.port));
  static const std::string kLate =
      "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  if (stopped || error.code == ErrorCode::kCancelled) return kLate;
  const std::string cause = lower(error.cause);
  if (error.code == ErrorCode::kTimeout)
    return cause == "connection timed out" ? dial + "i/o timeout" : kLate;
  for (const std::string_view of_connect :
       {"connection refused", "no route to host", "network is unreachable"}) {
    if (cause == of_connect) return dial + "connect: " + cause;
  }
  if (error.code == ErrorCode::kNotFound) return "dial tcp: " + error.cause;
  if (cause.find("connection ended") != std::string::npos) return "EOF";
  return error.cause;
}

http::ClientRequest request_of(const json::object& action, const http::Url& url,
                               std::string_view user_agent) {
  http::ClientRequest request;
  request.url = url;
  request.user_agent = std::string(user_agent);
  bool accepts = false;
  if (const json::array* const headers = api::array_at(action, {"httpHeaders"})) {
    for (const json::value& item : *headers) {
      const json::object* const header = item.if_object();
      if (header == nullptr) continue;
      const std::string name(api::text_at(*header, {"name"}));
      std::string value(api::text_at(*header, {"value"}));
      const std::string known = lower(name);
      if (known == "host") {
        request.host = std::move(value);
      } else if (known == "user-agent") {
        request.user_agent = std::move(value);
      } else if (known != "content-length" && known != "transfer-encoding") {
        accepts = accepts || known == "accept";
        request.headers.emplace_back(name, std::move(value));
      }
    }
  }
  if (!accepts) request.headers.emplace_back("Accept", "*/*");
  request.headers.emplace_back("Connection", "close");
  return request;
}

Result<int> send_once(const http::ClientOptions& options, http::ClientRequest request,
                      std::string& location, std::stop_token stop) {
  COVE_TRY(const auto client, http::Client::create(options));
  COVE_TRY(const http::ClientResponse answer, client->send(std::move(request), std::move(stop)));
  location = std::string(answer.header("location"));
  return answer.status();
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::string connect_text(int error) {
  return "connect: " + lower(std::generic_category().message(error));
}

// Wakes who polls when a stop is requested.
struct Ring {
  int event;
  void operator()() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
  }
};

// What is wrong, or "" once it is connected.
std::string connect_to(const addrinfo& address, SteadyTime deadline, const std::stop_token& stop) {
  const Fd socket(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) return connect_text(errno);
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return connect_text(errno);
  const Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return connect_text(errno);
  const std::stop_callback<Ring> callback(stop, Ring{event.get()});
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (stop.stop_requested() || left.count() <= 0) return "i/o timeout";
    std::array<pollfd, 2> watched{{{socket.get(), POLLOUT, 0}, {event.get(), POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
    if (ready <= 0 || watched[0].revents == 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == ETIMEDOUT) return "i/o timeout";
    return error == 0 ? std::string() : connect_text(error);
  }
}

}  // namespace

Result<CommandEnd> run_in_container(runtime::Runtime& runtime, const std::string& id,
                                    const std::vector<std::string>& command, std::stop_token stop) {
  COVE_TRY(const runtime::ContainerSpec spec, runtime.spec(id));
  runtime::ExecSpec exec;
  exec.process = spec.process;
  exec.process.args = command;
  exec.process.terminal = false;
  exec.privileged = spec.security.privileged;
  const auto output = std::make_shared<Output>();
  runtime::Streams::Handlers handlers{
      .output =
          [output](runtime::Streams::Channel, std::string_view text) {
            const std::lock_guard lock(output->mutex);
            output->text +=
                text.substr(0, kMostOutput - std::min(output->text.size(), kMostOutput));
          },
      .closed = {}};
  COVE_TRY(const auto process, runtime.exec(id, exec, std::move(handlers), [output](int code) {
    const std::lock_guard lock(output->mutex);
    output->exit_code = code;
    output->ended.notify_all();
  }));
  std::unique_lock lock(output->mutex);
  output->ended.wait(lock, stop, [&] { return output->exit_code.has_value(); });
  CommandEnd end{output->exit_code, output->text};
  lock.unlock();
  if (!end.exit_code) process->signal(SIGKILL);
  return end;
}

Result<std::uint16_t> port_of(const json::object& action, const ProbeTarget& target) {
  const json::value* const port = api::value_at(action, {"port"});
  const auto refuse = [](std::string cause) {
    return failure(ErrorCode::kInvalidArgument, std::move(cause));
  };
  std::int64_t number = 0;
  if (port != nullptr && port->is_string()) {
    const std::string_view name = api::view(port->get_string());
    const json::array* const ports = api::array_at(target.spec, {"ports"});
    for (const json::value& item : ports == nullptr ? json::array() : *ports) {
      const json::object* const entry = item.if_object();
      if (entry != nullptr && api::text_at(*entry, {"name"}) == name)
        number = api::integer_at(*entry, {"containerPort"}).value_or(0);
    }
    if (number == 0) {
      // "8080" is a number as well.
      const bool digits = !name.empty() && name.size() < 6 &&
                          name.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits) return refuse(fmt::format("port {} not found", name));
      number = std::stol(std::string(name));
    }
  } else {
    number = api::integer_at(action, {"port"}).value_or(0);
  }
  if (number < 1 || number > 65535) return refuse(fmt::format("invalid port number: {}", number));
  return static_cast<std::uint16_t>(number);
}

std::string host_of(const json::object& action, const ProbeTarget& target) {
  const std::string_view named = api::text_at(action, {"host"});
  if (!named.empty()) return std::string(named);
  return target.pod_address.empty() ? "127.0.0.1" : target.pod_address;
}

Result<HttpAnswer> http_get(const json::object& action, const ProbeTarget& target,
                            std::string_view user_agent, std::chrono::milliseconds timeout,
                            std::stop_token stop) {
  COVE_TRY(const std::uint16_t port, port_of(action, target));
  http::Url url;
  url.scheme = lower(std::string(api::text_at(action, {"scheme"})));
  if (url.scheme != "https") url.scheme = "http";
  url.host = host_of(action, target);
  url.port = port;
  url.target = target_of(api::text_at(action, {"path"}));
  const std::string host = url.host;
  http::ClientOptions options;
  options.tls.verify = false;
  // Of the whole time, `stop` tells the end: that a connection takes too long is known before.
  options.timeouts = {.connect = timeout - timeout / 20,
                      .handshake = timeout,
                      .header = timeout,
                      .stall = timeout,
                      .idle = std::chrono::milliseconds(0)};
  for (int hops = 0;; ++hops) {
    const auto failed = [&](const std::string& reason) {
      return failure(ErrorCode::kUnavailable,
                     fmt::format("Get \"{}://{}{}\": {}", url.scheme, joined(url.host, url.port),
                                 url.target, reason));
    };
    std::string location;
    const auto status = send_once(options, request_of(action, url, user_agent), location, stop);
    if (!status) return failed(reason_of(status.error(), url, stop.stop_requested()));
    const bool redirect =
        *status == 301 || *status == 302 || *status == 303 || *status == 307 || *status == 308;
    if (!redirect || location.empty()) return HttpAnswer{*status};
    const auto next = http::resolve_location(url, location);
    if (!next) return failed(fmt::format("failed to parse Location header \"{}\"", location));
    // Another host is asked nothing on behalf of the pod.
    if (next->host != host) return HttpAnswer{*status};
    if (hops == kMostRedirects - 1) return failed("stopped after 10 redirects");
    url = *next;
  }
}

Result<void> dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                  std::stop_token stop) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0)
    return failure(ErrorCode::kUnavailable, fmt::format("dial tcp: lookup {}: no such host", host));
  const std::unique_ptr<addrinfo, FreeAddresses> found(list);
  std::string wrong;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    wrong = connect_to(*at, deadline, stop);
    if (wrong.empty()) return {};
  }
  return failure(ErrorCode::kUnavailable,
                 fmt::format("dial tcp {}: {}", joined(host, port), wrong));
}

}  // namespace cove::node
