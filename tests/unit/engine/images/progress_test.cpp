#include "core/engine/progress.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using test::Reply;
using test::ServedApi;

TEST(ProgressBar, ShowsSharesAndSizes) {
  EXPECT_EQ(progress_bar(0, 0), "");
  EXPECT_EQ(progress_bar(1500, 0), "   1.5kB");
  EXPECT_EQ(progress_bar(500, 1000),
            "[=========================>                         ] " + std::string("    500B/1kB"));
  EXPECT_EQ(progress_bar(1'000'000, 1'000'000), "[" + std::string(50, '=') + ">]      1MB/1MB");
  EXPECT_EQ(progress_bar(20, 10), "[" + std::string(50, '=') + ">]      20B");
}

TEST(ProgressJson, HasTheFieldsThatClientsDraw) {
  EXPECT_EQ(progress_json({"abc", "Downloading", 5, 10}),
            boost::json::parse(
                R"({"status":"Downloading","progressDetail":{"current":5,"total":10},"id":"abc",
                    "progress":"[=========================>                         ]       5B/10B"})"));
  EXPECT_EQ(progress_json({"abc", "Pull complete", 0, 0}),
            boost::json::parse(R"({"status":"Pull complete","progressDetail":{},"id":"abc"})"));
  EXPECT_EQ(progress_json({"", "Hello", 0, 0}), boost::json::parse(R"({"status":"Hello"})"));
}

ServedApi served(std::function<Outcome<>(Exchange&)> handle) {
  return ServedApi({{"GET", "/progress", std::move(handle)}});
}

TEST(ProgressAnswer, AFailureBeforeTheFirstLineHasItsOwnStatus) {
  ServedApi api = served([](Exchange& exchange) -> Outcome<> {
    ProgressAnswer answer(exchange);
    return answer.end(ApiError{404, "nothing there"});
  });
  const Reply reply = api.get("/progress");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.message(), "nothing there");
}

TEST(ProgressAnswer, AFailureAfterItIsALine) {
  ServedApi api = served([](Exchange& exchange) -> Outcome<> {
    ProgressAnswer answer(exchange);
    answer.status("Pulling", "latest");
    return answer.end(ApiError{404, "broke"});
  });
  const Reply reply = api.get("/progress");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_EQ(reply.body,
            "{\"status\":\"Pulling\",\"id\":\"latest\"}\r\n"
            "{\"errorDetail\":{\"message\":\"broke\"},\"error\":\"broke\"}\r\n");
}

TEST(ProgressAnswer, SuccessWithoutALineIsAnEmptyAnswer) {
  ServedApi api = served([](Exchange& exchange) { return ProgressAnswer(exchange).end({}); });
  const Reply reply = api.get("/progress");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
}

}  // namespace
}  // namespace cove::engine
