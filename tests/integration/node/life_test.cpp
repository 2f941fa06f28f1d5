// Pods from their creation to their end.
#include <gmock/gmock.h>

#include <set>

#include "core/api/readers.h"
#include "tests/integration/node/fixture.h"

namespace cove::node::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class PodLife : public NodeTest {};

TEST_F(PodLife, RunsAndIsDeleted) {
  create_pod("web", R"(
containers:
- name: web
  image: busybox:1
  imagePullPolicy: IfNotPresent
  command: [sh, -c, "trap 'exit 0' TERM; echo hello; hostname; while true; do sleep 1; done"]
)");
  ASSERT_TRUE(until_ready("web"));
  const api::ObjectPtr running = pod("web");
  const json::object& document = running->document();
  EXPECT_EQ(api::text_at(document, {"status", "phase"}), "Running");
  EXPECT_EQ(api::text_at(document, {"status", "podIP"}), "10.244.0.2");
  EXPECT_EQ(api::text_at(document, {"status", "hostIP"}), "192.0.2.10");
  EXPECT_EQ(api::text_at(document, {"status", "qosClass"}), "BestEffort");
  for (const char* type :
       {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"})
    EXPECT_EQ(condition(*running, type), "True") << type;
  const json::object status = status_of(*running, "web");
  EXPECT_EQ(api::text_at(status, {"image"}), "docker.io/library/busybox:1");
  EXPECT_TRUE(api::text_at(status, {"containerID"}).starts_with("cove://"));
  EXPECT_TRUE(api::flag_at(status, {"started"}));
  EXPECT_TRUE(cove::test::eventually([&] { return log("web", "web") == "hello\nweb\n"; }));
  EXPECT_TRUE(cove::test::eventually([&] { return events("web").size() >= 3; }));
  EXPECT_THAT(events("web"),
              Contains("Normal Pulled: Container image \"busybox:1\" already present "
                       "on machine and can be accessed by the pod"));
  EXPECT_THAT(events("web"), Contains("Normal Created: Container created"));
  EXPECT_THAT(events("web"), Contains("Normal Started: Container started"));

  remove("web");
  ASSERT_TRUE(until_gone("web"));
  EXPECT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(events("web"), Contains("Normal Killing: Stopping container web"));
  }));
  expect_clean();
}

json::object terminated(const json::object& status, const char* state = "state") {
  const json::object* const found = api::object_at(status, {state, "terminated"});
  return found == nullptr ? json::object() : *found;
}

json::object waiting(const json::object& status) {
  const json::object* const found = api::object_at(status, {"state", "waiting"});
  return found == nullptr ? json::object() : *found;
}

std::string text(const json::object& object, std::string_view name) {
  return std::string(api::text_at(object, {name}));
}

std::int64_t number(const json::object& object, std::string_view name) {
  return api::integer_at(object, {name}).value_or(-1);
}

TEST_F(PodLife, EndsAsItsContainersDo) {
  create_pod("fails", R"(
restartPolicy: Never
containers:
- name: one
  image: busybox:1
  command: [sh, -c, "echo because > /dev/termination-log; exit 3"]
- name: two
  image: busybox:1
  command: ["true"]
- name: talks
  image: busybox:1
  terminationMessagePolicy: FallbackToLogsOnError
  command: [sh, -c, "echo last words; exit 1"]
)");
  create_pod("succeeds", R"(
restartPolicy: OnFailure
initContainers:
- name: first
  image: busybox:1
  command: [sh, -c, "echo 1 >> /shared/order"]
  volumeMounts: [{name: shared, mountPath: /shared}]
- name: second
  image: busybox:1
  command: [sh, -c, "echo 2 >> /shared/order"]
  volumeMounts: [{name: shared, mountPath: /shared}]
containers:
- name: main
  image: busybox:1
  command: [sh, -c, "cat /shared/order"]
  volumeMounts: [{name: shared, mountPath: /shared}]
volumes:
- name: shared
  emptyDir: {}
)");
  create_pod("lacks", R"(
restartPolicy: Never
containers:
- name: main
  image: busybox:1
  command: [no-such-program]
)");
  ASSERT_TRUE(until_phase("fails", "Failed"));
  const api::ObjectPtr failed = pod("fails");
  const json::object one = terminated(status_of(*failed, "one"));
  EXPECT_EQ(number(one, "exitCode"), 3);
  EXPECT_EQ(text(one, "reason"), "Error");
  EXPECT_EQ(text(one, "message"), "because\n");
  EXPECT_EQ(text(terminated(status_of(*failed, "two")), "reason"), "Completed");
  EXPECT_EQ(text(terminated(status_of(*failed, "talks")), "message"), "last words\n");
  EXPECT_EQ(condition(*failed, "Ready"), "False");

  ASSERT_TRUE(until_phase("succeeds", "Succeeded"));
  EXPECT_EQ(log("succeeds", "main"), "1\n2\n");
  const api::ObjectPtr succeeded = pod("succeeds");
  EXPECT_EQ(condition(*succeeded, "Initialized"), "True");
  EXPECT_TRUE(api::flag_at(status_of(*succeeded, "first"), {"ready"}));

  ASSERT_TRUE(until_phase("lacks", "Failed"));
  const json::object lacking = terminated(status_of(*pod("lacks"), "main"));
  EXPECT_EQ(number(lacking, "exitCode"), 128);
  EXPECT_EQ(text(lacking, "reason"), "StartError");
  EXPECT_THAT(text(lacking, "message"), HasSubstr("executable file not found in $PATH"));

  for (const char* name : {"fails", "succeeds", "lacks"}) remove(name);
  for (const char* name : {"fails", "succeeds", "lacks"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodLife, RestartsWithBackOff) {
  create_pod("loop", R"(
containers:
- name: main
  image: busybox:1
  command: [sh, -c, "echo run; exit 4"]
)");
  ASSERT_TRUE(until("loop", [](const api::Object& pod) {
    return text(waiting(status_of(pod, "main")), "reason") == "CrashLoopBackOff";
  }));
  const api::ObjectPtr looping = pod("loop");
  const json::object status = status_of(*looping, "main");
  EXPECT_EQ(number(status, "restartCount"), 1);
  EXPECT_EQ(text(waiting(status), "message"),
            fmt::format("back-off 10s restarting failed container=main pod=loop_default({})",
                        looping->uid()));
  EXPECT_EQ(number(terminated(status, "lastState"), "exitCode"), 4);
  EXPECT_EQ(api::text_at(looping->document(), {"status", "phase"}), "Running");
  EXPECT_EQ(log("loop", "main", 0), "run\n");
  EXPECT_EQ(log("loop", "main", 1), "run\n");
  EXPECT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(
        events("loop"),
        Contains(fmt::format("Warning BackOff: Back-off restarting failed container main in pod "
                             "loop_default({})",
                             looping->uid())));
  }));
  remove("loop");
  ASSERT_TRUE(until_gone("loop"));
  expect_clean();
}

TEST_F(PodLife, SidecarsStartBeforeAndEndAfter) {
  const Path shared = host_->folder() / "side";
  create_pod("side", R"(
restartPolicy: Never
terminationGracePeriodSeconds: 20
initContainers:
- name: proxy
  image: busybox:1
  restartPolicy: Always
  command: [sh, -c, "echo proxy starts >> /shared/order; trap 'echo proxy ends >> /shared/order; exit 0' TERM; while true; do sleep 0.05; done"]
  volumeMounts: [{name: shared, mountPath: /shared}]
containers:
- name: main
  image: busybox:1
  command: [sh, -c, "echo main starts >> /shared/order; sleep 0.3; echo main ends >> /shared/order; cat /shared/order"]
  volumeMounts: [{name: shared, mountPath: /shared}]
volumes:
- name: shared
  hostPath: {type: DirectoryOrCreate, path: )" +
                         shared.string() + "}\n");
  ASSERT_TRUE(until_phase("side", "Succeeded"));
  EXPECT_EQ(read_file(shared / "order", 4096).value(),
            "proxy starts\nmain starts\nmain ends\nproxy ends\n");
  const json::object proxy = status_of(*pod("side"), "proxy");
  EXPECT_EQ(number(terminated(proxy), "exitCode"), 0);
  remove("side");
  ASSERT_TRUE(until_gone("side"));
  expect_clean();
}

TEST_F(PodLife, GraceIsKeptAndShortened) {
  const char* const kStubborn = R"(
terminationGracePeriodSeconds: 600
containers:
- name: main
  image: busybox:1
  command: [sh, -c, "trap '' TERM; echo up; while true; do sleep 1; done"]
)";
  create_pod("stubborn", kStubborn);
  create_pod("forced", kStubborn);
  ASSERT_TRUE(until_ready("stubborn"));
  ASSERT_TRUE(until_ready("forced"));
  remove("stubborn");
  ASSERT_TRUE(until("stubborn", [](const api::Object& pod) { return pod.deleting(); }));
  remove("stubborn", 1);
  remove("forced", 0);
  EXPECT_FALSE(pod("forced"));
  ASSERT_TRUE(until_gone("stubborn"));
  expect_clean();
}

TEST_F(PodLife, ImagesThatAreNotThere) {
  create_pod("never", R"(
containers:
- {name: main, image: missing, imagePullPolicy: Never}
)");
  create_pod("invalid", R"(
containers:
- {name: main, image: "Not:A:Name"}
)");
  create_pod("refused", R"(
containers:
- {name: main, image: "127.0.0.1:1/team/app:v1"}
)");
  const auto reason = [](const std::string& wanted) {
    return [wanted](const api::Object& pod) {
      return text(waiting(status_of(pod, "main")), "reason") == wanted;
    };
  };
  ASSERT_TRUE(until("never", reason("ErrImageNeverPull")));
  EXPECT_EQ(text(waiting(status_of(*pod("never"), "main")), "message"),
            "Container image \"missing\" is not present with pull policy of Never");
  ASSERT_TRUE(until("invalid", reason("InvalidImageName")));
  ASSERT_TRUE(until("refused", reason("ImagePullBackOff")));
  EXPECT_THAT(text(waiting(status_of(*pod("refused"), "main")), "message"),
              HasSubstr("Back-off pulling image \"127.0.0.1:1/team/app:v1\": ErrImagePull: "));
  EXPECT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(events("refused"), Contains("Warning Failed: Error: ErrImagePull"));
  }));
  EXPECT_EQ(condition(*pod("refused"), "PodReadyToStartContainers"), "True");
  EXPECT_EQ(api::text_at(pod("refused")->document(), {"status", "phase"}), "Pending");
  for (const char* name : {"never", "invalid", "refused"}) remove(name);
  for (const char* name : {"never", "invalid", "refused"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodLife, WhatTheNodeDoesNotTake) {
  create_pod("large", R"(
containers:
- {name: main, image: "busybox:1", resources: {requests: {cpu: "5"}}}
)");
  create_pod("elsewhere", R"(
nodeSelector: {disk: fast}
containers:
- {name: main, image: "busybox:1"}
)");
  create_pod("late", R"(
activeDeadlineSeconds: 1
terminationGracePeriodSeconds: 1
containers:
- {name: main, image: "busybox:1", command: [sleep, "1000"]}
)");
  ASSERT_TRUE(until_phase("large", "Failed"));
  const api::ObjectPtr refused = pod("large");
  const json::object& large = refused->document();
  EXPECT_EQ(api::text_at(large, {"status", "reason"}), "OutOfcpu");
  EXPECT_THAT(std::string(api::text_at(large, {"status", "message"})),
              HasSubstr("Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, "
                        "used: 0, capacity: "));
  ASSERT_TRUE(until_phase("elsewhere", "Failed"));
  EXPECT_EQ(api::text_at(pod("elsewhere")->document(), {"status", "reason"}), "NodeAffinity");
  ASSERT_TRUE(until_phase("late", "Failed"));
  EXPECT_EQ(api::text_at(pod("late")->document(), {"status", "reason"}), "DeadlineExceeded");
  for (const char* name : {"large", "elsewhere", "late"}) remove(name, 1);
  for (const char* name : {"large", "elsewhere", "late"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodLife, WhatIsDeletedByForceTakesNobodysRoom) {
  // Its process has no handler for SIGTERM and so lives on for a while.
  constexpr const char* kHalf = R"(
terminationGracePeriodSeconds: 60
containers:
- {name: main, image: "busybox:1", command: [sleep, "1000"], resources: {requests: {cpu: "3"}}}
)";
  create_pod("first", kHalf);
  ASSERT_TRUE(until_ready("first"));
  remove("first", 0);
  ASSERT_EQ(pod("first"), nullptr);
  create_pod("second", kHalf);
  ASSERT_TRUE(until_ready("second"));
  // What the API still has keeps its room, even while it ends.
  remove("second", 60);
  create_pod("third", kHalf);
  ASSERT_TRUE(until_phase("third", "Failed"));
  EXPECT_EQ(api::text_at(pod("third")->document(), {"status", "reason"}), "OutOfcpu");
  for (const char* name : {"second", "third"}) remove(name, 0);
  for (const char* name : {"first", "second", "third"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodLife, WhatTheRuntimeHasNotIsSaid) {
  const auto make_class = [&](const char* name, const char* handler) {
    const client::ResourceClient classes(*admin_, {"node.k8s.io", "v1", "runtimeclasses"});
    const auto made = wait([&](auto done) {
      return classes.create({{"apiVersion", "node.k8s.io/v1"},
                             {"kind", "RuntimeClass"},
                             {"metadata", {{"name", name}}},
                             {"handler", handler}},
                            {}, std::move(done));
    });
    ASSERT_TRUE(made) << made.error().message;
  };
  make_class("light", "crun");
  make_class("heavy", "kata");
  const std::string containers = R"(
terminationGracePeriodSeconds: 1
containers:
- {name: main, image: "busybox:1", command: [sleep, "1000"]}
)";
  create_pod("light", "\nruntimeClassName: light" + containers);
  create_pod("heavy", "\nruntimeClassName: heavy" + containers);
  create_pod("users", "\nhostUsers: false" + containers);
  const auto refused = [&](const char* name, const std::string& why) {
    return cove::test::eventually([&] {
      return ::testing::Value(events(name),
                              Contains("Warning FailedCreatePodSandBox: Failed to create pod "
                                       "sandbox: " +
                                       why));
    });
  };
  EXPECT_TRUE(refused("users",
                      "can't set `spec.hostUsers: false`, runtime does not support user "
                      "namespaces"));
  EXPECT_TRUE(refused("heavy",
                      "rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime "
                      "for \"kata\" is configured"));
  EXPECT_TRUE(until_ready("light"));
  for (const char* name : {"users", "heavy"})
    EXPECT_EQ(api::text_at(pod(name)->document(), {"status", "phase"}), "Pending");
  for (const char* name : {"light", "users", "heavy"}) remove(name, 1);
  for (const char* name : {"light", "users", "heavy"}) ASSERT_TRUE(until_gone(name));
  expect_clean();
}

TEST_F(PodLife, IsResized) {
  create_pod("sized", R"(
terminationGracePeriodSeconds: 1
containers:
- name: main
  image: busybox:1
  command: [sleep, "1000"]
  resources: {requests: {cpu: 100m, memory: 32Mi}, limits: {cpu: 200m, memory: 64Mi}}
  resizePolicy:
  - {resourceName: cpu, restartPolicy: NotRequired}
  - {resourceName: memory, restartPolicy: NotRequired}
)");
  ASSERT_TRUE(until_ready("sized"));
  const auto resize = [&](const char* cpu) {
    const json::object patch{
        {"spec",
         {{"containers", json::array{{{"name", "main"},
                                      {"resources",
                                       {{"requests", {{"cpu", cpu}, {"memory", "48Mi"}}},
                                        {"limits", {{"cpu", cpu}, {"memory", "96Mi"}}}}}}}}}}};
    const auto resized = wait([&](auto done) {
      return pods().patch("sized", client::PatchType::kStrategicMerge, patch,
                          {.subresource = "resize"}, std::move(done));
    });
    ASSERT_TRUE(resized) << resized.error().message;
  };
  // More than the node has: it goes on with what it has, and says why.
  resize("2000");
  ASSERT_TRUE(until("sized", [](const api::Object& pod) {
    const json::object* const pending = api::condition_of(pod.document(), "PodResizePending");
    return pending != nullptr && api::text_at(*pending, {"reason"}) == "Infeasible" &&
           api::text_at(*pending, {"message"})
               .starts_with(
                   "Node didn't have enough capacity: cpu, requested: 2000000, capacity: ");
  }));
  EXPECT_EQ(api::text_at(status_of(*pod("sized"), "main"), {"resources", "limits", "memory"}),
            "64Mi");
  // Nor has it more once it starts anew, and nobody has to make room for it.
  ASSERT_TRUE(runtime_->signal(agent_->pods().find("default", "sized")->containers[0].id, SIGKILL));
  ASSERT_TRUE(until("sized", [](const api::Object& pod) {
    return condition(pod, "Ready") == "True" && number(status_of(pod, "main"), "restartCount") == 1;
  }));
  EXPECT_EQ(api::text_at(status_of(*pod("sized"), "main"), {"resources", "limits", "memory"}),
            "64Mi");
  EXPECT_EQ(
      runtime_->statistics(agent_->pods().find("default", "sized")->containers[0].id)->memory_limit,
      64U << 20);
  EXPECT_EQ(condition(*pod("sized"), "PodResizePending"), "True");
  create_pod("beside", R"(
terminationGracePeriodSeconds: 1
containers:
- {name: main, image: "busybox:1", command: [sleep, "1000"], resources: {requests: {cpu: 1m}}}
)");
  ASSERT_TRUE(until_ready("beside"));
  remove("beside");
  ASSERT_TRUE(until_gone("beside"));
  resize("150m");
  ASSERT_TRUE(until("sized", [](const api::Object& pod) {
    return api::text_at(status_of(pod, "main"), {"resources", "limits", "memory"}) == "96Mi";
  }));
  const auto running = agent_->pods().find("default", "sized");
  ASSERT_TRUE(running);
  auto cgroups = os::Cgroups::find();
  EXPECT_EQ((*cgroups)->usage(running->cgroup)->memory_limit, 96U << 20);
  EXPECT_EQ(runtime_->statistics(running->containers[0].id)->memory_limit, 96U << 20);
  const api::ObjectPtr after = pod("sized");
  EXPECT_EQ(number(status_of(*after, "main"), "restartCount"), 1);
  EXPECT_EQ(condition(*after, "PodResizeInProgress"), "");
  EXPECT_EQ(condition(*after, "PodResizePending"), "");
  const auto expect_told = [&](const std::string& text) {
    cove::test::eventually(
        [&] { return ::testing::Value(events("sized"), Contains(HasSubstr(text))); },
        std::chrono::seconds(20));
    EXPECT_THAT(events("sized"), Contains(HasSubstr(text)));
  };
  expect_told(
      R"(Warning ResizeInfeasible: Pod resize Infeasible: {"containers":[{"name":"main","resources":{"limits":{"cpu":"2k","memory":"96Mi"},"requests":{"cpu":"2k","memory":"48Mi"}}}],"generation":2,"error":"Node didn't have enough capacity: cpu, )");
  const std::string now =
      R"({"containers":[{"name":"main","resources":{"limits":{"cpu":"150m","memory":"96Mi"},"requests":{"cpu":"150m","memory":"48Mi"}}}],"generation":3})";
  expect_told("Normal ResizeStarted: Pod resize started: " + now);
  expect_told("Normal ResizeCompleted: Pod resize completed: " + now);
  EXPECT_EQ(std::ranges::count_if(
                events("sized"),
                [](const std::string& each) { return each.find(" Resize") != std::string::npos; }),
            3);
  remove("sized");
  ASSERT_TRUE(until_gone("sized"));
  expect_clean();
}

TEST_F(PodLife, ManyAtOnce) {
  constexpr int kMany = 20;
  const auto name = [](int i) { return fmt::format("pod-{}", i); };
  for (int i = 0; i < kMany; ++i) {
    create_pod(name(i), R"(
terminationGracePeriodSeconds: 1
containers:
- {name: main, image: "busybox:1", command: [sleep, "1000"]}
)");
  }
  std::set<std::string, std::less<>> addresses;
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(until_ready(name(i)));
    addresses.emplace(api::text_at(pod(name(i))->document(), {"status", "podIP"}));
  }
  EXPECT_EQ(addresses.size(), kMany);
  for (int i = 0; i < kMany; ++i) remove(name(i), 1);
  for (int i = 0; i < kMany; ++i) ASSERT_TRUE(until_gone(name(i)));
  expect_clean();
}
}  // namespace
}  // namespace cove::node::test
