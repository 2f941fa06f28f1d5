#include "app/node/in_process_transport.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "core/base/event_loop.h"

namespace cove::node {
namespace {

// Keeps what it is asked.
class Slow final : public http::Handler {
 public:
  void handle(std::shared_ptr<const http::Request>, Respond respond) override {
    asked.set_value(std::move(respond));
  }
  std::promise<Respond> asked;
};

// A node's rooms may fail to start and go while their first requests are under way.
TEST(InProcessTransportTest, AnswersComeToNobodyWhenItsExecutorIsGone) {
  Slow server;
  auto loop = std::make_unique<EventLoop>();
  loop->start();
  auto transport = std::make_unique<InProcessTransport>(server, *loop, ClientUser{"me"});
  std::promise<ErrorCode> ended;
  client::Operation operation = transport->send({.path = "/version"}, [&](const auto& result) {
    ended.set_value(result ? ErrorCode::kInternal : result.error().failure);
  });
  const http::Handler::Respond respond = server.asked.get_future().get();
  transport.reset();
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kCancelled);
  loop.reset();
  respond({});
  operation.cancel();
}

TEST(InProcessTransportTest, WhatWasCancelledIsNotAnsweredEither) {
  Slow server;
  auto loop = std::make_unique<EventLoop>();
  loop->start();
  auto transport = std::make_unique<InProcessTransport>(server, *loop, ClientUser{"me"});
  std::optional<client::Operation> operation =
      transport->send({.path = "/version"}, [](const auto&) { ADD_FAILURE() << "it was told"; });
  const http::Handler::Respond respond = server.asked.get_future().get();
  operation->cancel();
  std::promise<void> cleared;
  loop->post([&] { cleared.set_value(); });
  cleared.get_future().wait();
  transport.reset();
  loop.reset();
  respond({});
}

}  // namespace
}  // namespace cove::node
