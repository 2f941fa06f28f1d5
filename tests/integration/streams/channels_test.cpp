// Our own client of exec and port-forward against the real server.
#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>

#include "core/client/port_forwarder.h"
#include "tests/integration/streams/heard.h"

namespace cove::testing {
namespace {

// Peers leave while they are written to.
const auto kNoPipeSignal = ::signal(SIGPIPE, SIG_IGN);

using namespace std::chrono_literals;
using ::testing::HasSubstr;

StreamsWorld& world() {
  static auto* const shared = [] {
    static StreamsWorld made;
    made.make_pod("shell", {"main"}, StreamsWorld::running("main"));
    return &made;
  }();
  return *shared;
}

class Channels : public ::testing::Test {
 protected:
  Channels() { loop_.start(); }
  ~Channels() override {
    transport_.reset();
    loop_.stop();
  }
  client::ChannelTransport& transport(client::ClientConfig with = {}) {
    transport_ = channels_to(world(), loop_, std::move(with));
    return *transport_;
  }
  static client::ExecRequest exec(std::vector<std::string> command, bool terminal) {
    return {.namespace_name = "default",
            .pod = "shell",
            .container = "main",
            .command = std::move(command),
            .terminal = terminal};
  }

  EventLoop loop_;
  Heard heard_;
  std::unique_ptr<client::ChannelTransport> transport_;
};

TEST_F(Channels, ExecCarriesBothWaysAndSaysHowItEnded) {
  const auto stream =
      transport().open(client::exec_request(exec({"sh", "-c", "cat; echo low >&2; exit 7"}, false)),
                       heard_.callbacks());
  EXPECT_TRUE(stream->write(client::kInputChannel, "hello"));
  EXPECT_TRUE(heard_.says(client::kOutputChannel, "hello"));
  EXPECT_EQ(heard_.protocol, "v5.channel.k8s.io");
  stream->end(client::kInputChannel);
  ASSERT_TRUE(heard_.ends());
  EXPECT_FALSE(heard_.error);
  EXPECT_EQ(heard_.bytes[client::kErrorChannel], "low\n");
  const auto status = client::read_exec_status(heard_.bytes[client::kStatusChannel]);
  EXPECT_FALSE(status.success);
  EXPECT_EQ(status.exit_code, 7);
  EXPECT_FALSE(stream->write(client::kInputChannel, "late"));
}

TEST_F(Channels, ATerminalIsResized) {
  const auto stream = transport().open(
      client::exec_request(exec({"sh", "-c", "read line; exit 0"}, true)), heard_.callbacks());
  EXPECT_TRUE(stream->write(client::kResizeChannel, client::resize_message(132, 43)));
  EXPECT_TRUE(stream->write(client::kInputChannel, "go\n"));
  ASSERT_TRUE(heard_.ends());
  EXPECT_THAT(world().node().sizes(), ::testing::Contains("43x132"));
  EXPECT_TRUE(client::read_exec_status(heard_.bytes[client::kStatusChannel]).success);
}

TEST_F(Channels, MuchComesWholeThoughTheReaderPauses) {
  const auto stream = transport().open(
      client::exec_request(exec({"sh", "-c", "yes 0123456789 | head -c 4000000"}, false)),
      heard_.callbacks());
  ASSERT_TRUE(heard_.until([&] { return !heard_.bytes[client::kOutputChannel].empty(); }));
  stream->pause(true);
  stream->pause(false);
  ASSERT_TRUE(heard_.ends());
  EXPECT_EQ(heard_.bytes[client::kOutputChannel].size(), 4'000'000u);
}

TEST_F(Channels, WhoWritesTooMuchIsToldAndThenThatThereIsRoom) {
  const auto stream = transport().open(
      client::exec_request(exec({"sh", "-c", "read line; wc -c"}, false)), heard_.callbacks());
  ASSERT_TRUE(heard_.until([&] { return !heard_.protocol.empty(); }));
  const std::string piece(256 * 1024, 'x');
  std::size_t sent = 0;
  while (stream->write(client::kInputChannel, piece)) sent += piece.size();
  // The command reads nothing but its first line: what it does not take waits here.
  EXPECT_GE(sent, client::ChannelStream::kMaxQueued / 2);
  EXPECT_LT(sent, 64u << 20);
}

TEST_F(Channels, RefusalsSayWhy) {
  client::ExecRequest gone = exec({"true"}, false);
  gone.pod = "nowhere";
  const auto missing = transport().open(client::exec_request(gone), heard_.callbacks());
  ASSERT_TRUE(heard_.ends());
  ASSERT_TRUE(heard_.error);
  EXPECT_TRUE(heard_.error->is_not_found());
  EXPECT_THAT(heard_.error->message, HasSubstr("nowhere"));
}

TEST_F(Channels, WhoIsNotAllowedIsTold) {
  client::ClientConfig as;
  as.impersonate.user = "nobody";
  const auto stream =
      transport(as).open(client::exec_request(exec({"true"}, false)), heard_.callbacks());
  ASSERT_TRUE(heard_.ends());
  ASSERT_TRUE(heard_.error);
  EXPECT_TRUE(heard_.error->is_forbidden());
  EXPECT_THAT(heard_.error->message, HasSubstr("nobody"));
}

TEST_F(Channels, ACommandThatIsNotThereIsAStatus) {
  const auto stream =
      transport().open(client::exec_request(exec({"/no/such/program"}, true)), heard_.callbacks());
  ASSERT_TRUE(heard_.ends());
  EXPECT_FALSE(client::read_exec_status(heard_.bytes[client::kStatusChannel]).success);
}

TEST_F(Channels, TheEndOfTheTransportEndsStreamsThatOutliveIt) {
  auto stream = transport().open(client::exec_request(exec({"cat"}, true)), heard_.callbacks());
  ASSERT_TRUE(heard_.until([&] { return !heard_.protocol.empty(); }));
  transport_.reset();
  ASSERT_TRUE(heard_.ends());
  EXPECT_TRUE(heard_.error);
  EXPECT_FALSE(stream->write(client::kInputChannel, "x"));
  stream.reset();
}

TEST_F(Channels, NothingComesAfterItWasDropped) {
  auto stream = transport().open(client::exec_request(exec({"cat"}, false)), heard_.callbacks());
  ASSERT_TRUE(heard_.until([&] { return !heard_.protocol.empty(); }));
  std::promise<void> dropped;
  loop_.post([&] {
    stream.reset();
    dropped.set_value();
  });
  dropped.get_future().wait();
  transport_.reset();
  const std::lock_guard lock(heard_.mutex);
  EXPECT_FALSE(heard_.closed);
}

TEST_F(Channels, APortIsForwarded) {
  TestServer inside(10);
  world().node().map_port(8081, inside.port());
  const auto stream =
      transport().open(client::port_forward_request("default", "shell", 8081), heard_.callbacks());
  EXPECT_TRUE(stream->write(client::kForwardData, "hello"));
  EXPECT_TRUE(heard_.says(client::kForwardData, "HELLO"));
  EXPECT_EQ(heard_.bytes[client::kForwardData].substr(0, 2), "\x91\x1f");
}

TEST_F(Channels, APortThatDoesNotListenIsSaid) {
  const auto stream =
      transport().open(client::port_forward_request("default", "shell", 9), heard_.callbacks());
  ASSERT_TRUE(heard_.ends());
  EXPECT_THAT(heard_.bytes[client::kForwardError], HasSubstr("error forwarding port 9"));
}

TEST_F(Channels, APortOfThisMachineLeadsIntoThePod) {
  TestServer inside(3'000'000);
  world().node().map_port(8082, inside.port());
  transport();
  std::shared_ptr<client::ChannelTransport> shared = std::move(transport_);
  auto forwarder = client::PortForwarder::start(
      shared, {.namespace_name = "default", .pod = "shell", .port = 8082}, {});
  ASSERT_TRUE(forwarder);
  const std::uint16_t port = (*forwarder)->local_port();
  // Several at once, each by a stream of its own; and much of it.
  const Fd first = connect_local(port);
  const Fd second = connect_local(port);
  ASSERT_TRUE(write_to(second.get(), "two"));
  ASSERT_TRUE(write_to(first.get(), "GET"));
  char answer[3];
  ASSERT_EQ(::recv(second.get(), answer, sizeof answer, MSG_WAITALL), 3);
  EXPECT_EQ(std::string_view(answer, 3), "TWO");
  std::vector<char> body(3'000'000);
  EXPECT_EQ(::recv(first.get(), body.data(), body.size(), MSG_WAITALL), 3'000'000);
  // The port is named when somebody else wants it, and free afterwards.
  const client::PortForward same{
      .namespace_name = "default", .pod = "shell", .port = 8082, .local_port = port};
  const auto taken = client::PortForwarder::start(shared, same, {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kAlreadyExists);
  (*forwarder).reset();
  EXPECT_EQ(read_to_end(second.get()), "");
  EXPECT_TRUE(client::PortForwarder::start(shared, same, {}));
  shared.reset();
}

TEST_F(Channels, AForwardSaysWhyAConnectionFailed) {
  transport();
  std::shared_ptr<client::ChannelTransport> shared = std::move(transport_);
  std::promise<client::ApiError> said;
  auto forwarder =
      client::PortForwarder::start(shared, {.namespace_name = "default", .pod = "gone", .port = 80},
                                   {.failed = [&](const auto& why) { said.set_value(why); }});
  ASSERT_TRUE(forwarder);
  const Fd connection = connect_local((*forwarder)->local_port());
  EXPECT_TRUE(said.get_future().get().is_not_found());
  EXPECT_EQ(read_to_end(connection.get()), "");
  (*forwarder).reset();
  shared.reset();
}

TEST_F(Channels, NobodyThereIsUnavailable) {
  client::ClientConfig nowhere;
  nowhere.port = 1;
  const auto stream =
      transport(nowhere).open(client::exec_request(exec({"true"}, false)), heard_.callbacks());
  ASSERT_TRUE(heard_.ends());
  ASSERT_TRUE(heard_.error);
  EXPECT_TRUE(heard_.error->is_unanswered());
}

}  // namespace
}  // namespace cove::testing
