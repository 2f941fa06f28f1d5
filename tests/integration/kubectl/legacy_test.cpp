// Manifests of old tutorials, as written, and the versions of the API they speak.

#include <set>

#include "tests/integration/kubectl/suite.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LegacyTest : public KubectlSuite {};

struct Tutorial {
  const char* manifest;
  const char* warning;  // empty: none
};
constexpr const char* kOldDeployment =
    "extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 "
    "Deployment";
constexpr const char* kOldIngress =
    "extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use "
    "networking.k8s.io/v1 Ingress";
const std::vector<Tutorial> kTutorials{
    {"000-k8s-demo/pod.yml", ""},
    {"000-k8s-demo/svc.yml", ""},
    {"000-k8s-demo/deployment.yml", kOldDeployment},
    {"002-rolling/service.yml", ""},
    {"003-user-service/user-service-deployment.yaml", ""},
    {"003-user-service/user-service.yaml", ""},
    {"004-next-app/Deployment.yaml", kOldIngress},
};

TEST_P(LegacyTest, TutorialsAreAcceptedAsWritten) {
  use_namespace("tutorials");
  for (const Tutorial& tutorial : kTutorials) {
    const std::string path = source_path("tests/tutorials") / tutorial.manifest;
    const Completed created = run("create -f " + path);
    EXPECT_EQ(created.exit_code, 0) << tutorial.manifest << created.standard_error;
    EXPECT_THAT(created.standard_output, HasSubstr(" created"));
    if (*tutorial.warning != '\0') {
      EXPECT_THAT(created.standard_error, HasSubstr(std::string("Warning: ") + tutorial.warning));
    } else {
      EXPECT_EQ(created.standard_error, "") << tutorial.manifest;
    }
    // Several tutorials take the same node port.
    if (created.standard_output.starts_with("service/")) ok("delete -f " + path);
  }
  // What comes later in the tutorials: the same objects, changed.
  const std::string folder = source_path("tests/tutorials/000-k8s-demo").string();
  EXPECT_THAT(ok("apply -f " + folder + "/pod-labelled.yml"), HasSubstr("pod/k8s-demo configured"));
  EXPECT_EQ(ok("get pod k8s-demo -o jsonpath={.metadata.labels.app}"), "k8s-demo");
  const std::string applied = ok("apply -f " + folder + "/deployment-0.2.yml --record=true");
  EXPECT_THAT(applied, HasSubstr("k8s-demo-deployment configured"));
  EXPECT_THAT(ok("get deployment k8s-demo-deployment -o jsonpath='{.metadata.annotations}'"),
              HasSubstr("kubernetes.io/change-cause"));
}

TEST_P(LegacyTest, OldVersionsAreDefaultedAsTheyWere) {
  use_namespace("defaults");
  ok("create -f " + (source_path("tests/tutorials") / "000-k8s-demo/deployment.yml").string());
  // The selector is that of the template's labels.
  EXPECT_EQ(ok("get deployment.v1.apps k8s-demo-deployment -o "
               "jsonpath='{.spec.selector.matchLabels.app} {.spec.replicas} "
               "{.spec.strategy.type} {.spec.revisionHistoryLimit}'"),
            "k8s-demo 10 RollingUpdate 2147483647");
  const std::string old = ok("get deployment.v1beta1.extensions k8s-demo-deployment -o yaml");
  EXPECT_THAT(old, HasSubstr("apiVersion: extensions/v1beta1"));
}

struct Version {
  const char* name;
  const char* api_version;
  const char* kind;
  const char* spec;
  const char* warning;
};
// One object in every legacy version; each is the same object as in apps/v1.
const std::vector<Version> kVersions{
    {"a", "apps/v1beta1", "Deployment", "", "apps/v1beta1 Deployment is deprecated"},
    {"b", "apps/v1beta2", "Deployment", "  selector: {matchLabels: {app: web}}\n",
     "apps/v1beta2 Deployment is deprecated"},
    {"c", "extensions/v1beta1", "DaemonSet", "", "extensions/v1beta1 DaemonSet is deprecated"},
    {"d", "apps/v1beta2", "DaemonSet", "  selector: {matchLabels: {app: web}}\n",
     "apps/v1beta2 DaemonSet is deprecated"},
    {"e", "extensions/v1beta1", "ReplicaSet", "", "extensions/v1beta1 ReplicaSet is deprecated"},
    {"f", "apps/v1beta2", "ReplicaSet", "  selector: {matchLabels: {app: web}}\n",
     "apps/v1beta2 ReplicaSet is deprecated"},
    {"g", "apps/v1beta1", "StatefulSet", "  serviceName: web\n",
     "apps/v1beta1 StatefulSet is deprecated"},
    {"h", "apps/v1beta2", "StatefulSet",
     "  serviceName: web\n  selector: {matchLabels: {app: web}}\n",
     "apps/v1beta2 StatefulSet is deprecated"},
};

TEST_P(LegacyTest, EveryOldVersionOfAWorkloadIsTheOneStored) {
  use_namespace("versions");
  std::string text;
  for (const Version& version : kVersions) {
    text += std::string("---\napiVersion: ") + version.api_version + "\nkind: " + version.kind +
            "\nmetadata: {name: " + version.name + "}\nspec:\n" + version.spec +
            "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
            "      - {name: web, image: 'web:1'}\n";
  }
  file("all.yaml", text);
  const Completed created = run("create -f @all.yaml");
  EXPECT_EQ(created.exit_code, 0) << created.standard_error;
  for (const Version& version : kVersions) {
    EXPECT_THAT(created.standard_error, HasSubstr(version.warning));
  }
  EXPECT_EQ(
      ok("get deployments.v1.apps,daemonsets.v1.apps,replicasets.v1.apps,"
         "statefulsets.v1.apps --sort-by=.metadata.name -o "
         "jsonpath='{range .items[*]}{.metadata.name}{.apiVersion}{.spec.selector.matchLabels."
         "app} {end}'"),
      "aapps/v1web bapps/v1web capps/v1web dapps/v1web eapps/v1web fapps/v1web gapps/v1web "
      "happs/v1web ");
}

INSTANTIATE_TEST_SUITE_P(Versions, LegacyTest, ::testing::ValuesIn(kubectl_versions()),
                         version_name);

}  // namespace
}  // namespace cove::testing
