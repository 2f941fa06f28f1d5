// Who may do what, with real kubectl, certificates and tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>

#include "core/client/kubeconfig.h"
#include "core/pki/pki.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class AccessRules : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(coved_.start({"--node-name", "alpha"})) << coved_.log(); }

  Completed run(std::vector<std::string> arguments, const std::string& kubeconfig = "") {
    if (!kubeconfig.empty()) arguments.insert(arguments.begin(), {"--kubeconfig", kubeconfig});
    return coved_.kubectl("kubectl", std::move(arguments));
  }
  std::string ok(std::vector<std::string> arguments, const std::string& kubeconfig = "") {
    const Completed completed = run(std::move(arguments), kubeconfig);
    EXPECT_EQ(completed.exit_code, 0) << completed.standard_error;
    return completed.standard_output;
  }
  std::string refused(std::vector<std::string> arguments, const std::string& kubeconfig = "") {
    const Completed completed = run(std::move(arguments), kubeconfig);
    EXPECT_NE(completed.exit_code, 0) << completed.standard_output;
    return completed.standard_error;
  }
  std::string file(const std::string& name, const std::string& text) {
    const Path path = directory_.path() / name;
    std::ofstream(path) << text;
    return path.string();
  }
  std::string server() const { return "https://127.0.0.1:" + std::to_string(coved_.port()); }

  // A kubeconfig with a certificate of the cluster's authority.
  std::string as(const std::string& name, std::vector<std::string> groups = {}) {
    const SystemClock clock;
    const Path pki = coved_.data() / "pki";
    const pki::KeyPair authority{*read_file(pki / "ca.crt", 1 << 20),
                                 Secret(*read_file(pki / "ca.key", 1 << 20))};
    const auto pair = *pki::issue(authority, {name, std::move(groups)}, clock);
    return file("kubeconfig-" + std::to_string(++files_),
                client::render_kubeconfig({"cove", server(), authority.certificate_pem,
                                           pair.certificate_pem, pair.key_pem}));
  }
  // One with a token.
  std::string with(const std::string& token) {
    return file(
        "kubeconfig-" + std::to_string(++files_),
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: "
        "{cluster: c, user: u}\nclusters:\n- name: c\n  cluster: {server: \"" +
            server() + "\", certificate-authority: " + (coved_.data() / "pki/ca.crt").string() +
            "}\nusers:\n- name: u\n  user: {token: \"" + token + "\"}\n");
  }
  static std::string line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  TempDir directory_;
  Coved coved_{directory_.path()};
  int files_ = 0;
};

TEST_F(AccessRules, UsersMayDoWhatTheirRolesSay) {
  ok({"create", "ns", "shop"});
  ok({"create", "clusterrolebinding", "v", "--clusterrole=view", "--user=vera"});
  ok({"create", "rolebinding", "e", "--clusterrole=edit", "--group=editors", "-n", "shop"});
  ok({"create", "rolebinding", "a", "--clusterrole=admin", "--user=adam", "-n", "shop"});
  struct Case {
    std::string user;
    std::string group;
    std::string verb;
    std::string resource;
    std::string space;
    bool allowed;
  };
  const std::vector<Case> table{
      {"vera", "", "get", "pods", "default", true},
      {"vera", "", "list", "deployments.apps", "shop", true},
      {"vera", "", "get", "secrets", "default", false},
      {"vera", "", "create", "pods", "default", false},
      {"vera", "", "get", "nodes", "default", false},
      {"ed", "editors", "create", "deployments.apps", "shop", true},
      {"ed", "editors", "get", "secrets", "shop", true},
      {"ed", "editors", "create", "deployments.apps", "default", false},
      {"ed", "editors", "create", "rolebindings.rbac.authorization.k8s.io", "shop", false},
      {"adam", "", "create", "rolebindings.rbac.authorization.k8s.io", "shop", true},
      {"adam", "", "update", "resourcequotas", "shop", false},
      {"adam", "", "create", "pods", "default", false},
      {"nobody", "", "get", "pods", "default", false},
      {"root", "system:masters", "delete", "nodes", "default", true},
  };
  for (const Case& each : table) {
    std::vector<std::string> asked{"auth", "can-i",    each.verb, each.resource,
                                   "-n",   each.space, "--as",    each.user};
    if (!each.group.empty()) asked.insert(asked.end(), {"--as-group", each.group});
    EXPECT_EQ(line(run(asked).standard_output), each.allowed ? "yes" : "no")
        << each.user << " " << each.verb << " " << each.resource << " in " << each.space;
  }
  // The same by real requests.
  const std::string ed = as("ed", {"editors"});
  ok({"create", "configmap", "m", "-n", "shop"}, ed);
  EXPECT_THAT(refused({"create", "configmap", "m"}, ed),
              HasSubstr("configmaps is forbidden: User \"ed\" cannot create resource "
                        "\"configmaps\" in API group \"\" in the namespace \"default\""));
  EXPECT_THAT(refused({"get", "nodes"}, as("vera")), HasSubstr("at the cluster scope"));
}

TEST_F(AccessRules, PuttingWhatIsNotThereIsCreating) {
  ok({"create", "role", "changer", "--verb=get,update,patch", "--resource=services"});
  ok({"create", "rolebinding", "c", "--role=changer", "--user=cid"});
  const std::string service = file("s.yaml",
                                   "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: "
                                   "{ports: [{port: 80}]}\n");
  EXPECT_THAT(refused({"apply", "--server-side", "-f", service}, as("cid")),
              HasSubstr("User \"cid\" cannot create resource \"services\""));
  ok({"create", "-f", service});
  ok({"apply", "--server-side", "--force-conflicts", "-f", service}, as("cid"));
}

TEST_F(AccessRules, NobodyGrantsWhatTheyDoNotHave) {
  ok({"create", "rolebinding", "a", "--clusterrole=admin", "--user=adam"});
  const std::string adam = as("adam");
  ok({"create", "rolebinding", "mine", "--clusterrole=view", "--user=bob"}, adam);
  EXPECT_THAT(
      refused({"create", "rolebinding", "more", "--clusterrole=cluster-admin", "--user=adam"},
              adam),
      HasSubstr("is attempting to grant RBAC permissions not currently held"));
  EXPECT_THAT(refused({"create", "role", "r", "--verb=update", "--resource=resourcequotas"}, adam),
              HasSubstr("{APIGroups:[\"\"], Resources:[\"resourcequotas\"], Verbs:[\"update\"]}"));
  const std::string roles = file("r.yaml",
                                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
                                 "metadata: {name: auditor}\nrules:\n- {apiGroups: [\"\"], "
                                 "resources: [events], verbs: [get]}\n");
  EXPECT_THAT(ok({"auth", "reconcile", "-f", roles}), HasSubstr("auditor"));
  EXPECT_THAT(ok({"get", "clusterrole", "auditor", "-o", "name"}), HasSubstr("auditor"));
}

TEST_F(AccessRules, AggregatedRolesFollow) {
  const std::string role = file("more.yaml",
                                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
                                "metadata:\n  name: more\n  labels: "
                                "{rbac.authorization.k8s.io/aggregate-to-view: \"true\"}\nrules:\n"
                                "- {apiGroups: [stable.example.com], resources: [crontabs], verbs: "
                                "[get]}\n");
  ok({"create", "-f", role});
  EXPECT_THAT(ok({"get", "clusterrole", "view", "-o", "yaml"}), HasSubstr("stable.example.com"));
  EXPECT_THAT(ok({"get", "clusterrole", "admin", "-o", "yaml"}), HasSubstr("stable.example.com"));
  ok({"delete", "clusterrole", "more"});
  EXPECT_THAT(ok({"get", "clusterrole", "view", "-o", "yaml"}),
              ::testing::Not(HasSubstr("stable.example.com")));
}

TEST_F(AccessRules, TokensLiveAndDieWithTheirAccount) {
  ok({"create", "serviceaccount", "robot"});
  ok({"create", "rolebinding", "r", "--clusterrole=view", "--serviceaccount=default:robot"});
  const std::string token = line(ok({"create", "token", "robot", "--duration=10m"}));
  const std::string robot = with(token);
  EXPECT_THAT(ok({"auth", "whoami"}, robot), HasSubstr("system:serviceaccount:default:robot"));
  ok({"get", "pods"}, robot);
  EXPECT_THAT(refused({"get", "secrets"}, robot),
              HasSubstr("User \"system:serviceaccount:default:robot\" cannot list resource"));
  EXPECT_THAT(refused({"get", "pods"}, with(token + "A")), HasSubstr("Unauthorized"));
  EXPECT_THAT(refused({"create", "token", "robot", "--duration=1m"}),
              HasSubstr("may not specify a duration less than 10 minutes"));
  EXPECT_THAT(refused({"create", "token", "nobody"}),
              HasSubstr("serviceaccounts \"nobody\" not found"));
  // For somebody else's ears alone.
  const std::string foreign = line(ok({"create", "token", "robot", "--audience=vault"}));
  EXPECT_THAT(refused({"get", "pods"}, with(foreign)), HasSubstr("Unauthorized"));
  const std::string review = file(
      "review.yaml", "apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: {token: \"" +
                         foreign + "\", audiences: [vault]}\n");
  const std::string reviewed = ok({"create", "-f", review, "-o", "json"});
  EXPECT_THAT(reviewed, ContainsRegex("\"authenticated\": true"));
  EXPECT_THAT(reviewed, HasSubstr("\"vault\""));
  EXPECT_THAT(reviewed, ::testing::Not(HasSubstr(foreign)));
  ok({"delete", "serviceaccount", "robot"});
  EXPECT_THAT(refused({"get", "pods"}, robot), HasSubstr("Unauthorized"));
  ok({"create", "serviceaccount", "robot"});
  EXPECT_THAT(refused({"get", "pods"}, robot), HasSubstr("Unauthorized"));
  EXPECT_THAT(coved_.log(), ::testing::Not(HasSubstr(token.substr(0, 40))));
}

TEST_F(AccessRules, TokensOutliveARestartAndSecretsHoldThem) {
  ok({"create", "serviceaccount", "robot"});
  const std::string robot = line(ok({"create", "token", "robot"}));
  const std::string secret = file("secret.yaml",
                                  "apiVersion: v1\nkind: Secret\nmetadata:\n  name: held\n  "
                                  "annotations: {kubernetes.io/service-account.name: robot}\ntype: "
                                  "kubernetes.io/service-account-token\n");
  ok({"create", "-f", secret});
  const std::string held =
      ok({"get", "secret", "held", "-o", "go-template={{.data.token | base64decode}}"});
  EXPECT_THAT(ok({"auth", "whoami"}, with(held)), HasSubstr("system:serviceaccount:default:robot"));
  coved_.signal(SIGTERM);
  ASSERT_EQ(coved_.wait(), 0);
  ASSERT_TRUE(coved_.start({"--node-name", "alpha"})) << coved_.log();
  ok({"auth", "whoami"}, with(robot));
  ok({"delete", "secret", "held"});
  EXPECT_THAT(refused({"auth", "whoami"}, with(held)), HasSubstr("Unauthorized"));
}

TEST_F(AccessRules, ImpersonationIsARight) {
  EXPECT_THAT(ok({"auth", "whoami", "--as", "bob", "--as-group", "dev"}), HasSubstr("dev"));
  const std::string carol = as("carol");
  EXPECT_THAT(refused({"get", "pods", "--as", "bob"}, carol), HasSubstr("(Forbidden)"));
  ok({"create", "clusterrole", "imp", "--verb=impersonate", "--resource=users",
      "--resource-name=bob"});
  ok({"create", "clusterrolebinding", "imp", "--clusterrole=imp", "--user=carol"});
  EXPECT_THAT(ok({"auth", "whoami", "--as", "bob"}, carol), HasSubstr("bob"));
  EXPECT_THAT(refused({"auth", "whoami", "--as", "eve"}, carol),
              HasSubstr("do not have permission"));
  EXPECT_THAT(refused({"auth", "whoami", "--as", "bob", "--as-group", "system:masters"}, carol),
              HasSubstr("do not have permission"));
}

TEST_F(AccessRules, NodesSeeTheirOwn) {
  const std::string node = as("system:node:beta", {"system:nodes"});
  ok({"create", "secret", "generic", "s", "--from-literal=a=b"});
  EXPECT_THAT(refused({"get", "secret", "s"}, node), HasSubstr("no relationship found"));
  ok({"get", "nodes"}, node);
  EXPECT_THAT(refused({"label", "node", "alpha", "a=b"}, node),
              HasSubstr("is not allowed to modify node \"alpha\""));
}

TEST_F(AccessRules, ServicesGetAddressesAndPorts) {
  EXPECT_EQ(ok({"get", "svc", "kubernetes", "-o", "jsonpath={.spec.clusterIP}"}), "10.96.0.1");
  EXPECT_EQ(ok({"get", "endpointslice", "kubernetes", "-o",
                "jsonpath={.endpoints[0].addresses[0]}:{.ports[0].port}"}),
            "127.0.0.1:" + std::to_string(coved_.port()));
  ok({"create", "service", "nodeport", "web", "--tcp=80", "--node-port=30080"});
  EXPECT_THAT(ok({"get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}"}), StartsWith("10."));
  EXPECT_THAT(refused({"create", "service", "nodeport", "b", "--tcp=80", "--node-port=30080"}),
              HasSubstr("provided port is already allocated"));
  EXPECT_THAT(refused({"create", "service", "nodeport", "b", "--tcp=80", "--node-port=80"}),
              HasSubstr("The range of valid ports is 30000-32767"));
  EXPECT_THAT(refused({"create", "service", "clusterip", "b", "--tcp=80", "--clusterip=10.96.0.1"}),
              HasSubstr("provided IP is already allocated"));
  EXPECT_THAT(refused({"create", "service", "clusterip", "b", "--tcp=80", "--clusterip=10.0.0.1"}),
              HasSubstr("is not in the valid range. The range of valid IPs is 10.96.0.0/12"));
  // What a Service gives up is free at once.
  ok({"patch", "svc", "web", "-p", R"({"spec":{"type":"ClusterIP"}})"});
  EXPECT_EQ(ok({"get", "svc", "web", "-o", "jsonpath={.spec.ports[0].nodePort}"}), "");
  ok({"create", "service", "nodeport", "b", "--tcp=80", "--node-port=30080"});
  ok({"delete", "svc", "b"});
  ok({"create", "service", "nodeport", "c", "--tcp=80", "--node-port=30080"});
  ok({"create", "service", "clusterip", "none", "--clusterip=None"});
  EXPECT_EQ(ok({"get", "svc", "none", "-o", "jsonpath={.spec.clusterIP}"}), "None");
}

TEST_F(AccessRules, AdmissionGuardsNamespaces) {
  ok({"create", "ns", "a"});
  ok({"label", "ns", "a", "pod-security.kubernetes.io/enforce=baseline"});
  ok({"create", "quota", "q", "--hard=configmaps=3", "-n", "a"});
  const auto pod = [&](const std::string& more) {
    return file("pod.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, "
                "image: i}]\n" +
                    more);
  };
  EXPECT_THAT(refused({"create", "-n", "a", "-f", pod("  hostNetwork: true\n")}),
              HasSubstr("violates PodSecurity \"baseline:latest\": host namespaces "
                        "(hostNetwork=true)"));
  ok({"create", "-n", "a", "-f", pod("")});
  EXPECT_EQ(ok({"get", "pod", "p", "-n", "a", "-o", "jsonpath={.spec.serviceAccountName}"}),
            "default");
  EXPECT_THAT(refused({"create", "-n", "a", "-f", pod("  serviceAccountName: x\n")}),
              HasSubstr("error looking up service account a/x"));
  // kube-root-ca.crt is one of the three.
  ok({"create", "configmap", "one", "-n", "a"});
  ok({"create", "configmap", "two", "-n", "a"});
  EXPECT_THAT(refused({"create", "configmap", "three", "-n", "a"}),
              HasSubstr("exceeded quota: q, requested: configmaps=1, used: configmaps=3, limited: "
                        "configmaps=3"));
}

TEST_F(AccessRules, AuditLogTellsWhoDidWhatButNoSecrets) {
  coved_.signal(SIGTERM);
  ASSERT_EQ(coved_.wait(), 0);
  const Path log = directory_.path() / "audit";
  ASSERT_TRUE(coved_.start({"--audit-log", log.string(), "--audit-policy", "request"}))
      << coved_.log();
  ok({"create", "configmap", "m", "--from-literal=open=visible", "--as", "root", "--as-group",
      "system:masters"});
  ok({"create", "secret", "generic", "s", "--from-literal=key=hidden-value"});
  ok({"create", "serviceaccount", "robot"});
  const std::string token = line(ok({"create", "token", "robot"}));
  ok({"auth", "whoami"}, with(token));
  coved_.signal(SIGTERM);
  ASSERT_EQ(coved_.wait(), 0);
  const std::string text = *read_file(log, 64 << 20);
  EXPECT_THAT(text, HasSubstr("visible"));
  EXPECT_THAT(text, HasSubstr("\"impersonatedUser\":{\"username\":\"root\""));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("aGlkZGVuLXZhbHVl")));
  EXPECT_THAT(text, ::testing::Not(HasSubstr(token.substr(0, 40))));
  std::istringstream lines(text);
  bool found = false;
  for (std::string each; std::getline(lines, each);) {
    const auto event = boost::json::parse(each);
    const auto* about = event.as_object().if_contains("objectRef");
    if (about == nullptr || about->at("resource") != "secrets") continue;
    if (event.at("verb") != "create") continue;
    found = true;
    EXPECT_EQ(event.at("responseStatus").at("code").as_int64(), 201);
    EXPECT_EQ(event.at("user").at("username"), "kubernetes-admin");
    EXPECT_FALSE(event.as_object().contains("requestObject"));
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace cove::testing
