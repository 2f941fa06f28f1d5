// The index alone: many leaves, against every revision's whole state in a std::map.
#include "core/store/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace cove::store::test {
namespace {

using ::testing::ElementsAre;

Bytes shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string text_of(const std::vector<Bytes>& values) {
  std::string text;
  for (const Bytes& value : values) text += (text.empty() ? "" : ",") + *value;
  return text;
}

class IndexTest : public ::testing::Test {
 protected:
  using State = std::map<std::string, std::pair<Revision, std::string>>;

  // Null deletes.
  void put(const std::string& key, Bytes value) {
    ++last;
    index.seek(key);
    const auto added = index.push(shared(key), last, value);
    versions.emplace_back(key, added.version);
    if (value) {
      now[key] = {last, *value};
    } else {
      now.erase(key);
    }
    states[last] = now;
  }
  // As if the disk had refused the last `count`.
  void undo(std::size_t count) {
    for (; count > 0; --count, --last) {
      index.pop(versions.back().first, oldest);
      versions.pop_back();
      states.erase(last);
    }
    now = states[last];
  }
  // All that is older than the newest `count` revisions is needed no more.
  void forget_but(std::size_t count) {
    while (versions.size() > count) {
      ++oldest;
      index.forget_before(versions.front().first, *versions.front().second);
      versions.pop_front();
    }
  }

  State listed(const std::string& prefix, Revision at, std::size_t page) const {
    State state;
    ListRequest request{.prefix = prefix, .limit = page, .count_remaining = true};
    while (true) {
      const Listing listing = index.list(request, at);
      for (const Item& item : listing.items) {
        EXPECT_TRUE(state.empty() || state.rbegin()->first < *item.key);
        state[*item.key] = {item.revision, *item.value};
      }
      if (!listing.more) return state;
      EXPECT_EQ(listing.items.size(), page);
      request.after = *listing.items.back().key;
    }
  }
  State model(const std::string& prefix, Revision at) {
    State state;
    for (const auto& [key, value] : states[at]) {
      if (key.starts_with(prefix)) state.emplace(key, value);
    }
    return state;
  }
  std::string model_text(const std::string& prefix, Revision at) {
    std::string text;
    for (const auto& [key, value] : model(prefix, at))
      text += (text.empty() ? "" : ",") + value.second;
    return text;
  }
  void check(const std::string& prefix, Revision at) {
    ASSERT_EQ(listed(prefix, at, below(2) == 0 ? 0 : 1 + below(400)), model(prefix, at));
    ASSERT_EQ(text_of(index.join(prefix, at)), model_text(prefix, at)) << prefix << " " << at;
  }

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  }

  static constexpr std::size_t kJoined = 1 << 20;
  Index index{kJoined};
  std::mt19937 random{1};
  State now;
  std::map<Revision, State> states{{0, {}}};
  std::deque<std::pair<std::string, Version*>> versions;
  Revision last = 0;
  Revision oldest = 0;
};

TEST_F(IndexTest, ManyKeysThatComeAndGo) {
  const std::vector<std::string> prefixes{"", "/a/", "/a/b", "/b/", "/b\xff", "/c"};
  const auto key = [&] { return prefixes[1 + below(4)] + std::to_string(below(600)); };
  // It grows, stays, shrinks to nothing and grows again.
  for (const std::size_t deletes_of_ten : {1, 5, 10, 2}) {
    for (int round = 0; round < 60; ++round) {
      const std::size_t writes = 1 + below(50);
      for (std::size_t i = 0; i < writes; ++i) {
        std::string name = key();
        const bool deletes = below(10) < deletes_of_ten;
        if (deletes && !now.empty()) {
          const auto near = now.lower_bound(name);
          name = near != now.end() ? near->first : now.begin()->first;
        }
        put(name, deletes && now.contains(name) ? nullptr : shared(std::to_string(last)));
      }
      if (below(4) == 0) undo(below(writes + 1));
      if (below(3) == 0) forget_but(below(200));
      if (below(5) == 0) index.age();
      const Revision at =
          oldest + static_cast<Revision>(below(static_cast<std::size_t>(last - oldest) + 1));
      check(prefixes[below(prefixes.size())], at);
      check(prefixes[below(prefixes.size())], last);
      check("", last);
      for (const auto& [name, value] : now) {
        Bytes stored;
        const Version* const there = index.visible(name, last, &stored);
        ASSERT_NE(there, nullptr) << name;
        ASSERT_EQ(*there->value, value.second);
        ASSERT_EQ(*stored, name);
      }
    }
  }
  for (const auto& [name, value] : State(now)) put(name, nullptr);
  forget_but(0);
  EXPECT_EQ(index.keys(), 0U);
  EXPECT_EQ(index.joined_bytes(), 0U);
  check("", last);
}

TEST_F(IndexTest, KeysInOrderAndAgainstIt) {
  for (int i = 1000; i < 2000; ++i) index.append(shared(std::to_string(i)), ++last, shared("v"));
  EXPECT_EQ(index.list({}, last).items.size(), 1000U);
  for (int i = 999; i >= 100; --i) put("0" + std::to_string(i), shared("w"));
  EXPECT_EQ(index.keys(), 1900U);
  EXPECT_EQ(index.list({.prefix = "0"}, last).items.size(), 900U);
  EXPECT_EQ(index.list({.prefix = "1"}, last).items.size(), 1000U);
  // A place that was sought is not taken for another key.
  index.seek("05");
  put("15005", shared("x"));
  EXPECT_EQ(*index.list({.prefix = "1500"}, last).items.back().key, "15005");
}

TEST_F(IndexTest, EveryPlaceOfAFullLeaf) {
  for (std::size_t place = 0; place <= Index::kLeafEntries; ++place) {
    Index full;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < 2 * Index::kLeafEntries; ++i) {
      keys.push_back(std::to_string(2000 + 2 * i));
      full.append(shared(keys.back()), static_cast<Revision>(i + 1), shared(keys.back()));
    }
    const std::string between = std::to_string(1999 + 2 * place);
    full.push(shared(between), 1000, shared(between));
    keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(place), between);
    std::vector<std::string> listed;
    for (const Item& item : full.list({}, 1000).items) listed.push_back(*item.key);
    ASSERT_EQ(listed, keys);
    Bytes stored;
    for (const std::string& key : keys) ASSERT_NE(full.visible(key, 1000, &stored), nullptr) << key;
  }
}

class JoinTest : public IndexTest {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < kKeys; ++i) put(std::to_string(1000 + i), shared("value"));
  }
  std::size_t pieces() const { return index.join("1", last).size(); }

  static constexpr std::size_t kKeys = 3 * Index::kLeafEntries;
};

TEST_F(JoinTest, WhatIsAskedForAgainIsKeptInOnePiece) {
  EXPECT_EQ(pieces(), kKeys) << "asked for once it costs no copy";
  EXPECT_EQ(index.joined_bytes(), 0U);
  EXPECT_EQ(pieces(), 3U);
  EXPECT_EQ(index.joined_bytes(), kKeys * 6 - 3);
  const std::vector<Bytes> again = index.join("1", last);
  EXPECT_EQ(again, index.join("1", last)) << "the very pieces";
  EXPECT_EQ(text_of(again), model_text("1", last));
}

TEST_F(JoinTest, AChangeShowsAndCostsItsOwnNeighboursAlone) {
  pieces();
  pieces();
  put("1200", shared("other"));
  EXPECT_EQ(index.join("1", last).size(), 2 + Index::kLeafEntries);
  check("1", last);
  EXPECT_EQ(pieces(), 3U);
  put("1201", nullptr);
  check("1", last);
  put("12000", shared("between"));
  check("1", last);
  undo(1);
  check("1", last);
  check("1", last);
}

TEST_F(JoinTest, WhatIsInFlightOrOldIsNotKept) {
  pieces();
  put("1000", shared("in flight"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(index.join("1", last - 1).size(), Index::kLeafEntries + 2);
    check("1", last - 1);
  }
  check("1", last);
  check("1", last);
  EXPECT_EQ(pieces(), 3U);
  check("1", last - 1);
}

TEST_F(JoinTest, APartOfALeafIsSentByValues) {
  pieces();
  pieces();
  EXPECT_EQ(text_of(index.join("100", last)), model_text("100", last));
  EXPECT_EQ(index.join("100", last).size(), 10U);
  EXPECT_THAT(index.join("2", last), ElementsAre());
  EXPECT_THAT(index.join("0", last), ElementsAre());
}

TEST_F(JoinTest, WhatNobodyAsksForIsFreed) {
  pieces();
  pieces();
  index.age();
  EXPECT_EQ(index.join("1", last).size(), 3U) << "it was asked for since the time before";
  index.age();
  EXPECT_GT(index.joined_bytes(), 0U);
  index.age();
  EXPECT_EQ(index.joined_bytes(), 0U);
  EXPECT_EQ(pieces(), kKeys);
}

TEST_F(JoinTest, WhatIsKeptIsBounded) {
  Index small(Index::kLeafEntries * 6);
  for (std::size_t i = 0; i < kKeys; ++i)
    small.append(shared(std::to_string(1000 + i)), static_cast<Revision>(i + 1), shared("value"));
  const auto revision = static_cast<Revision>(kKeys);
  for (int i = 0; i < 4; ++i) small.join("", revision);
  EXPECT_EQ(small.join("", revision).size(), 1 + 2 * Index::kLeafEntries);
  EXPECT_LE(small.joined_bytes(), Index::kLeafEntries * 6);
  // What is still being sent counts, kept or not.
  std::vector<Bytes> sending = small.join("", revision);
  small.age();
  small.age();
  EXPECT_EQ(small.joined_bytes(), Index::kLeafEntries * 6 - 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(small.join("", revision).size(), kKeys);
  sending.clear();
  EXPECT_EQ(small.joined_bytes(), 0U);
  EXPECT_EQ(small.join("", revision).size(), 1 + 2 * Index::kLeafEntries);
  // Large values are sent as they are.
  Index large(64 << 20);
  for (int i = 0; i < 4; ++i)
    large.append(shared(std::to_string(i)), i + 1, shared(std::string(200'000, 'x')));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(large.join("", 4).size(), 4U);
  EXPECT_EQ(large.joined_bytes(), 0U);
}

}  // namespace
}  // namespace cove::store::test
