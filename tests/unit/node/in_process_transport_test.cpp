#include "app/node/in_process_transport.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "core/base/event_loop.h"
#include "core/server/shared_object.h"

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

api::ObjectPtr map_of(const std::string& name) {
  return api::Object::make({{"apiVersion", "v1"},
                            {"kind", "ConfigMap"},
                            {"metadata", {{"name", name}, {"namespace", "default"}}}});
}

// Answers all with the same.
class Fixed final : public http::Handler {
 public:
  explicit Fixed(http::Answer answer) : answer_(std::move(answer)) {}
  void handle(std::shared_ptr<const http::Request>, Respond respond) override { respond(answer_); }

 private:
  const http::Answer answer_;
};

TEST(InProcessTransportTest, ObjectsOfTheServerAreShared) {
  const api::ObjectPtr object = map_of("a");
  http::Answer answer;
  answer.status = 201;
  answer.headers.emplace_back("Warning", "299 - \"old\"");
  answer.body = server::with_object(object);
  Fixed server(answer);
  EventLoop loop;
  loop.start();
  InProcessTransport transport(server, loop, ClientUser{"me"});
  std::promise<client::ApiResult<client::ApiResponse>> answered;
  const client::Operation operation =
      transport.send({.path = "/x"}, [&](auto result) { answered.set_value(std::move(result)); });
  const auto response = answered.get_future().get();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->object, object);
  EXPECT_EQ(response->body, nullptr);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->warnings, std::vector<std::string>{"old"});
}

// What is refused is an error, whatever came with it.
TEST(InProcessTransportTest, WhatIsNotFineIsNoObject) {
  http::Answer answer;
  answer.status = 409;
  answer.body = server::with_object(map_of("a"));
  Fixed server(answer);
  EventLoop loop;
  loop.start();
  InProcessTransport transport(server, loop, ClientUser{"me"});
  std::promise<int> answered;
  const client::Operation operation = transport.send({.path = "/x"}, [&](const auto& result) {
    answered.set_value(result ? 0 : result.error().code);
  });
  EXPECT_EQ(answered.get_future().get(), 409);
}

// Events that carry their object and events that are bytes alone, in pieces, come in order.
TEST(InProcessTransportTest, EventsShareObjectsWhereTheyAreWhole) {
  const auto line = [](const char* type, const api::ObjectPtr& object) {
    return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, *object->bytes());
  };
  const api::ObjectPtr one = map_of("1"), two = map_of("2"), three = map_of("3"),
                       four = map_of("4");
  const auto stream = std::make_shared<http::Stream>(1 << 20);
  stream->push(server::with_event(line("ADDED", one), "ADDED", one));
  const std::string plain = line("MODIFIED", two);
  stream->push(plain.substr(0, 10));
  stream->push(plain.substr(10) + line("ADDED", three).substr(0, 5));
  stream->push(line("ADDED", three).substr(5));
  stream->push(server::with_event(line("DELETED", four), "DELETED", four));
  stream->close();
  http::Answer answer;
  answer.stream = stream;
  Fixed server(answer);
  EventLoop loop;
  loop.start();
  InProcessTransport transport(server, loop, ClientUser{"me"});
  std::promise<bool> closed;
  std::vector<client::WatchEvent> events;
  const client::Operation operation =
      transport.watch({.path = "/x"}, {.opened = [] {},
                                       .events =
                                           [&](std::vector<client::WatchEvent> some) {
                                             for (auto& each : some) events.push_back(each);
                                           },
                                       .closed =
                                           [&](const std::optional<client::ApiError>& error) {
                                             closed.set_value(!error.has_value());
                                           }});
  EXPECT_TRUE(closed.get_future().get());
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].object, one);
  EXPECT_EQ(events[1].object->name(), "2");
  EXPECT_EQ(events[1].type, client::WatchEventType::kModified);
  EXPECT_EQ(events[2].object->name(), "3");
  EXPECT_EQ(events[3].object, four);
  EXPECT_EQ(events[3].type, client::WatchEventType::kDeleted);
}

}  // namespace
}  // namespace cove::node
