#include "vm/channel/ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "vm/channel/frame.h"
#include "vm/channel/message.h"

namespace cove::channel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PublishedPort kWeb{false, 8080};
constexpr PublishedPort kNames{true, 5353};

std::pair<Fd, Fd> sockets() {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

// A computer that opens what it is asked for, or says why not.
class Computer final : public PortOpener {
 public:
  Result<void> open(const PublishedPort& port) override {
    std::lock_guard lock(mutex_);
    if (refusals_.contains(port)) return refusals_.at(port);
    open_.insert(port);
    changed_.notify_all();
    return {};
  }
  void close(const PublishedPort& port) override {
    std::lock_guard lock(mutex_);
    open_.erase(port);
    changed_.notify_all();
  }
  void keep_only(const std::vector<PublishedPort>& ports) override {
    std::lock_guard lock(mutex_);
    std::erase_if(open_, [&](const PublishedPort& port) {
      return std::find(ports.begin(), ports.end(), port) == ports.end();
    });
    ++lists_;
    changed_.notify_all();
  }

  void refuse(const PublishedPort& port, std::string cause) {
    std::lock_guard lock(mutex_);
    refusals_.emplace(port, Error{ErrorCode::kConflict, "open", "a port", std::move(cause), {}});
  }
  std::set<PublishedPort> opened() {
    std::lock_guard lock(mutex_);
    return open_;
  }
  bool await(const std::function<bool(const std::set<PublishedPort>&, int lists)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return condition(open_, lists_); });
  }
  bool await_list() {
    return await([](const auto&, int lists) { return lists > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<PublishedPort> open_;
  std::map<PublishedPort, Error> refusals_;
  int lists_ = 0;
};

class PortsTest : public ::testing::Test {
 protected:
  // A guest's end that keeps its descriptor while hosts come and go, as a virtio port does, needs a
  // machine; over a socket pair there is one host.
  PortsTest() {
    auto [host, guest] = sockets();
    host_ = std::move(host);
    requests_ = *PortRequests::start(std::move(guest), null_logger());
  }

  void serve() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      served_ = serve_ports(std::move(host_), computer_, null_logger(), stop);
    });
    ASSERT_TRUE(computer_.await_list());
  }

  Fd host_;
  Computer computer_;
  std::unique_ptr<PortRequests> requests_;
  std::optional<Result<void>> served_;
  std::jthread thread_;
};

TEST_F(PortsTest, APortIsOpenWhenTheCallReturns) {
  serve();
  ASSERT_TRUE(requests_->open(kWeb, 20s));
  EXPECT_THAT(computer_.opened(), ElementsAre(kWeb));
  ASSERT_TRUE(requests_->open(kNames, 20s));
  EXPECT_THAT(computer_.opened(), ElementsAre(kWeb, kNames));
  requests_->close(kWeb);
  EXPECT_TRUE(computer_.await([](const auto& open, int) { return open.size() == 1; }));
  EXPECT_THAT(computer_.opened(), ElementsAre(kNames));
}

TEST_F(PortsTest, TheHostsReasonIsTheCallers) {
  computer_.refuse(kWeb, "it is taken by nginx (process 812)");
  serve();
  const auto opened = requests_->open(kWeb, 20s);
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
  EXPECT_EQ(opened.error().cause, "it is taken by nginx (process 812)");
}

TEST_F(PortsTest, WhatWasPublishedBeforeAHostCameIsOpenedThen) {
  ASSERT_TRUE(requests_->open(kWeb, 20s));
  ASSERT_TRUE(requests_->open(kNames, 20s));
  requests_->close(kNames);
  ASSERT_TRUE(computer_.open({false, 9}));  // by an earlier host for what is gone
  serve();
  EXPECT_TRUE(computer_.await([](const auto& open, int) { return open.contains(kWeb); }));
  EXPECT_THAT(computer_.opened(), ElementsAre(kWeb));
}

TEST_F(PortsTest, AHostThatLeavesKeepsNobodyWaiting) {
  serve();
  thread_.request_stop();
  thread_.join();
  EXPECT_EQ(served_->error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(requests_->open(kWeb, 20s));
  EXPECT_THAT(computer_.opened(), IsEmpty());
}

TEST_F(PortsTest, AGuestThatEndsEndsTheService) {
  serve();
  requests_.reset();
  thread_.join();
  EXPECT_TRUE(served_->has_value());
}

TEST_F(PortsTest, AHostThatDoesNotAnswerIsNotWaitedForLonger) {
  // It says hello and nothing more.
  const std::string hello = encode_frame(FrameType::kHello, 7, "{}");
  ASSERT_EQ(::write(host_.get(), hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
  FrameDecoder decoder;
  bool greeted = false;
  while (!greeted) {
    char buffer[256];
    const ssize_t n = ::read(host_.get(), buffer, sizeof buffer);
    ASSERT_GT(n, 0);
    decoder.push({buffer, static_cast<std::size_t>(n)},
                 [&](const Frame& frame) { greeted = frame.type == FrameType::kPortsAll; });
  }
  EXPECT_TRUE(requests_->open(kWeb, 1ms));
}

TEST_F(PortsTest, OneMoreThanItsBoundIsRefused) {
  for (std::size_t i = 1; i <= kMaxPublishedPorts; ++i)
    ASSERT_TRUE(requests_->open({false, static_cast<std::uint16_t>(i)}, 1s));
  EXPECT_EQ(requests_->open({true, 1}, 1s).error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(requests_->open({false, 1}, 1s));
}

TEST(PortMessagesTest, NonsenseIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"ports":1})", R"({"ports":[1]})", R"({"ports":[{"port":0}]})",
        R"({"ports":[{"port":70000}]})", R"({"ports":[{"port":"80"}]})"}) {
    EXPECT_TRUE(parse_ports(text).has_error()) << text;
  }
  EXPECT_TRUE(parse_port_request(R"({"id":1,"open":1,"port":80})").has_error());
  EXPECT_TRUE(parse_port_request(R"({"id":1,"open":true})").has_error());
  EXPECT_TRUE(parse_port_answer(R"({"id":"x"})").has_error());
}

}  // namespace
}  // namespace cove::channel
