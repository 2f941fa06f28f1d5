#include "app/cli/render.h"

#include <gtest/gtest.h>

#include "app/cli/json.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using provision::Phase;

TEST(Status, RunningAsMinikubeShowsIt) {
  EXPECT_EQ(status_text(running_cluster()),
            "cove\n"
            "type: Control Plane\n"
            "host: Running\n"
            "kubelet: Running\n"
            "apiserver: Running\n"
            "kubeconfig: Configured\n"
            "server: https://127.0.0.1:6443\n"
            "version: v1.36.0\n");
}

TEST(Status, BrokenSaysWhyAndWhatToDo) {
  auto status = stopped_cluster(Phase::kBroken);
  status.kubeconfig_ok = false;
  status.current_step =
      make_step("boot", "Boot the virtual machine", provision::StepState::kFailed);
  status.reason = "its virtual machine ended: QEMU was killed";
  status.remedy = "Run 'cove start'; the cluster's data is kept.";
  EXPECT_EQ(status_text(status),
            "cove\n"
            "type: Control Plane\n"
            "host: Broken\n"
            "kubelet: Stopped\n"
            "apiserver: Stopped\n"
            "kubeconfig: Misconfigured\n"
            "server: https://127.0.0.1:6443\n"
            "step: Boot the virtual machine (failed)\n"
            "reason: its virtual machine ended: QEMU was killed\n"
            "remedy: Run 'cove start'; the cluster's data is kept.\n");
}

TEST(Status, NotCreated) {
  provision::ClusterStatus status;
  status.profile = "dev";
  EXPECT_EQ(status_text(status),
            "dev\n"
            "type: Control Plane\n"
            "host: Nonexistent\n"
            "kubelet: Nonexistent\n"
            "apiserver: Nonexistent\n"
            "kubeconfig: Nonexistent\n");
}

TEST(Status, BusyAndPaused) {
  auto status = stopped_cluster(Phase::kStarting);
  status.busy = "cove (process 123) is at 'start'";
  EXPECT_NE(status_text(status).find("busy: cove (process 123) is at 'start'\n"),
            std::string::npos);
  EXPECT_EQ(components_of(stopped_cluster(Phase::kPaused)).apiserver, "Paused");
}

TEST(Status, ExitCodesAreMinikubesBits) {
  EXPECT_EQ(status_exit_code(running_cluster()), 0);
  auto status = running_cluster();
  status.node_ready = false;
  EXPECT_EQ(status_exit_code(status), 4);
  status = running_cluster();
  status.kubeconfig_ok = false;
  EXPECT_EQ(status_exit_code(status), 2);
  status = running_cluster();
  status.phase = Phase::kBroken;
  EXPECT_EQ(status_exit_code(status), 1);
  EXPECT_EQ(status_exit_code(stopped_cluster()), 7);
}

TEST(Status, Json) {
  auto status = running_cluster();
  status.acceleration = vm::Acceleration::kSoftware;
  status.acceleration_note = "no \"KVM\"";
  EXPECT_EQ(
      status_json(status),
      R"({"Name":"cove","Host":"Running","Kubelet":"Running","APIServer":"Running","Kubeconfig":"Configured",)"
      R"("Worker":false,"Phase":"Running","IP":"127.0.0.1","Server":"https://127.0.0.1:6443","Context":"cove",)"
      R"("KubeconfigFile":"/home/someone/.kube/config","Version":"v1.36.0","CPUs":2,"MemoryMiB":2048,)"
      R"("DiskGiB":20,"Network":"user","Acceleration":"software","AccelerationNote":"no \"KVM\"",)"
      R"("StartedAt":"2023-11-14T22:13:20Z"})");
  provision::ClusterStatus none;
  none.profile = "dev";
  EXPECT_EQ(
      status_json(none),
      R"({"Name":"dev","Host":"Nonexistent","Kubelet":"Nonexistent","APIServer":"Nonexistent",)"
      R"("Kubeconfig":"Nonexistent","Worker":false,"Phase":"NotCreated"})");
}

TEST(Profiles, Table) {
  auto stopped = stopped_cluster();
  stopped.profile = "a-longer-name";
  stopped.server.clear();
  stopped.kubeconfig_ok = false;
  stopped.wish.resources = {4, 1536, 40};
  EXPECT_EQ(
      profile_table({stopped, running_cluster()}),
      "PROFILE        STATUS   SERVER                  VERSION  CPUS  MEMORY   DISK    KUBECONFIG\n"
      "a-longer-name  Stopped  -                       -        4     1.5 GiB  40 GiB  "
      "Misconfigured\n"
      "cove           Running  https://127.0.0.1:6443  v1.36.0  2     2 GiB    20 GiB  "
      "Configured\n");
}

TEST(Durations, ForPeople) {
  using std::chrono::milliseconds;
  EXPECT_EQ(format_duration(milliseconds(0)), "0.0 s");
  EXPECT_EQ(format_duration(milliseconds(340)), "0.3 s");
  EXPECT_EQ(format_duration(milliseconds(12'450)), "12.4 s");
  EXPECT_EQ(format_duration(milliseconds(65'000)), "1 m 05 s");
  EXPECT_EQ(format_duration(milliseconds(-5)), "0.0 s");
}

}  // namespace
}  // namespace cove::cli
