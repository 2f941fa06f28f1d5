#include "vm/channel/control.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>

#include "vm/channel/control_server.h"

namespace cove::channel {
namespace {

using namespace std::chrono_literals;

std::pair<Fd, Fd> sockets() {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

void write_all(const Fd& fd, std::string_view bytes) {
  ASSERT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

NodeConfiguration configuration() {
  NodeConfiguration c;
  c.node_name = "cove";
  c.address = "10.0.2.15";
  return c;
}

// A guest whose answers a test writes down, served on a thread of its own.
class ScriptedGuest final : public ControlHandler {
 public:
  explicit ScriptedGuest(Fd port) : server_(*ControlServer::open(std::move(port), *this)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  void configure(NodeConfiguration c, Done done) override {
    names.push_back(c.node_name);
    done(configure_result);
  }
  NodeState state() override {
    std::lock_guard lock(mutex_);
    return state_;
  }
  Result<void> set_time(std::int64_t nanoseconds) override {
    time = nanoseconds;
    return {};
  }
  Result<void> power_off() override {
    ++power_offs;
    return {};
  }
  void become(const NodeState& state) {
    {
      std::lock_guard lock(mutex_);
      state_ = state;
    }
    changed_ = true;
    [[maybe_unused]] const auto n = ::write(wake_.write.get(), "x", 1);
  }

  std::vector<std::string> names;
  Result<void> configure_result{};
  std::atomic<std::int64_t> time = 0;
  std::atomic<int> power_offs = 0;

 private:
  void serve(const std::stop_token& stop) {
    const StopEvent stop_event(stop);
    while (!stop.stop_requested()) {
      std::array<pollfd, 3> fds{pollfd{server_.fd(), POLLIN, 0}, pollfd{stop_event.fd(), POLLIN, 0},
                                pollfd{wake_.read.get(), POLLIN, 0}};
      ::poll(fds.data(), fds.size(), -1);
      if (fds[2].revents != 0) {
        char c;
        [[maybe_unused]] const auto n = ::read(wake_.read.get(), &c, 1);
      }
      server_.process();
      if (changed_.exchange(false)) server_.state_changed();
    }
  }

  Pipe wake_ = *make_pipe();
  std::mutex mutex_;
  NodeState state_;
  std::atomic<bool> changed_ = false;
  ControlServer server_;
  std::jthread thread_;
};

TEST(Control, ConversationFromHelloToPowerOff) {
  auto [host, port] = sockets();
  ScriptedGuest guest(std::move(port));
  auto client = ControlClient::connect(std::move(host), 10s);
  ASSERT_TRUE(client.has_value()) << client.error().message();
  EXPECT_TRUE(client->configure(configuration(), 10s).has_value());
  EXPECT_EQ(guest.names, std::vector<std::string>{"cove"});
  EXPECT_TRUE(client->set_time(42, 10s).has_value());
  EXPECT_EQ(guest.time, 42);
  EXPECT_FALSE(client->state(10s)->coved_ready);
  EXPECT_TRUE(client->power_off(10s).has_value());
  EXPECT_EQ(guest.power_offs, 1);
}

TEST(Control, HelloSentBeforeTheGuestHasBootedIsAnswered) {
  auto [host, port] = sockets();
  auto connecting = std::async(std::launch::async, [fd = std::move(host)]() mutable {
    return ControlClient::connect(std::move(fd), 30s);
  });
  pollfd waiting{port.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, 30'000), 1);
  ScriptedGuest guest(std::move(port));
  EXPECT_TRUE(connecting.get().has_value());
}

TEST(Control, LeftoversOfADeadHostAndFramesOfItsSessionAreIgnored) {
  auto [host, port] = sockets();
  const std::string stale =
      encode_frame(FrameType::kRequest, 77, R"({"id":1,"method":"power-off"})");
  write_all(host, stale.substr(3) + stale + stale.substr(0, stale.size() / 2));
  ScriptedGuest guest(std::move(port));
  auto client = ControlClient::connect(std::move(host), 10s);
  ASSERT_TRUE(client.has_value());
  EXPECT_TRUE(client->state(10s).has_value());
  EXPECT_EQ(guest.power_offs, 0);
}

TEST(Control, AnswersToAnotherSessionAreIgnored) {
  auto [host, port] = sockets();
  write_all(port, encode_frame(FrameType::kHelloReply, 77, "{}") + "garbage");
  const auto client = ControlClient::connect(std::move(host), 60ms);
  ASSERT_TRUE(client.has_error());
  EXPECT_EQ(client.error().code, ErrorCode::kTimeout);
}

TEST(Control, RefusalComesInTheGuestsWords) {
  auto [host, port] = sockets();
  ScriptedGuest guest(std::move(port));
  guest.configure_result =
      Error{ErrorCode::kCorrupt, "use", "the data disk", "it holds random bytes", ""};
  auto client = ControlClient::connect(std::move(host), 10s);
  const auto refused = client->configure(configuration(), 10s);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(refused.error().cause, "it holds random bytes");
}

TEST(Control, WaitReadyReturnsOnTheChangeAndWithTroubleFails) {
  auto [host, port] = sockets();
  ScriptedGuest guest(std::move(port));
  auto client = ControlClient::connect(std::move(host), 10s);
  auto waiting = std::async(std::launch::async, [&] { return client->wait_ready(30s); });
  NodeState ready;
  ready.coved_ready = true;
  ready.boot_id = "b";
  guest.become(ready);
  ASSERT_TRUE(waiting.get().has_value());

  NodeState trouble;
  trouble.trouble = "coved is not in the image";
  guest.become(trouble);
  const auto failed = client->wait_ready(30s);
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().cause, "coved is not in the image");
}

TEST(Control, WaitThatTakesTooLongSaysWhyCovedEnds) {
  auto [host, port] = sockets();
  ScriptedGuest guest(std::move(port));
  NodeState crashing;
  crashing.coved_last_exit = "killed by signal 11";
  guest.become(crashing);
  auto client = ControlClient::connect(std::move(host), 10s);
  const auto failed = client->wait_ready(50ms);
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code, ErrorCode::kTimeout);
  EXPECT_NE(failed.error().cause.find("killed by signal 11"), std::string::npos);
}

TEST(Control, CutLineAndCancelAreDistinct) {
  auto [host, port] = sockets();
  auto client = std::async(std::launch::async, [fd = std::move(host)]() mutable {
    return ControlClient::connect(std::move(fd), 30s);
  });
  port.reset();
  EXPECT_EQ(client.get().error().code, ErrorCode::kUnavailable);

  auto [host2, port2] = sockets();
  std::stop_source stop;
  auto cancelled =
      std::async(std::launch::async, [fd = std::move(host2), token = stop.get_token()]() mutable {
        return ControlClient::connect(std::move(fd), 30s, token);
      });
  stop.request_stop();
  EXPECT_EQ(cancelled.get().error().code, ErrorCode::kCancelled);
}

TEST(Control, NewHelloTakesOverFromAHostThatDied) {
  auto [host, port] = sockets();
  ScriptedGuest guest(std::move(port));
  Fd again(::dup(host.get()));
  auto first = ControlClient::connect(std::move(host), 10s);
  ASSERT_TRUE(first.has_value());
  auto second = ControlClient::connect(std::move(again), 10s);
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->state(10s).has_value());
  EXPECT_EQ(first->state(60ms).error().code, ErrorCode::kTimeout);
}

TEST(Control, TooManyWaitersAreRefused) {
  auto [host, port] = sockets();
  ScriptedGuest guest(std::move(port));
  auto client = ControlClient::connect(std::move(host), 10s);
  for (std::size_t i = 0; i < ControlServer::kMaxPending; ++i) {
    EXPECT_EQ(client->wait_ready(0ms).error().code, ErrorCode::kTimeout);
  }
  EXPECT_EQ(client->wait_ready(10s).error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace cove::channel
