#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/server/admission/plugins.h"
#include "core/server/admission/pod_security_checks.h"
#include "tests/unit/server/fake_state.h"

namespace cove::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const User kUser{.name = "ann", .groups = {"system:authenticated"}, .authenticated = true};

class AdmissionTest : public ::testing::Test {
 protected:
  struct Result {
    std::string refusal;  // empty: admitted
    json::object object;
  };

  // Runs both phases of one plugin on a new object (`old` empty), a changed or a deleted one
  // (`next` empty).
  Result admit(AdmissionPlugin& plugin, const std::string& group, const std::string& plural,
               std::string_view next, std::string_view old = "", const User& user = kUser,
               const std::string& subresource = "") {
    const auto kind = [&]() -> std::shared_ptr<const api::Kind> {
      for (const auto& each : registry_->kinds()) {
        if (each->gvk.group == group && each->plural == plural) return each;
      }
      return nullptr;
    }();
    EXPECT_TRUE(kind) << plural;
    json::object object = next.empty() ? json::object() : json::parse(next).as_object();
    const json::object before = old.empty() ? json::object() : json::parse(old).as_object();
    const json::object& named = next.empty() ? before : object;
    const std::string space(api::text_at(named, {"metadata", "namespace"}));
    const std::string name(api::text_at(named, {"metadata", "name"}));
    also_.clear();
    AdmissionRequest request{.operation = next.empty()  ? Operation::kDelete
                                          : old.empty() ? Operation::kCreate
                                                        : Operation::kUpdate,
                             .kind = *kind,
                             .subresource = subresource,
                             .namespace_name = space,
                             .name = name,
                             .user = user,
                             .object = next.empty() ? nullptr : &object,
                             .old = old.empty() ? nullptr : &before,
                             .dry_run = false,
                             .now = WallTime(),
                             .warnings = warnings_,
                             .also = also_};
    auto admitted = plugin.mutate(request, state_);
    if (admitted) admitted = plugin.validate(request, state_);
    return {admitted ? "" : admitted.error().message, std::move(object)};
  }
  Result pod(AdmissionPlugin& plugin, const std::string& spec, const std::string& more = "") {
    return admit(plugin, "", "pods",
                 R"({"metadata":{"name":"p","namespace":"a")" + more + R"(},"spec":)" + spec + "}");
  }

  api::BuiltinSchemas schemas_;
  std::shared_ptr<const api::Registry> registry_ = api::Registry::builtin(schemas_);
  FakeState state_;
  std::vector<std::string> warnings_;
  std::vector<SideWrite> also_;
};

TEST_F(AdmissionTest, NothingIsMadeInNamespacesThatAreNotThereOrGo) {
  state_.add("", "namespaces", R"({"metadata":{"name":"a"}})");
  state_.add("", "namespaces",
             R"({"metadata":{"name":"z","deletionTimestamp":"2026-01-01T00:00:00Z"}})");
  const auto plugin = namespace_lifecycle();
  const auto map = [](const std::string& space) {
    return R"({"metadata":{"name":"m","namespace":")" + space + "\"}}";
  };
  EXPECT_EQ(admit(*plugin, "", "configmaps", map("a")).refusal, "");
  EXPECT_EQ(admit(*plugin, "", "configmaps", map("b")).refusal, "namespaces \"b\" not found");
  EXPECT_THAT(admit(*plugin, "", "configmaps", map("z")).refusal,
              HasSubstr("unable to create new content in namespace z because it is being "
                        "terminated"));
  // What is there can still be changed and deleted.
  EXPECT_EQ(admit(*plugin, "", "configmaps", map("z"), map("z")).refusal, "");
  EXPECT_EQ(admit(*plugin, "", "configmaps", "", map("z")).refusal, "");
  EXPECT_EQ(admit(*plugin, "", "configmaps", "", map("b")).refusal, "");
  const auto space = [](const std::string& name) {
    return R"({"metadata":{"name":")" + name + "\"}}";
  };
  EXPECT_THAT(admit(*plugin, "", "namespaces", "", space("kube-system")).refusal,
              HasSubstr("this namespace may not be deleted"));
  EXPECT_EQ(admit(*plugin, "", "namespaces", "", space("a")).refusal, "");
}

TEST_F(AdmissionTest, PodsRunAsAnAccountThatIsThere) {
  const auto plugin = service_account();
  EXPECT_EQ(pod(*plugin, R"({"containers":[{"name":"c"}]})").refusal,
            "pods \"p\" is forbidden: error looking up service account a/default: serviceaccount "
            "\"default\" not found");
  state_.add(
      "", "serviceaccounts",
      R"({"metadata":{"name":"default","namespace":"a"},"imagePullSecrets":[{"name":"s"}]})");
  const Result made = pod(*plugin, R"({"containers":[{"name":"c"},{"name":"d","volumeMounts":[
      {"name":"own","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]})");
  EXPECT_EQ(made.refusal, "");
  EXPECT_EQ(api::text_at(made.object, {"spec", "serviceAccountName"}), "default");
  const json::object& spec = made.object.at("spec").as_object();
  EXPECT_EQ(spec.at("imagePullSecrets").at(0).at("name"), "s");
  EXPECT_EQ(spec.at("volumes").as_array().size(), 1u);
  EXPECT_EQ(spec.at("volumes").at(0).at("projected").at("sources").as_array().size(), 3u);
  EXPECT_EQ(spec.at("containers").at(0).at("volumeMounts").at(0).at("name"),
            spec.at("volumes").at(0).at("name"));
  EXPECT_EQ(spec.at("containers").at(1).at("volumeMounts").as_array().size(), 1u);
  const Result bare =
      pod(*plugin, R"({"automountServiceAccountToken":false,"containers":[{"name":"c"}]})");
  EXPECT_FALSE(bare.object.at("spec").as_object().contains("volumes"));
  EXPECT_THAT(pod(*plugin, R"({"serviceAccountName":"x","containers":[]})",
                  R"(,"annotations":{"kubernetes.io/config.mirror":"1"})")
                  .refusal,
              HasSubstr("a mirror pod may not reference service accounts"));
}

TEST_F(AdmissionTest, PriorityIsThatOfTheClass) {
  state_.add("scheduling.k8s.io", "priorityclasses", R"({"metadata":{"name":"high"},"value":10})");
  const auto plugin = priority();
  EXPECT_EQ(*api::integer_at(pod(*plugin, R"({"priorityClassName":"high"})").object,
                             {"spec", "priority"}),
            10);
  EXPECT_EQ(*api::integer_at(pod(*plugin, "{}").object, {"spec", "priority"}), 0);
  EXPECT_EQ(pod(*plugin, R"({"priorityClassName":"x"})").refusal,
            "pods \"p\" is forbidden: no PriorityClass with name x was found");
  EXPECT_THAT(pod(*plugin, R"({"priorityClassName":"high","priority":11})").refusal,
              HasSubstr("the integer value of priority (11) must not be provided in pod spec; "
                        "priority admission controller computed 10 from the given PriorityClass "
                        "name"));
  state_.add("scheduling.k8s.io", "priorityclasses",
             R"({"metadata":{"name":"usual"},"value":5,"globalDefault":true})");
  EXPECT_EQ(api::text_at(pod(*plugin, "{}").object, {"spec", "priorityClassName"}), "usual");
  EXPECT_THAT(admit(*plugin, "scheduling.k8s.io", "priorityclasses",
                    R"({"metadata":{"name":"other"},"value":7,"globalDefault":true})")
                  .refusal,
              HasSubstr("PriorityClass usual is already marked as default"));
}

TEST_F(AdmissionTest, SmallDefaults) {
  const Result tolerant =
      pod(*pod_tolerations(), R"({"tolerations":[{"key":"node.kubernetes.io/not-ready"}]})");
  EXPECT_EQ(tolerant.object.at("spec").at("tolerations").as_array().size(), 2u);
  EXPECT_EQ(pod(*pod_tolerations(), R"({"tolerations":[{"operator":"Exists"}]})")
                .object.at("spec")
                .at("tolerations")
                .as_array()
                .size(),
            1u);
  const Result node = admit(*taint_nodes(), "", "nodes", R"({"metadata":{"name":"n"}})");
  EXPECT_EQ(node.object.at("spec").at("taints").at(0).at("key"), "node.kubernetes.io/not-ready");
  const std::string claim = R"({"metadata":{"name":"c","namespace":"a"},"spec":{}})";
  EXPECT_EQ(admit(*storage_protection(), "", "persistentvolumeclaims", claim)
                .object.at("metadata")
                .at("finalizers")
                .at(0),
            "kubernetes.io/pvc-protection");
  EXPECT_FALSE(admit(*default_classes(), "", "persistentvolumeclaims", claim)
                   .object.at("spec")
                   .as_object()
                   .contains("storageClassName"));
  state_.add("storage.k8s.io", "storageclasses", R"({"metadata":{"name":"slow",
      "creationTimestamp":"2026-01-01T00:00:00Z",
      "annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}})");
  state_.add("storage.k8s.io", "storageclasses", R"({"metadata":{"name":"fast",
      "creationTimestamp":"2026-01-02T00:00:00Z",
      "annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}})");
  EXPECT_EQ(admit(*default_classes(), "", "persistentvolumeclaims", claim)
                .object.at("spec")
                .at("storageClassName"),
            "fast");
  EXPECT_EQ(admit(*default_classes(), "", "persistentvolumeclaims",
                  R"({"metadata":{"name":"c","namespace":"a"},"spec":{"storageClassName":""}})")
                .object.at("spec")
                .at("storageClassName"),
            "");
}

TEST_F(AdmissionTest, RuntimeClassesBringTheirOverhead) {
  state_.add("node.k8s.io", "runtimeclasses", R"({"metadata":{"name":"vm"},"handler":"vm",
      "overhead":{"podFixed":{"cpu":"250m"}},"scheduling":{"nodeSelector":{"kvm":"yes"}}})");
  const auto plugin = runtime_class();
  const Result made = pod(*plugin, R"({"runtimeClassName":"vm"})");
  EXPECT_EQ(made.object.at("spec").at("overhead").at("cpu"), "250m");
  EXPECT_EQ(made.object.at("spec").at("nodeSelector").at("kvm"), "yes");
  EXPECT_THAT(pod(*plugin, R"({"runtimeClassName":"no"})").refusal,
              HasSubstr("pod rejected: RuntimeClass \"no\" not found"));
  EXPECT_THAT(pod(*plugin, R"({"overhead":{"cpu":"1"}})").refusal, HasSubstr("pod rejected"));
  EXPECT_THAT(pod(*plugin, R"({"runtimeClassName":"vm","nodeSelector":{"kvm":"no"}})").refusal,
              HasSubstr("conflict"));
}

TEST_F(AdmissionTest, LimitRangesDefaultAndBound) {
  state_.add("", "limitranges", R"({"metadata":{"name":"l","namespace":"a"},"spec":{"limits":[
      {"type":"Container","default":{"cpu":"500m"},"defaultRequest":{"cpu":"100m"},
       "min":{"cpu":"50m"},"max":{"cpu":"1"}},
      {"type":"PersistentVolumeClaim","max":{"storage":"1Gi"}}]}})");
  const auto plugin = limit_ranger();
  const Result made = pod(*plugin, R"({"containers":[{"name":"c"}]})");
  EXPECT_EQ(made.refusal, "");
  const json::value& resources = made.object.at("spec").at("containers").at(0).at("resources");
  EXPECT_EQ(resources.at("requests").at("cpu"), "100m");
  EXPECT_EQ(resources.at("limits").at("cpu"), "500m");
  EXPECT_EQ(api::text_at(made.object, {"metadata", "annotations", "kubernetes.io/limit-ranger"}),
            "LimitRanger plugin set: cpu request for container c; cpu limit for container c");
  EXPECT_EQ(pod(*plugin, R"({"containers":[{"name":"c","resources":{"requests":{"cpu":"10m"},
      "limits":{"cpu":"2"}}}]})")
                .refusal,
            "pods \"p\" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, "
            "maximum cpu usage per Container is 1, but limit is 2]");
  EXPECT_THAT(
      admit(*plugin, "", "persistentvolumeclaims", R"({"metadata":{"name":"c","namespace":"a"},
      "spec":{"resources":{"requests":{"storage":"2Gi"}}}})")
          .refusal,
      HasSubstr("maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"));
}

TEST_F(AdmissionTest, QuotasAreChargedWithTheWrite) {
  state_.add("", "resourcequotas", R"({"metadata":{"name":"q","namespace":"a",
      "resourceVersion":"7"},"spec":{"hard":{"pods":"2","requests.cpu":"1","count/configmaps":"1"}},
      "status":{"used":{"pods":"1","requests.cpu":"500m","count/configmaps":"1"}}})");
  const auto plugin = resource_quota();
  const auto wanting = [](const std::string& cpu) {
    return R"({"containers":[{"name":"c","resources":{"requests":{"cpu":")" + cpu + "\"}}}]}";
  };
  EXPECT_EQ(pod(*plugin, wanting("500m")).refusal, "");
  ASSERT_EQ(also_.size(), 1u);
  EXPECT_EQ(also_[0].key, "core/resourcequotas/a/q");
  EXPECT_EQ(also_[0].expected, 7);
  EXPECT_EQ(api::text_at(also_[0].document, {"status", "used", "pods"}), "2");
  EXPECT_EQ(api::text_at(also_[0].document, {"status", "used", "requests.cpu"}), "1");
  EXPECT_EQ(api::text_at(also_[0].document, {"status", "used", "count/configmaps"}), "1");
  EXPECT_EQ(pod(*plugin, wanting("600m")).refusal,
            "pods \"p\" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: "
            "requests.cpu=500m, limited: requests.cpu=1");
  EXPECT_THAT(also_, IsEmpty());
  EXPECT_EQ(pod(*plugin, R"({"containers":[{"name":"c"},{"name":"b"}]})").refusal,
            "pods \"p\" is forbidden: failed quota: q: must specify requests.cpu for: b,c");
  const std::string map = R"({"metadata":{"name":"m","namespace":"a"}})";
  EXPECT_THAT(admit(*plugin, "", "configmaps", map).refusal,
              HasSubstr("exceeded quota: q, requested: count/configmaps=1, used: "
                        "count/configmaps=1, limited: count/configmaps=1"));
  // A change that counts for no more is free.
  EXPECT_EQ(admit(*plugin, "", "configmaps", map, map).refusal, "");
}

TEST_F(AdmissionTest, QuotasCountByThemselvesWhatNobodyCounted) {
  state_.add("", "resourcequotas",
             R"({"metadata":{"name":"q","namespace":"a"},"spec":{"hard":{"configmaps":"2"}}})");
  state_.add("", "configmaps", R"({"metadata":{"name":"1","namespace":"a"}})");
  const auto plugin = resource_quota();
  const std::string map = R"({"metadata":{"name":"m","namespace":"a"}})";
  EXPECT_EQ(admit(*plugin, "", "configmaps", map).refusal, "");
  state_.add("", "configmaps", R"({"metadata":{"name":"2","namespace":"a"}})");
  EXPECT_THAT(admit(*plugin, "", "configmaps", map).refusal, HasSubstr("used: configmaps=2"));
}

TEST_F(AdmissionTest, ScopedQuotasCountTheirPodsAlone) {
  state_.add("", "resourcequotas", R"({"metadata":{"name":"q","namespace":"a"},
      "spec":{"hard":{"pods":"0"},"scopes":["BestEffort"]}})");
  const auto plugin = resource_quota();
  EXPECT_THAT(pod(*plugin, R"({"containers":[{"name":"c"}]})").refusal, HasSubstr("exceeded"));
  EXPECT_EQ(
      pod(*plugin, R"({"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]})").refusal,
      "");
}

TEST_F(AdmissionTest, NodesWriteThemselvesAlone) {
  const User node{.name = "system:node:n1", .groups = {"system:nodes"}, .authenticated = true};
  const auto plugin = node_restriction();
  const auto named = [](const std::string& name, const std::string& more = "") {
    return R"({"metadata":{"name":")" + name + "\"" + more + "}}";
  };
  EXPECT_EQ(admit(*plugin, "", "nodes", named("n1"), named("n1"), node).refusal, "");
  EXPECT_EQ(admit(*plugin, "", "nodes", named("n2"), named("n2"), node).refusal,
            "nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
  EXPECT_THAT(admit(*plugin, "", "nodes",
                    named("n1", R"(,"labels":{"node-restriction.kubernetes.io/x":"1","mine":"1"})"),
                    named("n1"), node)
                  .refusal,
              HasSubstr("is not allowed to modify labels: node-restriction.kubernetes.io/x"));
  EXPECT_EQ(admit(*plugin, "", "nodes",
                  named("n1", R"(,"labels":{"kubernetes.io/arch":"amd64","mine":"1"})"),
                  named("n1"), node)
                .refusal,
            "");
  EXPECT_THAT(
      admit(*plugin, "", "nodes", R"({"metadata":{"name":"n1"},"spec":{"taints":[{"key":"k"}]}})",
            named("n1"), node)
          .refusal,
      HasSubstr("is not allowed to modify taints"));
  const std::string on_n1 = R"({"metadata":{"name":"p","namespace":"a"},"spec":{"nodeName":"n1"}})";
  const std::string on_n2 = R"({"metadata":{"name":"p","namespace":"a"},"spec":{"nodeName":"n2"}})";
  EXPECT_EQ(admit(*plugin, "", "pods", on_n1, on_n1, node, "status").refusal, "");
  EXPECT_THAT(admit(*plugin, "", "pods", on_n2, on_n2, node, "status").refusal,
              HasSubstr("can only update pod status for pods with spec.nodeName set to itself"));
  EXPECT_EQ(admit(*plugin, "", "pods", "", on_n1, node).refusal, "");
  EXPECT_THAT(admit(*plugin, "", "pods", "", on_n2, node).refusal, HasSubstr("can only delete"));
  EXPECT_THAT(admit(*plugin, "", "pods", on_n1, "", node).refusal,
              HasSubstr("can only create mirror pods"));
  EXPECT_EQ(admit(*plugin, "", "pods", on_n2, "").refusal, "");  // somebody else
}

TEST_F(AdmissionTest, NobodyGrantsMoreThanTheyHave) {
  constexpr const char* group = "rbac.authorization.k8s.io";
  state_.add(group, "clusterroles", R"({"metadata":{"name":"mine"},"rules":[
      {"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})");
  state_.add(group, "clusterroles", R"({"metadata":{"name":"all"},"rules":[
      {"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]})");
  state_.add(group, "clusterrolebindings", R"({"metadata":{"name":"b"},
      "roleRef":{"kind":"ClusterRole","name":"mine"},"subjects":[{"kind":"User","name":"ann"}]})");
  const auto plugin = rbac_escalation();
  const auto role = [](const std::string& verb) {
    return R"({"metadata":{"name":"r","namespace":"a"},"rules":[{"verbs":[")" + verb +
           R"("],"apiGroups":[""],"resources":["pods"]}]})";
  };
  EXPECT_EQ(admit(*plugin, group, "roles", role("get")).refusal, "");
  EXPECT_EQ(admit(*plugin, group, "roles", role("delete")).refusal,
            "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"ann\" "
            "(groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not "
            "currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}");
  EXPECT_EQ(admit(*plugin, group, "roles", role("delete"), role("delete")).refusal, "");
  const auto binding = [](const std::string& name) {
    return R"({"metadata":{"name":"n","namespace":"a"},"roleRef":{"kind":"ClusterRole","name":")" +
           name + R"("},"subjects":[{"kind":"User","name":"bob"}]})";
  };
  EXPECT_EQ(admit(*plugin, group, "rolebindings", binding("mine")).refusal, "");
  EXPECT_THAT(admit(*plugin, group, "rolebindings", binding("all")).refusal,
              HasSubstr("{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}"));
  EXPECT_THAT(admit(*plugin, group, "rolebindings", binding("none")).refusal,
              HasSubstr("\"none\" not found"));
  const User master{.name = "root", .groups = {"system:masters"}, .authenticated = true};
  EXPECT_EQ(admit(*plugin, group, "rolebindings", binding("all"), "", master).refusal, "");
  // "bind" and "escalate" are rights of their own.
  state_.add(group, "clusterroles", R"({"metadata":{"name":"binder"},"rules":[
      {"verbs":["bind"],"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"]},
      {"verbs":["escalate"],"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"]}]})");
  state_.add(group, "clusterrolebindings", R"({"metadata":{"name":"c"},
      "roleRef":{"kind":"ClusterRole","name":"binder"},"subjects":[{"kind":"User","name":"ann"}]})");
  EXPECT_EQ(admit(*plugin, group, "rolebindings", binding("all")).refusal, "");
  EXPECT_EQ(admit(*plugin, group, "roles", role("delete")).refusal, "");
}

TEST_F(AdmissionTest, AggregatedRolesNeedEverything) {
  const auto plugin = rbac_escalation();
  EXPECT_THAT(admit(*plugin, "rbac.authorization.k8s.io", "clusterroles",
                    R"({"metadata":{"name":"r"},"aggregationRule":{"clusterRoleSelectors":[{}]}})")
                  .refusal,
              HasSubstr("is attempting to grant"));
}

TEST_F(AdmissionTest, SignersAreRights) {
  constexpr const char* group = "rbac.authorization.k8s.io";
  state_.add(group, "clusterroles", R"({"metadata":{"name":"s"},"rules":[{"verbs":["approve"],
      "apiGroups":["certificates.k8s.io"],"resources":["signers"],
      "resourceNames":["example.com/*"]}]})");
  state_.add(group, "clusterrolebindings", R"({"metadata":{"name":"b"},
      "roleRef":{"kind":"ClusterRole","name":"s"},"subjects":[{"kind":"User","name":"ann"}]})");
  const auto plugin = certificate_subjects();
  const auto asked = [](const std::string& signer) {
    return R"({"metadata":{"name":"r"},"spec":{"signerName":")" + signer + "\"}}";
  };
  const auto approve = [&](const std::string& signer) {
    return admit(*plugin, "certificates.k8s.io", "certificatesigningrequests", asked(signer),
                 asked(signer), kUser, "approval")
        .refusal;
  };
  EXPECT_EQ(approve("example.com/a"), "");
  EXPECT_THAT(approve("kubernetes.io/kube-apiserver-client"),
              HasSubstr("user not permitted to approve requests with signerName "
                        "\"kubernetes.io/kube-apiserver-client\""));
}

struct Standard {
  const char* name;
  const char* spec;  // beside the one container "c"
  const char* container;
  PodSecurityLevel level;
  const char* fault;  // empty: none
};
constexpr auto kBase = PodSecurityLevel::kBaseline;
constexpr auto kStrict = PodSecurityLevel::kRestricted;
constexpr const char* kGood =
    R"("securityContext":{"allowPrivilegeEscalation":false,"runAsNonRoot":true,)"
    R"("capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}})";

class PodSecurityTest : public ::testing::TestWithParam<Standard> {};

TEST_P(PodSecurityTest, Judges) {
  const Standard& standard = GetParam();
  const std::string container =
      *standard.container != '\0' ? "," + std::string(standard.container) : "";
  const std::string more = *standard.spec != '\0' ? "," + std::string(standard.spec) : "";
  const json::object pod =
      json::parse(R"({"spec":{"containers":[{"name":"c")" + container + "}]" + more + "}}")
          .as_object();
  const auto faults = pod_security_faults(pod, standard.level);
  if (*standard.fault == '\0') {
    EXPECT_THAT(faults, IsEmpty());
  } else {
    EXPECT_THAT(faults, ElementsAre(standard.fault));
  }
  EXPECT_THAT(pod_security_faults(pod, PodSecurityLevel::kPrivileged), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Standards, PodSecurityTest,
    ::testing::Values(
        Standard{"Plain", "", "", kBase, ""}, Standard{"Good", "", kGood, kStrict, ""},
        Standard{"Privileged", "", R"("securityContext":{"privileged":true})", kBase,
                 R"(privileged (container "c" must not set securityContext.privileged=true))"},
        Standard{"Host", R"("hostNetwork":true,"hostPID":true)", "", kBase,
                 "host namespaces (hostNetwork=true, hostPID=true)"},
        Standard{"HostPath", R"("volumes":[{"name":"v","hostPath":{"path":"/"}}])", "", kBase,
                 R"(hostPath volumes (volume "v"))"},
        Standard{"HostPort", "", R"("ports":[{"containerPort":80,"hostPort":80}])", kBase,
                 R"(hostPort (container "c" uses hostPort 80))"},
        Standard{"Capability", "", R"("securityContext":{"capabilities":{"add":["NET_ADMIN"]}})",
                 kBase,
                 R"(non-default capabilities (container "c" must not include "NET_ADMIN" in )"
                 R"(securityContext.capabilities.add))"},
        Standard{"Chown", "", R"("securityContext":{"capabilities":{"add":["CHOWN"]}})", kBase, ""},
        Standard{"Unconfined", R"("securityContext":{"seccompProfile":{"type":"Unconfined"}})", "",
                 kBase,
                 R"(seccompProfile (pod must not set securityContext.seccompProfile.type to )"
                 R"("Unconfined"))"},
        Standard{"Sysctl", R"("securityContext":{"sysctls":[{"name":"kernel.msgmax"}]})", "", kBase,
                 "forbidden sysctls (kernel.msgmax)"},
        Standard{
            "ProcMount", "", R"("securityContext":{"procMount":"Unmasked"})", kBase,
            R"(procMount (container "c" must not set securityContext.procMount to "Unmasked"))"},
        Standard{"Volume", R"("volumes":[{"name":"v","nfs":{"server":"s","path":"/"}}])", kGood,
                 kStrict,
                 R"(restricted volume types (volume "v" uses restricted volume type "nfs"))"},
        Standard{"Root", R"("securityContext":{"runAsUser":0})", kGood, kStrict,
                 "runAsUser=0 (pod must not set runAsUser=0)"}),
    [](const auto& each) { return each.param.name; });

TEST_F(AdmissionTest, PodSecurityRefusesAndWarns) {
  state_.add("", "namespaces", R"({"metadata":{"name":"a","labels":{
      "pod-security.kubernetes.io/enforce":"baseline",
      "pod-security.kubernetes.io/warn":"restricted"}}})");
  const auto plugin = pod_security();
  EXPECT_EQ(pod(*plugin, R"({"containers":[{"name":"c"}],"hostIPC":true})").refusal,
            "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces "
            "(hostIPC=true)");
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(pod(*plugin, R"({"containers":[{"name":"c"}]})").refusal, "");
  EXPECT_THAT(
      warnings_,
      ElementsAre("would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != "
                  "false (container \"c\" must set "
                  "securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "
                  "(container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), "
                  "runAsNonRoot != true (pod or container \"c\" must set "
                  "securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must "
                  "set securityContext.seccompProfile.type to \"RuntimeDefault\" or "
                  "\"Localhost\")"));
}

}  // namespace
}  // namespace cove::server
