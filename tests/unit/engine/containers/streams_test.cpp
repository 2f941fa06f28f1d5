#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "core/base/bounded.h"
#include "core/engine/detach_keys.h"
#include "core/engine/stdcopy.h"
#include "core/engine/stream_session.h"

namespace cove::engine {
namespace {

using Channel = runtime::Streams::Channel;

TEST(Frame, IsEightBytesAndThePiece) {
  EXPECT_EQ(frame(Channel::kOut, "hi"), std::string("\x01\0\0\0\0\0\0\x02hi", 10));
  EXPECT_EQ(frame_header(Channel::kError, 0x01020304),
            std::string("\x02\0\0\0\x01\x02\x03\x04", 8));
}

struct KeysCase {
  std::string keys;
  std::vector<std::string> typed;
  std::string passed;
  bool detached = false;
};
class Typed : public ::testing::TestWithParam<KeysCase> {};
TEST_P(Typed, PassesWhatIsNotTheSequence) {
  auto keys = DetachKeys::parse(GetParam().keys);
  ASSERT_TRUE(keys.has_value());
  std::string all;
  bool detached = false;
  for (const auto& piece : GetParam().typed) {
    std::string passed;
    detached = keys->filter(piece, passed);
    all += passed;
    if (detached) break;
  }
  EXPECT_EQ(all, GetParam().passed);
  EXPECT_EQ(detached, GetParam().detached);
}
INSTANTIATE_TEST_SUITE_P(Keys, Typed,
                         ::testing::Values(KeysCase{"", {"ab"}, "ab"},
                                           KeysCase{"", {"a\x10\x11z"}, "a", true},
                                           KeysCase{"", {"a\x10", "\x11"}, "a", true},
                                           KeysCase{"", {"\x10", "x"}, "\x10x"},
                                           KeysCase{"", {"\x10"}, ""},
                                           KeysCase{"", {"\x10\x10\x11"}, "\x10", true},
                                           KeysCase{"ctrl-a", {"x\x01"}, "x", true},
                                           KeysCase{"a,a,b", {"aaab"}, "a", true},
                                           KeysCase{"ctrl-[,q", {"\x1bq"}, "", true},
                                           KeysCase{"a,b,a,c", {"ababac"}, "ab", true}));

TEST(DetachKeys, RefusesUnknownOnes) {
  for (const char* bad : {"ctrl-", "ctrl-1", "abc", "a,,b", "ctrl-A"}) {
    const auto keys = DetachKeys::parse(bad);
    ASSERT_TRUE(keys.has_error()) << bad;
    EXPECT_EQ(keys.error().status, 400);
  }
  EXPECT_TRUE(DetachKeys::parse("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a").has_error());
}

// A client at the other end of a connection.
struct Client {
  BoundedQueue<std::string> typed{64};
  std::mutex mutex;
  std::string seen;
  bool finished = false;
  bool wants_reader = false;
  std::atomic<int> reads = 0;
};
class FakeHijacked final : public Hijacked {
 public:
  explicit FakeHijacked(std::shared_ptr<Client> client) : client_(std::move(client)) {}
  std::string read(std::size_t) override {
    ++client_->reads;
    return client_->typed.pop().value_or("");
  }
  bool write(std::string_view bytes) override {
    std::lock_guard lock(client_->mutex);
    client_->seen += bytes;
    return true;
  }
  void finish() override { client_->finished = true; }
  void close() override { client_->typed.close(); }
  bool wants_reader() const override { return client_->wants_reader; }

 private:
  std::shared_ptr<Client> client_;
};
class FakeStreams final : public runtime::Streams {
 public:
  Result<void> write(std::string_view text) override {
    std::lock_guard lock(mutex);
    input += text;
    changed.notify_all();
    return {};
  }
  void close_input() override {
    std::lock_guard lock(mutex);
    closed = true;
    changed.notify_all();
  }
  void wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    changed.wait(lock, condition);
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::string input;
  bool closed = false;
};

TEST(StreamSession, CarriesBothWaysUntilTheOutputEnds) {
  const auto client = std::make_shared<Client>();
  const auto session =
      std::make_shared<StreamSession>(std::make_unique<FakeHijacked>(client), false);
  const auto handlers = session->handlers(true, false);
  FakeStreams streams;
  std::thread process([&] {
    streams.wait([&] { return streams.input == "hello" && streams.closed; });
    handlers.output(Channel::kOut, "out");
    handlers.output(Channel::kError, "not wanted");
    handlers.closed();
  });
  client->typed.push("hello");
  client->typed.close();
  const auto end = session->run(&streams, true, std::nullopt, {});
  process.join();
  EXPECT_EQ(end, StreamSession::End::kEnded);
  EXPECT_EQ(client->seen, frame(Channel::kOut, "out"));
  EXPECT_TRUE(client->finished);
  handlers.output(Channel::kOut, "late");
  EXPECT_EQ(client->seen, frame(Channel::kOut, "out"));
}

TEST(StreamSession, DetachesWhenTheKeysAreTyped) {
  const auto client = std::make_shared<Client>();
  const auto session =
      std::make_shared<StreamSession>(std::make_unique<FakeHijacked>(client), true);
  FakeStreams streams;
  client->typed.push("x\x10\x11");
  const auto end = session->run(&streams, true, *DetachKeys::parse(""), {});
  EXPECT_EQ(end, StreamSession::End::kDetached);
  EXPECT_EQ(streams.input, "x");
  EXPECT_FALSE(streams.closed);
}

TEST(StreamSession, WhatComesBeforeItsConnectionWaitsForIt) {
  const auto client = std::make_shared<Client>();
  const auto session = std::make_shared<StreamSession>(true);
  const auto handlers = session->handlers(true, true);
  std::promise<void> begun;
  std::thread process([&] {
    begun.set_value();
    handlers.output(Channel::kOut, "brief");
    handlers.closed();
  });
  begun.get_future().wait();
  session->open(std::make_unique<FakeHijacked>(client));
  EXPECT_EQ(session->run(nullptr, true, std::nullopt, {}), StreamSession::End::kEnded);
  process.join();
  EXPECT_EQ(client->seen, "brief");
  // None comes: nobody waits for ever.
  const auto refused = std::make_shared<StreamSession>(true);
  std::thread other([&] { refused->handlers(true, true).output(Channel::kOut, "lost"); });
  refused->abandon();
  other.join();
}

TEST(StreamSession, ReadsWhatNobodyWantsOfAProtocolThatNeedsIt) {
  const auto client = std::make_shared<Client>();
  client->wants_reader = true;
  const auto session =
      std::make_shared<StreamSession>(std::make_unique<FakeHijacked>(client), true);
  std::thread process([&] {
    while (client->reads < 2) std::this_thread::yield();
    session->end();
  });
  client->typed.push("ignored");
  EXPECT_EQ(session->run(nullptr, true, std::nullopt, {}), StreamSession::End::kEnded);
  process.join();
}

TEST(StreamSession, EndsWhenTheClientLeaves) {
  const auto client = std::make_shared<Client>();
  const auto session =
      std::make_shared<StreamSession>(std::make_unique<FakeHijacked>(client), true);
  std::stop_source gone;
  gone.request_stop();
  EXPECT_EQ(session->run(nullptr, false, std::nullopt, gone.get_token()),
            StreamSession::End::kGone);
}

}  // namespace
}  // namespace cove::engine
