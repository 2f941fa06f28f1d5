#include "core/engine/routing.h"

#include <gtest/gtest.h>

namespace cove::engine {
namespace {

Outcome<> nothing(Exchange&) {
  return {};
}

Router router() {
  return Router({{"GET", "/_ping", nothing},
                 {"GET", "/images/json", nothing},
                 {"GET", "/images/{name…}/json", nothing},
                 {"DELETE", "/images/{name…}", nothing},
                 {"POST", "/containers/{id}/start", nothing},
                 {"GET", "/containers/{id}/json", nothing},
                 {"POST", "/exec/{id}/start", nothing}});
}

struct Case {
  std::string method, path;
  std::string pattern = {};  // of the route that is to be found
  std::string name = {};     // what its {…} stands for
  unsigned api = kNewestApi;
};

class Found : public ::testing::TestWithParam<Case> {};

TEST_P(Found, ByMethodAndPath) {
  const Case& wanted = GetParam();
  const Router routes = router();
  const auto match = routes.match(wanted.method, wanted.path);
  ASSERT_TRUE(match.has_value()) << match.error().message;
  EXPECT_EQ(match->route->pattern, wanted.pattern);
  EXPECT_EQ(match->api, wanted.api);
  EXPECT_EQ(match->names.empty() ? "" : match->names.begin()->second, wanted.name);
}

INSTANTIATE_TEST_SUITE_P(
    Paths, Found,
    ::testing::Values(Case{"GET", "/_ping", "/_ping"},
                      Case{"GET", "/v1.24/_ping", "/_ping", "", 24},
                      Case{"GET", "/v1.48/_ping", "/_ping", "", 48},
                      Case{"GET", "/v1.43/images/json", "/images/json", "", 43},
                      Case{"GET", "/images/nginx/json", "/images/{name…}/json", "nginx"},
                      Case{"GET", "/images/localhost:5000/a/b:1/json", "/images/{name…}/json",
                           "localhost:5000/a/b:1"},
                      Case{"GET", "/images/json/json", "/images/{name…}/json", "json"},
                      Case{"DELETE", "/v1.40/images/a/b@sha256:00", "/images/{name…}",
                           "a/b@sha256:00", 40},
                      Case{"POST", "/containers/web/start", "/containers/{id}/start", "web"},
                      Case{"POST", "/containers/start/start", "/containers/{id}/start", "start"}));

struct Refusal {
  std::string method, path;
  int status = 0;
  std::string message;
};

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, WithDockersWords) {
  const Refusal& wanted = GetParam();
  const auto match = router().match(wanted.method, wanted.path);
  ASSERT_FALSE(match.has_value());
  EXPECT_EQ(match.error().status, wanted.status);
  EXPECT_EQ(match.error().message, wanted.message);
}

const std::string kTooOld23 =
    "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your "
    "client to a newer version";

INSTANTIATE_TEST_SUITE_P(
    Paths, Refused,
    ::testing::Values(
        Refusal{"GET", "/v1.49/_ping", 400,
                "client version 1.49 is too new. Maximum supported API version is 1.48"},
        Refusal{"GET", "/v2.0/_ping", 400,
                "client version 2.0 is too new. Maximum supported API version is 1.48"},
        Refusal{"GET", "/v1.99999999999/_ping", 400,
                "client version 1.99999999999 is too new. Maximum supported API version is 1.48"},
        Refusal{"GET", "/v1.23/_ping", 400, kTooOld23},
        Refusal{"GET", "/nothing", 404, "page not found"},
        Refusal{"GET", "", 404, "page not found"}, Refusal{"GET", "/", 404, "page not found"},
        Refusal{"GET", "/v1.40/", 404, "page not found"},
        Refusal{"GET", "/v1.40", 404, "page not found"},
        Refusal{"GET", "/vx/_ping", 404, "page not found"},
        Refusal{"POST", "/session", 404, "page not found"},
        Refusal{"GET", "/images//json", 404, "page not found"},
        Refusal{"GET", "/containers/a/b/json", 404, "page not found"},
        Refusal{"GET", "/containers//json", 404, "page not found"},
        Refusal{"POST", "/_ping", 405, "method not allowed"},
        Refusal{"GET", "/containers/a/start", 405, "method not allowed"}));

}  // namespace
}  // namespace cove::engine
