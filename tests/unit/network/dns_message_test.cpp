#include "core/network/dns_message.h"

#include <gmock/gmock.h>

namespace cove::network::dns {
namespace {

using namespace std::string_literals;

Message query_for(const std::string& name, std::uint16_t type = kA) {
  Message query;
  query.id = 0x1234;
  query.recursion_desired = true;
  query.questions.push_back({name, type, kInternet});
  return query;
}

// Header with these counts, then the rest.
std::string message(int questions, int answers, const std::string& rest) {
  return "\x12\x34\x81\x80\x00"s + static_cast<char>(questions) + '\0' +
         static_cast<char>(answers) + "\0\0\0\0"s + rest;
}
const std::string kQuestion = "\3www\7example\0\0\1\0\1"s;

TEST(DnsMessage, AQueryAsOthersWriteIt) {
  const auto query = parse(
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\3WwW\7example\0\0\x1c\0\1"
      "\0\0\x29\x10\0\0\0\0\0\0\0"s);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_TRUE(query->recursion_desired);
  EXPECT_FALSE(query->response);
  EXPECT_EQ(query->questions, (std::vector<Question>{{"www.example", kAaaa, kInternet}}));
  EXPECT_EQ(udp_limit(*query), 4096U);
  EXPECT_EQ(udp_limit(query_for("a")), 512U);
}

TEST(DnsMessage, NamesAreCompressedAndReadBack) {
  Message answer = answer_to(query_for("www.example"), ResponseCode::kNoError);
  answer.answers.push_back(address_record("www.example", 600, *Address::parse("172.17.0.2")));
  answer.answers.push_back(name_record("alias.example", kCname, 5, "www.example"));
  answer.answers.push_back(service_record("_http._tcp.example", 5, 1, 2, 80, "www.example"));
  const std::string wire = encode(answer, kMaxMessage);
  EXPECT_EQ(wire.substr(12 + 17, 16), "\xc0\x0c\0\1\0\1\0\0\x02\x58\0\4\xac\x11\0\2"s);
  const auto back = parse(wire);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, answer);
}

TEST(DnsMessage, PointersInDataAreWrittenOut) {
  const auto answer =
      parse(message(1, 1, kQuestion + "\xc0\x0c\0\5\0\1\0\0\0\1\0\6\3ftp\xc0\x10"s));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answers.at(0).data, wire_name("ftp.example"));
  EXPECT_EQ(answer->answers.at(0).name, "www.example");
}

TEST(DnsMessage, HostileBytesAreRefused) {
  for (const auto& [what, wire] : std::vector<std::pair<const char*, std::string>>{
           {"nothing", ""},
           {"half a header", "\x12\x34\x81\x80\0"s},
           {"a promise of questions", message(1, 0, "")},
           {"a question without type", message(1, 0, "\1a\0"s)},
           {"a name without end", message(1, 0, "\1a")},
           {"a label beyond the end", message(1, 0,
                                              "\x3f"
                                              "a")},
           {"a reserved label kind", message(1, 0,
                                             "\x80"
                                             "a\0\0\1\0\1"s)},
           {"a pointer to itself", message(1, 0, "\xc0\x0c\0\1\0\1"s)},
           {"a pointer forward", message(1, 0, "\xc0\x20\0\1\0\1"s)},
           {"half a pointer", message(1, 0, "\xc0"s)},
           {"a loop of two", message(1, 1, kQuestion + "\1a\xc0\x1d\0\1\0\1\0\0\0\1\0\0"s)},
           {"data beyond the end", message(1, 1, kQuestion + "\xc0\x0c\0\1\0\1\0\0\0\1\0\4ab"s)},
           {"a name longer than its data",
            message(1, 1, kQuestion + "\xc0\x0c\0\5\0\1\0\0\0\1\0\2\3ftp\xc0\x10"s)},
           {"bytes behind the end", message(1, 0, kQuestion + "x")},
       })
    EXPECT_FALSE(parse(wire)) << what;
  std::string deep;
  for (int i = 0; i < 128; ++i) deep += "\1a";
  EXPECT_FALSE(parse(message(1, 0, deep + "\0\0\1\0\1"s))) << "257 bytes";
  EXPECT_TRUE(parse(message(1, 0, deep.substr(2) + "\0\0\1\0\1"s))) << "255 bytes";
  EXPECT_FALSE(parse(std::string(kMaxMessage + 1, '\0')));
}

TEST(DnsMessage, AChainOfPointersIsBounded) {
  // Names of which each points to the one before: allowed, but not without end.
  std::string rest = kQuestion;
  std::size_t last = 12;
  int records = 0;
  for (; records < 100; ++records) {
    const std::size_t at = 12 + rest.size();
    rest += "\xc0"s + static_cast<char>(last) + "\0\1\0\1\0\0\0\1\0\0"s;
    last = at;
    if (at > 250) break;
  }
  EXPECT_TRUE(parse(message(1, records, rest.substr(0, rest.size() - 12))));
}

TEST(DnsMessage, WhatDoesNotFitIsCutAtWholeRecords) {
  Message query = query_for("many.example");
  query.additionals.push_back({"", kOpt, 1232, 0, ""});
  Message answer = answer_to(query, ResponseCode::kNoError);
  for (unsigned i = 0; i < 100; ++i)
    answer.answers.push_back(address_record("many.example", 1, Address::from_ipv4(i)));
  for (const std::size_t limit : {512U, 1232U}) {
    const std::string wire = encode(answer, limit);
    EXPECT_LE(wire.size(), limit);
    EXPECT_GT(wire.size(), limit - 32);
    const auto back = parse(wire);
    ASSERT_TRUE(back);
    EXPECT_TRUE(back->truncated);
    EXPECT_EQ(back->additionals.size(), 1U) << "the OPT record stays";
    EXPECT_EQ(back->answers.at(3), answer.answers[3]);
  }
  EXPECT_FALSE(parse(encode(answer, kMaxMessage))->truncated);
}

TEST(DnsName, IsNormalizedOrRefused) {
  EXPECT_EQ(*normalize_name("Web_1.Example."), "web_1.example");
  EXPECT_EQ(*normalize_name("."), "");
  EXPECT_EQ(*normalize_name("a\\.b.c"), "a\\.b.c");
  EXPECT_EQ(*normalize_name("a\\046b"), "a\\.b");
  EXPECT_EQ(*normalize_name("a b"), "a\\032b");
  EXPECT_EQ(*normalize_name("\\065"), "a");
  EXPECT_EQ(wire_name("a\\.b.c"), "\3a.b\1c\0"s);
  EXPECT_EQ(wire_name(""), "\0"s);
  for (const std::string& text :
       {"a..b"s, ".a"s, "a\\"s, "a\\25"s, "a\\256"s, std::string(64, 'a'), "a\\2x5"s,
        std::string(128, 'a').replace(1, 1, ".") + std::string(200, 'b')})
    EXPECT_FALSE(normalize_name(text)) << text;
  EXPECT_TRUE(normalize_name(std::string(63, 'a')));
}

TEST(DnsName, OfAddresses) {
  EXPECT_EQ(address_of_reverse("2.0.17.172.in-addr.arpa")->text(), "172.17.0.2");
  EXPECT_EQ(reverse_name(*Address::parse("172.17.0.2")), "2.0.17.172.in-addr.arpa");
  EXPECT_EQ(reverse_name(*Address::parse("::1")).substr(0, 4), "1.0.");
  for (const char* name :
       {"in-addr.arpa", "2.0.17.in-addr.arpa", "1.2.0.17.172.in-addr.arpa", "x.in-addr.arpa",
        "256.0.17.172.in-addr.arpa", "www.example", ".in-addr.arpa", "1..2.3.in-addr.arpa"})
    EXPECT_FALSE(address_of_reverse(name)) << name;
}

}  // namespace
}  // namespace cove::network::dns
