// As many pods as a node takes, and a churn of pods under coved, conmon, containers and rules that
// are killed at random: everything comes to what was asked for, what was answered is there, and
// what goes leaves nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/integration/docker/host.h"
#include "tests/support/container_traces.h"
#include "tests/support/containers.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using test::ContainerTraces;

constexpr std::string_view kImage = "busybox:1.35";

// How often something is harmed; COVE_FAULT_ROUNDS says another number.
int rounds() {
  const char* const wanted = std::getenv("COVE_FAULT_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : 12;
}

class ClusterFaults : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host_.start()) << host_.trouble(); }
  void TearDown() override {
    if (HasFailure()) std::cout << host_.log() << std::flush;
  }

  Completed shell(const std::string& command) { return host_.shell("docker", command, 300s); }
  std::string ok(const std::string& command) {
    const Completed done = shell(command);
    EXPECT_EQ(done.exit_code, 0) << command << "\n" << done.standard_output << done.standard_error;
    return done.standard_output;
  }
  // The words of a command's output.
  std::vector<std::string> words(const std::string& command) {
    std::vector<std::string> all;
    for (const std::string& line : split(ok(command), '\n'))
      if (!trim(line).empty()) all.emplace_back(trim(line));
    return all;
  }
  ContainerTraces look() const { return ContainerTraces::look(host_.folder().parent_path()); }
  void expect_as(const ContainerTraces& before) {
    EXPECT_TRUE(test::eventually([&] {
      const ContainerTraces now = look();
      return now.mounts == before.mounts && now.groups == before.groups &&
             now.links == before.links && now.monitors == before.monitors;
    }));
    const ContainerTraces now = look();
    EXPECT_EQ(now.mounts, before.mounts);
    EXPECT_EQ(now.groups, before.groups);
    EXPECT_EQ(now.links, before.links);
    EXPECT_EQ(now.monitors, before.monitors);
  }
  // The node's first pod makes what pods share, which stays.
  void warm_up() {
    ok(fmt::format("kubectl run first --image={} --restart=Never -- true", kImage));
    ok("kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/first --timeout=60s");
    ok("kubectl delete pod first");
  }

  EngineHost host_;
};

TEST_F(ClusterFaults, AHundredAndTenPodsRunAndGo) {
  warm_up();
  const ContainerTraces before = look();
  ok(fmt::format("kubectl create deployment crowd --image={} --replicas=110 -- sleep 1000000",
                 kImage));
  ok("kubectl rollout status deployment crowd --timeout=240s");
  EXPECT_EQ(words("kubectl get pods --field-selector=status.phase=Running -o name").size(), 110U);
  // The node takes no more, and says so.
  ok(fmt::format("kubectl run more --image={} -- sleep 1000000", kImage));
  EXPECT_TRUE(test::eventually([&] {
    return ok("kubectl get events --field-selector=involvedObject.name=more -o "
              "jsonpath={.items[*].message}")
               .find("Too many pods") != std::string::npos;
  }));
  ok("kubectl delete pod more --now");
  ok("kubectl delete deployment crowd");
  ok("kubectl wait --for=delete pod --all --timeout=240s");
  expect_as(before);
}

TEST_F(ClusterFaults, WhateverIsKilledItConverges) {
  warm_up();
  const ContainerTraces before = look();
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  ok(fmt::format("kubectl create deployment churn --image={} --replicas=50 -- sleep 1000000",
                 kImage));
  ok("kubectl create deployment web --image=cove/web:1.22 --replicas=2");
  ok("kubectl expose deployment web --port=80 --type=NodePort");
  ok("kubectl rollout status deployment churn --timeout=240s");
  const std::string port = ok("kubectl get svc web -o jsonpath='{.spec.ports[0].nodePort}'");
  // One of the processes of that name that live in this host, by its command.
  const auto kill_one = [&](const char* name) {
    shell(
        fmt::format("ps -eo pid,comm | awk '$2 == \"{}\" {{p[n++] = $1}} END {{if (n) print p[{} "
                    "% n]}}' | xargs kill -9",
                    name, random() % 1000));
  };
  int answered = 0;
  for (int round = 0; round < rounds() && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    ok(fmt::format("kubectl scale deployment churn --replicas={}", 40 + random() % 11));
    if (shell(fmt::format("kubectl create configmap answered-{}", answered)).exit_code == 0)
      ++answered;
    switch (random() % 5) {
      case 0: ASSERT_TRUE(host_.restart(SIGKILL)) << host_.trouble(); break;
      case 1: kill_one("sleep"); break;
      case 2: kill_one("conmon"); break;
      case 3: ok("nft flush ruleset"); break;
      default:
        shell(
            "kubectl get pods -l app=churn -o name | head -5 | xargs -r kubectl delete "
            "--wait=false");
    }
  }
  ok("kubectl scale deployment churn --replicas=50");
  ok("kubectl rollout status deployment churn --timeout=240s");
  ok("kubectl rollout status deployment web --timeout=240s");
  EXPECT_TRUE(test::eventually(
      [&] { return shell("curl -sf -m 5 http://127.0.0.1:" + port + "/").exit_code == 0; }, 60s));
  for (int i = 0; i < answered; ++i) ok(fmt::format("kubectl get configmap answered-{}", i));
  ok("kubectl delete deployment,svc churn web --ignore-not-found");
  ok("kubectl wait --for=delete pod --all --timeout=240s");
  expect_as(before);
}

}  // namespace
}  // namespace cove::testing
