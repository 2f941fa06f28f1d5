// A history of a few revisions: whoever is too far behind is told so, and nobody misses anything.
#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

class ShortHistoryTest : public ServerTest {
 protected:
  ShortHistoryTest() : ServerTest(nullptr, {.history_revisions = 8}) {}

  static std::int64_t number(const json::value& document) {
    return std::stoll(version_of(document));
  }
};

TEST_F(ShortHistoryTest, AWatchBringsEverythingSinceOrSaysThatItCannot) {
  const std::int64_t first = number(expect(201, ask("POST", kConfigMaps, config_map("a", "0"))));
  constexpr int kWrites = 30;
  for (int i = 1; i <= kWrites; ++i)
    expect(200, ask("PUT", kConfigMaps + "/a", config_map("a", std::to_string(i))));
  int told = 0;
  for (std::int64_t after = first; after <= first + kWrites; ++after) {
    SCOPED_TRACE(after);
    const auto seen =
        events(get(kConfigMaps + "?watch=1&resourceVersion=" + std::to_string(after)));
    if (!seen.empty() && seen.front().at("type").as_string() == "ERROR") {
      ++told;
      ASSERT_EQ(seen.size(), 1U);
      EXPECT_EQ(seen.front().at("object").at("code").as_int64(), 410);
      EXPECT_EQ(seen.front().at("object").at("reason").as_string(), "Expired");
      continue;
    }
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(first + kWrites - after));
    for (std::size_t i = 0; i < seen.size(); ++i)
      EXPECT_EQ(number(seen[i].at("object")), after + static_cast<std::int64_t>(i) + 1);
  }
  EXPECT_EQ(told, kWrites - 8);
}

TEST_F(ShortHistoryTest, OldPagesAndOldListsAreExpired) {
  for (const char* name : {"a", "b", "c"}) expect(201, ask("POST", kConfigMaps, config_map(name)));
  const json::value page = read(kConfigMaps + "?limit=1");
  const std::string version = version_of(page);
  const std::string next = kConfigMaps + "?limit=1&continue=" +
                           std::string(page.at("metadata").at("continue").as_string());
  const std::string exact = kConfigMaps + "?resourceVersionMatch=Exact&resourceVersion=" + version;
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(read(next).at("items").at(0).at("metadata").at("name").as_string(), "b");
    EXPECT_EQ(read(exact).at("items").as_array().size(), 3U);
    expect(200, ask("PUT", kConfigMaps + "/b", config_map("b", std::to_string(i))));
  }
  expect(201, ask("POST", kConfigMaps, config_map("d")));
  expect_refused(get(next), 410, "Expired");
  expect_refused(get(exact), 410, "Expired");
}

}  // namespace
}  // namespace cove::server
