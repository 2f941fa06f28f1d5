#include "core/server/access/rbac.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/server/access/chain.h"
#include "core/server/access/default_roles.h"
#include "core/server/access/node_authorizer.h"
#include "core/server/access/rbac_upkeep.h"
#include "tests/unit/server/fake_state.h"

namespace cove::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kGroup = "rbac.authorization.k8s.io";

RequestInfo about(std::string verb, std::string group, std::string resource,
                  std::string namespace_name = "", std::string name = "",
                  std::string subresource = "") {
  return {.is_resource = true,
          .verb = std::move(verb),
          .group = std::move(group),
          .version = "v1",
          .namespace_name = std::move(namespace_name),
          .resource = std::move(resource),
          .name = std::move(name),
          .subresource = std::move(subresource)};
}

User user(std::string name, std::vector<std::string> groups = {"system:authenticated"}) {
  return {.name = std::move(name), .groups = std::move(groups), .authenticated = true};
}

class RbacTest : public ::testing::Test {
 protected:
  RbacTest() {
    state_.add(kGroup, "clusterroles", R"({"metadata":{"name":"reader"},"rules":[
      {"verbs":["get","list"],"apiGroups":[""],"resources":["pods","pods/log"]},
      {"verbs":["get"],"nonResourceURLs":["/metrics","/debug/*"]}]})");
    state_.add(kGroup, "clusterroles", R"({"metadata":{"name":"one"},"rules":[
      {"verbs":["*"],"apiGroups":["apps"],"resources":["deployments"],"resourceNames":["web"]},
      {"verbs":["update"],"apiGroups":["*"],"resources":["*/scale"]}]})");
    state_.add(kGroup, "roles", R"({"metadata":{"name":"writer","namespace":"a"},"rules":[
      {"verbs":["create"],"apiGroups":[""],"resources":["*"]}]})");
    bind("clusterrolebindings", "", "everywhere", "ClusterRole", "reader",
         R"({"kind":"User","name":"ann"},{"kind":"Group","name":"readers"})");
    bind("rolebindings", "a", "here", "Role", "writer",
         R"({"kind":"ServiceAccount","name":"robot"},
            {"kind":"ServiceAccount","name":"robot","namespace":"b"})");
    bind("rolebindings", "a", "view", "ClusterRole", "reader", R"({"kind":"User","name":"bob"})");
    bind("clusterrolebindings", "", "single", "ClusterRole", "one",
         R"({"kind":"User","name":"cid"})");
    bind("clusterrolebindings", "", "lost", "ClusterRole", "gone",
         R"({"kind":"User","name":"dan"})");
  }

  void bind(const std::string& plural, const std::string& space, const std::string& name,
            const std::string& kind, const std::string& role, const std::string& subjects) {
    state_.add(kGroup, plural,
               R"({"metadata":{"name":")" + name + R"(","namespace":")" + space +
                   R"("},"roleRef":{"kind":")" + kind + R"(","name":")" + role +
                   R"("},"subjects":[)" + subjects + "]}");
  }
  bool allows(const User& who, const RequestInfo& what, std::string_view path = "") {
    return rbac_.authorize({who, what, path}).kind == Decision::Kind::kAllow;
  }

  FakeState state_;
  RbacAuthorizer rbac_{state_};
};

TEST_F(RbacTest, DecidesByTheRulesOfBoundRoles) {
  struct Case {
    User who;
    RequestInfo what;
    bool allowed;
  };
  const std::vector<Case> cases{
      {user("ann"), about("get", "", "pods", "x"), true},
      {user("ann"), about("list", "", "pods"), true},
      {user("ann"), about("get", "", "pods", "x", "p", "log"), true},
      {user("ann"), about("get", "", "pods", "x", "p", "exec"), false},
      {user("ann"), about("delete", "", "pods", "x", "p"), false},
      {user("ann"), about("get", "apps", "pods", "x", "p"), false},
      {user("Ann"), about("get", "", "pods", "x"), false},
      {user("readers"), about("get", "", "pods"), false},
      {user("eve", {"readers"}), about("get", "", "pods"), true},
      {user("bob"), about("get", "", "pods", "a"), true},
      {user("bob"), about("get", "", "pods", "b"), false},
      {user("bob"), about("get", "", "pods"), false},
      {user("system:serviceaccount:a:robot"), about("create", "", "secrets", "a"), true},
      {user("system:serviceaccount:b:robot"), about("create", "", "secrets", "a"), true},
      {user("system:serviceaccount:b:robot"), about("create", "", "secrets", "b"), false},
      {user("system:serviceaccount:c:robot"), about("create", "", "secrets", "a"), false},
      {user("cid"), about("delete", "apps", "deployments", "x", "web"), true},
      {user("cid"), about("delete", "apps", "deployments", "x", "other"), false},
      {user("cid"), about("list", "apps", "deployments", "x"), false},
      {user("cid"), about("update", "apps", "deployments", "x", "other", "scale"), true},
      {user("cid"), about("update", "apps", "scale", "x", "other"), false},
      {user("dan"), about("get", "", "pods", "x"), false},
      {user(""), about("get", "", "pods", "x"), false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(allows(each.who, each.what), each.allowed)
        << each.who.name << " " << each.what.verb << " " << each.what.resource << "/"
        << each.what.subresource << " in " << each.what.namespace_name;
  }
}

TEST_F(RbacTest, DecidesAboutPaths) {
  RequestInfo get;
  get.verb = "get";
  EXPECT_TRUE(allows(user("ann"), get, "/metrics"));
  EXPECT_FALSE(allows(user("ann"), get, "/metrics/slis"));
  EXPECT_TRUE(allows(user("ann"), get, "/debug/pprof"));
  EXPECT_FALSE(allows(user("ann"), get, "/debugger"));
  // A binding in a namespace says nothing of paths.
  EXPECT_FALSE(allows(user("bob"), get, "/metrics"));
  get.verb = "post";
  EXPECT_FALSE(allows(user("ann"), get, "/metrics"));
}

TEST_F(RbacTest, ReadsAnewWhenToldOfAChange) {
  EXPECT_FALSE(allows(user("fay"), about("get", "", "pods")));
  bind("clusterrolebindings", "", "more", "ClusterRole", "reader",
       R"({"kind":"User","name":"fay"})");
  rbac_.changed();
  EXPECT_TRUE(allows(user("fay"), about("get", "", "pods")));
}

PolicyRule rule(std::vector<std::string> verbs, std::vector<std::string> groups,
                std::vector<std::string> resources, std::vector<std::string> names = {}) {
  return {std::move(verbs), std::move(groups), std::move(resources), std::move(names), {}};
}

TEST(RbacCoverTest, TellsWhatIsMissing) {
  std::vector<std::string> missing;
  const std::vector<PolicyRule> owned{rule({"get", "list"}, {""}, {"pods", "services"}),
                                      rule({"*"}, {"apps"}, {"*"}),
                                      rule({"get"}, {""}, {"secrets"}, {"a", "b"})};
  EXPECT_TRUE(covers(owned, {rule({"list"}, {""}, {"pods"})}, missing));
  EXPECT_TRUE(covers(owned, {rule({"delete"}, {"apps"}, {"deployments/scale"}, {"x"})}, missing));
  EXPECT_TRUE(covers(owned, {rule({"get"}, {""}, {"secrets"}, {"a"})}, missing));
  EXPECT_FALSE(covers(owned, {rule({"get"}, {""}, {"secrets"})}, missing));
  EXPECT_THAT(missing, ElementsAre(R"({APIGroups:[""], Resources:["secrets"], Verbs:["get"]})"));
  missing.clear();
  EXPECT_FALSE(covers(owned, {rule({"get", "watch", "delete"}, {""}, {"pods"})}, missing));
  EXPECT_THAT(missing,
              ElementsAre(R"({APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]})"));
  missing.clear();
  EXPECT_FALSE(covers(owned, {rule({"*"}, {""}, {"pods"})}, missing));
  missing.clear();
  EXPECT_FALSE(covers(owned, {rule({"get"}, {"*"}, {"pods"})}, missing));
  missing.clear();
  const PolicyRule below{{"get"}, {}, {}, {}, {"/a/*"}};
  const PolicyRule beside{{"get"}, {}, {}, {}, {"/b"}};
  EXPECT_FALSE(covers({below}, {beside}, missing));
  EXPECT_TRUE(missing.size() == 1 && missing[0] == R"({NonResourceURLs:["/b"], Verbs:["get"]})");
}

TEST(DefaultRolesTest, AreWholeAndAggregated) {
  std::map<std::string, json::object> by_name;
  std::set<std::string> unique;
  for (const json::object& object : default_rbac_objects()) {
    const std::string name(api::text_at(object, {"metadata", "name"}));
    EXPECT_TRUE(unique
                    .insert(std::string(api::text_at(object, {"kind"})) + "/" +
                            std::string(api::text_at(object, {"metadata", "namespace"})) + "/" +
                            name)
                    .second)
        << name;
    EXPECT_EQ(api::text_at(object, {"metadata", "labels", "kubernetes.io/bootstrapping"}),
              "rbac-defaults");
    if (api::text_at(object, {"kind"}) == "ClusterRole") by_name[name] = object;
  }
  const auto rules = [&](const std::string& name) {
    return read_rules(*api::array_at(by_name.at(name), {"rules"}));
  };
  std::vector<std::string> missing;
  EXPECT_TRUE(covers(rules("admin"), rules("edit"), missing));
  EXPECT_TRUE(covers(rules("edit"), rules("view"), missing));
  EXPECT_FALSE(covers(rules("edit"), rules("admin"), missing));
  EXPECT_FALSE(covers(rules("view"), {rule({"get"}, {""}, {"secrets"})}, missing));
  EXPECT_TRUE(covers(rules("edit"), {rule({"get"}, {""}, {"secrets"})}, missing));
  EXPECT_FALSE(covers(rules("edit"), {rule({"create"}, {kGroup}, {"rolebindings"})}, missing));
  EXPECT_TRUE(covers(rules("admin"), {rule({"create"}, {kGroup}, {"rolebindings"})}, missing));
  EXPECT_FALSE(covers(rules("admin"), {rule({"update"}, {""}, {"resourcequotas"})}, missing));
}

TEST(DefaultRolesTest, ReconcilesWhatWasTakenAway) {
  const json::object wanted = json::parse(R"({"metadata":{"name":"r","labels":{"l":"1"}},"rules":[
      {"verbs":["get"],"apiGroups":[""],"resources":["pods"]},
      {"verbs":["list"],"apiGroups":[""],"resources":["pods"]}]})")
                                  .as_object();
  json::object current = json::parse(R"({"metadata":{"name":"r","labels":{"own":"x"}},"rules":[
      {"verbs":["get","create"],"apiGroups":[""],"resources":["pods"]}]})")
                             .as_object();
  EXPECT_TRUE(reconcile_rbac(current, wanted));
  EXPECT_EQ(current.at("rules").as_array().size(), 2u);  // "get" was there, "create" stays
  EXPECT_EQ(api::text_at(current, {"metadata", "labels", "own"}), "x");
  EXPECT_EQ(api::text_at(current, {"metadata", "labels", "l"}), "1");
  EXPECT_FALSE(reconcile_rbac(current, wanted));
  current["rules"] = json::array();
  api::set_at(current, {"metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"},
              "false");
  EXPECT_FALSE(reconcile_rbac(current, wanted));
}

class NodeAuthorizerTest : public ::testing::Test {
 protected:
  NodeAuthorizerTest() {
    state_.add("", "pods", R"({"metadata":{"name":"p","namespace":"a"},"spec":{"nodeName":"n1",
      "serviceAccountName":"robot","imagePullSecrets":[{"name":"pull"}],
      "volumes":[{"name":"v","secret":{"secretName":"mounted"}},
                 {"name":"w","projected":{"sources":[{"configMap":{"name":"projected"}}]}},
                 {"name":"c","persistentVolumeClaim":{"claimName":"disk"}}],
      "containers":[{"name":"c","env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"env"}}}],
                     "envFrom":[{"configMapRef":{"name":"all"}}]}]}})");
    state_.add("", "persistentvolumes",
               R"({"metadata":{"name":"pv"},"spec":{"claimRef":{"namespace":"a","name":"disk"}}})");
  }
  bool allows(const std::string& node, const RequestInfo& what) {
    const User who{.name = "system:node:" + node,
                   .groups = {"system:nodes", "system:authenticated"},
                   .authenticated = true};
    return nodes_.authorize({who, what, ""}).kind == Decision::Kind::kAllow;
  }

  FakeState state_;
  NodeAuthorizer nodes_{state_};
};

TEST_F(NodeAuthorizerTest, GivesWhatItsPodsReferTo) {
  struct Case {
    std::string verb, resource, name, subresource;
  };
  const std::vector<Case> its_own{{"get", "secrets", "mounted", ""},
                                  {"get", "secrets", "pull", ""},
                                  {"watch", "secrets", "env", ""},
                                  {"get", "configmaps", "projected", ""},
                                  {"list", "configmaps", "all", ""},
                                  {"get", "persistentvolumeclaims", "disk", ""},
                                  {"create", "serviceaccounts", "robot", "token"}};
  for (const Case& each : its_own) {
    const RequestInfo what = about(each.verb, "", each.resource, "a", each.name, each.subresource);
    EXPECT_TRUE(allows("n1", what)) << each.resource << " " << each.name;
    EXPECT_FALSE(allows("n2", what)) << each.resource << " " << each.name;
    RequestInfo elsewhere = what;
    elsewhere.namespace_name = "b";
    EXPECT_FALSE(allows("n1", elsewhere)) << each.resource << " " << each.name;
  }
  EXPECT_TRUE(allows("n1", about("get", "", "persistentvolumes", "", "pv")));
  EXPECT_FALSE(allows("n2", about("get", "", "persistentvolumes", "", "pv")));
}

// Who watches one object by its name is asked about that one.
TEST_F(NodeAuthorizerTest, WatchesByNameAreOfWhatIsNamed) {
  const auto asked = [](const std::string& target) {
    Request request;
    request.method = "GET";
    EXPECT_TRUE(http::parse_target(target, request));
    return named_by_selector(describe(request), request);
  };
  const std::string secrets = "/api/v1/namespaces/a/secrets";
  for (const char* mine : {"?watch=1&fieldSelector=metadata.name%3Dmounted",
                           "?fieldSelector=metadata.namespace%3Da,metadata.name%3D%3Dmounted"})
    EXPECT_TRUE(allows("n1", asked(secrets + mine))) << mine;
  for (const char* not_mine :
       {"?watch=1&fieldSelector=metadata.name%3Dother", "?fieldSelector=metadata.name!%3Dmounted",
        "?fieldSelector=metadata.namespace%3Dmounted", "?fieldSelector=metadata.name%3Da%2Fb",
        "?fieldSelector=%3D", "?watch=1", ""})
    EXPECT_FALSE(allows("n1", asked(secrets + not_mine))) << not_mine;
  EXPECT_EQ(asked(secrets + "/mounted?fieldSelector=metadata.name%3Dother").name, "mounted");
}

TEST_F(NodeAuthorizerTest, RefusesTheRest) {
  EXPECT_FALSE(allows("n1", about("get", "", "secrets", "a", "other")));
  EXPECT_FALSE(allows("n1", about("list", "", "secrets", "a")));
  EXPECT_FALSE(allows("n1", about("list", "", "secrets")));
  EXPECT_FALSE(allows("n1", about("update", "", "secrets", "a", "mounted")));
  EXPECT_FALSE(allows("n1", about("create", "apps", "deployments", "a")));
  EXPECT_FALSE(allows("n1", about("delete", "", "nodes", "", "n1")));
  EXPECT_TRUE(allows("n1", about("update", "", "nodes", "", "n1", "status")));
  EXPECT_TRUE(
      allows("n1", about("update", "coordination.k8s.io", "leases", "kube-node-lease", "n1")));
  EXPECT_FALSE(
      allows("n2", about("update", "coordination.k8s.io", "leases", "kube-node-lease", "n1")));
  EXPECT_FALSE(allows("n1", about("update", "coordination.k8s.io", "leases", "a", "n1")));
  const RequestInfo secret = about("get", "", "secrets", "a", "mounted");
  const User impostor{.name = "system:node:n1", .groups = {"system:authenticated"}};
  EXPECT_EQ(nodes_.authorize({impostor, secret, ""}).kind, Decision::Kind::kNoOpinion);
}

TEST(AuthorizerChainTest, MastersNeedNobody) {
  const AuthorizerChain chain({});
  const RequestInfo what = about("delete", "", "nodes", "", "n1");
  const User master{.name = "x", .groups = {"system:masters"}};
  EXPECT_EQ(chain.authorize({master, what, ""}).kind, Decision::Kind::kAllow);
  EXPECT_EQ(chain.authorize({user("x"), what, ""}).kind, Decision::Kind::kNoOpinion);
}

}  // namespace
}  // namespace cove::server
