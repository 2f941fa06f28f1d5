#include "core/engine/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using test::Reply;
using test::ServedApi;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

struct CodeCase {
  ErrorCode code = ErrorCode::kInternal;
  int status = 0;
};

class StatusOfCode : public ::testing::TestWithParam<CodeCase> {};

TEST_P(StatusOfCode, IsTheReferences) {
  const Error error{GetParam().code, "do", "it", "because", ""};
  EXPECT_EQ(to_api_error(error).status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, StatusOfCode,
    ::testing::Values(CodeCase{ErrorCode::kInvalidArgument, 400},
                      CodeCase{ErrorCode::kPermissionDenied, 403},
                      CodeCase{ErrorCode::kNotFound, 404}, CodeCase{ErrorCode::kAlreadyExists, 409},
                      CodeCase{ErrorCode::kConflict, 409}, CodeCase{ErrorCode::kUnsupported, 501},
                      CodeCase{ErrorCode::kUnavailable, 500}, CodeCase{ErrorCode::kTimeout, 500},
                      CodeCase{ErrorCode::kCancelled, 500}, CodeCase{ErrorCode::kCorrupt, 500},
                      CodeCase{ErrorCode::kResourceExhausted, 500},
                      CodeCase{ErrorCode::kInternal, 500}));

TEST(ApiErrors, SayTheCauseAndTheRemedy) {
  EXPECT_EQ(to_api_error({ErrorCode::kNotFound, "find", "x", "No such image: x", ""}).message,
            "No such image: x");
  EXPECT_EQ(
      to_api_error({ErrorCode::kConflict, "bind", "x", "it is taken", "Take another."}).message,
      "it is taken. Take another.");
  EXPECT_EQ(to_api_error({ErrorCode::kUnavailable, "pull", "x", "nobody answers", ""}).message,
            "cannot pull x: nobody answers.");
}

TEST(Flags, AreOnAsDockerHasIt) {
  for (const char* on : {"1", "true", "yes", "on", "True", "2"}) EXPECT_TRUE(is_on(on)) << on;
  for (const char* off : {"", "0", "no", "false", "none", "FALSE", " 0 "})
    EXPECT_FALSE(is_on(off)) << off;
}

TEST(FiltersOfAQuery, AreSetsOrLists) {
  const auto filters =
      parse_filters(R"({"label":{"a=b":true,"c":false},"name":["x","y"],"none":null})");
  ASSERT_TRUE(filters.has_value());
  EXPECT_THAT(filters->at("label"), ElementsAre("a=b"));
  EXPECT_THAT(filters->at("name"), ElementsAre("x", "y"));
  EXPECT_TRUE(parse_filters("")->empty());
}

TEST(FiltersOfAQuery, RefuseOtherShapes) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  for (const std::string& text :
       {std::string("["), std::string("[]"), std::string("{\"a\":1}"), std::string("{\"a\":[1]}"),
        std::string("{\"a\":{\"b\":\"c\"}}"), "{\"a\":" + deep + "}", std::string(70'000, ' ')}) {
    const auto filters = parse_filters(text);
    ASSERT_FALSE(filters.has_value()) << text.substr(0, 40);
    EXPECT_EQ(filters.error().status, 400);
    EXPECT_EQ(filters.error().message, "invalid filter");
  }
}

Outcome<> echo(Exchange& exchange) {
  COVE_TRY(const boost::json::object body, exchange.json_body());
  COVE_TRY(const std::optional<std::int64_t> number, exchange.number("n"));
  boost::json::object object{{"api", exchange.api()},
                             {"name", exchange.path("name")},
                             {"flag", exchange.flag("f", true)},
                             {"query", exchange.query("q")},
                             {"body", body}};
  if (number) object["n"] = *number;
  exchange.json(201, object);
  return {};
}

TEST(Exchanges, ReadAndAnswer) {
  ServedApi api({{"POST", "/things/{name…}/echo", echo}});
  const Reply reply = api.post("/v1.30/things/a%20b/c/echo?n=-7&f=0&q=x%26y", R"({"Hello":[1,2]})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_EQ(reply.header("api-version"), "1.48");
  EXPECT_EQ(reply.header("server"), "Cove/9.9");
  EXPECT_EQ(reply.header("ostype"), "linux");
  EXPECT_EQ(reply.header("docker-experimental"), "false");
  EXPECT_EQ(reply.json(), boost::json::parse(R"({"api":30,"name":"a b/c","flag":false,
      "query":"x&y","n":-7,"body":{"Hello":[1,2]}})"));
}

TEST(Exchanges, RefuseBodiesAndNumbersThatAreWrong) {
  ServedApi api({{"POST", "/things/{name}/echo", echo}});
  for (const char* body : {"{", "[]", "\"text\"", "{\"a\":1}}", "nonsense"}) {
    const Reply reply = api.post("/things/x/echo", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.message(), HasSubstr("invalid JSON")) << body;
  }
  EXPECT_EQ(api.post("/things/x/echo?n=1x").status, 400);
  EXPECT_EQ(api.post("/things/x/echo?n=99999999999999999999").status, 400);
  auto typed = ServedApi::request("POST", "/things/x/echo");
  typed.headers.emplace_back("Content-Type", "text/plain");
  typed.body = "{}";
  EXPECT_EQ(api.send(typed).message(),
            "unsupported Content-Type header (text/plain): must be 'application/json'");
  EXPECT_EQ(api.post("/things/x/echo", "null").status, 201);
  EXPECT_EQ(api.post("/things/x/echo").status, 201);
}

TEST(Exchanges, ErrorsAreDockersMessages) {
  ServedApi api({{"GET", "/fails",
                  [](Exchange&) -> Outcome<> {
                    return ApiError{418, "no"};
                  }},
                 {"GET", "/throws", [](Exchange&) -> Outcome<> { throw std::runtime_error("x"); }},
                 {"GET", "/silent", [](Exchange&) -> Outcome<> { return {}; }}});
  const Reply fails = api.get("/fails");
  EXPECT_EQ(fails.status, 418);
  EXPECT_EQ(fails.body, "{\"message\":\"no\"}\n");
  EXPECT_EQ(fails.header("api-version"), "1.48");
  EXPECT_EQ(api.get("/throws").status, 500);
  EXPECT_EQ(api.get("/silent").status, 500);
  EXPECT_EQ(api.get("/unknown").body, "{\"message\":\"page not found\"}\n");
  EXPECT_EQ(api.get("/v1.99/fails").status, 400);
}

TEST(Exchanges, ABodyIsReadAsItArrives) {
  std::size_t pieces = 0;
  ServedApi api({{"POST", "/count",
                  [&](Exchange& exchange) -> Outcome<> {
                    std::size_t bytes = 0;
                    while (true) {
                      COVE_TRY(const std::string piece, exchange.read_body(10'000));
                      if (piece.empty()) break;
                      bytes += piece.size();
                      ++pieces;
                    }
                    exchange.text(200, std::to_string(bytes));
                    return {};
                  },
                  true}});
  // More than a body that is received whole may have.
  auto request = ServedApi::request("POST", "/count");
  std::size_t left = 9 << 20;
  request.source = [&](std::size_t max) -> Result<std::string> {
    const std::size_t size = std::min(max, left);
    left -= size;
    return std::string(size, 'x');
  };
  EXPECT_EQ(api.send(std::move(request)).body, std::to_string(9 << 20));
  EXPECT_GT(pieces, 100u);
}

TEST(Exchanges, AStreamWaitsForASlowClient) {
  std::atomic<std::size_t> written = 0;
  constexpr std::size_t kWhole = 64 << 20;
  ServedApi api({{"GET", "/much", [&](Exchange& exchange) -> Outcome<> {
                    const auto stream = exchange.stream("text/plain", {{"X-More", "yes"}});
                    const std::string piece(64 * 1024, 'x');
                    while (written < kWhole && stream->write(piece)) written += piece.size();
                    return {};
                  }}});
  auto response = api.client().send(ServedApi::request("GET", "/much"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->header("x-more"), "yes");
  ASSERT_TRUE(response->read(1).has_value());
  // Nobody reads: the producer stands at the stream's bound and what the sockets hold.
  EXPECT_LT(written, kWhole / 2);
  const auto rest = response->read_all(kWhole);
  ASSERT_TRUE(rest.has_value()) << rest.error().message();
  EXPECT_EQ(rest->size(), kWhole - 1);
}

TEST(Exchanges, ACutStreamDoesNotLookWhole) {
  ServedApi api({{"GET", "/part", [](Exchange& exchange) -> Outcome<> {
                    const auto stream = exchange.stream("text/plain");
                    stream->write("part");
                    stream->cut();
                    return {};
                  }}});
  auto response = api.client().send(ServedApi::request("GET", "/part"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_FALSE(response->read_all(1000).has_value());
}

TEST(Exchanges, AClientThatLeavesIsNoticed) {
  std::latch left(1);
  ServedApi api({{"GET", "/wait", [&](Exchange& exchange) -> Outcome<> {
                    const auto stream = exchange.stream("text/plain");
                    stream->write("here");
                    std::mutex mutex;
                    std::condition_variable_any changed;
                    std::unique_lock lock(mutex);
                    changed.wait(lock, exchange.gone(), [] { return false; });
                    EXPECT_FALSE(stream->write("more"));
                    left.count_down();
                    return {};
                  }}});
  {
    auto response = api.client().send(ServedApi::request("GET", "/wait"));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(*response->read(4), "here");
  }
  left.wait();
}

TEST(Exchanges, StopEndsWhatWaits) {
  std::latch inside(1);
  ServedApi api({{"GET", "/wait", [&](Exchange& exchange) -> Outcome<> {
                    std::mutex mutex;
                    std::condition_variable_any changed;
                    std::unique_lock lock(mutex);
                    inside.count_down();
                    changed.wait(lock, exchange.gone(), [] { return false; });
                    return ApiError{503, "stopped"};
                  }}});
  Reply reply;
  std::jthread client([&] { reply = api.get("/wait"); });
  inside.wait();
  api.handler().stop();
  client.join();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(api.get("/wait").message(), "the engine is stopping");
}

TEST(Exchanges, TooManyAreRefused) {
  std::latch inside(2);
  std::latch go(1);
  ServedApi api({{"GET", "/wait",
                  [&](Exchange& exchange) -> Outcome<> {
                    inside.count_down();
                    go.wait();
                    exchange.empty();
                    return {};
                  }}},
                {.threads = 2, .idle = std::chrono::seconds(5)});
  std::vector<std::jthread> clients;
  for (int i = 0; i < 2; ++i)
    clients.emplace_back([&] { EXPECT_EQ(api.get("/wait").status, 204); });
  inside.wait();
  const Reply refused = api.get("/wait");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.message(), HasSubstr("as many requests as it can"));
  go.count_down();
}

}  // namespace
}  // namespace cove::engine
