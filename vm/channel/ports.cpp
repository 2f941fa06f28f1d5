#include "vm/channel/ports.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "vm/channel/line.h"
#include "vm/channel/message.h"

namespace cove::channel {
namespace {

constexpr std::chrono::seconds kHelloAgain{1};

std::uint64_t fresh_session() {
  std::random_device random;
  return (static_cast<std::uint64_t>(random()) << 32 | random()) | 1;
}

}  // namespace

class PortRequests::Implementation {
 public:
  Implementation(FrameLine line, Logger& logger)
      : line_(std::move(line)), logger_(logger), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~Implementation() {
    thread_.request_stop();
    wake();
  }

  Result<void> open(const PublishedPort& port, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (wanted_.size() >= kMaxPublishedPorts && !wanted_.contains(port)) {
      return Error{ErrorCode::kResourceExhausted, "publish", "a port",
                   "too many are published already", "Remove containers that you do not need."};
    }
    wanted_.insert(port);
    if (session_ == 0) return {};
    const std::uint64_t id = ++last_id_;
    waiting_.emplace(id, std::nullopt);
    outbox_.push_back({id, true, port});
    wake();
    answered_.wait_for(lock, timeout, [&] { return session_ == 0 || waiting_.at(id).has_value(); });
    const std::optional<Result<void>> answer = std::move(waiting_.at(id));
    waiting_.erase(id);
    if (!answer) {
      if (session_ != 0) logger_.warn("the host does not answer about a published port");
      return {};
    }
    if (answer->has_error()) wanted_.erase(port);
    return *answer;
  }

  void close(const PublishedPort& port) {
    std::lock_guard lock(mutex_);
    if (wanted_.erase(port) == 0 || session_ == 0) return;
    outbox_.push_back({++last_id_, false, port});
    wake();
  }

 private:
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::array<pollfd, 2> fds{{{line_.ready_fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
      ::poll(fds.data(), fds.size(), -1);
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
      std::lock_guard lock(mutex_);
      const bool there = line_.pump([this](const Frame& frame) { receive(frame); });
      if (there) {
        send();
      } else {
        leave();
      }
    }
  }

  // With the lock held, as all below.
  void leave() {
    session_ = 0;
    outbox_.clear();
    answered_.notify_all();
  }

  void receive(const Frame& frame) {
    if (frame.type == FrameType::kHello && frame.session != 0) {
      if (session_ == frame.session) return;
      leave();
      session_ = frame.session;
      line_.send(FrameType::kPortsAll, session_, ports_to_json({wanted_.begin(), wanted_.end()}));
      return;
    }
    if (frame.type != FrameType::kResponse || frame.session != session_ || session_ == 0) return;
    const auto answer = parse_port_answer(frame.payload);
    if (answer.has_error()) return;
    const auto found = waiting_.find(answer->id);
    if (found == waiting_.end()) return;
    found->second = answer->result;
    answered_.notify_all();
  }

  void send() {
    for (const PortRequest& request : std::exchange(outbox_, {}))
      line_.send(FrameType::kRequest, session_, to_json(request));
    line_.flush();
  }

  FrameLine line_;
  Logger& logger_;
  Fd wake_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::uint64_t session_ = 0;  // of the host on the line
  std::uint64_t last_id_ = 0;
  std::set<PublishedPort> wanted_;
  std::vector<PortRequest> outbox_;
  std::map<std::uint64_t, std::optional<Result<void>>> waiting_;
  std::jthread thread_;
};

PortRequests::PortRequests(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

PortRequests::~PortRequests() = default;

Result<std::unique_ptr<PortRequests>> PortRequests::start(Fd port, Logger& logger) {
  COVE_TRY(FrameLine line, FrameLine::open(std::move(port)));
  return std::unique_ptr<PortRequests>(
      new PortRequests(std::make_unique<Implementation>(std::move(line), logger)));
}

Result<void> PortRequests::open(const PublishedPort& port, std::chrono::milliseconds timeout) {
  return implementation_->open(port, timeout);
}

void PortRequests::close(const PublishedPort& port) {
  implementation_->close(port);
}

namespace {

// One conversation of the host's end.
class PortServer {
 public:
  PortServer(FrameLine& line, PortOpener& opener, Logger& logger)
      : line_(line), opener_(opener), logger_(logger) {}

  Result<void> run(std::stop_token stop) {
    const StopEvent stopped(stop);
    while (!stop.stop_requested()) {
      // Until the guest is up and listens, nobody hears the first hello.
      if (!greeted_ && line_.pending() == 0) line_.send(FrameType::kHello, session_, "{}");
      if (!line_.flush()) return {};
      std::array<pollfd, 2> fds{{{line_.ready_fd(), POLLIN, 0}, {stopped.fd(), POLLIN, 0}}};
      constexpr auto kAgain = std::chrono::duration_cast<std::chrono::milliseconds>(kHelloAgain);
      ::poll(fds.data(), fds.size(), greeted_ ? -1 : static_cast<int>(kAgain.count()));
      if (!line_.pump([this](const Frame& frame) { receive(frame); })) return {};
    }
    return Error{ErrorCode::kCancelled, "serve", "published ports", "it was told to stop", {}};
  }

 private:
  void receive(const Frame& frame) {
    if (frame.session != session_) return;
    if (frame.type == FrameType::kPortsAll) {
      greeted_ = true;
      const auto ports = parse_ports(frame.payload);
      if (ports.has_error()) return logger_.warn(ports.error().message());
      opener_.keep_only(*ports);
      for (const PublishedPort& port : *ports) {
        if (const auto opened = opener_.open(port); opened.has_error())
          logger_.warn(opened.error().message());
      }
    } else if (frame.type == FrameType::kRequest) {
      const auto request = parse_port_request(frame.payload);
      if (request.has_error()) return logger_.warn(request.error().message());
      PortAnswer answer{request->id, {}};
      if (request->open) {
        answer.result = opener_.open(request->port);
      } else {
        opener_.close(request->port);
      }
      line_.send(FrameType::kResponse, session_, to_json(answer));
    }
  }

  FrameLine& line_;
  PortOpener& opener_;
  Logger& logger_;
  const std::uint64_t session_ = fresh_session();
  bool greeted_ = false;
};

}  // namespace

Result<void> serve_ports(Fd channel, PortOpener& opener, Logger& logger, std::stop_token stop) {
  COVE_TRY(FrameLine line, FrameLine::open(std::move(channel)));
  return PortServer(line, opener, logger).run(std::move(stop));
}

}  // namespace cove::channel
