#include "core/image/registry_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cove::image {
namespace {

using Parameters = std::map<std::string, std::string>;

TEST(RegistryHeadersTest, ReadsChallenges) {
  struct Row {
    const char* field;
    std::vector<std::pair<std::string, Parameters>> challenges;
  };
  for (const Row& row : {
           Row{"", {}},
           Row{"Basic realm=\"r\"", {{"basic", {{"realm", "r"}}}}},
           Row{"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull,push\"",
               {{"bearer",
                 {{"realm", "https://a/t"},
                  {"service", "s"},
                  {"scope", "repository:x:pull,push"}}}}},
           Row{"bearer Realm = r , x=\"a\\\"b\\\\c\"",
               {{"bearer", {{"realm", "r"}, {"x", "a\"b\\c"}}}}},
           Row{"Negotiate, Basic realm=r, Bearer realm=s",
               {{"negotiate", {}}, {"basic", {{"realm", "r"}}}, {"bearer", {{"realm", "s"}}}}},
           Row{",, Basic realm=\"a,b\" ,,", {{"basic", {{"realm", "a,b"}}}}},
           Row{"Bearer realm=\"open", {{"bearer", {}}}},
           Row{"Negotiate ab/c==, Basic realm=r", {{"negotiate", {}}, {"basic", {{"realm", "r"}}}}},
           Row{"=x", {}},
           Row{"\"quoted\"", {}},
       }) {
    std::vector<std::pair<std::string, Parameters>> got;
    for (const Challenge& challenge : parse_challenges(row.field))
      got.emplace_back(challenge.scheme, challenge.parameters);
    EXPECT_EQ(got, row.challenges) << row.field;
  }
}

TEST(RegistryHeadersTest, BoundsChallenges) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "A b=c,";
  EXPECT_LE(parse_challenges(many).size(), 16u);
  std::string parameters = "A ";
  for (int i = 0; i < 100; ++i) parameters += "p" + std::to_string(i) + "=v,";
  EXPECT_TRUE(parse_challenges(parameters).empty());
  EXPECT_TRUE(parse_challenges("A b=\"" + std::string(9000, 'x') + "\"").empty());
}

TEST(RegistryHeadersTest, ReadsRanges) {
  const auto range = parse_content_range("bytes 100-199/200");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 100u);
  EXPECT_EQ(range->last, 199u);
  EXPECT_EQ(range->total, 200u);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->total);
  for (const char* field :
       {"", "bytes */200", "bytes 9-5/10", "bytes 5-10/10", "5-9/10", "bytes 5-9", "bytes -9/10",
        "bytes 1-99999999999999999999/*", "bytes a-9/10", "bytes 5/9-10"})
    EXPECT_FALSE(parse_content_range(field)) << field;
  EXPECT_EQ(parse_upload_range("0-1023"), 1024u);
  EXPECT_EQ(parse_upload_range("bytes=0-1023"), 1024u);
  EXPECT_EQ(parse_upload_range("0-0"), 0u);
  for (const char* field : {"", "1-5", "0-", "0--1", "0-x", "bytes 0-5"})
    EXPECT_FALSE(parse_upload_range(field)) << field;
}

TEST(RegistryHeadersTest, ReadsTheNextPage) {
  EXPECT_EQ(parse_next_link("</v2/a/tags/list?n=2&last=b>; rel=\"next\""),
            "/v2/a/tags/list?n=2&last=b");
  EXPECT_EQ(parse_next_link("</first>; rel=\"first\", </second>; title=x; rel=next"), "/second");
  for (const char* none :
       {"", "</x>", "</x>; rel=\"last\"", "</x; rel=next", "x>; rel=next", "<", "><"})
    EXPECT_FALSE(parse_next_link(none)) << none;
  EXPECT_FALSE(parse_next_link("<" + std::string(9000, 'x') + ">; rel=next"));
}

TEST(RegistryHeadersTest, ReadsRetryAfter) {
  const WallTime now = WallTime(std::chrono::seconds(1'445'412'400));
  using std::chrono::seconds;
  EXPECT_EQ(parse_retry_after("120", now), seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", now), seconds(0));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), seconds(80));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2005 07:28:00 GMT", now), seconds(0));
  EXPECT_LE(*parse_retry_after("Wed, 21 Oct 3015 07:28:00 GMT", now), seconds(366LL * 24 * 3600));
  EXPECT_LE(*parse_retry_after("999999999999", now), seconds(366LL * 24 * 3600));
  for (const char* field : {"", "soon", "-1", "1.5", "Wed, 21 Oct 2015", "1 2"})
    EXPECT_FALSE(parse_retry_after(field, now)) << field;
}

}  // namespace
}  // namespace cove::image
