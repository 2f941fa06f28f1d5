// Clients that are slow, silent or gone cost a bounded part of the memory, and nobody else a wait.
#include "tests/fault/api/fixture.h"

namespace cove::testing {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr int kEvents = 60;

class StallTest : public FaultTest {
 protected:
  // Overwrites one object with 900 KiB each time.
  void pass_events(ApiClient& api, int count) {
    const std::string value(900 * 1024, 'x');
    for (int i = 0; i < count; ++i) {
      const Reply reply =
          api.ask("PUT", kConfigMaps + "/big", config_map("big", std::to_string(i % 7), value));
      ASSERT_EQ(reply.status, 200) << reply.body;
    }
  }
  void expect_served() {
    ApiClient api = client();
    EXPECT_EQ(api.get("/readyz").status, 200);
    EXPECT_EQ(api.get(kConfigMaps + "?limit=1").status, 200);
  }
  std::unique_ptr<TlsClient> connect() {
    auto connection = std::make_unique<TlsClient>(port_, &admin_);
    EXPECT_TRUE(connection->handshake());
    return connection;
  }
};

TEST_F(StallTest, AWatcherThatNeverReadsCostsLittle) {
  ApiClient api = client();
  create(api, "big", "first");
  // What the history keeps of large values has a bound of its own: it is reached before.
  pass_events(api, 80);
  const std::size_t before = resident_bytes();
  const std::string watch = kConfigMaps + "?watch=1&resourceVersion=" +
                            std::to_string(version_of(api.get(kConfigMaps + "/big").document()));
  LineStream stalled(port_, admin_, watch);
  ASSERT_EQ(stalled.status(), 200);
  std::atomic<int> seen = 0;
  {
    LineStream good(port_, admin_, watch);
    ASSERT_EQ(good.status(), 200);
    const std::jthread reader([&] {
      while (seen < kEvents && good.next()) ++seen;
    });
    pass_events(api, kEvents);
  }
  EXPECT_EQ(seen, kEvents) << "somebody who reads missed events because of one who does not";
  const std::size_t after = resident_bytes();
  RecordProperty("before_mib", static_cast<int>(before / kMiB));
  RecordProperty("after_mib", static_cast<int>(after / kMiB));
  EXPECT_LT(after, before + 48 * kMiB);
  // It is told apart from one that has seen everything.
  int late = 0;
  while (stalled.next()) ++late;
  EXPECT_LT(late, kEvents);
  EXPECT_FALSE(stalled.ended_whole());
}

TEST_F(StallTest, IdleConnectionsCostLittle) {
  expect_served();
  const std::size_t before = resident_bytes();
  std::vector<std::unique_ptr<TlsClient>> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(connect());
  expect_served();
  EXPECT_LT(resident_bytes(), before + 48 * kMiB);
  for (const auto& connection : idle) {
    ASSERT_TRUE(connection->send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_THAT(connection->receive("\r\n\r\nok"), ::testing::StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(StallTest, HalfSentBodiesChangeNothing) {
  const std::string text = config_map("half", "v", std::string(500'000, 'y'));
  const std::string request = "POST " + kConfigMaps +
                              " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                              "Content-Length: " +
                              std::to_string(text.size()) + "\r\n\r\n" +
                              text.substr(0, text.size() / 2);
  const std::size_t before = resident_bytes();
  std::vector<std::unique_ptr<TlsClient>> halves;
  for (int i = 0; i < 50; ++i) {
    halves.push_back(connect());
    ASSERT_TRUE(halves.back()->send(request));
  }
  expect_served();
  EXPECT_LT(resident_bytes(), before + 48 * kMiB);
  halves.resize(1);
  expect_served();
  ApiClient api = client();
  EXPECT_EQ(api.get(kConfigMaps + "/half").status, 404);
  // One of them goes on after all.
  ASSERT_TRUE(halves.front()->send(text.substr(text.size() / 2)));
  EXPECT_THAT(halves.front()->receive("\r\n\r\n"), ::testing::StartsWith("HTTP/1.1 201 "));
  EXPECT_EQ(api.get(kConfigMaps + "/half").status, 200);
}

TEST_F(StallTest, ClientsThatGoAwayInMidListCostNothing) {
  ApiClient api = client();
  for (int i = 0; i < 100; ++i) create(api, "c" + std::to_string(i), std::string(40'000, 'z'));
  const std::string request = "GET " + kConfigMaps + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto leave_in_mid_list = [&] {
    std::vector<std::unique_ptr<TlsClient>> readers;
    for (int i = 0; i < 30; ++i) {
      auto reader = connect();
      ASSERT_TRUE(reader->send(request));
      if (i % 2 == 0) reader->receive("\"items\":[");
      readers.push_back(std::move(reader));
    }
    readers.clear();
    expect_served();
  };
  // The allocator keeps what the first crowd needed; the later ones need no more.
  leave_in_mid_list();
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 5; ++i) leave_in_mid_list();
  EXPECT_LT(resident_bytes(), before + 64 * kMiB);
  // And the certificates that every namespace has.
  EXPECT_GE(api.get(kConfigMaps).document().at("items").as_array().size(), 100U);
}

}  // namespace
}  // namespace cove::testing
