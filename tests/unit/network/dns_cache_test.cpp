#include "core/network/dns_cache.h"

#include <gtest/gtest.h>

namespace cove::network::dns {
namespace {

const Cache::Time kStart{std::chrono::hours(5)};

Message question(const std::string& name) {
  Message query;
  query.questions.push_back({name, kA, kInternet});
  return query;
}
Message answer(const std::string& name, std::uint32_t ttl) {
  Message message = answer_to(question(name), ResponseCode::kNoError);
  message.answers.push_back(address_record(name, ttl, *Address::parse("192.0.2.1")));
  return message;
}

TEST(DnsCache, RemembersForAsLongAsItMay) {
  Cache cache(10);
  cache.add(question("a"), answer("a", 20), kStart);
  const auto found = cache.find(question("a"), kStart + std::chrono::seconds(15));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->answers.at(0).ttl, 5U);
  EXPECT_FALSE(cache.find(question("a"), kStart + std::chrono::seconds(20)));
  EXPECT_FALSE(cache.find(question("b"), kStart));
  cache.add(question("long"), answer("long", 86400), kStart);
  EXPECT_TRUE(cache.find(question("long"), kStart + std::chrono::seconds(29)));
  EXPECT_FALSE(cache.find(question("long"), kStart + std::chrono::seconds(30)));
  cache.add(question("never"), answer("never", 0), kStart);
  EXPECT_FALSE(cache.find(question("never"), kStart));
}

TEST(DnsCache, ANoIsRememberedAsItsAuthoritySays) {
  Cache cache(10);
  Message no = answer_to(question("a"), ResponseCode::kNameError);
  cache.add(question("a"), no, kStart);
  EXPECT_FALSE(cache.find(question("a"), kStart)) << "nobody says how long";
  no.authorities.push_back(authority_record("", 7, "ns", "mail", 1));
  cache.add(question("a"), no, kStart);
  EXPECT_TRUE(cache.find(question("a"), kStart + std::chrono::seconds(6)));
  EXPECT_FALSE(cache.find(question("a"), kStart + std::chrono::seconds(7)));
  Message failure = answer("b", 20);
  failure.code = static_cast<std::uint8_t>(ResponseCode::kServerFailure);
  cache.add(question("b"), failure, kStart);
  Message cut = answer("c", 20);
  cut.truncated = true;
  cache.add(question("c"), cut, kStart);
  EXPECT_FALSE(cache.find(question("b"), kStart));
  EXPECT_FALSE(cache.find(question("c"), kStart));
}

TEST(DnsCache, IsBounded) {
  Cache cache(3);
  for (const char* name : {"a", "b", "c", "a", "d"})
    cache.add(question(name), answer(name, 20), kStart);
  EXPECT_FALSE(cache.find(question("a"), kStart)) << "the oldest";
  EXPECT_TRUE(cache.find(question("b"), kStart));
  EXPECT_TRUE(cache.find(question("d"), kStart));
  Message big = answer("big", 20);
  big.answers.assign(1000, big.answers.front());
  cache.add(question("big"), big, kStart);
  EXPECT_FALSE(cache.find(question("big"), kStart));
  Cache none(0);
  none.add(question("a"), answer("a", 20), kStart);
  EXPECT_FALSE(none.find(question("a"), kStart));
}

}  // namespace
}  // namespace cove::network::dns
