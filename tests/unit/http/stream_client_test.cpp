// The client's stream() against this server: bytes as they come, at the reader's pace.
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>

#include "core/client/https_transport.h"
#include "core/http/server.h"
#include "core/pki/pki.h"

namespace cove::http {
namespace {

using namespace std::chrono_literals;

class StreamHandler final : public Handler {
 public:
  void handle(std::shared_ptr<const Request> request, Respond respond) override {
    Answer answer;
    answer.content_type = "text/plain";
    if (request->path == "/refused") {
      answer.status = 403;
      answer.content_type = "application/json";
      answer.body = std::make_shared<const std::string>(
          R"({"kind":"Status","code":403,"reason":"Forbidden","message":"no logs for you"})");
    } else if (request->path == "/whole") {
      answer.body = std::make_shared<const std::string>("all of it");
    } else {
      answer.stream = stream;
    }
    respond(std::move(answer));
  }
  std::shared_ptr<Stream> stream = std::make_shared<Stream>(256 << 10);
};

class NoCredentials final : public client::CredentialSource {
 public:
  std::optional<client::Credentials> ready() override { return client::Credentials(); }
  Result<client::Credentials> get(std::stop_token) override { return client::Credentials(); }
  bool rejected() override { return false; }
};

class StreamClientTest : public ::testing::Test {
 protected:
  struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    bool opened = false;
    bool closed = false;
    std::string bytes;
    int pieces = 0;
    std::size_t largest = 0;
    std::optional<client::ApiError> error;
    std::function<void()> taken;  // of the last piece, while the reader is not `greedy`
    bool greedy = true;

    bool until(const std::function<bool(const Seen&)>& done) {
      std::unique_lock lock(mutex);
      return changed.wait_for(lock, 20s, [&] { return done(*this); });
    }
    // However long all of it takes, as long as something comes.
    bool until_end() {
      std::unique_lock lock(mutex);
      while (!closed) {
        const std::size_t before = bytes.size();
        if (!changed.wait_for(lock, 20s, [&] { return closed || bytes.size() > before; }))
          return false;
      }
      return true;
    }
    void take() {
      std::function<void()> next;
      {
        const std::lock_guard lock(mutex);
        next = std::exchange(taken, nullptr);
      }
      if (next) next();
    }
  };

  StreamClientTest() {
    loop_.start();
    const auto pair = *pki::issue(ca_, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
    server_ = *Server::listen_tls("127.0.0.1", 0,
                                  {ca_.certificate_pem, pair.certificate_pem, pair.key_pem},
                                  handler_, null_logger(), {});
    server_->start(2);
    transport_ = *client::HttpsTransport::create(
        loop_,
        {.host = "127.0.0.1", .port = server_->port(), .ca_certificate_pem = ca_.certificate_pem},
        std::make_shared<NoCredentials>());
  }
  ~StreamClientTest() override {
    transport_.reset();
    loop_.stop();
  }

  client::Operation read(const std::string& path, const std::shared_ptr<Seen>& seen) {
    return transport_->stream({.path = path, .accept = "*/*"},
                              {.opened =
                                   [seen] {
                                     const std::lock_guard lock(seen->mutex);
                                     seen->opened = true;
                                     seen->changed.notify_all();
                                   },
                               .bytes =
                                   [seen](const std::string& bytes, std::function<void()> taken) {
                                     bool greedy = false;
                                     {
                                       const std::lock_guard lock(seen->mutex);
                                       seen->bytes += bytes;
                                       ++seen->pieces;
                                       seen->largest = std::max(seen->largest, bytes.size());
                                       greedy = seen->greedy;
                                       if (!greedy) seen->taken = taken;
                                       seen->changed.notify_all();
                                     }
                                     if (greedy) taken();
                                   },
                               .closed =
                                   [seen](auto error) {
                                     const std::lock_guard lock(seen->mutex);
                                     seen->error = std::move(error);
                                     seen->closed = true;
                                     seen->changed.notify_all();
                                   }});
  }
  static bool ended(const Seen& seen) { return seen.closed; }

  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  StreamHandler handler_;
  std::unique_ptr<Server> server_;
  EventLoop loop_;
  std::unique_ptr<client::HttpsTransport> transport_;
};

TEST_F(StreamClientTest, BytesComeAsTheyAreWritten) {
  const auto seen = std::make_shared<Seen>();
  const client::Operation reading = read("/stream", seen);
  ASSERT_TRUE(handler_.stream->push("first\n"));
  ASSERT_TRUE(seen->until([](const Seen& s) { return s.bytes == "first\n"; }));
  EXPECT_TRUE(seen->opened);
  ASSERT_TRUE(handler_.stream->push("sec"));
  ASSERT_TRUE(seen->until([](const Seen& s) { return s.bytes == "first\nsec"; }));
  ASSERT_TRUE(handler_.stream->push("ond\n"));
  handler_.stream->close();
  ASSERT_TRUE(seen->until(ended));
  EXPECT_EQ(seen->bytes, "first\nsecond\n");
  EXPECT_FALSE(seen->error);
}

TEST_F(StreamClientTest, AWholeAnswerIsAStreamToo) {
  const auto seen = std::make_shared<Seen>();
  const client::Operation reading = read("/whole", seen);
  ASSERT_TRUE(seen->until(ended));
  EXPECT_EQ(seen->bytes, "all of it");
  EXPECT_FALSE(seen->error);
}

TEST_F(StreamClientTest, ARefusalIsItsStatus) {
  const auto seen = std::make_shared<Seen>();
  const client::Operation reading = read("/refused", seen);
  ASSERT_TRUE(seen->until(ended));
  ASSERT_TRUE(seen->error);
  EXPECT_TRUE(seen->error->is_forbidden());
  EXPECT_EQ(seen->error->message, "no logs for you");
  EXPECT_FALSE(seen->opened);
}

// The server's end has a bound of 256 KiB and waits there for a reader who does not take.
TEST_F(StreamClientTest, TheReaderSetsThePace) {
  const auto seen = std::make_shared<Seen>();
  seen->greedy = false;
  const client::Operation reading = read("/stream", seen);
  constexpr std::size_t kAll = 24 << 20;
  std::atomic<std::size_t> pushed = 0;
  std::stop_source stop;
  std::thread writer([&] {
    while (pushed < kAll &&
           handler_.stream->push_wait(std::string(64 << 10, 'x'), stop.get_token()))
      pushed += 64 << 10;
    handler_.stream->close();
  });
  // One piece, and the writer stands still before the end: sockets hold the rest.
  EXPECT_TRUE(seen->until([](const Seen& s) { return s.pieces == 1; }));
  std::promise<void> turn;
  loop_.post([&] { turn.set_value(); });
  EXPECT_EQ(turn.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(seen->pieces, 1);
  EXPECT_LT(pushed, kAll);
  {
    const std::lock_guard lock(seen->mutex);
    seen->greedy = true;
  }
  seen->take();
  EXPECT_TRUE(seen->until_end());
  stop.request_stop();
  writer.join();
  EXPECT_EQ(seen->bytes.size(), kAll);
  EXPECT_LE(seen->largest, client::kMaxStreamPiece);
}

TEST_F(StreamClientTest, CancellingTellsTheServer) {
  const auto seen = std::make_shared<Seen>();
  std::promise<void> gone;
  handler_.stream->on_abandon([&] { gone.set_value(); });
  seen->greedy = false;
  client::Operation reading = read("/stream", seen);
  ASSERT_TRUE(handler_.stream->push("x"));
  ASSERT_TRUE(seen->until([](const Seen& s) { return s.pieces == 1; }));
  reading.cancel();
  EXPECT_EQ(gone.get_future().wait_for(20s), std::future_status::ready);
  seen->take();
  EXPECT_FALSE(seen->closed);
}

TEST_F(StreamClientTest, AnEndInTheMiddleIsAnError) {
  const auto seen = std::make_shared<Seen>();
  const client::Operation reading = read("/stream", seen);
  ASSERT_TRUE(handler_.stream->push("begun"));
  ASSERT_TRUE(seen->until([](const Seen& s) { return !s.bytes.empty(); }));
  // More than its bound at once: the stream is cut, which is no whole answer.
  handler_.stream->push(std::string(1 << 20, 'x'));
  ASSERT_TRUE(seen->until(ended));
  ASSERT_TRUE(seen->error);
  EXPECT_EQ(seen->error->failure, ErrorCode::kUnavailable);
}

TEST_F(StreamClientTest, TheTransportsEndIsTheStreams) {
  const auto seen = std::make_shared<Seen>();
  seen->greedy = false;
  const client::Operation reading = read("/stream", seen);
  ASSERT_TRUE(handler_.stream->push("x"));
  ASSERT_TRUE(seen->until([](const Seen& s) { return s.pieces == 1; }));
  transport_.reset();
  ASSERT_TRUE(seen->until(ended));
  EXPECT_EQ(seen->error->failure, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cove::http
