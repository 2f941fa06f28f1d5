#include "core/api/discovery.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/unit/api/sample_kinds.h"

namespace cove::api {
namespace {

json::value parse(std::string_view text) {
  return json::parse(key(text));
}

// The element whose member `name` is that text; null when there is none.
const json::object* element(const json::object& document, std::string_view list,
                            std::string_view name, std::string_view text) {
  const json::array* const array = array_at(document, {list});
  if (array == nullptr) return nullptr;
  for (const json::value& each : *array) {
    if (text_at(each.get_object(), {name}) == text) return &each.get_object();
  }
  return nullptr;
}

class DiscoveryTest : public ::testing::Test {
 protected:
  std::size_t position(const json::object& groups, std::string_view name) {
    const json::array& array = groups.at("groups").get_array();
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (text_at(array[i].get_object(), {"name"}) == name) return i;
    }
    ADD_FAILURE() << name;
    return array.size();
  }

  testing::SampleKinds sample_;
  const Registry& registry_ = *sample_.registry;
};

TEST_F(DiscoveryTest, TheCoreGroupHasVersionsAndAnAddress) {
  EXPECT_EQ(json::value(api_versions("10.0.0.1:6443")),
            parse(R"({"kind":"APIVersions","versions":["v1"],
    "serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"10.0.0.1:6443"}]})"));
}

TEST_F(DiscoveryTest, GroupsStandByPriorityWithTheirPreferredVersions) {
  const json::object groups = api_group_list(registry_);
  EXPECT_EQ(groups.at("kind"), "APIGroupList");
  EXPECT_EQ(element(groups, "groups", "name", ""), nullptr);
  // A client that asks for deployments takes the first group that has them.
  EXPECT_LT(position(groups, "apps"), position(groups, "extensions"));
  EXPECT_LT(position(groups, "extensions"), position(groups, "shop.example.com"));
  const json::object* const autoscaling = element(groups, "groups", "name", "autoscaling");
  ASSERT_NE(autoscaling, nullptr);
  EXPECT_EQ(json::value(*autoscaling), parse(R"({"name":"autoscaling",
    "versions":[{"groupVersion":"autoscaling/v2","version":"v2"},
                {"groupVersion":"autoscaling/v1","version":"v1"}],
    "preferredVersion":{"groupVersion":"autoscaling/v2","version":"v2"}})"));
}

TEST_F(DiscoveryTest, OneGroupIsItsEntryWithAKind) {
  const auto group = api_group(registry_, "shop.example.com");
  ASSERT_TRUE(group.has_value());
  EXPECT_EQ(json::value(*group),
            parse(R"({"kind":"APIGroup","apiVersion":"v1","name":"shop.example.com",
    "versions":[{"groupVersion":"shop.example.com/v1","version":"v1"}],
    "preferredVersion":{"groupVersion":"shop.example.com/v1","version":"v1"}})"));
  EXPECT_FALSE(api_group(registry_, "nothing.example.com").has_value());
}

TEST_F(DiscoveryTest, ResourcesNameTheirVerbsAndSubresources) {
  const auto list = api_resource_list(registry_, "apps", "v1");
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->at("groupVersion"), "apps/v1");
  const json::object* const deployments = element(*list, "resources", "name", "deployments");
  ASSERT_NE(deployments, nullptr);
  EXPECT_EQ(json::value(*deployments), parse(R"({"name":"deployments","singularName":"deployment",
    "namespaced":true,"kind":"Deployment",
    "verbs":["create","delete","deletecollection","get","list","patch","update","watch"],
    "shortNames":["deploy"],"categories":["all"],"storageVersionHash":"8aSe+NMegvE="})"));
  const json::object* const scale = element(*list, "resources", "name", "deployments/scale");
  ASSERT_NE(scale, nullptr);
  EXPECT_EQ(json::value(*scale), parse(R"({"name":"deployments/scale","singularName":"",
    "namespaced":true,"group":"autoscaling","version":"v1","kind":"Scale",
    "verbs":["get","patch","update"]})"));
  EXPECT_FALSE(api_resource_list(registry_, "apps", "v7").has_value());
  const auto core = api_resource_list(registry_, "", "v1");
  ASSERT_TRUE(core.has_value());
  EXPECT_EQ(core->at("groupVersion"), "v1");
}

TEST_F(DiscoveryTest, SiblingVersionsShareTheirStorageVersionsHash) {
  const auto hash = [&](std::string_view group, std::string_view version) {
    const auto list = api_resource_list(registry_, group, version);
    return std::string(
        text_at(*element(*list, "resources", "name", "deployments"), {"storageVersionHash"}));
  };
  EXPECT_EQ(hash("extensions", "v1beta1"), hash("apps", "v1"));
}

TEST_F(DiscoveryTest, AggregatedDiscoveryHasTheWholeServer) {
  const json::object core = aggregated_discovery(registry_, true, "v2");
  EXPECT_EQ(core.at("apiVersion"), "apidiscovery.k8s.io/v2");
  ASSERT_EQ(core.at("items").as_array().size(), 1);
  const json::object& version =
      core.at("items").as_array()[0].at("versions").as_array()[0].get_object();
  EXPECT_EQ(version.at("freshness"), "Current");
  const json::object* const pods = element(version, "resources", "resource", "pods");
  ASSERT_NE(pods, nullptr);
  EXPECT_EQ(text_at(*pods, {"scope"}), "Namespaced");
  EXPECT_EQ(text_at(*pods, {"responseKind", "kind"}), "Pod");
  const json::object* const eviction = element(*pods, "subresources", "subresource", "eviction");
  ASSERT_NE(eviction, nullptr);
  EXPECT_EQ(json::value(*eviction), parse(R"({"subresource":"eviction",
    "responseKind":{"group":"policy","version":"v1","kind":"Eviction"},"verbs":["create"]})"));
  const json::object* const namespaces = element(version, "resources", "resource", "namespaces");
  ASSERT_NE(namespaces, nullptr);
  EXPECT_EQ(text_at(*namespaces, {"scope"}), "Cluster");

  const json::object groups = aggregated_discovery(registry_, false, "v2beta1");
  EXPECT_EQ(groups.at("apiVersion"), "apidiscovery.k8s.io/v2beta1");
  for (const json::value& group : groups.at("items").as_array())
    EXPECT_NE(text_at(group.get_object(), {"metadata", "name"}), "");
}

TEST_F(DiscoveryTest, EtagsAreHashesOfTheBytes) {
  EXPECT_EQ(document_etag("abc").substr(0, 16), "DDAF35A193617ABA");
  EXPECT_EQ(document_etag("").size(), 128);
  EXPECT_NE(document_etag("a"), document_etag("b"));
}

}  // namespace
}  // namespace cove::api
