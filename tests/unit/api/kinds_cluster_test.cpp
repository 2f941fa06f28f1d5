#include "tests/unit/api/kinds_fixture.h"

// RBAC, storage, autoscaling, policy, scheduling, certificates, admission, custom resources.
namespace cove::api::testing {
namespace {

std::string of(std::string_view version, std::string_view kind, std::string_view rest,
               std::string_view name = "a") {
  return fmt::format("{{apiVersion: {}, kind: {}, metadata: {{name: {}}}, {}}}", version, kind,
                     name, rest);
}

std::string binding(std::string_view rest) {
  return of("rbac.authorization.k8s.io/v1", "RoleBinding", rest);
}

std::string autoscaler(std::string_view spec, std::string_view version = "v2") {
  return of(fmt::format("autoscaling/{}", version), "HorizontalPodAutoscaler",
            fmt::format("spec: {{scaleTargetRef: {{kind: Deployment, name: web}}, {}}}", spec));
}

std::string definition(std::string_view spec, std::string_view name = "cats.example.com") {
  return of("apiextensions.k8s.io/v1", "CustomResourceDefinition",
            fmt::format("spec: {{group: example.com, scope: Namespaced, names: {{plural: cats, "
                        "kind: Cat}}, {}}}",
                        spec),
            name);
}

constexpr std::string_view kVersion =
    "{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}";

// ---- RBAC

TEST(KindsClusterTest, BindingsGetTheGroupOfRoles) {
  const json::object made = document(binding(
      "roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, "
      "name: s, namespace: room}]"));
  EXPECT_EQ(text_at(made, {"roleRef", "apiGroup"}), "rbac.authorization.k8s.io");
  EXPECT_EQ(to_text(*value_at(made, {"subjects"})),
            R"([{"kind":"User","name":"u","apiGroup":"rbac.authorization.k8s.io"},)"
            R"({"kind":"ServiceAccount","name":"s","namespace":"room"}])");
}

TEST(KindsClusterTest, RolesAreToldWhatIsWrong) {
  const auto role = [](std::string_view kind, std::string_view rule) {
    return create_problems(
        of("rbac.authorization.k8s.io/v1", kind, fmt::format("rules: [{{{}}}]", rule)));
  };
  EXPECT_EQ(role("Role", "apiGroups: [''], resources: [pods]"),
            "rules[0].verbs: Required value: verbs must contain at least one value");
  EXPECT_EQ(role("Role", "verbs: [get], nonResourceURLs: [/a]"),
            "rules[0].nonResourceURLs: Invalid value: [\"/a\"]: namespaced rules cannot apply to "
            "non-resource URLs");
  EXPECT_EQ(role("ClusterRole", "verbs: [get], nonResourceURLs: [/a]"), "");
  EXPECT_EQ(role("ClusterRole", "verbs: [get], resources: [pods]"),
            "rules[0].apiGroups: Required value: resource rules must supply at least one api "
            "group");
  EXPECT_EQ(update_problems(binding("roleRef: {kind: Role, name: r}"),
                            binding("roleRef: {kind: Role, name: s}")),
            "roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\","
            "\"name\":\"s\"}: cannot change roleRef");
}

// ---- Storage

TEST(KindsClusterTest, StorageClassesDeleteAtOnceAndStay) {
  const auto storage = [](std::string_view rest) {
    return of("storage.k8s.io/v1", "StorageClass", fmt::format("provisioner: p{}", rest));
  };
  expect_same(document(storage("")),
              storage(", reclaimPolicy: Delete, volumeBindingMode: Immediate"));
  EXPECT_EQ(update_problems(storage(""), storage(", reclaimPolicy: Retain")),
            "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.");
  EXPECT_EQ(create_problems(of("storage.k8s.io/v1", "StorageClass", "volumeBindingMode: Never")),
            "[provisioner: Required value, volumeBindingMode: Unsupported value: \"Never\": "
            "supported values: \"Immediate\", \"WaitForFirstConsumer\"]");
  EXPECT_EQ(row("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: a, "
                "annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: "
                "p, reclaimPolicy: Delete, volumeBindingMode: Immediate}"),
            R"=(["a (default)","p","Delete","Immediate",false,"<unknown>"])=");
}

TEST(KindsClusterTest, DriversGetTheirDefaults) {
  expect_same(document(of("storage.k8s.io/v1", "CSIDriver", "spec: {}")),
              of("storage.k8s.io/v1", "CSIDriver",
                 "spec: {attachRequired: true, podInfoOnMount: false, storageCapacity: false, "
                 "fsGroupPolicy: ReadWriteOnceWithFSType, volumeLifecycleModes: [Persistent], "
                 "requiresRepublish: false, seLinuxMount: false}"));
}

// ---- Autoscaling

TEST(KindsClusterTest, AutoscalersScaleOnCpuUnlessTold) {
  const json::object made = document(autoscaler("maxReplicas: 3, behavior: {scaleUp: {}}"));
  EXPECT_EQ(integer_at(made, {"spec", "minReplicas"}), 1);
  EXPECT_EQ(to_text(*value_at(made, {"spec", "metrics"})),
            R"([{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization",)"
            R"("averageUtilization":80}}}])");
  EXPECT_EQ(integer_at(made, {"spec", "behavior", "scaleUp", "stabilizationWindowSeconds"}), 0);
  EXPECT_EQ(array_at(made, {"spec", "behavior", "scaleUp", "policies"})->size(), 2U);
  EXPECT_EQ(array_at(made, {"spec", "behavior", "scaleDown", "policies"})->size(), 1U);
}

TEST(KindsClusterTest, AutoscalersAreToldWhatIsWrong) {
  EXPECT_EQ(create_problems(autoscaler("minReplicas: 3, maxReplicas: 2")),
            "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`");
  EXPECT_EQ(create_problems(autoscaler("maxReplicas: 2, metrics: [{type: Pods}]")),
            "spec.metrics[0].pods: Required value: must populate information for the given metric "
            "source");
}

TEST(KindsClusterTest, AutoscalersOfBothVersionsAreTheSame) {
  const json::object full = document(autoscaler(
      "maxReplicas: 3, behavior: {scaleDown: {stabilizationWindowSeconds: 60}}, metrics: [{type: "
      "Pods, pods: {metric: {name: hits}, target: {type: AverageValue, averageValue: 10}}}, {type: "
      "Object, object: {describedObject: {kind: Service, name: s}, metric: {name: m}, target: "
      "{type: Value, value: 5}}}, {type: Resource, resource: {name: cpu, target: {type: "
      "Utilization, averageUtilization: 50}}}]"));
  const auto simple = document(autoscaler("maxReplicas: 3", "v1"));
  const Conversion& conversion = *kind_of(simple).conversion;
  json::object shown = full;
  conversion.from_storage(shown);
  EXPECT_EQ(integer_at(shown, {"spec", "targetCPUUtilizationPercentage"}), 50);
  EXPECT_EQ(text_at(shown, {"metadata", "annotations", "autoscaling.alpha.kubernetes.io/metrics"}),
            R"([{"type":"Pods","pods":{"metricName":"hits","targetAverageValue":"10"}},)"
            R"({"type":"Object","object":{"target":{"kind":"Service","name":"s"},)"
            R"("metricName":"m","targetValue":"5"}}])");
  conversion.to_storage(shown);
  EXPECT_TRUE(same(json::value(document(shown)), json::value(full))) << to_text(shown);

  json::object stored = simple;
  conversion.to_storage(stored);
  stored["apiVersion"] = "autoscaling/v2";
  EXPECT_EQ(create_problems(to_text(stored)), "");
  EXPECT_EQ(row(to_text(stored)),
            R"(["a","Deployment/web","cpu: <unknown>/80%","1",3,0,"<unknown>"])");
}

// ---- Policy, scheduling, leases

TEST(KindsClusterTest, OneLimitOfDisruptionsIsEnough) {
  const auto budget = [](std::string_view spec) {
    return create_problems(
        of("policy/v1", "PodDisruptionBudget", fmt::format("spec: {{{}}}", spec)));
  };
  EXPECT_EQ(budget("minAvailable: 50%"), "");
  EXPECT_EQ(budget("minAvailable: 0100%"), "");
  EXPECT_EQ(budget("minAvailable: 101%"),
            "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%");
  EXPECT_EQ(budget("maxUnavailable: -1"),
            "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0");
  EXPECT_EQ(budget("minAvailable: 1, maxUnavailable: 1"),
            "spec: Invalid value: {\"minAvailable\":1,\"maxUnavailable\":1}: minAvailable and "
            "maxUnavailable cannot be both set");
}

TEST(KindsClusterTest, HighPrioritiesAreTheSystems) {
  const auto priority = [](std::string_view name, std::string_view value) {
    return of("scheduling.k8s.io/v1", "PriorityClass", fmt::format("value: {}", value), name);
  };
  EXPECT_EQ(create_problems(priority("high", "1000000001")),
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000");
  EXPECT_EQ(create_problems(priority("system-node-critical", "2000001000")), "");
  EXPECT_EQ(create_problems(priority("system-mine", "1")),
            "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for "
            "system use only. error: system-mine is not a known system priority class");
  EXPECT_EQ(update_problems(priority("b", "1"), priority("b", "2")),
            "value: Forbidden: may not be changed in an update.");
}

TEST(KindsClusterTest, LeasesLastForSomeTime) {
  EXPECT_EQ(create_problems(of("coordination.k8s.io/v1", "Lease",
                               "spec: {leaseDurationSeconds: 0, leaseTransitions: -1}")),
            "[spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0, "
            "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]");
}

// ---- Certificates

TEST(KindsClusterTest, DecisionsAboutCertificatesStand) {
  const std::string pem = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";
  const auto request = [&](std::string_view status) {
    return document(of("certificates.k8s.io/v1", "CertificateSigningRequest",
                       fmt::format("spec: {{request: {}, signerName: example.com/s, usages: "
                                   "[client auth]}}, status: {{{}}}",
                                   pem, status)));
  };
  const json::object open = request("");
  const Kind& kind = kind_of(open);
  ErrorList none;
  kind.rules.validate(open, none);
  EXPECT_TRUE(none.empty()) << none.message();

  json::object approved = request("conditions: [{type: Approved, status: 'True'}]");
  const Subresource* approval = kind.subresource("approval");
  ASSERT_NE(approval, nullptr);
  approval->prepare(approved, open, kContext);
  EXPECT_EQ(to_text(*value_at(approved, {"status"})),
            R"({"conditions":[{"type":"Approved","status":"True",)"
            R"("lastUpdateTime":"2023-11-14T22:13:20Z",)"
            R"("lastTransitionTime":"2023-11-14T22:13:20Z"}]})");
  ErrorList removed;
  approval->validate(open, approved, removed);
  EXPECT_EQ(removed.message(),
            "status.conditions: Forbidden: updates may not remove a condition of type "
            "\"Approved\"");
  // The signer's way cannot decide.
  json::object signed_one =
      request("conditions: [{type: Denied, status: 'True'}], certificate: AA==");
  kind.rules.prepare_status(signed_one, approved, kContext);
  EXPECT_EQ(array_at(signed_one, {"status", "conditions"})->size(), 1U);
  EXPECT_EQ(text_at(signed_one, {"status", "certificate"}), "AA==");
  EXPECT_EQ(row(to_text(signed_one)),
            R"(["a","<unknown>","example.com/s","","<none>","Approved,Issued"])");
}

// ---- Admission

TEST(KindsClusterTest, WebhooksGetTheirDefaults) {
  const json::object made = document(
      of("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration",
         "webhooks: [{name: a.b.c, sideEffects: None, admissionReviewVersions: [v1], "
         "clientConfig: {service: {name: s, namespace: room}}, rules: [{operations: ['*'], "
         "apiGroups: [''], apiVersions: [v1], resources: [pods]}]}]"));
  const json::object& webhook = array_at(made, {"webhooks"})->front().get_object();
  EXPECT_EQ(text_at(webhook, {"failurePolicy"}), "Fail");
  EXPECT_EQ(text_at(webhook, {"matchPolicy"}), "Equivalent");
  EXPECT_EQ(integer_at(webhook, {"timeoutSeconds"}), 10);
  EXPECT_EQ(text_at(webhook, {"reinvocationPolicy"}), "Never");
  EXPECT_EQ(integer_at(webhook, {"clientConfig", "service", "port"}), 443);
  EXPECT_EQ(text_at(array_at(webhook, {"rules"})->front().get_object(), {"scope"}), "*");
  EXPECT_NE(object_at(webhook, {"objectSelector"}), nullptr);
  EXPECT_EQ(create_problems(to_text(made)), "");
}

TEST(KindsClusterTest, WebhooksAreToldWhatIsWrong) {
  EXPECT_EQ(
      create_problems(of("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
                         "webhooks: [{name: a.b.c, sideEffects: Some, timeoutSeconds: 31, "
                         "clientConfig: {url: 'http://h/?q'}, admissionReviewVersions: [v9]}]")),
      "[webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", "
      "\"NoneOnDryRun\", webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be "
      "between 1 and 30 seconds, webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is "
      "the only allowed URL scheme; desired format: https://host[/path], "
      "webhooks[0].clientConfig.url: Invalid value: \"q\": query parameters are not permitted in "
      "the URL, webhooks[0].admissionReviewVersions: Invalid value: [\"v9\"]: must include at "
      "least one of v1, v1beta1]");
}

TEST(KindsClusterTest, PoliciesOfAdmissionNeedSomethingToDo) {
  EXPECT_EQ(create_problems(of("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy",
                               "spec: {matchConstraints: {resourceRules: [{operations: [CREATE], "
                               "apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]}, "
                               "validations: [{expression: 'true'}, {expression: ' '}]}")),
            "spec.validations[1].expression: Required value: expression is not specified");
  EXPECT_EQ(
      create_problems(of("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding",
                         "spec: {policyName: p, validationActions: [Deny, Warn]}")),
      "spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both "
      "Deny and Warn (repeating the same validation failure information in the API response "
      "and headers serves no purpose)");
}

// ---- Custom resources

TEST(KindsClusterTest, DefinitionsGetTheirNames) {
  const json::object made = created(definition(fmt::format("versions: [{}]", kVersion)));
  EXPECT_EQ(text_at(made, {"spec", "names", "singular"}), "cat");
  EXPECT_EQ(text_at(made, {"spec", "names", "listKind"}), "CatList");
  EXPECT_EQ(text_at(made, {"spec", "conversion", "strategy"}), "None");
  EXPECT_EQ(to_text(*value_at(made, {"status", "storedVersions"})), R"(["v1"])");
}

TEST(KindsClusterTest, DefinitionsAreToldWhatIsWrong) {
  const std::string right = fmt::format("versions: [{}]", kVersion);
  EXPECT_EQ(create_problems(definition(right)), "");
  EXPECT_EQ(create_problems(definition(right, "dogs.example.com")),
            "metadata.name: Invalid value: \"dogs.example.com\": must be "
            "spec.names.plural+\".\"+spec.group");
  EXPECT_EQ(create_problems(
                definition("versions: [{name: v1, served: true, storage: true, schema: {}}]")),
            "spec.versions[0].schema.openAPIV3Schema: Required value");
  EXPECT_EQ(
      create_problems(definition(right + ", conversion: {strategy: Webhook}")),
      "[spec.conversion.webhookClientConfig: Required value: required when strategy is set to "
      "Webhook, spec.conversion.conversionReviewVersions: Required value]");
  const std::string two =
      create_problems(definition(fmt::format("versions: [{}, {}]", kVersion, kVersion)));
  EXPECT_NE(two.find("must contain unique version names"), std::string::npos) << two;
  EXPECT_NE(two.find("must have exactly one version marked as storage version"), std::string::npos);
  EXPECT_EQ(create_problems(definition(right + ", preserveUnknownFields: true")),
            "spec.preserveUnknownFields: Invalid value: true: must be false");
}

TEST(KindsClusterTest, StoredVersionsStay) {
  json::object old = created(definition(fmt::format("versions: [{}]", kVersion)));
  json::object now = document(definition(
      "versions: [{name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: "
      "object}}}]"));
  kind_of(old).rules.prepare_update(now, old, kContext);
  ErrorList errors;
  kind_of(old).rules.validate_update(now, old, errors);
  EXPECT_EQ(to_text(*value_at(now, {"status", "storedVersions"})), R"(["v1","v2"])");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_TRUE(errors.message().starts_with(
      "status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was "
      "previously a storage version"))
      << errors.message();
}

TEST(KindsClusterTest, AggregatedVersionsAreNamedAfterTheirGroup) {
  EXPECT_EQ(create_problems(of("apiregistration.k8s.io/v1", "APIService",
                               "spec: {group: example.com, version: v1, groupPriorityMinimum: 1, "
                               "versionPriority: 0}",
                               "v1.example.com")),
            "spec.versionPriority: Invalid value: 0: must be positive and less than 1000");
}

}  // namespace
}  // namespace cove::api::testing
