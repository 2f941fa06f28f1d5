#include "core/node/pod_status.h"

#include <fmt/format.h>

#include "tests/unit/agent/pod_facts.h"

namespace cove::node {
namespace {

using test::kNow;
using test::Pod;

constexpr std::string_view kSimple = R"(
metadata: {name: web, namespace: default, uid: u1, generation: 3}
spec:
  restartPolicy: POLICY
  initContainers: [{name: init, image: a}]
  containers: [{name: web, image: a}, {name: app, image: a}]
)";

std::string simple(std::string_view policy = "Always") {
  std::string text(kSimple);
  text.replace(text.find("POLICY"), 6, policy);
  return text;
}

json::object status(const Pod& pod) {
  return pod_status(pod.facts, kNow);
}

// "True", "False ContainersNotReady containers with …".
std::string condition(const json::object& status, std::string_view type) {
  for (const json::value& each : *api::array_at(status, {"conditions"})) {
    const json::object& one = each.get_object();
    if (api::text_at(one, {"type"}) != type) continue;
    std::string text(api::text_at(one, {"status"}));
    for (const char* field : {"reason", "message"}) {
      if (one.contains(field)) text += fmt::format(" {}", api::text_at(one, {field}));
    }
    return text;
  }
  return "absent";
}

std::string phase(const Pod& pod) {
  return std::string(api::text_at(status(pod), {"phase"}));
}

TEST(PodStatus, OfAPodThatStarts) {
  Pod pod(simple());
  pod.facts.sandbox_ready = false;
  pod.facts.address.clear();
  json::object now = status(pod);
  EXPECT_EQ(api::text_at(now, {"phase"}), "Pending");
  EXPECT_EQ(condition(now, "PodReadyToStartContainers"), "False");
  EXPECT_EQ(condition(now, "Initialized"),
            "False ContainersNotInitialized containers with incomplete status: [init]");
  EXPECT_EQ(condition(now, "Ready"),
            "False ContainersNotReady containers with unready status: [web app]");
  EXPECT_EQ(condition(now, "ContainersReady"), condition(now, "Ready"));
  EXPECT_EQ(condition(now, "PodScheduled"), "True");
  EXPECT_FALSE(now.contains("podIP"));
  EXPECT_EQ(api::text_at(now, {"hostIP"}), "192.0.2.10");
  EXPECT_EQ(api::integer_at(now, {"observedGeneration"}), 3);
  const json::array& regular = *api::array_at(now, {"containerStatuses"});
  EXPECT_EQ(api::text_at(regular[0].get_object(), {"name"}), "app") << "by name";
  EXPECT_EQ(api::text_at(regular[0].get_object(), {"state", "waiting", "reason"}),
            "PodInitializing");

  pod.facts.sandbox_ready = true;
  pod.ended("init", 0).runs("web").runs("app");
  pod.at("app").ready = false;
  now = status(pod);
  EXPECT_EQ(api::text_at(now, {"phase"}), "Running");
  EXPECT_EQ(condition(now, "Initialized"), "True");
  EXPECT_EQ(condition(now, "Ready"),
            "False ContainersNotReady containers with unready status: [app]");
  pod.at("app").ready = true;
  EXPECT_EQ(condition(status(pod), "Ready"), "True");
}

TEST(PodStatus, PhasesByPolicyAndEnds) {
  struct Case {
    const char* policy;
    int web, app;  // exit codes; -1: runs
    bool ended;
    const char* wanted;
  };
  const Case cases[] = {
      {"Always", -1, 0, false, "Running"},
      {"Always", 0, 0, false, "Running"},
      {"Always", 0, 0, true, "Succeeded"},
      {"Always", 0, 137, true, "Failed"},
      {"OnFailure", 0, -1, false, "Running"},
      {"OnFailure", 0, 0, true, "Succeeded"},
      {"OnFailure", 1, 0, false, "Running"},
      {"Never", 1, -1, false, "Running"},
      {"Never", 1, 0, true, "Failed"},
      {"Never", 0, 0, true, "Succeeded"},
      // Terminal only once nothing can run any more.
      {"Never", 1, 0, false, "Running"},
  };
  for (const Case& each : cases) {
    Pod pod(simple(each.policy));
    json::object document = pod.facts.pod->document();
    document["status"] = json::object{{"phase", "Running"}};
    pod.facts.pod = api::Object::make(std::move(document));
    pod.facts.containers = containers_of(*pod.facts.pod, pod.facts.containers);
    pod.ended("init", 0).runs("web").runs("app");
    if (each.web >= 0) pod.ended("web", each.web);
    if (each.app >= 0) pod.ended("app", each.app);
    pod.facts.ended = pod.facts.terminating = each.ended;
    EXPECT_EQ(phase(pod), each.wanted)
        << each.policy << " " << each.web << " " << each.app << " " << each.ended;
  }
}

TEST(PodStatus, CompletedAndFailedPodsAreNotReady) {
  Pod pod(simple("Never"));
  pod.ended("init", 0).ended("web", 0).ended("app", 0);
  pod.facts.ended = pod.facts.terminating = true;
  json::object now = status(pod);
  EXPECT_EQ(api::text_at(now, {"phase"}), "Succeeded");
  EXPECT_EQ(condition(now, "Ready"), "False PodCompleted");
  EXPECT_EQ(condition(now, "Initialized"), "True PodCompleted");
  pod.ended("web", 1);
  now = status(pod);
  EXPECT_EQ(condition(now, "ContainersReady"), "False PodFailed");

  pod.facts.failed = true;
  pod.facts.reason = "Evicted";
  pod.facts.message = "The node was low on resource: memory.";
  pod.facts.disruption_reason = "TerminationByKubelet";
  now = status(pod);
  EXPECT_EQ(api::text_at(now, {"reason"}), "Evicted");
  EXPECT_EQ(condition(now, "DisruptionTarget"),
            "True TerminationByKubelet The node was low on resource: memory.");
}

TEST(PodStatus, InitializationThatFailedForGood) {
  Pod pod(simple("Never"));
  pod.ended("init", 1);
  pod.facts.ended = pod.facts.terminating = true;
  pod.facts.sandbox_ready = false;
  const json::object now = status(pod);
  EXPECT_EQ(api::text_at(now, {"phase"}), "Failed");
  EXPECT_EQ(condition(now, "Initialized"),
            "False ContainersNotInitialized containers with incomplete status: [init]");
  for (const json::value& each : *api::array_at(now, {"containerStatuses"})) {
    EXPECT_EQ(api::text_at(each.get_object(), {"state", "waiting", "reason"}), "PodInitializing");
  }
  // One that was to run has become nobody knows what.
  pod.ended("init", 0).ended("web", 0);
  const json::object later = status(pod);
  EXPECT_EQ(api::text_at((*api::array_at(later, {"containerStatuses"}))[0].get_object(),
                         {"state", "terminated", "reason"}),
            "ContainerStatusUnknown");
}

TEST(PodStatus, ASidecarThatHasEndedDoesNotUndoInitialization) {
  Pod pod(R"(
metadata: {name: web, namespace: default, uid: u1}
spec:
  restartPolicy: Never
  initContainers: [{name: side, image: a, restartPolicy: Always}]
  containers: [{name: web, image: a}]
)");
  pod.runs("side").runs("web").ended("web", 1).ended("side", 143);
  pod.facts.ended = pod.facts.terminating = true;
  pod.facts.sandbox_ready = false;
  const json::object now = status(pod);
  EXPECT_EQ(api::text_at(now, {"phase"}), "Failed");
  EXPECT_EQ(condition(now, "Initialized"), "True");
}

TEST(PodStatus, WaitingSaysWhyAndKeepsTheLastEnd) {
  Pod pod(simple());
  pod.ended("init", 0).runs("app").runs("web").ended("web", 5);
  pod.at("web").run->restart = 3;
  pod.at("web").run->message = "oh";
  pod.at("web").waiting_reason = "CrashLoopBackOff";
  pod.at("web").waiting_message = "back-off";
  const json::object now = status(pod);
  const json::object& web = (*api::array_at(now, {"containerStatuses"}))[1].get_object();
  EXPECT_EQ(api::text_at(web, {"state", "waiting", "reason"}), "CrashLoopBackOff");
  EXPECT_EQ(api::integer_at(web, {"lastState", "terminated", "exitCode"}), 5);
  EXPECT_EQ(api::text_at(web, {"lastState", "terminated", "message"}), "oh");
  EXPECT_EQ(api::text_at(web, {"lastState", "terminated", "containerID"}), "cove://web-0");
  EXPECT_EQ(api::integer_at(web, {"restartCount"}), 3);
  EXPECT_EQ(api::text_at(now, {"phase"}), "Running");
}

TEST(PodStatus, ReadinessGates) {
  const auto with = [](std::string_view conditions) {
    Pod pod(fmt::format(R"(
metadata: {{name: web, namespace: default, uid: u1}}
spec:
  readinessGates: [{{conditionType: example.com/gate}}]
  containers: [{{name: web, image: a}}]
status: {{conditions: [{}]}}
)",
                        conditions));
    pod.runs("web");
    return condition(status(pod), "Ready");
  };
  EXPECT_EQ(with(""),
            "False ReadinessGatesNotReady corresponding condition of pod readiness gate "
            "\"example.com/gate\" does not exist.");
  EXPECT_EQ(with("{type: example.com/gate, status: 'False'}"),
            "False ReadinessGatesNotReady the status of pod readiness gate \"example.com/gate\" is "
            "not \"True\", but False");
  EXPECT_EQ(with("{type: example.com/gate, status: 'True'}"), "True");
}

// Applying the patch is the server's work; here it counts what is in it.
TEST(PodStatus, PatchesSayWhatDiffers) {
  Pod pod(simple());
  pod.ended("init", 0).runs("web").runs("app");
  json::object document = pod.facts.pod->document();
  document["status"] = status(pod);
  pod.facts.pod = api::Object::make(document);
  pod.facts.containers = containers_of(*pod.facts.pod, pod.facts.containers);
  EXPECT_TRUE(status_patch(*pod.facts.pod, status(pod)).empty());

  pod.at("app").ready = false;
  json::object patch =
      status_patch(*pod.facts.pod, pod_status(pod.facts, kNow + std::chrono::seconds(5)));
  EXPECT_EQ(api::text_at(patch, {"metadata", "uid"}), "u1");
  const json::array& conditions = *api::array_at(patch, {"status", "conditions"});
  ASSERT_EQ(conditions.size(), 2U) << "Ready and ContainersReady";
  EXPECT_EQ(api::text_at(conditions[0].get_object(), {"lastTransitionTime"}),
            rfc3339(kNow + std::chrono::seconds(5)));
  EXPECT_FALSE(api::object_at(patch, {"status"})->contains("phase"));

  pod.at("app").ready = true;
  pod.facts.address = "10.244.0.8";
  patch = status_patch(*pod.facts.pod, status(pod));
  EXPECT_EQ(api::array_at(patch, {"status", "podIPs"})->size(), 2U) << "and a replace directive";
}

TEST(PodStatus, RefusedPodsHaveFailed) {
  Pod pod(simple());
  const json::object refused = refused_status(*pod.facts.pod, "OutOfcpu", "too little", kNow);
  EXPECT_EQ(api::text_at(refused, {"phase"}), "Failed");
  EXPECT_EQ(api::text_at(refused, {"message"}), "Pod was rejected: too little");
}

}  // namespace
}  // namespace cove::node
