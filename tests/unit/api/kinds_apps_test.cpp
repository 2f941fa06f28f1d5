#include "tests/unit/api/kinds_fixture.h"

namespace cove::api::testing {
namespace {

constexpr std::string_view kTemplate =
    "  template:\n    metadata: {labels: {app: web}}\n"
    "    spec: {containers: [{name: c, image: nginx}]}\n";

std::string workload(std::string_view version, std::string_view kind, std::string_view spec,
                     std::string_view pod_template = kTemplate) {
  return fmt::format("apiVersion: {}\nkind: {}\nmetadata: {{name: web}}\nspec:\n{}{}", version,
                     kind, spec, pod_template);
}

constexpr std::string_view kSelector = "  selector: {matchLabels: {app: web}}\n";

TEST(AppsTest, AMinimalDeploymentGetsTheDefaultsOfTheApi) {
  expect_same(document(workload("apps/v1", "Deployment", kSelector)), R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  progressDeadlineSeconds: 600
  replicas: 1
  revisionHistoryLimit: 10
  selector: {matchLabels: {app: web}}
  strategy:
    rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}
    type: RollingUpdate
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - image: nginx
        imagePullPolicy: Always
        name: c
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      dnsPolicy: ClusterFirst
      restartPolicy: Always
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
status: {}
)");
}

TEST(AppsTest, AMinimalStatefulSetGetsTheDefaultsOfTheApi) {
  const json::object made = document(workload(
      "apps/v1", "StatefulSet",
      fmt::format(
          "{}  serviceName: web\n  volumeClaimTemplates: [{{metadata: {{name: data}}, spec: "
          "{{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}}}]\n",
          kSelector)));
  json::object spec = made.at("spec").as_object();
  spec.erase("template");
  expect_same(spec, R"(
selector: {matchLabels: {app: web}}
serviceName: web
replicas: 1
revisionHistoryLimit: 10
podManagementPolicy: OrderedReady
updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0, maxUnavailable: 1}}
persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
volumeClaimTemplates:
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    resources: {requests: {storage: 1Gi}}
    volumeMode: Filesystem
  status: {phase: Pending}
)");
}

TEST(AppsTest, ADaemonSetCountsItsTemplates) {
  const std::string yaml = workload("apps/v1", "DaemonSet", kSelector);
  const json::object made = created(yaml);
  EXPECT_EQ(to_text(*value_at(made, {"spec", "updateStrategy"})),
            R"({"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1,"maxSurge":0}})");
  constexpr std::string_view kGeneration = "deprecated.daemonset.template.generation";
  EXPECT_EQ(text_at(made, {"metadata", "annotations", kGeneration}), "1");
  json::object same_template = document(yaml);
  const Kind& kind = kind_of(made);
  kind.rules.prepare_update(same_template, made, kContext);
  EXPECT_EQ(text_at(same_template, {"metadata", "annotations", kGeneration}), "1");
  json::object other = document(yaml);
  set_at(other, {"spec", "template", "spec", "hostname"}, "h");
  kind.rules.prepare_update(other, made, kContext);
  EXPECT_EQ(text_at(other, {"metadata", "annotations", kGeneration}), "2");
}

TEST(AppsTest, ADeploymentsAnnotationsCountAsItsSpecification) {
  const json::object old = document(workload("apps/v1", "Deployment", kSelector));
  json::object now = old;
  const Kind& kind = kind_of(old);
  EXPECT_FALSE(kind.rules.generation_changes(now, old));
  set_at(now, {"metadata", "annotations", "kubernetes.io/change-cause"}, "kubectl apply");
  EXPECT_TRUE(kind.rules.generation_changes(now, old));
}

class BadWorkloadTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadWorkloadTest, IsRefusedWithTheMessageClientsKnow) {
  EXPECT_EQ(create_problems(GetParam().yaml), GetParam().problems);
}

constexpr std::string_view kDeployment = R"(
apiVersion: apps/v1
kind: Deployment
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)";

constexpr Case kCases[] = {
    {"Right", kDeployment, ""},
    {"DeploymentWithoutAnything", "apiVersion: apps/v1\nkind: Deployment\nspec: {}",
     "[spec.selector: Required value, spec.template.metadata.labels: Invalid value: `selector` "
     "does "
     "not match template `labels`, spec.template.spec.containers: Required value]"},
    {"DeploymentLabels", R"(
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: -1
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: web}}
    spec: {restartPolicy: Never, containers: [{name: c, image: nginx}]}
)",
     R"([spec.replicas: Invalid value: -1: must be greater than or equal to 0, )"
     R"(spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match )"
     R"(template `labels`, spec.template.spec.restartPolicy: Unsupported value: "Never": supported )"
     R"(values: "Always"])"},
    {"DeploymentStrategy", R"(
apiVersion: apps/v1
kind: Deployment
spec:
  progressDeadlineSeconds: 5
  minReadySeconds: 5
  strategy: {rollingUpdate: {maxSurge: 0%, maxUnavailable: 0}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)",
     R"([spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` )"
     R"(is 0, spec.progressDeadlineSeconds: Invalid value: 5: must be greater than )"
     R"(minReadySeconds])"},
    {"DeploymentPercentages", R"(
apiVersion: apps/v1
kind: Deployment
spec:
  strategy: {rollingUpdate: {maxSurge: 200%, maxUnavailable: 101%}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)",
     R"(spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than )"
     R"(100%)"},
    {"Recreate", R"(
apiVersion: apps/v1
kind: Deployment
spec:
  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)",
     "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
     "'Recreate'"},
    {"EmptySelector", R"(
apiVersion: apps/v1
kind: StatefulSet
spec:
  podManagementPolicy: Random
  selector: {}
  updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)",
     R"([spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel', )"
     R"(spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for )"
     R"(updateStrategy 'RollingUpdate', spec.selector: Invalid value: {}: empty selector is invalid )"
     R"(for statefulset])"},
    {"StatefulSetMountsItsClaims", R"(
apiVersion: apps/v1
kind: StatefulSet
spec:
  selector: {matchLabels: {app: web}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, volumeMounts: [{name: data, mountPath: /a}]}]}
)",
     ""},
    {"DaemonSetBounds", R"(
apiVersion: apps/v1
kind: DaemonSet
spec:
  selector: {matchLabels: {app: web}}
  updateStrategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec: {activeDeadlineSeconds: 3, containers: [{name: c, image: nginx}]}
)",
     "[spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is "
     "not Supported, spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set "
     "when maxUnavailable is non-zero]"},
    {"DaemonSetWithoutBounds", R"(
apiVersion: apps/v1
kind: DaemonSet
spec:
  selector: {matchLabels: {app: web}}
  updateStrategy: {rollingUpdate: {maxUnavailable: 0%}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)",
     "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge "
     "is 0"},
    {"ReplicationControllerLabels", R"(
apiVersion: v1
kind: ReplicationController
spec:
  selector: {app: other}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
)",
     R"(spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match )"
     R"(template `labels`)"},
    {"RevisionWithoutData", "apiVersion: apps/v1\nkind: ControllerRevision\nrevision: -1",
     "[data: Required value: data is mandatory, revision: Invalid value: -1: must be greater than "
     "or equal to 0]"},
};
INSTANTIATE_TEST_SUITE_P(Apps, BadWorkloadTest, ::testing::ValuesIn(kCases),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(AppsTest, WhatAnUpdateMayChange) {
  const std::string old = workload("apps/v1", "Deployment", kSelector);
  EXPECT_EQ(
      update_problems(old, workload("apps/v1", "Deployment",
                                    "  selector: {matchLabels: {app: web}}\n  replicas: 3\n")),
      "");
  const std::string other = workload(
      "apps/v1", "Deployment", "  selector: {matchExpressions: [{key: app, operator: Exists}]}\n");
  EXPECT_EQ(
      update_problems(old, other),
      R"(spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable)");
  EXPECT_EQ(update_problems(workload("apps/v1", "StatefulSet", kSelector),
                            workload("apps/v1", "StatefulSet",
                                     fmt::format("{}  serviceName: other\n", kSelector))),
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
            "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
            "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
}

TEST(AppsTest, Rows) {
  EXPECT_EQ(row(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: '2023-11-14T22:03:20Z'}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [b, a]}]}
  template: {spec: {containers: [{name: c, image: nginx}, {name: d, image: redis}]}}
status: {readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2}
)"),
            R"~(["web","2/3",3,2,"10m","c,d","nginx,redis","app=web,tier in (a,b)"])~");
  EXPECT_EQ(row(R"(
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web, creationTimestamp: '2023-11-14T22:03:20Z'}
spec:
  selector: {matchLabels: {app: web}}
  template: {spec: {nodeSelector: {disk: ssd}, containers: [{name: c, image: nginx}]}}
status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 1}
)"),
            R"(["web",2,2,1,0,0,"disk=ssd","10m","c","nginx","app=web"])");
  EXPECT_EQ(row(R"(
apiVersion: apps/v1
kind: ControllerRevision
metadata: {name: web-1, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: web, controller: true}]}
revision: 4
)"),
            R"(["web-1","daemonset.apps/web",4,"<unknown>"])");
  EXPECT_EQ(row("apiVersion: v1\nkind: PodTemplate\nmetadata: {name: t}\ntemplate: {metadata: "
                "{labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"),
            R"(["t","c","i","a=b"])");
}

TEST(AppsTest, WarnsOfNamesThatMakeBadHostNames) {
  json::object made = document(workload("apps/v1", "Deployment", kSelector));
  const Kind& kind = kind_of(made);
  EXPECT_TRUE(kind.rules.warnings(made, nullptr).empty());
  set_at(made, {"metadata", "name"}, "a.b");
  const std::vector<std::string> texts = kind.rules.warnings(made, nullptr);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_TRUE(texts.front().starts_with(
      "metadata.name: this is used in Pod names and hostnames, which can result in surprising "
      "behavior; a DNS label is recommended: ["));
  EXPECT_TRUE(kind.rules.warnings(made, &made).empty());
}

// ---- Versions before apps/v1

json::object stored(const json::object& legacy) {
  const Kind& kind = kind_of(legacy);
  json::object object = legacy;
  kind.conversion->to_storage(object);
  object["apiVersion"] = kind.conversion->storage_group + "/" + kind.conversion->storage_version;
  return document(object);
}

TEST(LegacyTest, TheTutorialsDeploymentIsStoredAsTheCurrentVersion) {
  const json::object made = stored(document(R"(
apiVersion: extensions/v1beta1
kind: Deployment
metadata:
  name: k8s-demo-deployment
spec:
  replicas: 10
  template:
    metadata:
      labels:
        app: k8s-demo
    spec:
      containers:
        - name: k8s-demo-pod
          image: k8s-demo:0.1
          ports:
            - containerPort: 80
)"));
  EXPECT_EQ(to_text(*value_at(made, {"spec", "selector"})),
            R"({"matchLabels":{"app":"k8s-demo"}})");
  EXPECT_EQ(to_text(*value_at(made, {"metadata", "labels"})), R"({"app":"k8s-demo"})");
  EXPECT_TRUE(
      same(*value_at(made, {"spec", "strategy"}),
           parse("{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}")));
  EXPECT_EQ(integer_at(made, {"spec", "progressDeadlineSeconds"}), 2147483647);
  EXPECT_EQ(integer_at(made, {"spec", "revisionHistoryLimit"}), 2147483647);
  EXPECT_EQ(integer_at(made, {"spec", "replicas"}), 10);
  ErrorList errors;
  kind_of(made).rules.validate(made, errors);
  EXPECT_TRUE(errors.empty()) << errors.message();
}

TEST(LegacyTest, EachVersionHasItsOwnDefaults) {
  const json::object beta1 = document(workload("apps/v1beta1", "Deployment", ""));
  EXPECT_EQ(integer_at(beta1, {"spec", "revisionHistoryLimit"}), 2);
  EXPECT_EQ(text_at(beta1, {"spec", "strategy", "rollingUpdate", "maxSurge"}), "25%");
  EXPECT_TRUE(value_at(beta1, {"spec", "selector"}) != nullptr);
  const json::object beta2 = document(workload("apps/v1beta2", "Deployment", ""));
  EXPECT_TRUE(value_at(beta2, {"spec", "selector"}) == nullptr);
  EXPECT_EQ(integer_at(beta2, {"spec", "revisionHistoryLimit"}), 10);
  const json::object daemons = document(workload("extensions/v1beta1", "DaemonSet", ""));
  EXPECT_EQ(to_text(*value_at(daemons, {"spec", "updateStrategy"})), R"({"type":"OnDelete"})");
  const json::object sets = document(workload("apps/v1beta1", "StatefulSet", ""));
  EXPECT_EQ(to_text(*value_at(sets, {"spec", "updateStrategy"})), R"({"type":"OnDelete"})");
  const json::object replicas = document(workload("extensions/v1beta1", "ReplicaSet", ""));
  EXPECT_EQ(integer_at(replicas, {"spec", "replicas"}), 1);
}

TEST(LegacyTest, FieldsThatAreGoneAreKeptInAnnotations) {
  const json::object legacy =
      document(workload("extensions/v1beta1", "Deployment", "  rollbackTo: {revision: 3}\n"));
  json::object made = stored(legacy);
  EXPECT_EQ(text_at(made, {"metadata", "annotations", "deprecated.deployment.rollback.to"}), "3");
  EXPECT_TRUE(value_at(made, {"spec", "rollbackTo"}) == nullptr);
  kind_of(legacy).conversion->from_storage(made);
  made["apiVersion"] = "extensions/v1beta1";
  EXPECT_TRUE(same(json::value(document(made)), json::value(legacy)));

  const json::object daemons =
      document(workload("extensions/v1beta1", "DaemonSet", "  templateGeneration: 5\n"));
  json::object as_stored = stored(daemons);
  EXPECT_EQ(
      text_at(as_stored, {"metadata", "annotations", "deprecated.daemonset.template.generation"}),
      "5");
  kind_of(daemons).conversion->from_storage(as_stored);
  EXPECT_EQ(integer_at(as_stored, {"spec", "templateGeneration"}), 5);
}

TEST(LegacyTest, SaysWhatToUseInstead) {
  const json::object legacy = parse("{apiVersion: extensions/v1beta1, kind: Deployment}");
  EXPECT_EQ(kind_of(legacy).deprecation,
            "extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use "
            "apps/v1 Deployment");
  EXPECT_TRUE(kind_of(legacy).short_names.empty());
  EXPECT_TRUE(kind_of(legacy).categories.empty());
  const Subresource* const rollback = kind_of(legacy).subresource("rollback");
  ASSERT_NE(rollback, nullptr);
  EXPECT_EQ(rollback->kind->kind, "DeploymentRollback");
  EXPECT_EQ(kind_of(parse("{apiVersion: apps/v1, kind: Deployment}")).subresource("rollback"),
            nullptr);
}

}  // namespace
}  // namespace cove::api::testing
