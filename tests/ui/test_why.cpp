// "Why?": what is said about documents as clusters write them, and the panel that says it.
#include <QTest>

#include "core/api/document.h"
#include "tests/ui/page_test.h"
#include "tests/ui/wrapped_transport.h"
#include "ui/models/explanation.h"

namespace cove::ui::test {

namespace {

constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

api::ObjectPtr document(std::string_view yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) return nullptr;
  return api::Object::make(std::move(parsed->value.get_object()));
}

struct Case {
  const char* name;
  const char* object;
  std::vector<const char*> around;
  const char* log;
  ObjectState state;                  // kNone: nothing is to be explained
  const char* title;                  // stands in the title
  std::vector<const char*> why = {};  // all stand in the reasons
  const char* advice = "";
  const char* key = "";  // of the first action
};

constexpr const char* kNode = R"(
apiVersion: v1
kind: Node
metadata: {name: cove}
status: {allocatable: {cpu: "2", memory: 2Gi, pods: "110"}}
)";

constexpr const char* kWebPod = R"(
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: default, uid: w1, labels: {app: web, tier: front}}
spec:
  nodeName: cove
  containers: [{name: app, image: "web:1", resources: {requests: {memory: 1536Mi}},
                ports: [{name: http, containerPort: 8080}]}]
status:
  phase: Running
  conditions: [{type: Ready, status: "True"}]
  containerStatuses: [{name: app, ready: true, started: true, restartCount: 0, state: {running: {}}}]
)";

constexpr const char* kPullPod = R"(
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default, uid: u, labels: {app: web}}
spec: {nodeName: cove, containers: [{name: app, image: "registry.example.com/shop:9"}]}
status:
  phase: Pending
  containerStatuses:
  - {name: app, image: "registry.example.com/shop:9", ready: false, restartCount: 0,
     state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image "registry.example.com/shop:9": ErrImagePull: find the image registry.example.com/shop:9: manifest unknown'}}}
)";

constexpr const char* kDeployment = R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, uid: d}
spec: {replicas: 2, progressDeadlineSeconds: 60, selector: {matchLabels: {app: web}}}
status:
  replicas: 2
  updatedReplicas: 1
  availableReplicas: 1
  conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: 'ReplicaSet "web-1" has timed out progressing.'}]
)";

std::string pod_with(const char* spec, const char* status) {
  return std::string(
             "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, uid: u}\n") +
         "spec: {nodeName: cove, containers: [" + spec + "]}\nstatus: {phase: Running, " +
         "containerStatuses: [" + status + "]}\n";
}

std::string event(const char* kind, const char* name, const char* uid, const char* reason,
                  const std::string& message, const char* at = "2023-11-14T22:00:00Z") {
  return std::string("apiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: default}\n") +
         "involvedObject: {kind: " + kind + ", name: " + name + ", uid: " + uid +
         "}\ntype: Warning\nreason: " + reason + "\nlastTimestamp: " + at + "\nmessage: '" +
         message + "'\n";
}

// What is put together lives as long as the test.
const char* keep(std::string text) {
  static std::deque<std::string> kept;
  return kept.emplace_back(std::move(text)).c_str();
}

std::vector<Case> pod_cases() {
  const char* const container = "{name: app, image: 'web:1', resources: {limits: {memory: 64Mi}}}";
  const auto crashed = [&](const char* ended) {
    return keep(
        pod_with(container, keep(std::string("{name: app, ready: false, restartCount: 5, "
                                             "state: {waiting: {reason: CrashLoopBackOff}}, "
                                             "lastState: {terminated: ") +
                                 ended + "}}")));
  };
  return {
      {"well", kWebPod, {}, "", ObjectState::kNone, ""},
      {"no such tag",
       kPullPod,
       {},
       "",
       ObjectState::kBad,
       "registry.example.com/shop:9 cannot be pulled (ImagePullBackOff)",
       {"manifest unknown", "registry's answer"},
       "no such repository or tag"},
      {"no login",
       keep(pod_with("{name: app, image: a}",
                     "{name: app, ready: false, restartCount: 0, state: {waiting: {reason: "
                     "ErrImagePull, message: 'pull access denied: unauthorized'}}}")),
       {},
       "",
       ObjectState::kBad,
       "(ErrImagePull)",
       {"unauthorized"},
       "imagePullSecrets"},
      {"answer of an event",
       keep(pod_with("{name: app, image: a}",
                     "{name: app, ready: false, restartCount: 0, state: {waiting: {reason: "
                     "ImagePullBackOff, message: 'Back-off pulling image'}}}")),
       {keep(event("Pod", "p", "u", "Failed",
                   "Failed to pull image \"a\": dial tcp: lookup nowhere: no such host"))},
       "",
       ObjectState::kBad,
       "cannot be pulled",
       {"no such host"},
       "DNS"},
      {"crash",
       crashed("{exitCode: 3, reason: Error}"),
       {},
       "cannot open database",
       ObjectState::kBad,
       "CrashLoopBackOff",
       {"exit code 3", "5"},
       "log"},
      {"out of memory",
       crashed("{exitCode: 137, reason: OOMKilled}"),
       {},
       "",
       ObjectState::kBad,
       "CrashLoopBackOff",
       {"OOMKilled", "137"},
       "now 64Mi"},
      {"signal",
       crashed("{exitCode: 139, reason: Error}"),
       {},
       "",
       ObjectState::kBad,
       "CrashLoopBackOff",
       {"SIGSEGV"},
       "crashed"},
      {"no program",
       crashed("{exitCode: 127, reason: StartError, message: 'exec: wbe: not found'}"),
       {},
       "",
       ObjectState::kBad,
       "CrashLoopBackOff",
       {"wbe"},
       "command"},
      {"ended well",
       crashed("{exitCode: 0, reason: Completed}"),
       {},
       "",
       ObjectState::kBad,
       "CrashLoopBackOff",
       {"means success"},
       "Job"},
      {"liveness",
       crashed("{exitCode: 137, reason: Error}"),
       {keep(event("Pod", "p", "u", "Unhealthy", "Liveness probe failed: statuscode: 500"))},
       "",
       ObjectState::kBad,
       "CrashLoopBackOff",
       {"SIGKILL", "statuscode: 500"},
       "probe"},
      {"no ConfigMap",
       keep(pod_with(container,
                     "{name: app, ready: false, restartCount: 0, state: {waiting: {reason: "
                     "CreateContainerConfigError, message: 'configmap \"settings\" not found'}}}")),
       {},
       "",
       ObjectState::kBad,
       "The ConfigMap “settings” is missing",
       {},
       "Create it"},
      {"no Secret to mount",
       keep(pod_with(container,
                     "{name: app, ready: false, restartCount: 0, state: {waiting: "
                     "{reason: ContainerCreating}}}")),
       {keep(event("Pod", "p", "u", "FailedMount", "secret \"tls\" not found"))},
       "",
       ObjectState::kBad,
       "The Secret “tls” is missing",
       {},
       "Create it"},
      {"event of another pod of that name",
       keep(pod_with(container,
                     "{name: app, ready: false, restartCount: 0, state: {waiting: "
                     "{reason: ContainerCreating}}}")),
       {keep(event("Pod", "p", "old", "FailedMount", "secret \"tls\" not found"))},
       "",
       ObjectState::kBusy,
       "is being started (ContainerCreating)"},
      {"not ready",
       keep(pod_with(
           "{name: app, image: a, readinessProbe: {httpGet: {path: /ready, port: 8080}}}",
           "{name: app, ready: false, started: true, restartCount: 0, state: {running: {}}}")),
       {keep(event("Pod", "p", "u", "Unhealthy", "Readiness probe failed: connection refused"))},
       "",
       ObjectState::kBusy,
       "runs but is not ready",
       {"GET /ready on port 8080", "refused"},
       "answers there"},
      {"evicted",
       "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, uid: u}\nspec: "
       "{containers: [{name: app, image: a}]}\nstatus: {phase: Failed, reason: Evicted, message: "
       "'The node was low on resource: memory.'}\n",
       {},
       "",
       ObjectState::kBad,
       "put it out (Evicted)",
       {"memory"},
       "Give the cluster more"},
      {"too large for the node",
       "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, uid: u}\nspec: "
       "{containers: [{name: app, image: a, resources: {requests: {memory: 1Gi, cpu: '8'}}}]}\n"
       "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: "
       "Unschedulable, message: '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient "
       "memory.'}]}\n",
       {kNode, kWebPod},
       "",
       ObjectState::kBad,
       "No node can take it (Unschedulable)",
       {"asks for 8 CPUs", "has 2 CPUs", "asks for 1 GiB", "has 2 GiB", "1.5 GiB", "0/1 nodes"},
       "resources.requests"},
      {"no such label on a node",
       "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, uid: u}\nspec: "
       "{nodeSelector: {disk: ssd}, containers: [{name: app, image: a}]}\nstatus: {phase: Pending, "
       "conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '0/1 "
       "nodes are available: 1 node(s) did not match Pod node affinity/selector.'}]}\n",
       {kNode},
       "",
       ObjectState::kBad,
       "Unschedulable",
       {"disk=ssd"},
       "Label the node"},
      {"init container",
       "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, uid: u}\nspec: "
       "{nodeName: "
       "cove, initContainers: [{name: one, image: a}, {name: two, image: a}], containers: [{name: "
       "app, image: a}]}\nstatus: {phase: Pending, initContainerStatuses: [{name: one, ready: "
       "true, "
       "restartCount: 0, state: {terminated: {exitCode: 0}}}, {name: two, ready: false, "
       "restartCount: "
       "0, state: {running: {}}}], containerStatuses: [{name: app, ready: false, restartCount: 0, "
       "state: {waiting: {reason: PodInitializing}}}]}\n",
       {},
       "waiting for db",
       ObjectState::kBusy,
       "Init container “two” (2 of 2) is still running"},
      {"finalizers",
       "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, uid: u, "
       "deletionTimestamp: "
       "'2023-11-14T21:00:00Z', finalizers: [example.com/hold]}\nspec: {containers: [{name: app, "
       "image: a}]}\nstatus: {phase: Running}\n",
       {},
       "",
       ObjectState::kBad,
       "waits for finalizers",
       {"example.com/hold"},
       "controller"},
  };
}

std::vector<Case> other_cases() {
  const char* const service =
      "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default, uid: s}\nspec: "
      "{selector: {app: web, tier: frnt}, ports: [{port: 80, targetPort: 8080}]}\n";
  const char* const by_name =
      "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default, uid: s}\nspec: "
      "{selector: {app: web}, ports: [{port: 80, targetPort: htpp}]}\n";
  const char* const ingress =
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: default, "
      "uid: "
      "i}\nspec: {ingressClassName: cove, rules: [{http: {paths: [{path: /, pathType: Prefix, "
      "backend: "
      "{service: {name: wbe, port: {number: 80}}}}]}}]}\n";
  const char* const ingress_class =
      "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: cove}\n";
  const char* const claim =
      "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: default, "
      "uid: "
      "c}\nspec: {storageClassName: local}\nstatus: {phase: Pending}\n";
  return {
      {"labels that differ",
       service,
       {kWebPod},
       "",
       ObjectState::kBad,
       "No pod has the labels of its selector",
       {"app=web, tier=frnt", "web-1", "“tier” is “front” there"},
       "spec.selector",
       "default/web-1"},
      {"no pods at all",
       service,
       {},
       "",
       ObjectState::kBad,
       "No pod has the labels",
       {"no pods in the namespace default"},
       "Make pods"},
      {"port name",
       by_name,
       {kWebPod},
       "",
       ObjectState::kBad,
       "no port named “htpp”",
       {"http"},
       "“http” is meant",
       "default/web-1"},
      {"none ready",
       "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default, uid: s}\nspec: "
       "{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n",
       {kPullPod},
       "",
       ObjectState::kBad,
       "None of its pods is ready",
       {"p: The image registry.example.com/shop:9"},
       "ready",
       "default/p"},
      {"a pod fails",
       kDeployment,
       {kPullPod, kWebPod},
       "",
       ObjectState::kBad,
       "A pod of it fails: The image registry.example.com/shop:9",
       {"manifest unknown", "1 of 2", "60 s"},
       "undo",
       "default/p"},
      {"deadline alone",
       kDeployment,
       {},
       "",
       ObjectState::kBad,
       "ProgressDeadlineExceeded",
       {"60 s"},
       "undo"},
      {"quota",
       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default, uid: "
       "d}\nspec: {replicas: 2, selector: {matchLabels: {app: none}}}\nstatus: {conditions: "
       "[{type: "
       "ReplicaFailure, status: 'True', reason: FailedCreate, message: 'pods \"web-1\" is "
       "forbidden: "
       "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'}]}\n",
       {},
       "",
       ObjectState::kBad,
       "quota “small”",
       {"limited: pods=2"},
       "ResourceQuota"},
      {"ready workload",
       "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: w, namespace: default, uid: "
       "d}\nspec: {replicas: 1, selector: {matchLabels: {app: web}}}\nstatus: {readyReplicas: 1}\n",
       {},
       "",
       ObjectState::kNone,
       ""},
      {"job",
       "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, namespace: default, uid: j}\nspec: "
       "{backoffLimit: 2, selector: {matchLabels: {app: web}}}\nstatus: {failed: 3, conditions: "
       "[{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: 'Job has reached "
       "the "
       "specified backoff limit'}]}\n",
       {},
       "",
       ObjectState::kBad,
       "BackoffLimitExceeded",
       {"3", "2"},
       "logs"},
      {"claim without class",
       claim,
       {},
       "",
       ObjectState::kBad,
       "no StorageClass “local”",
       {},
       "storageClassName"},
      {"claim that waits for a pod",
       claim,
       {"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: "
        "local}\nvolumeBindingMode: WaitForFirstConsumer\n"},
       "",
       ObjectState::kBusy,
       "WaitForFirstConsumer",
       {},
       "Nothing is wrong"},
      {"silent node",
       "apiVersion: v1\nkind: Node\nmetadata: {name: cove, uid: n}\nstatus: {conditions: [{type: "
       "Ready, status: Unknown, message: 'Kubelet stopped posting node status.'}]}\n",
       {},
       "",
       ObjectState::kBad,
       "NotReady",
       {"stopped posting"},
       "console log"},
      {"disk pressure",
       "apiVersion: v1\nkind: Node\nmetadata: {name: cove, uid: n}\nstatus: {conditions: [{type: "
       "Ready, status: 'True'}, {type: DiskPressure, status: 'True', message: full}]}\n",
       {},
       "",
       ObjectState::kBad,
       "DiskPressure",
       {"full"},
       "Prune"},
      {"ingress without class", ingress, {}, "", ObjectState::kBad, "no IngressClass “cove”"},
      {"ingress without service",
       ingress,
       {ingress_class,
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\n"},
       "",
       ObjectState::kBad,
       "“wbe”",
       {"Perhaps “web” is meant", "503"},
       "correct the name"},
      {"ingress with a wrong port",
       ingress,
       {ingress_class,
        "apiVersion: v1\nkind: Service\nmetadata: {name: wbe, namespace: "
        "default}\nspec: {ports: [{name: http, port: 8080}]}\n"},
       "",
       ObjectState::kBad,
       "no port 80",
       {"8080 (http)"},
       "port",
       "default/wbe"},
  };
}

// Of pods' logs; there is no node agent behind this server.
std::optional<client::ApiResult<client::ApiResponse>> log_of(const client::ApiRequest& request) {
  if (!request.path.ends_with("/log")) return std::nullopt;
  std::string asked = request.path;
  for (const auto& [name, value] : request.query) asked += " " + name + "=" + value;
  client::ApiResponse answer;
  answer.body = std::make_shared<const std::string>("cannot open the database\n" + asked + "\n");
  return answer;
}

}  // namespace

class WhyTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void documents_are_explained() {
    auto cases = pod_cases();
    for (Case& each : other_cases()) cases.push_back(std::move(each));
    for (const Case& each : cases) {
      const auto object = document(each.object);
      QVERIFY2(object, each.name);
      Surroundings around;
      around.complete = true;
      around.log = QString::fromUtf8(each.log);
      for (const char* other : each.around) {
        QVERIFY2(document(other), each.name);
        around.objects.push_back(document(other));
      }
      const auto told = explain(*object, around, kNow);
      QVERIFY2(told.has_value() == (each.state != ObjectState::kNone), each.name);
      if (!told) continue;
      const auto all =
          QStringLiteral("%1\n--\n%2\n--\n%3").arg(told->title, told->why, told->advice);
      const QByteArray shown = each.name + QByteArray(": ") + all.toUtf8();
      QVERIFY2(told->state == each.state, shown);
      QVERIFY2(told->title.contains(QString::fromUtf8(each.title)), shown);
      for (const char* part : each.why)
        QVERIFY2(told->why.contains(QString::fromUtf8(part)), shown);
      QVERIFY2(told->advice.contains(QString::fromUtf8(each.advice)), shown);
      if (*each.key != 0) {
        QVERIFY2(!told->actions.empty(), shown);
        QCOMPARE(told->actions.front().key, QString::fromUtf8(each.key));
      }
    }
  }

  void what_is_not_known_is_not_asserted() {
    const auto service = document(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default, uid: s}\nspec: "
        "{selector: {app: web}, ports: [{port: 80}]}\n");
    QVERIFY(!explain(*service, {}, kNow));
    QCOMPARE(needs_of(*service, kNow).collections.size(), std::size_t{2});
    QVERIFY(needs_of(*document(kWebPod), kNow).collections.empty());
  }

  void garbage_is_survived() {
    for (const char* kind : {"Pod", "Service", "Deployment", "Job", "PersistentVolumeClaim", "Node",
                             "Ingress", "Namespace", "DaemonSet"}) {
      for (const char* rest :
           {"", "spec: 5\nstatus: [1]\n", "spec: {ports: 1, selector: []}\n",
            "status: {conditions: {a: b}, containerStatuses: [1, {name: 5}], phase: "
            "Pending}\nspec: {containers: x, initContainers: [[]]}\n"}) {
        const auto object = document(std::string("apiVersion: v1\nkind: ") + kind +
                                     "\nmetadata: {name: x, namespace: y, uid: z}\n" + rest);
        QVERIFY(object);
        Surroundings around{{object}, {}, true};
        (void)needs_of(*object, kNow);
        (void)explain(*object, around, kNow);
      }
    }
  }

  void the_panel_has_the_last_lines_of_the_log_and_goes_away_when_all_is_well() {
    make_pod("web-1");
    cluster_->run_pod("web-1", false);
    cluster_->patch("pods", "web-1",
                    R"({"status":{"containerStatuses":[{"name":"a","image":"demo:1",
      "imageID":"","ready":false,"restartCount":2,
      "state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
      "lastState":{"terminated":{"exitCode":2,"reason":"Error"}}}]}})",
                    "default", "status");
    service_->set_status(running("logs"));
    open("pods", "logs", {{"logs", [this](Executor& executor) {
                             return std::make_unique<AnsweringTransport>(to(*cluster_)(executor),
                                                                         &log_of);
                           }}});
    QTRY_VERIFY(row_of("web-1") >= 0);
    choose("web-1");
    auto* panel = find<QFrame>("why");
    QTRY_VERIFY(panel->isVisible());
    QVERIFY(label("why_title").contains(QStringLiteral("CrashLoopBackOff")));
    QVERIFY(label("why_text").contains(QStringLiteral("exit code 2")));
    QTRY_VERIFY(label("why_log").contains(QStringLiteral("cannot open the database")));
    QVERIFY(label("why_log").contains(QStringLiteral("previous=true")));
    QVERIFY(label("why_log").contains(QStringLiteral("container=a")));
    cluster_->run_pod("web-1");
    QTRY_VERIFY(!panel->isVisible());
    check_awake();
  }

  void a_service_leads_to_the_pod_that_is_nearest() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"default",
      "labels":{"app":"wbe"}},"spec":{"containers":[{"name":"a","image":"demo:1"}]}})");
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
      "spec":{"selector":{"app":"web"},"ports":[{"port":80}]}})");
    open("services");
    QTRY_VERIFY(row_of("web") >= 0);
    choose("web");
    QTRY_VERIFY(find<QFrame>("why")->isVisible());
    QVERIFY(label("why_text").contains(QStringLiteral("“app” is “wbe” there")));
    QTest::mouseClick(find<QPushButton>("why_action"), Qt::LeftButton);
    auto* pods = find<QTableView>("pods_table");
    QTRY_VERIFY(pods && pods->selectionModel()->hasSelection());
    QCOMPARE(pods->selectionModel()->selectedRows().front().data().toString(),
             QStringLiteral("web-1"));
    check_awake();
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::WhyTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_why.moc"
