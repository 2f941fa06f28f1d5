#include "tests/unit/scheduler/test_world.h"

namespace cove::scheduler {
namespace {

constexpr std::string_view kNoSelector = "never: node(s) didn't match Pod's node affinity/selector";
constexpr std::string_view kTainted = "never: node(s) had untolerated taint(s)";

struct Case {
  std::string_view name;
  std::string_view pod;     // spec
  std::string_view labels;  // of the node
  std::string_view spec;    // of the node
  std::string_view expected;
};

class OneNode : public testing::TestWithParam<Case> {};

TEST_P(OneNode, IsTakenOrRefused) {
  TestWorld world;
  world.node("n1", GetParam().labels, GetParam().spec);
  EXPECT_EQ(world.check(TestWorld::pod("p", GetParam().pod), "n1"), GetParam().expected);
}

std::string affinity(std::string_view term) {
  return "{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
         "{nodeSelectorTerms: [" +
         std::string(term) + "]}}}}";
}

const std::string kIn = affinity("{matchExpressions: [{key: a, operator: In, values: [x, w]}]}");
const std::string kNotIn = affinity("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}");
const std::string kExists = affinity("{matchExpressions: [{key: a, operator: Exists}]}");
const std::string kAbsent = affinity("{matchExpressions: [{key: a, operator: DoesNotExist}]}");
const std::string kGreater =
    affinity("{matchExpressions: [{key: a, operator: Gt, values: ['7']}]}");
const std::string kLess = affinity("{matchExpressions: [{key: a, operator: Lt, values: ['7']}]}");
const std::string kEither = affinity(
    "{matchExpressions: [{key: a, operator: Exists}]}, {matchExpressions: [{key: b, operator: "
    "Exists}]}");
const std::string kBoth =
    affinity("{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: Exists}]}");
const std::string kNone = affinity("{}");
const std::string kByName =
    affinity("{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}");

INSTANTIATE_TEST_SUITE_P(
    Nodes, OneNode,
    testing::Values(
        Case{"Plain", "{}", "{}", "{}", ""},
        Case{"Cordoned", "{}", "{}", "{unschedulable: true}", "never: node(s) were unschedulable"},
        Case{"CordonTolerated",
             "{tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]}", "{}",
             "{unschedulable: true}", ""},
        Case{"OtherName", "{nodeName: n2}", "{}", "{}",
             "never: node(s) didn't match the requested node name"},
        Case{"Selector", "{nodeSelector: {disk: ssd}}", "{disk: ssd}", "{}", ""},
        Case{"SelectorMissing", "{nodeSelector: {disk: ssd}}", "{}", "{}", kNoSelector},
        Case{"SelectorOther", "{nodeSelector: {disk: ssd}}", "{disk: hdd}", "{}", kNoSelector},
        Case{"In", kIn, "{a: w}", "{}", ""}, Case{"InNot", kIn, "{a: z}", "{}", kNoSelector},
        Case{"InAbsent", kIn, "{}", "{}", kNoSelector},
        Case{"NotIn", kNotIn, "{a: x}", "{}", kNoSelector},
        Case{"NotInAbsent", kNotIn, "{}", "{}", ""}, Case{"Exists", kExists, "{a: ''}", "{}", ""},
        Case{"ExistsNot", kExists, "{}", "{}", kNoSelector},
        Case{"Absent", kAbsent, "{a: x}", "{}", kNoSelector},
        Case{"Greater", kGreater, "{a: '8'}", "{}", ""},
        Case{"GreaterEqual", kGreater, "{a: '7'}", "{}", kNoSelector},
        Case{"GreaterNoNumber", kGreater, "{a: many}", "{}", kNoSelector},
        Case{"Less", kLess, "{a: '-1'}", "{}", ""}, Case{"EitherTerm", kEither, "{b: x}", "{}", ""},
        Case{"BothRequirements", kBoth, "{b: x}", "{}", kNoSelector},
        Case{"EmptyTermMatchesNothing", kNone, "{a: x}", "{}", kNoSelector},
        Case{"ByName", kByName, "{}", "{}", ""},
        Case{"Tainted", "{}", "{}", "{taints: [{key: k, value: v, effect: NoSchedule}]}", kTainted},
        Case{"TaintedNoExecute", "{}", "{}", "{taints: [{key: k, effect: NoExecute}]}", kTainted},
        Case{"TaintedPrefer", "{}", "{}", "{taints: [{key: k, effect: PreferNoSchedule}]}", ""},
        Case{"TolerationEqual", "{tolerations: [{key: k, value: v, effect: NoSchedule}]}", "{}",
             "{taints: [{key: k, value: v, effect: NoSchedule}]}", ""},
        Case{"TolerationOtherValue", "{tolerations: [{key: k, value: w}]}", "{}",
             "{taints: [{key: k, value: v, effect: NoSchedule}]}", kTainted},
        Case{"TolerationOtherEffect",
             "{tolerations: [{key: k, operator: Exists, effect: NoExecute}]}", "{}",
             "{taints: [{key: k, value: v, effect: NoSchedule}]}", kTainted},
        Case{"TolerationOfAll", "{tolerations: [{operator: Exists}]}", "{}",
             "{taints: [{key: k, value: v, effect: NoSchedule}, {key: l, effect: NoExecute}]}", ""},
        Case{"TolerationAbove", "{tolerations: [{key: k, operator: Gt, value: '950'}]}", "{}",
             "{taints: [{key: k, value: '951', effect: NoSchedule}]}", ""},
        Case{"TolerationNotAbove", "{tolerations: [{key: k, operator: Gt, value: '950'}]}", "{}",
             "{taints: [{key: k, value: '950', effect: NoSchedule}]}", kTainted},
        Case{"TolerationBelow", "{tolerations: [{key: k, operator: Lt, value: '-3'}]}", "{}",
             "{taints: [{key: k, value: '-4', effect: NoSchedule}]}", ""},
        Case{"TolerationOfNoNumber", "{tolerations: [{key: k, operator: Lt, value: '9'}]}", "{}",
             "{taints: [{key: k, value: 1x, effect: NoSchedule}]}", kTainted},
        Case{"OneOfTwoTolerated", "{tolerations: [{key: k, operator: Exists}]}", "{}",
             "{taints: [{key: k, effect: NoSchedule}, {key: l, effect: NoSchedule}]}", kTainted}),
    [](const auto& each) { return std::string(each.param.name); });

struct Amount {
  std::string_view name;
  std::string_view pod;  // spec
  std::string_view more;
  std::int64_t milli_cpu, memory, usual_milli_cpu, usual_memory;
};
class PodAmounts : public testing::TestWithParam<Amount> {};

TEST_P(PodAmounts, AreSummedUp) {
  const PodPtr pod = TestWorld::pod("p", GetParam().pod, "{}", GetParam().more);
  EXPECT_EQ(pod->requests.exact.milli_cpu, GetParam().milli_cpu);
  EXPECT_EQ(pod->requests.exact.memory, GetParam().memory);
  EXPECT_EQ(pod->requests.usual_milli_cpu, GetParam().usual_milli_cpu);
  EXPECT_EQ(pod->requests.usual_memory, GetParam().usual_memory);
}

constexpr std::int64_t kMi = 1024 * 1024;

INSTANTIATE_TEST_SUITE_P(
    Requests, PodAmounts,
    testing::Values(
        Amount{"None", "{containers: [{name: a}, {name: b}]}", "", 0, 0, 200, 400 * kMi},
        Amount{"Sum",
               "{containers: [{name: a, resources: {requests: {cpu: 100m, memory: 1Mi}}}, {name: "
               "b, resources: {requests: {cpu: '1', memory: 2Mi}}}]}",
               "", 1100, 3 * kMi, 1100, 3 * kMi},
        Amount{"ExplicitZeroIsNone",
               "{containers: [{name: a, resources: {requests: {cpu: '0', memory: '0'}}}]}", "", 0,
               0, 0, 0},
        Amount{"GreatestInit",
               "{containers: [{name: a, resources: {requests: {cpu: 100m, memory: 1Mi}}}], "
               "initContainers: [{name: i, resources: {requests: {cpu: 300m, memory: 1Mi}}}, "
               "{name: j, resources: {requests: {cpu: 200m, memory: 1Mi}}}]}",
               "", 300, kMi, 300, kMi},
        // The sidecar runs beside the containers, and beside the init container after it.
        Amount{"Sidecar",
               "{containers: [{name: a, resources: {requests: {cpu: 100m, memory: 1Mi}}}], "
               "initContainers: [{name: i, resources: {requests: {cpu: 250m, memory: 1Mi}}}, "
               "{name: s, restartPolicy: Always, resources: {requests: {cpu: 50m, memory: 1Mi}}}, "
               "{name: j, resources: {requests: {cpu: 220m, memory: 1Mi}}}]}",
               "", 270, 2 * kMi, 270, 2 * kMi},
        Amount{"Overhead",
               "{overhead: {cpu: 10m, memory: 1Mi}, containers: [{name: a, resources: {requests: "
               "{cpu: 100m, memory: 1Mi}}}]}",
               "", 110, 2 * kMi, 110, 2 * kMi},
        Amount{"OfThePod",
               "{resources: {requests: {cpu: 2, memory: 5Mi}}, containers: [{name: a, resources: "
               "{requests: {cpu: 100m, memory: 1Mi}}}]}",
               "", 2000, 5 * kMi, 2000, 5 * kMi},
        Amount{"BeingResized",
               "{containers: [{name: a, resources: {requests: {cpu: 100m, memory: 1Mi}}}]}",
               "status: {containerStatuses: [{name: a, allocatedResources: {cpu: 500m, memory: "
               "1Mi}}]}",
               500, kMi, 500, kMi},
        Amount{"ResizeThatWaits",
               "{containers: [{name: a, resources: {requests: {cpu: 3000m, memory: 1Mi}}}]}",
               "status: {conditions: [{type: PodResizePending, status: 'True', reason: Deferred}], "
               "containerStatuses: [{name: a, allocatedResources: {cpu: 500m, memory: 2Mi}}]}",
               3000, 2 * kMi, 3000, 2 * kMi},
        // It will not be had: nobody has to keep away for it.
        Amount{"ResizeThatCannotBe",
               "{containers: [{name: a, resources: {requests: {cpu: 3000m, memory: 1Mi}}}, {name: "
               "new, resources: {requests: {cpu: 10m, memory: 1Mi}}}]}",
               "status: {conditions: [{type: PodResizePending, status: 'True', reason: "
               "Infeasible}], containerStatuses: [{name: a, allocatedResources: {cpu: 500m, "
               "memory: 1Mi}, resources: {requests: {cpu: 400m, memory: 2Mi}}}]}",
               510, 3 * kMi, 510, 3 * kMi}),
    [](const auto& each) { return std::string(each.param.name); });

std::string asking(std::string_view requests) {
  return "{containers: [{name: a, resources: {requests: " + std::string(requests) + "}}]}";
}

TEST(NodeResourcesFit, SaysWhatIsMissing) {
  TestWorld world;
  world.node("n1", "{}", "{}",
             "{cpu: '2', memory: 1Gi, ephemeral-storage: 10Gi, pods: '2', hugepages-2Mi: 4Mi, "
             "example.com/gpu: '1'}");
  world.on("n1", TestWorld::pod("a", asking("{cpu: 1500m, memory: 512Mi, example.com/gpu: 1}")));
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{cpu: 500m, memory: 512Mi}")), "n1"), "");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{cpu: 501m, memory: 513Mi}")), "n1"),
            "Insufficient cpu; Insufficient memory");
  // More than there is at all: no removal helps.
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{cpu: 3}")), "n1"), "never: Insufficient cpu");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{example.com/gpu: 1}")), "n1"),
            "Insufficient example.com/gpu");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{example.com/tpu: 1}")), "n1"),
            "never: Insufficient example.com/tpu");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{hugepages-2Mi: 6Mi}")), "n1"),
            "never: Insufficient hugepages-2Mi");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{ephemeral-storage: 11Gi}")), "n1"),
            "never: Insufficient ephemeral-storage");
  world.on("n1", TestWorld::pod("b", "{}"));
  EXPECT_EQ(world.check(TestWorld::pod("p", "{}"), "n1"), "Too many pods");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{cpu: 501m}")), "n1"),
            "Too many pods; Insufficient cpu");
  // What goes gives its share back.
  world.cache.forget("a-uid");
  EXPECT_EQ(world.check(TestWorld::pod("p", asking("{cpu: 2, example.com/gpu: 1}")), "n1"), "");
}

TEST(NodePorts, BelongToOnePod) {
  TestWorld world;
  world.node("n1");
  const auto pod = [](std::string_view name, std::string_view port) {
    return TestWorld::pod(name, "{containers: [{name: a, ports: [" + std::string(port) + "]}]}");
  };
  world.on("n1", pod("a", "{hostPort: 80}"));
  world.on("n1", pod("b", "{hostPort: 81, hostIP: 10.0.0.1}"));
  constexpr std::string_view kTaken = "node(s) didn't have free ports for the requested pod ports";
  EXPECT_EQ(world.check(pod("p", "{hostPort: 80}"), "n1"), kTaken);
  EXPECT_EQ(world.check(pod("p", "{hostPort: 80, hostIP: 10.0.0.1}"), "n1"), kTaken);
  EXPECT_EQ(world.check(pod("p", "{hostPort: 80, protocol: UDP}"), "n1"), "");
  EXPECT_EQ(world.check(pod("p", "{hostPort: 81, hostIP: 10.0.0.2}"), "n1"), "");
  EXPECT_EQ(world.check(pod("p", "{hostPort: 81}"), "n1"), kTaken);
  EXPECT_EQ(world.check(pod("p", "{containerPort: 80}"), "n1"), "");
}

std::string spread(std::string_view more) {
  return "{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
         "DoNotSchedule, labelSelector: {matchLabels: {app: web}}" +
         std::string(more) + "}]}";
}

TEST(PodTopologySpread, KeepsTheSkew) {
  TestWorld world;
  world.node("a1", "{zone: a}");
  world.node("a2", "{zone: a}");
  world.node("b1", "{zone: b}");
  world.node("lost");
  constexpr std::string_view kSkewed = "node(s) didn't match pod topology spread constraints";
  const PodPtr web = TestWorld::pod("p", spread(""), "{app: web}");
  EXPECT_EQ(world.check(web, "a1"), "");
  world.on("a1", TestWorld::pod("w1", "{}", "{app: web}"));
  EXPECT_EQ(world.check(web, "a1"), kSkewed);
  EXPECT_EQ(world.check(web, "a2"), kSkewed);
  EXPECT_EQ(world.check(web, "b1"), "");
  EXPECT_EQ(world.check(web, "lost"),
            "never: node(s) didn't match pod topology spread constraints (missing required label)");
  // Others do not count: of other labels, or going.
  world.on("b1", TestWorld::pod("x1", "{}", "{app: other}"));
  EXPECT_EQ(world.check(web, "b1"), "");
  EXPECT_EQ(world.check(web, "a1"), kSkewed);
  world.on("b1", TestWorld::pod("w2", "{}", "{app: web}"));
  EXPECT_EQ(world.check(web, "a1"), "");
  // A pod that its own selector does not choose makes nothing worse.
  EXPECT_EQ(world.check(TestWorld::pod("p", spread("")), "a1"), "");
  // Two domains where three are wanted: the least is then 0.
  EXPECT_EQ(world.check(TestWorld::pod("p", spread(", minDomains: 3"), "{app: web}"), "a1"),
            kSkewed);
  EXPECT_EQ(world.check(TestWorld::pod("p", spread(", minDomains: 2"), "{app: web}"), "a1"), "");
}

TEST(PodTopologySpread, CountsTheNodesThatThePoliciesSay) {
  TestWorld world;
  world.node("a1", "{zone: a, pool: x}");
  world.node("b1", "{zone: b, pool: y}");
  world.node("c1", "{zone: c, pool: x}", "{taints: [{key: k, effect: NoSchedule}]}");
  world.on("a1", TestWorld::pod("w1", "{}", "{app: web}"));
  const auto check = [&](std::string_view more, std::string_view selector) {
    std::string spec = spread(more);
    spec.insert(1, "nodeSelector: " + std::string(selector) + ", ");
    return world.check(TestWorld::pod("p", spec, "{app: web}"), "a1");
  };
  constexpr std::string_view kSkewed = "node(s) didn't match pod topology spread constraints";
  // Zone c is empty although nothing may go there.
  EXPECT_EQ(check("", "{pool: x}"), kSkewed);
  EXPECT_EQ(check(", nodeTaintsPolicy: Honor", "{pool: x}"), "");
  EXPECT_EQ(check(", nodeTaintsPolicy: Honor, nodeAffinityPolicy: Ignore", "{pool: x}"), kSkewed);
}

std::string near(std::string_view kind, std::string_view term) {
  return "{affinity: {" + std::string(kind) +
         ": {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, " +
         std::string(term) + "}]}}}";
}
constexpr std::string_view kDb = "labelSelector: {matchLabels: {app: db}}";

TEST(InterPodAffinity, BringsTogetherAndKeepsApart) {
  TestWorld world;
  world.node("a1", "{zone: a}");
  world.node("a2", "{zone: a}");
  world.node("b1", "{zone: b}");
  world.node("lost");
  world.put(world.namespaces, "metadata: {name: default, labels: {team: blue}}");
  world.put(world.namespaces, "metadata: {name: other, labels: {team: red}}");
  const PodPtr with_db = TestWorld::pod("p", near("podAffinity", kDb));
  constexpr std::string_view kFar = "never: node(s) didn't match pod affinity rules";
  constexpr std::string_view kNear = "node(s) didn't match pod anti-affinity rules";
  EXPECT_EQ(world.check(with_db, "a1"), kFar);
  // The first of its kind may go anywhere that has the label.
  const PodPtr first = TestWorld::pod("p", near("podAffinity", kDb), "{app: db}");
  EXPECT_EQ(world.check(first, "b1"), "");
  EXPECT_EQ(world.check(first, "lost"), kFar);
  world.on("a1", TestWorld::pod("db", "{}", "{app: db}"));
  EXPECT_EQ(world.check(with_db, "a2"), "");
  EXPECT_EQ(world.check(with_db, "b1"), kFar);
  EXPECT_EQ(world.check(first, "b1"), kFar);
  const PodPtr alone = TestWorld::pod("p", near("podAntiAffinity", kDb));
  EXPECT_EQ(world.check(alone, "a2"), kNear);
  EXPECT_EQ(world.check(alone, "b1"), "");
  EXPECT_EQ(world.check(alone, "lost"), "");
  // Other namespaces, by name and by label.
  const auto elsewhere = [&](std::string_view where) {
    return world.check(
        TestWorld::pod("p", near("podAffinity", std::string(kDb) + ", " + std::string(where))),
        "a1");
  };
  EXPECT_EQ(elsewhere("namespaces: [other]"), kFar);
  EXPECT_EQ(elsewhere("namespaces: [other, default]"), "");
  EXPECT_EQ(elsewhere("namespaceSelector: {matchLabels: {team: blue}}"), "");
  EXPECT_EQ(elsewhere("namespaceSelector: {matchLabels: {team: red}}"), kFar);
  EXPECT_EQ(elsewhere("namespaceSelector: {}"), "");
}

TEST(InterPodAffinity, RespectsWhoIsThere) {
  TestWorld world;
  world.node("a1", "{zone: a}");
  world.node("b1", "{zone: b}");
  world.on("a1", TestWorld::pod("hermit", near("podAntiAffinity", kDb)));
  const PodPtr db = TestWorld::pod("p", "{}", "{app: db}");
  EXPECT_EQ(world.check(db, "a1"), "node(s) didn't satisfy existing pods anti-affinity rules");
  EXPECT_EQ(world.check(db, "b1"), "");
  EXPECT_EQ(world.check(TestWorld::pod("p", "{}", "{app: web}"), "a1"), "");
}

TEST(Volumes, WaitOrSayWhere) {
  TestWorld world;
  world.node("n1", "{kubernetes.io/hostname: n1}");
  world.node("n2", "{kubernetes.io/hostname: n2, topology.kubernetes.io/zone: z2}");
  world.put(world.classes, "metadata: {name: now}\nprovisioner: p\nvolumeBindingMode: Immediate");
  world.put(world.classes,
            "metadata: {name: later}\nprovisioner: p\nvolumeBindingMode: WaitForFirstConsumer");
  world.put(world.classes,
            "metadata: {name: static}\nprovisioner: kubernetes.io/no-provisioner\n"
            "volumeBindingMode: WaitForFirstConsumer");
  const auto claim = [&](std::string_view name, std::string_view spec,
                         std::string_view annotations = "{}") {
    world.put(world.claims, "metadata: {name: " + std::string(name) +
                                ", namespace: default, uid: u-" + std::string(name) +
                                ", annotations: " + std::string(annotations) +
                                "}\nspec: " + std::string(spec));
  };
  const auto check = [&](std::string_view name, std::string_view node) {
    return world.check(TestWorld::pod("p",
                                      "{volumes: [{name: v, persistentVolumeClaim: "
                                      "{claimName: " +
                                          std::string(name) + "}}]}"),
                       node);
  };
  constexpr std::string_view kModes =
      ", accessModes: [ReadWriteOnce], resources: {requests: "
      "{storage: 1Gi}}}";
  EXPECT_EQ(check("none", "n1"), "never: persistentvolumeclaim \"none\" not found");
  claim("immediate", "{storageClassName: now" + std::string(kModes));
  EXPECT_EQ(check("immediate", "n1"), "never: pod has unbound immediate PersistentVolumeClaims");
  claim("delayed", "{storageClassName: later" + std::string(kModes));
  EXPECT_EQ(check("delayed", "n1"), "");
  claim("chosen", "{storageClassName: later" + std::string(kModes),
        "{volume.kubernetes.io/selected-node: n2}");
  EXPECT_EQ(check("chosen", "n2"), "");
  EXPECT_EQ(check("chosen", "n1"),
            "never: node(s) didn't find available persistent volumes to bind");
  // A volume of a node and of a zone.
  constexpr std::string_view kOnN2 =
      ", accessModes: [ReadWriteOnce], capacity: {storage: 2Gi}, nodeAffinity: {required: "
      "{nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, "
      "values: [n2]}]}]}}}";
  claim("bound", "{volumeName: v2" + std::string(kModes),
        "{pv.kubernetes.io/bind-completed: 'yes'}");
  EXPECT_EQ(check("bound", "n2"),
            "never: node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
  world.put(world.volumes,
            "metadata: {name: v2}\nspec: {storageClassName: now" + std::string(kOnN2));
  EXPECT_EQ(check("bound", "n2"), "");
  EXPECT_EQ(check("bound", "n1"), "never: node(s) didn't match PersistentVolume's node affinity");
  claim("zonal", "{volumeName: v3" + std::string(kModes),
        "{pv.kubernetes.io/bind-completed: 'yes'}");
  world.put(world.volumes,
            "metadata: {name: v3, labels: {topology.kubernetes.io/zone: z1__z3}}\nspec: {}");
  EXPECT_EQ(check("zonal", "n1"), "");
  EXPECT_EQ(check("zonal", "n2"), "never: node(s) had no available volume zone");
  // One that exists already is found for its node.
  claim("wants", "{storageClassName: static" + std::string(kModes));
  EXPECT_EQ(check("wants", "n2"),
            "never: node(s) didn't find available persistent volumes to bind");
  world.put(world.volumes, "metadata: {name: v4}\nspec: {storageClassName: static" +
                               std::string(kOnN2) + "\nstatus: {phase: Available}");
  EXPECT_EQ(check("wants", "n2"), "");
  EXPECT_EQ(check("wants", "n1"),
            "never: node(s) didn't find available persistent volumes to bind");
  world.volume_choices.choose("v4", "default/another");
  EXPECT_EQ(check("wants", "n2"),
            "never: node(s) didn't find available persistent volumes to bind");
}

TEST(Volumes, OfOnePodAreUsedByOnePod) {
  TestWorld world;
  world.node("n1");
  world.put(
      world.claims,
      "metadata: {name: c, namespace: default, annotations: {pv.kubernetes.io/bind-completed: "
      "'yes'}}\nspec: {volumeName: v, accessModes: [ReadWriteOncePod]}");
  world.put(world.volumes, "metadata: {name: v}\nspec: {}");
  constexpr std::string_view kSpec =
      "{volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}";
  EXPECT_EQ(world.check(TestWorld::pod("p", kSpec), "n1"), "");
  world.on("n1", TestWorld::pod("a", kSpec));
  EXPECT_EQ(world.check(TestWorld::pod("p", kSpec), "n1"),
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod "
            "access mode");
}

TEST(Reasons, AreCountedAndSorted) {
  TestWorld world;
  std::string why;
  world.node("n1", "{}", "{unschedulable: true}");
  world.node("n2", "{}", "{}", "{cpu: 100m, memory: 1Mi, pods: '1'}");
  world.node("n3", "{}", "{}", "{cpu: 100m, memory: 1Gi, pods: '1'}");
  EXPECT_EQ(world.choose(TestWorld::pod("p", asking("{cpu: 1, memory: 1Gi}")), &why), "");
  EXPECT_EQ(why,
            "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 "
            "Insufficient cpu.");
  // Nodes that were not even asked.
  EXPECT_EQ(world.choose(TestWorld::pod("p", affinity("{matchFields: [{key: metadata.name, "
                                                      "operator: In, values: [n1]}]}")),
                         &why),
            "");
  EXPECT_EQ(why,
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy "
            "plugin(s) [NodeAffinity].");
}

}  // namespace
}  // namespace cove::scheduler
