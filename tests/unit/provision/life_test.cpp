#include <condition_variable>
#include <thread>

#include "core/client/kubeconfig.h"
#include "core/pki/pki.h"
#include "tests/unit/provision/life_fixture.h"
#include "vm/channel/ports.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kStartSteps{
    "check-host",     "create-disk", "define-machine", "create-keys", "boot",
    "configure-node", "open-ports",  "wait-api",       "wait-node",   "write-kubeconfig"};

TEST_F(LifeTest, StartMakesARunningClusterThatKubectlKnows) {
  const auto started = start({.cpus = 1, .memory_mib = 1024, .disk_gib = 10});
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started->phase, Phase::kRunning);
  EXPECT_TRUE(started->api_ready);
  EXPECT_TRUE(started->node_ready);
  EXPECT_TRUE(started->kubeconfig_ok);
  EXPECT_EQ(started->kubernetes_version, "v1.36.0");
  EXPECT_EQ(started->wish.resources, (Resources{1, 1024, 10}));
  EXPECT_EQ(started->server, fmt::format("https://127.0.0.1:{}", started->ports.at(0).host_port));
  EXPECT_EQ(guest->last_node, "cove");
  EXPECT_EQ(guest->last_endpoint.port, started->ports.at(0).host_port);

  const vm::MachineSpec spec = hypervisor->spec("cove").value();
  EXPECT_EQ(spec.cpus, 1U);
  EXPECT_EQ(spec.memory_mib, 1024U);
  EXPECT_EQ(spec.command_line, "console=ttyS0 lpj=1");
  EXPECT_EQ(spec.disks.at(0).serial, "cove-system");
  EXPECT_TRUE(spec.disks.at(0).read_only);
  EXPECT_EQ(spec.disks.at(1).serial, "cove-data");
  EXPECT_EQ(spec.channels.size(), 2U + channel::kShellPorts);

  ASSERT_EQ(guest->configurations.size(), 1U);
  EXPECT_EQ(guest->configurations[0].node_name, "cove");
  const auto certificate = pki::inspect(guest->configurations[0].server_certificate_pem);
  ASSERT_TRUE(certificate);
  EXPECT_NE(
      std::find(certificate->ip_addresses.begin(), certificate->ip_addresses.end(), "127.0.0.1"),
      certificate->ip_addresses.end());
  std::string wanted = "plan start";
  for (const std::string& step : kStartSteps) wanted += " " + step;
  EXPECT_EQ(progress.lines.front(), wanted);
}

TEST_F(LifeTest, StartOpensTheEngineAndWritesWhatDockerNeeds) {
  const auto started = start();
  ASSERT_TRUE(started) << started.error().message();
  ASSERT_EQ(started->ports.size(), 2U);
  EXPECT_EQ(started->ports[1].name, "engine");
  EXPECT_EQ(started->ports[1].guest_port, 2376);
  EXPECT_EQ(started->engine, fmt::format("tcp://127.0.0.1:{}", started->ports[1].host_port));
  const Path folder = started->engine_client;
  EXPECT_EQ(folder, paths.cluster("cove") / "engine-client");
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder).permissions(), perms::owner_all);
  const Path pki = paths.cluster("cove") / "pki";
  for (const auto& [docker, ours] : std::map<std::string, std::string>{
           {"ca.pem", "ca.crt"}, {"cert.pem", "admin.crt"}, {"key.pem", "admin.key"}}) {
    EXPECT_EQ(text(folder / docker), text(pki / ours)) << docker;
    EXPECT_EQ(std::filesystem::status(folder / docker).permissions(),
              perms::owner_read | perms::owner_write);
  }
}

TEST_F(LifeTest, TheEnginesPortIsKeptAndKeptFromOthers) {
  hypervisor->occupy_port(vm::Protocol::kTcp, 2376);
  const std::string engine = start()->engine;
  EXPECT_NE(engine, "tcp://127.0.0.1:2376");
  ASSERT_TRUE(program()->stop("cove", progress));
  hypervisor->release_port(vm::Protocol::kTcp, 2376);
  const auto other = start({}, "team-a");
  ASSERT_TRUE(other);
  EXPECT_NE(other->engine, engine);
  EXPECT_EQ(start()->engine, engine);
}

TEST_F(LifeTest, StopAndStartKeepMachineCertificatesAndPort) {
  const auto first = start();
  ASSERT_TRUE(first) << first.error().message();
  const State before = state();
  const auto stopped = program()->stop("cove", progress);
  ASSERT_TRUE(stopped) << stopped.error().message();
  EXPECT_EQ(stopped->phase, Phase::kStopped);
  EXPECT_EQ(stopped->reason, "");
  const auto second = start();
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->phase, Phase::kRunning);
  EXPECT_EQ(state().uuid, before.uuid);
  EXPECT_EQ(state().mac, before.mac);
  EXPECT_EQ(second->server, first->server);
  ASSERT_EQ(guest->configurations.size(), 2U);
  EXPECT_EQ(guest->configurations[0].server_certificate_pem,
            guest->configurations[1].server_certificate_pem);
}

TEST_F(LifeTest, StartingARunningClusterChangesNothing) {
  ASSERT_TRUE(start());
  hypervisor->clear_calls();
  const auto again = start();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->phase, Phase::kRunning);
  EXPECT_EQ(hypervisor->count("define"), 0U);
  EXPECT_EQ(hypervisor->count("add_forward"), 0U);
}

TEST_F(LifeTest, PauseSavesAndStartContinues) {
  ASSERT_TRUE(start());
  const auto paused = program()->pause("cove", progress);
  ASSERT_TRUE(paused) << paused.error().message();
  EXPECT_EQ(paused->phase, Phase::kPaused);
  hypervisor->clear_calls();
  const auto resumed = start();
  ASSERT_TRUE(resumed) << resumed.error().message();
  EXPECT_EQ(resumed->phase, Phase::kRunning);
  EXPECT_EQ(hypervisor->count("define"), 0U);
  EXPECT_EQ(hypervisor->count("add_forward"), 2U);  // rules do not survive a save
  EXPECT_EQ(guest->configurations.size(), 2U);      // the clock is set again
}

TEST_F(LifeTest, AClusterPausedUnderAnOlderSystemImageBootsAfresh) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(program()->pause("cove", progress));
  State older = state();
  older.image_digest = "sha256:0000";
  ASSERT_TRUE(write_state(state_file(), older));
  hypervisor->clear_calls();
  const auto started = start();
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started->phase, Phase::kRunning);
  EXPECT_EQ(hypervisor->count("discard_saved"), 1U);
  EXPECT_EQ(hypervisor->count("define"), 1U);
  EXPECT_NE(fmt::format("{}", fmt::join(progress.notes, "\n")).find("boots afresh"),
            std::string::npos);
}

TEST_F(LifeTest, APausedClusterIsContinuedToBeStoppedCleanly) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(program()->pause("cove", progress));
  const auto stopped = program()->stop("cove", progress);
  ASSERT_TRUE(stopped) << stopped.error().message();
  EXPECT_EQ(stopped->phase, Phase::kStopped);
  EXPECT_EQ(hypervisor->count("start"), 2U);
}

TEST_F(LifeTest, DeleteLeavesNothingBehind) {
  ASSERT_TRUE(start());
  const auto gone = program()->remove("cove", progress);
  ASSERT_TRUE(gone) << gone.error().message();
  EXPECT_EQ(status().phase, Phase::kNotCreated);
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
  EXPECT_FALSE(hypervisor->spec("cove"));
  EXPECT_EQ(text(paths.kubeconfig).find("127.0.0.1"), std::string::npos);
  EXPECT_TRUE(program()->remove("cove", progress)) << "deleting what is not there is success";
}

TEST_F(LifeTest, StopAndPauseOfAnUnknownClusterSayHowToMakeOne) {
  for (const auto& result :
       {program()->stop("cove", progress), program()->pause("cove", progress)}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
    EXPECT_NE(result.error().remedy.find("cove start"), std::string::npos);
  }
  EXPECT_EQ(leftovers(), std::vector<std::string>{});
}

TEST_F(LifeTest, ProfilesLiveSideBySide) {
  ASSERT_TRUE(start());
  const auto other = start({}, "team-a");
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_NE(other->server, status().server);
  EXPECT_EQ(other->context, "team-a");
  EXPECT_TRUE(hypervisor->spec("cove-team-a"));
  ASSERT_EQ(program()->list()->size(), 2U);
  ASSERT_TRUE(program()->remove("team-a", progress));
  EXPECT_EQ(status().phase, Phase::kRunning);
  EXPECT_TRUE(status().kubeconfig_ok);
}

TEST_F(LifeTest, AStoppedClusterKeepsItsPortFromOthers) {
  const std::string server = start()->server;
  ASSERT_TRUE(program()->stop("cove", progress));
  const auto other = start({}, "team-a");
  ASSERT_TRUE(other);
  EXPECT_NE(other->server, server);
  EXPECT_EQ(start()->server, server);
}

TEST_F(LifeTest, ATakenPortIsNotedAndAnotherChosenAndKept) {
  hypervisor->occupy_port(vm::Protocol::kTcp, 6443);
  const auto started = start();
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_NE(started->ports.at(0).host_port, 6443);
  ASSERT_FALSE(progress.notes.empty());
  EXPECT_NE(fmt::format("{}", fmt::join(progress.notes, "\n")).find("6443"), std::string::npos);
  ASSERT_TRUE(program()->stop("cove", progress));
  hypervisor->release_port(vm::Protocol::kTcp, 6443);
  EXPECT_EQ(start()->server, started->server);
}

TEST_F(LifeTest, TheNetworkOfAClusterCannotChange) {
  ASSERT_TRUE(start());
  const auto result = start({.network = vm::NetworkMode::kNat});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(status().phase, Phase::kRunning);
}

TEST_F(LifeTest, AWishThatDoesNotFitLeavesNothingBehind) {
  const auto result = start({.cpus = 4096});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(status().phase, Phase::kNotCreated);
  EXPECT_EQ(leftovers(), (std::vector<std::string>{"data/cove", "data/cove/locks"}));
}

TEST_F(LifeTest, ADeafInitIsStoppedByThePowerButton) {
  ASSERT_TRUE(start());
  guest->init_silent = true;
  const auto stopped = program()->stop("cove", progress);
  ASSERT_TRUE(stopped) << stopped.error().message();
  EXPECT_EQ(stopped->phase, Phase::kStopped);
}

TEST_F(LifeTest, AGuestThatIgnoresEverythingLosesItsPowerAfterTheGrace) {
  ASSERT_TRUE(start());
  guest->init_silent = true;
  hypervisor->on_power_button([](const std::string&) { return false; });
  const SteadyTime begin = clock.steady();
  const auto stopped = program()->stop("cove", progress);
  ASSERT_TRUE(stopped) << stopped.error().message();
  EXPECT_EQ(stopped->phase, Phase::kStopped);
  EXPECT_GE(clock.steady() - begin, 60s);
  EXPECT_NE(progress.notes.back().find("power was cut"), std::string::npos);
}

TEST_F(LifeTest, UpdateContextWritesTheEntryAgain) {
  ASSERT_TRUE(start());
  std::filesystem::remove(paths.kubeconfig);
  EXPECT_FALSE(status().kubeconfig_ok);
  const auto updated = program()->update_context("cove");
  ASSERT_TRUE(updated) << updated.error().message();
  EXPECT_TRUE(updated->kubeconfig_ok);
}

TEST_F(LifeTest, ShellsAreFourAtATime) {
  ASSERT_TRUE(start());
  auto one = program();
  std::vector<ShellLine> open;
  for (int i = 0; i < channel::kShellPorts; ++i) {
    auto line = one->open_shell("cove");
    ASSERT_TRUE(line) << line.error().message();
    open.push_back(std::move(*line));
  }
  const auto fifth = one->open_shell("cove");
  ASSERT_FALSE(fifth);
  EXPECT_EQ(fifth.error().code, ErrorCode::kResourceExhausted);
  open.pop_back();
  EXPECT_TRUE(one->open_shell("cove"));
}

TEST_F(LifeTest, WhatOpensPublishedPortsIsLaunchedLast) {
  std::size_t launched_before = 1;
  progress.on_running = [&](const std::string& step) {
    if (step == "write-kubeconfig") launched_before = port_servers.size();
  };
  ASSERT_TRUE(start());
  EXPECT_EQ(launched_before, 0U);
  EXPECT_EQ(port_servers.size(), 1U);
  // A machine whose API does not answer runs all the same, and so do its containers.
  guest->api = {false, false, "", "it does not answer"};
  EXPECT_FALSE(start());
  EXPECT_EQ(port_servers.size(), 2U);
}

TEST_F(LifeTest, WhatDoesNotAnswerIsToldFromWhatDoesNotRun) {
  ASSERT_TRUE(start());
  EXPECT_FALSE(status().unanswered);
  guest->api = {false, false, "", "no answer within 3 s"};
  EXPECT_NE(status().phase, Phase::kRunning);
  EXPECT_TRUE(status().unanswered);
  hypervisor->crash(state().machine);
  EXPECT_EQ(status().phase, Phase::kBroken);
  EXPECT_FALSE(status().unanswered);
}

TEST_F(LifeTest, PublishedPortsAreOpenUntilTheMachineEnds) {
  ASSERT_TRUE(start());
  EXPECT_EQ(port_servers, std::vector<std::string>{"cove"});
  const std::string machine = state().machine;
  hypervisor->occupy_port(vm::Protocol::kTcp, 8081);
  const auto server = program();
  std::optional<Result<void>> served;
  std::jthread thread(
      [&](const std::stop_token& stop) { served = server->serve_ports("cove", stop); });
  std::optional<Fd> line;
  while (!line) line = hypervisor->take_guest_end(machine, channel::kPortsPort);
  auto guest_end = channel::PortRequests::start(std::move(*line), null_logger());
  ASSERT_TRUE(guest_end.has_value());
  const auto rules = [&] {
    vm::FakeBackend backend(hypervisor);
    return backend.forwards(machine).value();
  };
  const vm::ForwardRule web{vm::Protocol::kTcp, "127.0.0.1", 8080, 8080};
  // Until the host's hello has come, a port is only remembered.
  while (std::ranges::count(rules(), web) == 0) ASSERT_TRUE((*guest_end)->open({false, 8080}, 20s));
  const auto taken = (*guest_end)->open({false, 8081}, 20s);
  ASSERT_TRUE(taken.has_error());
  EXPECT_NE(taken.error().cause.find("is taken by"), std::string::npos) << taken.error().cause;
  EXPECT_EQ((*guest_end)->open({false, 6443}, 20s).error().code, ErrorCode::kConflict);
  // Another program finds the place taken; the cluster's own port stays.
  EXPECT_EQ(program()->serve_ports("cove").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(start());
  EXPECT_EQ(std::ranges::count(rules(), web), 1);
  (*guest_end)->close({false, 8080});
  while (std::ranges::count(rules(), web) != 0) std::this_thread::yield();
  EXPECT_FALSE(rules().empty());
  hypervisor->crash(machine);
  guest_end->reset();
  thread.join();
  EXPECT_TRUE(served->has_value()) << served->error().message();
}

TEST_F(LifeTest, AWatchTellsEveryChange) {
  auto watcher = program();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<ClusterStatus> latest;
  auto watch = watcher->watch([&](std::vector<ClusterStatus> statuses) {
    std::lock_guard lock(mutex);
    latest = std::move(statuses);
    changed.notify_all();
  });
  const auto becomes = [&](Phase phase) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 30s,
                            [&] { return latest.size() == 1 && latest[0].phase == phase; });
  };
  ASSERT_TRUE(start());
  EXPECT_TRUE(becomes(Phase::kRunning));
  hypervisor->crash("cove");
  EXPECT_TRUE(becomes(Phase::kBroken));
  ASSERT_TRUE(start());
  EXPECT_TRUE(becomes(Phase::kRunning));
  ASSERT_TRUE(program()->stop("cove", progress));
  EXPECT_TRUE(becomes(Phase::kStopped));
  ASSERT_TRUE(program()->remove("cove", progress));
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, 30s, [&] { return latest.empty(); }));
}

}  // namespace
}  // namespace cove::provision
