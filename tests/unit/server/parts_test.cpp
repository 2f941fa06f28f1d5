// The parts of the server that need no connection.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/server/identity.h"
#include "core/server/media.h"
#include "core/server/request.h"

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

TEST(Identity, ACertificateNamesAUser) {
  const CertificateAuthenticator authenticator;
  Request request;
  EXPECT_FALSE(*authenticator.authenticate(request));
  request.certificate = std::make_shared<const http::PeerCertificate>(
      http::PeerCertificate{"", {"system:masters"}, {}, {}});
  EXPECT_FALSE(*authenticator.authenticate(request));
  request.certificate =
      std::make_shared<const http::PeerCertificate>(http::PeerCertificate{"bob", {"dev"}, {}, {}});
  const Identity bob = *authenticator.authenticate(request);
  ASSERT_TRUE(bob);
  EXPECT_EQ(bob->name, "bob");
  EXPECT_TRUE(bob->authenticated);
  EXPECT_TRUE(bob->in_group("dev") && bob->in_group("system:authenticated"));
}

TEST(Identity, ImpersonationNeedsLeaveForEveryPart) {
  Request request;
  EXPECT_FALSE(*read_impersonation(request));
  request.headers = {{"impersonate-group", "g"}};
  EXPECT_FALSE(read_impersonation(request));
  request.headers = {{"impersonate-user", "system:serviceaccount:ns:sa"},
                     {"impersonate-group", "g"},
                     {"impersonate-extra-scopes", "a"},
                     {"impersonate-extra-scopes", "b"}};
  const auto asked = read_impersonation(request);
  ASSERT_TRUE(asked && *asked);
  std::vector<std::string> needs;
  for (const RequestInfo& need : impersonation_needs(**asked))
    needs.push_back(need.namespace_name + "/" + need.resource + "/" + need.name);
  EXPECT_EQ(needs, (std::vector<std::string>{"ns/serviceaccounts/sa", "/groups/g", "/userextras/a",
                                             "/userextras/b"}));
  const User user = impersonated(**asked);
  EXPECT_TRUE(user.in_group("g") && user.in_group("system:authenticated"));
}

}  // namespace
}  // namespace cove::server
