#include "core/client/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cove::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Pairs kJson{{"content-type", "application/json"}};

TEST(Wire, AnObjectIsAnObjectAndAListAList) {
  const auto object =
      decode_response(200, kJson, R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}})");
  ASSERT_TRUE(object.has_value());
  ASSERT_TRUE(object->object);
  EXPECT_EQ(object->object->name(), "a");
  EXPECT_FALSE(object->list);

  const auto list = decode_response(200, kJson, R"({"kind":"PodList","apiVersion":"v1",
      "metadata":{"resourceVersion":"7","continue":"c","remainingItemCount":3},
      "items":[{"metadata":{"name":"a"}}, 5]})");
  ASSERT_TRUE(list.has_value());
  ASSERT_TRUE(list->list);
  EXPECT_EQ(list->list->resource_version, "7");
  EXPECT_EQ(list->list->continue_token, "c");
  EXPECT_EQ(list->list->remaining, 3);
  ASSERT_EQ(list->list->items.size(), 1u);
  EXPECT_EQ(list->list->items[0]->kind(), "Pod");
  EXPECT_EQ(list->list->items[0]->api_version(), "v1");
  EXPECT_TRUE(decode_response(200, kJson, R"({"kind":"PodList","items":null})")->list);
}

TEST(Wire, OtherAnswersAreBytes) {
  const auto text = decode_response(200, {{"content-type", "text/plain"}}, "a line\n");
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text->body, "a line\n");
}

TEST(Wire, AStatusIsTheError) {
  const auto result = decode_response(409, kJson, R"({"kind":"Status","code":409,
      "reason":"AlreadyExists","message":"it is there","details":{"name":"a",
      "causes":[{"reason":"FieldValueInvalid"}],"retryAfterSeconds":2}})");
  ASSERT_TRUE(result.has_error());
  const ApiError& error = result.error();
  EXPECT_TRUE(error.is_already_exists());
  EXPECT_FALSE(error.is_conflict());
  EXPECT_EQ(error.failure, ErrorCode::kAlreadyExists);
  EXPECT_EQ(error.message, "it is there");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(2));
  EXPECT_TRUE(error.has_cause("FieldValueInvalid"));
  EXPECT_FALSE(error.has_cause("Other"));
  EXPECT_EQ(error.to_error("make", "a").message(), "cannot make a: it is there.");
}

TEST(Wire, AnErrorThatIsNoStatusHasAReasonAllTheSame) {
  struct Case {
    int status;
    const char* reason;
    ErrorCode failure;
  };
  for (const Case& each :
       {Case{401, "Unauthorized", ErrorCode::kPermissionDenied},
        Case{403, "Forbidden", ErrorCode::kPermissionDenied},
        Case{404, "NotFound", ErrorCode::kNotFound}, Case{409, "Conflict", ErrorCode::kConflict},
        Case{410, "Gone", ErrorCode::kInvalidArgument},
        Case{422, "Invalid", ErrorCode::kInvalidArgument},
        Case{429, "TooManyRequests", ErrorCode::kResourceExhausted},
        Case{503, "ServiceUnavailable", ErrorCode::kUnavailable},
        Case{504, "Timeout", ErrorCode::kTimeout}}) {
    const auto result = decode_response(each.status, {{"retry-after", "5"}}, "\x1b[31mno");
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().code, each.status);
    EXPECT_EQ(result.error().reason, each.reason);
    EXPECT_EQ(result.error().failure, each.failure);
    EXPECT_EQ(result.error().retry_after, std::chrono::seconds(5));
    EXPECT_THAT(result.error().message, HasSubstr("\\x1b[31mno"));
  }
}

TEST(Wire, HostileAnswersAreErrors) {
  for (const char* body : {"{", "nonsense", "{\"a\":", "\xff\xfe"})
    EXPECT_EQ(decode_response(200, kJson, body).error().code, 0) << body;
  EXPECT_TRUE(decode_response(200, kJson, std::string(100'000, '[')).has_error());
  EXPECT_TRUE(decode_response(200, kJson, "[1]")->body);
  EXPECT_EQ(decode_response(500, kJson, R"({"kind":"Status","code":99999})").error().code, 500);
  EXPECT_EQ(decode_response(500, {{"retry-after", "99999999"}}, "").error().retry_after,
            std::nullopt);
}

TEST(Wire, WarningsAreCollected) {
  const auto result = decode_response(200,
                                      {{"content-type", "application/json"},
                                       {"warning", R"(299 - "say \"hi\"")"},
                                       {"warning", "nonsense"},
                                       {"warning", R"(299 - "two")"}},
                                      "{}");
  EXPECT_THAT(result->warnings, ElementsAre("say \"hi\"", "two"));
}

TEST(Wire, EventsAndTheirErrors) {
  const auto event = decode_event(R"({"type":"MODIFIED","object":{"metadata":{"name":"a"}}})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->type, WatchEventType::kModified);
  EXPECT_EQ(event->object->name(), "a");
  const auto gone =
      decode_event(R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})");
  EXPECT_TRUE(gone.error().is_expired());
  for (const char* line : {"", "{", "[]", R"({"type":"ADDED"})", R"({"type":"ADDED","object":1})",
                           R"({"type":"NEW","object":{}})", R"({"object":{}})"})
    EXPECT_EQ(decode_event(line).error().code, 0) << line;
}

TEST(Wire, LinesComeTogetherHoweverTheyAreCut) {
  const std::string text = "one\n\ntwo\nthree";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    LineSplitter splitter(8);
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size(); at += size) {
      const auto lines = splitter.put(std::string_view(text).substr(at, size));
      ASSERT_TRUE(lines.has_value());
      all.insert(all.end(), lines->begin(), lines->end());
    }
    EXPECT_THAT(all, ElementsAre("one", "two")) << size;
    EXPECT_TRUE(splitter.partial());
  }
}

TEST(Wire, LinesAreBounded) {
  LineSplitter splitter(4);
  EXPECT_TRUE(splitter.put("1234\n").has_value());
  EXPECT_TRUE(splitter.put("123").has_value());
  EXPECT_EQ(splitter.put("45").error().failure, ErrorCode::kResourceExhausted);
}

TEST(Wire, TargetsAreEncoded) {
  EXPECT_EQ(*target_of({.path = "/api/v1/pods", .query = {{"labelSelector", "a=b,c in (d)"}}}),
            "/api/v1/pods?labelSelector=a%3Db%2Cc%20in%20%28d%29");
  EXPECT_EQ(encode_segment("a/b ?#%"), "a%2Fb%20%3F%23%25");
  for (const char* path : {"", "api", "/a b", "/a\r\nX: y", "/a?b", "/a#b", "/\xc3\xa9"})
    EXPECT_TRUE(target_of({.path = path}).has_error()) << path;
}

}  // namespace
}  // namespace cove::client
