// SIGTERM in the middle of everything.
#include <mutex>

#include "tests/fault/api/fixture.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;

class StopTest : public FaultTest {
 protected:
  // Creates objects until the server does not answer any more.
  void write(int writer) {
    ApiClient api = client();
    for (int i = 0;; ++i) {
      const std::string name = "w" + std::to_string(writer) + "-" + std::to_string(i);
      const Reply reply = api.ask("POST", kConfigMaps, config_map(name, "v", name));
      if (!reply.answered()) return;
      EXPECT_EQ(reply.status, 201) << reply.body;
      const std::lock_guard lock(mutex_);
      answered_.push_back(name);
    }
  }
  // Lists until then; what was answered is whole.
  void list() {
    ApiClient api = client();
    while (true) {
      const Reply reply = api.get(kConfigMaps);
      if (!reply.answered()) return;
      EXPECT_EQ(reply.status, 200) << reply.body;
      const json::value document = reply.document();
      EXPECT_TRUE(document.as_object().contains("items"));
      ++lists_;
    }
  }

  std::mutex mutex_;
  std::vector<std::string> answered_;
  std::atomic<int> lists_ = 0;
};

TEST_F(StopTest, AnswersHoldAndStreamsEndWhole) {
  std::vector<std::unique_ptr<LineStream>> watches;
  for (int i = 0; i < 10; ++i) {
    watches.push_back(std::make_unique<LineStream>(port_, admin_, kConfigMaps + "?watch=1"));
    ASSERT_EQ(watches.back()->status(), 200);
  }
  std::atomic<int> whole = 0;
  std::atomic<int> events = 0;
  {
    std::vector<std::jthread> clients;
    for (const auto& watch : watches) {
      clients.emplace_back([&] {
        while (watch->next()) ++events;
        if (watch->ended_whole()) ++whole;
      });
    }
    for (int i = 0; i < 16; ++i) clients.emplace_back([this, i] { write(i); });
    for (int i = 0; i < 4; ++i) clients.emplace_back([this] { list(); });
    while (lists_ < 20) std::this_thread::sleep_for(5ms);
    const auto told = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - told, 5s);
  }
  EXPECT_EQ(whole, 10) << "watches were cut off";
  EXPECT_GT(events, 100);
  start();
  ASSERT_FALSE(HasFatalFailure());
  ApiClient api = client();
  ASSERT_GT(answered_.size(), 16U);
  for (const std::string& name : answered_) {
    ASSERT_EQ(api.get(kConfigMaps + "/" + name).status, 200) << name << " was answered and is gone";
  }
}

TEST_F(StopTest, SilentClientsDoNotHoldItUp) {
  std::vector<std::unique_ptr<TlsClient>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<TlsClient>(port_, &admin_));
    ASSERT_TRUE(silent.back()->handshake());
    if (i % 2 == 0)
      silent.back()->send("GET " + kConfigMaps + "?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  ApiClient api = client();
  EXPECT_EQ(api.get("/readyz").status, 200);
  const auto told = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - told, 5s);
}

}  // namespace
}  // namespace cove::testing
