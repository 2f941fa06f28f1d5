#include "core/engine/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using test::ServedApi;
using ::testing::HasSubstr;

Outcome<> file(Exchange& exchange) {
  exchange.text(200, "content", "text/plain",
                {{"Content-Disposition", "attachment; filename=\"a b.txt\""},
                 {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}});
  return {};
}

Outcome<> redirect(Exchange& exchange) {
  exchange.text(302, "", "text/plain", {{"Location", exchange.query("to")}});
  return {};
}

class Remote : public ::testing::Test {
 protected:
  ServedApi api_{{{"GET", "/file", file}, {"GET", "/redirect", redirect}}};
};

TEST_F(Remote, RedirectsAreFollowed) {
  auto response = fetch(api_.client(), "http://engine/redirect?to=/redirect%3Fto%3D/file");
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(*response->read_all(100), "content");
}

TEST_F(Remote, NotForEver) {
  const auto response = fetch(api_.client(), "http://engine/redirect?to=");
  ASSERT_FALSE(response.has_value());
  const auto around = fetch(api_.client(), "http://engine/redirect?to=/redirect%3Fto%3D/nothing");
  ASSERT_FALSE(around.has_value());
  EXPECT_EQ(around.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(around.error().cause, HasSubstr("failed to GET http://engine/nothing"));
}

TEST_F(Remote, OnlyHttp) {
  for (const char* url : {"file:///etc/passwd", "ftp://x/y", "", "nothing"})
    EXPECT_FALSE(fetch(api_.client(), url).has_value()) << url;
}

TEST_F(Remote, AFetcherTellsNameAndTime) {
  WebFetcher fetcher(api_.client());
  std::string bytes;
  const auto fetched = fetcher.get("http://engine/file",
                                   [&](std::string_view piece) {
                                     bytes += piece;
                                     return Result<void>();
                                   },
                                   {});
  ASSERT_TRUE(fetched.has_value()) << fetched.error().message();
  EXPECT_EQ(bytes, "content");
  EXPECT_EQ(fetched->file_name, "a b.txt");
  EXPECT_EQ(fetched->modified, 784111777);
}

TEST(HttpDates, OfOtherFormsAreNone) {
  for (const char* text : {"", "Sun, 06 Nov 1994 08:49:37 GMT+1", "1994-11-06", "Sunday"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  EXPECT_EQ(file_name_in("inline"), "");
  EXPECT_EQ(file_name_in("attachment; filename=x"), "x");
}

}  // namespace
}  // namespace cove::engine
