#include "core/node/pod_plan.h"

#include <fmt/format.h>

#include "tests/unit/agent/pod_facts.h"

namespace cove::node {
namespace {

using test::kNow;
using test::Pod;

constexpr std::string_view kAll = R"(
metadata: {name: web, namespace: default, uid: u1}
spec:
  restartPolicy: POLICY
  initContainers:
  - {name: first, image: a}
  - {name: side, image: a, restartPolicy: Always}
  - {name: last, image: a}
  containers:
  - {name: main, image: a}
  - {name: other, image: a}
)";

std::string all(std::string_view policy) {
  std::string text(kAll);
  text.replace(text.find("POLICY"), 6, policy);
  return text;
}

// "start main,other kill side wait main over": what the plan says.
std::string plan(const Pod& pod, const CrashBackoff& backoff = {}, WallTime now = kNow) {
  const PodPlan made = plan_pod(pod.facts, backoff, now);
  std::vector<std::string> words;
  const auto name = [&](std::size_t i) { return pod.facts.containers[i].name; };
  const auto add = [&](const char* verb, const std::vector<std::string>& names) {
    if (!names.empty()) words.push_back(fmt::format("{} {}", verb, fmt::join(names, ",")));
  };
  if (made.make_sandbox) words.emplace_back("sandbox");
  std::vector<std::string> started, killed, waiting;
  for (const auto each : made.start) started.push_back(name(each));
  for (const auto& each : made.kill) killed.push_back(name(each.container));
  for (const auto& each : made.wait)
    waiting.push_back(fmt::format("{} {}s", name(each.container), each.delay.count()));
  add("start", started);
  add("kill", killed);
  add("wait", waiting);
  if (made.over) words.emplace_back("over");
  return fmt::format("{}", fmt::join(words, " "));
}

TEST(PodPlan, InitContainersAndSidecarsComeInTheirOrder) {
  Pod pod(all("Always"));
  pod.facts.sandbox_ready = false;
  EXPECT_EQ(plan(pod), "sandbox start first");
  pod.facts.sandbox_ready = true;
  EXPECT_EQ(plan(pod), "start first");
  pod.runs("first");
  EXPECT_EQ(plan(pod), "");
  pod.ended("first", 1);
  EXPECT_EQ(plan(pod), "start first");
  pod.ended("first", 0);
  EXPECT_EQ(plan(pod), "start side");
  pod.runs("side");
  pod.at("side").started = false;
  EXPECT_EQ(plan(pod), "") << "its startup probe has to succeed";
  pod.at("side").started = true;
  pod.at("side").run->hook_pending = true;
  EXPECT_EQ(plan(pod), "") << "its postStart has to end";
  pod.at("side").run->hook_pending = false;
  EXPECT_EQ(plan(pod), "start last");
  pod.runs("last").ended("side", 1);
  EXPECT_EQ(plan(pod), "start side") << "a sidecar is kept alive beside later ones";
  pod.runs("side", 1).ended("last", 0);
  EXPECT_EQ(plan(pod), "start main,other");
  pod.runs("main").runs("other");
  EXPECT_EQ(plan(pod), "");
  pod.ended("side", 0);
  EXPECT_EQ(plan(pod), "start side");
}

TEST(PodPlan, EndsFollowTheRestartPolicy) {
  struct Case {
    const char* policy;
    int exit_code;
    const char* wanted;  // once both have ended so
  };
  for (const Case& each :
       {Case{"Always", 0, "start main,other"}, Case{"Always", 1, "start main,other"},
        Case{"OnFailure", 0, "over"}, Case{"OnFailure", 1, "start main,other"},
        Case{"Never", 0, "over"}, Case{"Never", 1, "over"}}) {
    Pod pod(all(each.policy));
    pod.ended("first", 0).runs("side").ended("last", 0).runs("main").runs("other");
    pod.ended("main", each.exit_code);
    EXPECT_EQ(plan(pod), each.wanted == std::string("over") ? "" : "start main")
        << each.policy << " " << each.exit_code;
    pod.ended("other", each.exit_code);
    EXPECT_EQ(plan(pod), each.wanted) << each.policy << " " << each.exit_code;
  }
}

TEST(PodPlan, InitializationThatFails) {
  Pod never(all("Never"));
  never.ended("first", 2);
  EXPECT_EQ(plan(never), "over");
  Pod on_failure(all("OnFailure"));
  on_failure.ended("first", 2);
  EXPECT_EQ(plan(on_failure), "start first");
}

TEST(PodPlan, ContainersHaveRulesOfTheirOwn) {
  const auto pod_with = [](int exit_code) {
    Pod pod(R"(
metadata: {name: web, namespace: default, uid: u1}
spec:
  restartPolicy: Never
  containers:
  - name: main
    restartPolicy: Never
    restartPolicyRules:
    - {action: Restart, exitCodes: {operator: In, values: [42]}}
  - {name: other, image: a, restartPolicy: OnFailure}
)");
    pod.runs("other").ended("main", exit_code);
    return pod;
  };
  EXPECT_EQ(plan(pod_with(42)), "start main");
  EXPECT_EQ(plan(pod_with(1)), "");
  Pod pod = pod_with(1);
  pod.ended("other", 1);
  EXPECT_EQ(plan(pod), "start other");
}

TEST(PodPlan, UnwellContainersAreEnded) {
  Pod pod(all("Always"));
  pod.ended("first", 0).runs("side").ended("last", 0).runs("main").runs("other");
  pod.at("main").failed_probe = "liveness";
  const PodPlan made = plan_pod(pod.facts, {}, kNow);
  ASSERT_EQ(made.kill.size(), 1U);
  EXPECT_EQ(made.kill[0].message, "Container main failed liveness probe, will be restarted");
  pod.at("main").run->killing = true;
  EXPECT_EQ(plan(pod), "") << "once is enough";
  pod.at("other").run->wanted_image = "b";
  EXPECT_EQ(plan_pod(pod.facts, {}, kNow).kill[0].message,
            "Container other definition changed, will be restarted");

  Pod never(all("Never"));
  never.ended("first", 0).runs("side").ended("last", 0).runs("main").runs("other");
  never.at("main").failed_probe = "startup";
  EXPECT_EQ(plan_pod(never.facts, {}, kNow).kill[0].message, "Container main failed startup probe");
}

TEST(PodPlan, AfterALossOfTheSandboxEverythingBeginsAnew) {
  Pod pod(all("Always"));
  pod.ended("first", 0).ended("side", 255).ended("last", 0).ended("main", 255).ended("other", 255);
  pod.facts.sandbox_ready = false;
  EXPECT_EQ(plan(pod), "sandbox start first");
  pod.facts.sandbox_ready = true;
  pod.facts.sandbox_attempt = 2;
  EXPECT_EQ(plan(pod), "start first");

  Pod never(all("Never"));
  never.ended("first", 0).ended("side", 255).ended("last", 0).ended("main", 255).ended("other", 0);
  never.facts.sandbox_ready = false;
  EXPECT_EQ(plan(never), "over");
}

// The processes of a shared namespace may take a moment to end with its first.
TEST(PodPlan, ContainersThatOutliveTheSandboxDoNotEndThePod) {
  const std::string_view kOne = "{spec: {containers: [{name: main, image: i}]}}";
  Pod pod(kOne);
  pod.runs("main").facts.sandbox_ready = false;
  const PodPlan plan = plan_pod(pod.facts, {}, kNow);
  EXPECT_FALSE(plan.over);
  EXPECT_TRUE(plan.make_sandbox);
  Pod never("{spec: {restartPolicy: Never, containers: [{name: main, image: i}]}}");
  never.runs("main").facts.sandbox_ready = false;
  EXPECT_TRUE(plan_pod(never.facts, {}, kNow).over);
}

TEST(PodPlan, EphemeralContainersRunOnce) {
  Pod pod(R"(
metadata: {name: web, namespace: default, uid: u1}
spec:
  containers: [{name: main, image: a}]
  ephemeralContainers: [{name: debug, image: a}]
)");
  pod.runs("main");
  EXPECT_EQ(plan(pod), "start debug");
  pod.ended("debug", 1);
  EXPECT_EQ(plan(pod), "");
}

TEST(PodPlan, TerminationKeepsSidecarsForLast) {
  Pod pod(R"(
metadata: {name: web, namespace: default, uid: u1}
spec:
  initContainers:
  - {name: one, image: a, restartPolicy: Always}
  - {name: two, image: a, restartPolicy: Always}
  containers: [{name: main, image: a}, {name: other, image: a}]
)");
  const auto ends = [&] {
    std::vector<std::string> names;
    for (const auto each : plan_termination(pod.facts))
      names.push_back(pod.facts.containers[each].name);
    return fmt::format("{}", fmt::join(names, ","));
  };
  pod.runs("one").runs("two").runs("main").runs("other");
  EXPECT_EQ(ends(), "main,other");
  pod.at("main").run->killing = true;
  pod.ended("other", 0);
  EXPECT_EQ(ends(), "");
  pod.ended("main", 0);
  EXPECT_EQ(ends(), "two");
  pod.at("two").run->killing = true;
  EXPECT_EQ(ends(), "");
  pod.ended("two", 0);
  EXPECT_EQ(ends(), "one");
}

TEST(CrashBackoff, DoublesUpToFiveMinutesAndForgets) {
  using std::chrono::seconds;
  CrashBackoff backoff;
  WallTime now = kNow;
  EXPECT_FALSE(backoff.delay("main", now, now)) << "the first restart is at once";
  for (const int wanted : {10, 20, 40, 80, 160, 300, 300}) {
    backoff.restarted("main", now, now);
    now += seconds(1);  // and ends
    EXPECT_EQ(backoff.delay("main", now, now), seconds(wanted));
    EXPECT_EQ(backoff.delay("main", now, now + seconds(wanted) - seconds(1)), seconds(wanted));
    EXPECT_FALSE(backoff.delay("main", now, now + seconds(wanted)));
    EXPECT_FALSE(backoff.delay("other", now, now));
  }
  backoff.restarted("main", now, now);
  now += seconds(601);
  EXPECT_FALSE(backoff.delay("main", now, now)) << "it ran for ten minutes";
  backoff.restarted("main", now, now);
  EXPECT_EQ(backoff.delay("main", now, now), seconds(10));

  Pod pod(all("Always"));
  CrashBackoff looping;
  looping.restarted("main", kNow, kNow);
  pod.ended("first", 0).runs("side").ended("last", 0).runs("other").ended("main", 1);
  EXPECT_EQ(plan(pod, looping), "wait main 10s");
  EXPECT_EQ(plan(pod, looping, kNow + seconds(10)), "start main");
}

}  // namespace
}  // namespace cove::node
