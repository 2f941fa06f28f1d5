// The parts of the server that need no connection.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/server/identity.h"
#include "core/server/kinds.h"
#include "core/server/media.h"
#include "core/server/request.h"
#include "core/server/selector.h"

namespace cove::server {
namespace {

using namespace std::chrono_literals;

RequestInfo info_of(const std::string& method, const std::string& target) {
  Request request;
  request.method = method;
  EXPECT_TRUE(parse_target(target, request));
  return describe(request);
}

TEST(Describe, ReadsWhatARequestIsAbout) {
  RequestInfo info = info_of("GET", "/api/v1/namespaces/ns/pods/p/log");
  EXPECT_TRUE(info.is_resource);
  EXPECT_EQ(info.verb, "get");
  EXPECT_EQ(info.namespace_name, "ns");
  EXPECT_EQ(info.resource, "pods");
  EXPECT_EQ(info.name, "p");
  EXPECT_EQ(info.subresource, "log");

  info = info_of("GET", "/api/v1/namespaces/ns");
  EXPECT_EQ(info.resource, "namespaces");
  EXPECT_EQ(info.name, "ns");
  EXPECT_EQ(info.namespace_name, "ns");
  info = info_of("PUT", "/api/v1/namespaces/ns/finalize");
  EXPECT_EQ(info.resource, "namespaces");
  EXPECT_EQ(info.subresource, "finalize");
  EXPECT_EQ(info.verb, "update");

  info = info_of("DELETE", "/apis/apps/v1/namespaces/ns/deployments");
  EXPECT_EQ(info.group, "apps");
  EXPECT_EQ(info.version, "v1");
  EXPECT_EQ(info.verb, "deletecollection");
  EXPECT_EQ(info_of("DELETE", "/api/v1/nodes/n").verb, "delete");
  EXPECT_EQ(info_of("GET", "/api/v1/nodes?watch=true").verb, "watch");
  EXPECT_EQ(info_of("GET", "/api/v1/nodes?watch=0").verb, "list");

  for (const char* path :
       {"/", "/api", "/api/v1", "/api/v1/", "/apis", "/apis/apps", "/apis/apps/v1", "/version"}) {
    EXPECT_FALSE(info_of("GET", path).is_resource) << path;
    EXPECT_EQ(info_of("GET", path).verb, "get");
  }
}

TEST(Negotiate, TakesWhatTheClientLikesBest) {
  const Offer everything{.table = true, .partial = true, .partial_list = true, .discovery = true};
  const auto form = [&](std::string_view accept, const Offer& offer) {
    const auto media = negotiate(accept, offer);
    return media ? std::optional(media->form) : std::nullopt;
  };
  const char* const kubectl =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/"
      "json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
  EXPECT_EQ(form(kubectl, everything), Form::kTable);
  EXPECT_EQ(form(kubectl, {}), Form::kObject);
  EXPECT_EQ(negotiate("application/json;as=Table;v=v1beta1;g=meta.k8s.io", everything)->version,
            "v1beta1");
  EXPECT_EQ(form("", everything), Form::kObject);
  EXPECT_EQ(form("*/*", {}), Form::kObject);
  EXPECT_EQ(form("application/*;q=0.1", {}), Form::kObject);
  EXPECT_EQ(form("application/vnd.kubernetes.protobuf,application/json", {}), Form::kObject);
  EXPECT_EQ(form("application/vnd.kubernetes.protobuf", {}), std::nullopt);
  EXPECT_EQ(form("application/json;q=0", {}), std::nullopt);
  EXPECT_EQ(form("text/html", everything), std::nullopt);
  EXPECT_EQ(form("application/json;as=Table;v=v9;g=meta.k8s.io", everything), std::nullopt);
  EXPECT_EQ(
      form("application/json;q=0.5,application/json;as=Table;v=v1;g=meta.k8s.io;q=0.9", everything),
      Form::kTable);
  const auto discovery = negotiate(
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
      everything);
  EXPECT_EQ(discovery->to_string(),
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  EXPECT_EQ(form(std::string(100'000, ','), everything), std::nullopt);
}

class SelectorTest : public ::testing::Test {
 protected:
  bool labels(std::string_view text) {
    const auto selector = Selector::parse_labels(text);
    EXPECT_TRUE(selector.has_value()) << text;
    return selector && selector->matches_labels(object_);
  }
  bool fields(std::string_view text) {
    const auto selector = Selector::parse_fields(text, {"metadata.name", "status.phase"});
    EXPECT_TRUE(selector.has_value()) << text;
    return selector && selector->matches_fields(object_);
  }

  boost::json::object object_ =
      boost::json::parse(
          R"({"metadata":{"name":"x","labels":{"app":"web","a.b/c":"","tier":"front"}}})")
          .as_object();
};

TEST_F(SelectorTest, Labels) {
  for (const char* yes : {"", "app=web", "app==web", "app!=db", "app", "!nope",
                          "a.b/c=", "app in (db, web)", "app notin (db)", "nope!=x",
                          "nope notin (a,b)", "app=web,tier in (front,back),!x", " app = web "}) {
    EXPECT_TRUE(labels(yes)) << yes;
  }
  for (const char* no : {"app=db", "app!=web", "nope", "!app", "nope=x", "app in (db)",
                         "app notin (web,db)", "app=web,x"}) {
    EXPECT_FALSE(labels(no)) << no;
  }
}

TEST_F(SelectorTest, Fields) {
  EXPECT_TRUE(fields("metadata.name=x"));
  EXPECT_TRUE(fields("metadata.name==x,status.phase!=Gone"));
  EXPECT_TRUE(fields("status.phase="));
  EXPECT_FALSE(fields("metadata.name!=x"));
  EXPECT_FALSE(fields("metadata.name=y"));
}

TEST_F(SelectorTest, NonsenseIsRefused) {
  for (const char* bad :
       {"=x", "a b", "app in web", "app in (web", "app=web)", "app,,b", "!", "a/b/c d", "a!b"}) {
    EXPECT_TRUE(Selector::parse_labels(bad).has_error()) << bad;
  }
  for (const char* bad : {"metadata.name", "=x", "spec.other=1", "metadata.name=x,zzz=1"}) {
    EXPECT_TRUE(Selector::parse_fields(bad, {"metadata.name"}).has_error()) << bad;
  }
}

TEST(HumanDuration, IsAsKubectlShowsAges) {
  const std::vector<std::pair<std::chrono::seconds, std::string>> cases{
      {-5s, "<invalid>"}, {-1s, "0s"},          {0s, "0s"},           {119s, "119s"},
      {120s, "2m"},       {125s, "2m5s"},       {10min, "10m"},       {179min, "179m"},
      {3h, "3h"},         {200min, "3h20m"},    {8h, "8h"},           {47h, "47h"},
      {48h, "2d"},        {50h, "2d2h"},        {24h * 8, "8d"},      {24h * 729, "729d"},
      {24h * 730, "2y"},  {24h * 800, "2y70d"}, {24h * 365 * 9, "9y"}};
  for (const auto& [duration, text] : cases)
    EXPECT_EQ(human_duration(duration), text) << duration.count();
}

TEST(Authorize, HealthIsEverybodysAndTheRestIsTheMasters) {
  const User nobody = user_of_certificate(nullptr);
  EXPECT_EQ(nobody.name, "system:anonymous");
  const User alice{"alice", {"dev", "system:authenticated"}, true};
  const User master{"root", {"system:masters", "system:authenticated"}, true};
  const auto verdict = [](const User& user, std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    return authorize(user, request);
  };
  for (const char* open : {"/healthz", "/livez/ping", "/readyz", "/readyz/", "/version"}) {
    EXPECT_EQ(verdict(nobody, "GET", open), Verdict::kAllow) << open;
    EXPECT_EQ(verdict(nobody, "POST", open), Verdict::kUnauthenticated) << open;
  }
  for (const char* closed : {"/", "/api", "/readyzz", "/versions", "/api/v1/nodes"}) {
    EXPECT_EQ(verdict(nobody, "GET", closed), Verdict::kUnauthenticated) << closed;
    EXPECT_EQ(verdict(alice, "GET", closed), Verdict::kForbid) << closed;
    EXPECT_EQ(verdict(master, "DELETE", closed), Verdict::kAllow) << closed;
  }
  const http::PeerCertificate nameless{"", {"system:masters"}, {}, {}};
  EXPECT_FALSE(user_of_certificate(&nameless).authenticated);
  const http::PeerCertificate certified{"bob", {"dev"}, {}, {}};
  const User bob = user_of_certificate(&certified);
  EXPECT_EQ(bob.name, "bob");
  EXPECT_TRUE(bob.authenticated);
  EXPECT_TRUE(bob.in_group("dev") && bob.in_group("system:authenticated"));
}

}  // namespace
}  // namespace cove::server
