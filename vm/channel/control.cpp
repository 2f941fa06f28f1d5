#include "vm/channel/control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>

#include "vm/channel/line.h"
#include "vm/channel/message.h"

namespace cove::channel {

std::string shell_port(int index) {
  return fmt::format("dev.cove.shell.{}", index);
}

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kHelloInterval{250};

Error failure(ErrorCode code, std::string action, std::string cause, std::string remedy = {}) {
  return Error{code, std::move(action), "the virtual machine", std::move(cause), std::move(remedy)};
}

}  // namespace

struct ControlClient::Impl {
  FrameLine line;
  std::uint64_t session = 0;
  std::uint64_t last_id = 0;
  bool greeted = false;
  std::string answer;  // the payload of the newest response of this session

  // Waits until a frame of this session has changed `greeted` or `answer`, `until` has passed, or
  // the line is cut.
  Result<void> wait(const std::string& action, Clock::time_point until, const StopEvent& stop_event,
                    const std::stop_token& stop) {
    std::array<pollfd, 2> fds{pollfd{line.ready_fd(), POLLIN, 0},
                              pollfd{stop_event.fd(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (::poll(fds.data(), fds.size(), static_cast<int>(std::max<long>(0, left.count()))) < 0 &&
        errno != EINTR) {
      return errno_error(errno, action, "the virtual machine");
    }
    if (stop.stop_requested()) return failure(ErrorCode::kCancelled, action, "it was cancelled");
    const bool there = line.pump([this](const Frame& frame) {
      if (frame.session != session) return;
      if (frame.type == FrameType::kHelloReply) greeted = true;
      if (frame.type == FrameType::kResponse) answer = frame.payload;
    });
    if (!there && answer.empty()) {
      return failure(ErrorCode::kUnavailable, action, "the line to it was cut",
                     "See the console log for why it ended.");
    }
    return {};
  }

  Result<NodeState> call(const std::string& action, ControlRequest request,
                         std::chrono::milliseconds timeout, const std::stop_token& stop) {
    const StopEvent stop_event(stop);
    const auto deadline = Clock::now() + timeout;
    request.id = ++last_id;
    line.send(FrameType::kRequest, session, to_json(request));
    line.flush();
    while (true) {
      answer.clear();
      COVE_CHECK(wait(action, deadline, stop_event, stop));
      if (!answer.empty()) {
        COVE_TRY(ControlResponse response, parse_control_response(answer));
        if (response.id == request.id) return std::move(response.result);
      }
      if (Clock::now() >= deadline) {
        return failure(ErrorCode::kTimeout, action,
                       fmt::format("it did not answer within {} ms", timeout.count()),
                       "See its console log.");
      }
    }
  }
};

ControlClient::ControlClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlClient::ControlClient(ControlClient&&) noexcept = default;
ControlClient& ControlClient::operator=(ControlClient&&) noexcept = default;
ControlClient::~ControlClient() = default;

Result<ControlClient> ControlClient::connect(Fd channel, std::chrono::milliseconds timeout,
                                             std::stop_token stop) {
  const std::string action = "reach";
  COVE_TRY(FrameLine line, FrameLine::open(std::move(channel)));
  auto impl = std::make_unique<Impl>(Impl{std::move(line), 0, 0, false, {}});
  if (::getrandom(&impl->session, sizeof impl->session, 0) != sizeof impl->session) {
    return errno_error(errno, action, "the virtual machine");
  }
  const StopEvent stop_event(stop);
  const auto deadline = Clock::now() + timeout;
  // A booting guest has not opened its end: bytes wait in the socket, so few hellos suffice and
  // none is lost.
  auto next_hello = Clock::now();
  while (!impl->greeted) {
    const auto now = Clock::now();
    if (now >= deadline) {
      return failure(ErrorCode::kTimeout, action,
                     fmt::format("its init did not answer within {} ms", timeout.count()),
                     "See its console log.");
    }
    if (now >= next_hello) {
      if (impl->line.pending() == 0) impl->line.send(FrameType::kHello, impl->session, "{}");
      next_hello = now + kHelloInterval;
    }
    impl->line.flush();
    COVE_CHECK(impl->wait(action, std::min(next_hello, deadline), stop_event, stop));
  }
  return ControlClient(std::move(impl));
}

Result<void> ControlClient::configure(const NodeConfiguration& configuration,
                                      std::chrono::milliseconds timeout, std::stop_token stop) {
  ControlRequest request;
  request.method = ControlRequest::Method::kConfigure;
  request.configuration = configuration;
  COVE_CHECK(impl_->call("configure", std::move(request), timeout, stop));
  return {};
}

Result<NodeState> ControlClient::state(std::chrono::milliseconds timeout, std::stop_token stop) {
  ControlRequest request;
  request.method = ControlRequest::Method::kState;
  return impl_->call("ask", std::move(request), timeout, stop);
}

Result<NodeState> ControlClient::wait_ready(std::chrono::milliseconds timeout,
                                            std::stop_token stop) {
  ControlRequest request;
  request.method = ControlRequest::Method::kWait;
  auto answer = impl_->call("wait for", std::move(request), timeout, stop);
  if (answer.has_error() && answer.error().code == ErrorCode::kTimeout) {
    // A node that does not get ready usually says why.
    const auto now = state(std::chrono::seconds(2), stop);
    if (now.has_value() && !now->coved_last_exit.empty()) {
      return failure(ErrorCode::kTimeout, "wait for",
                     fmt::format("coved keeps ending: {}", now->coved_last_exit),
                     "See the node's log.");
    }
    return answer;
  }
  if (answer.has_error()) return answer;
  if (!answer->trouble.empty()) {
    return Error{ErrorCode::kCorrupt, "start", "the node", answer->trouble, "See its console log."};
  }
  return answer;
}

Result<void> ControlClient::set_time(std::int64_t unix_nanoseconds,
                                     std::chrono::milliseconds timeout, std::stop_token stop) {
  ControlRequest request;
  request.method = ControlRequest::Method::kSetTime;
  request.unix_nanoseconds = unix_nanoseconds;
  COVE_CHECK(impl_->call("set the clock of", std::move(request), timeout, stop));
  return {};
}

Result<void> ControlClient::power_off(std::chrono::milliseconds timeout, std::stop_token stop) {
  ControlRequest request;
  request.method = ControlRequest::Method::kPowerOff;
  COVE_CHECK(impl_->call("power off", std::move(request), timeout, stop));
  return {};
}

}  // namespace cove::channel
