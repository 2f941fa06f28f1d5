#include "vm/provision/diagnosis.h"

#include <gtest/gtest.h>

#include <map>

namespace cove::provision {
namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

DiagnosisInput well() {
  DiagnosisInput input;
  HostFacts host;
  host.cpus = 4;
  host.memory_mib = 8192;
  host.memory_available_mib = 4096;
  host.disk_free_gib = 50;
  host.backend.version = "libvirt 9.0.0";
  host.backend.acceleration = vm::Acceleration::kKvm;
  host.image_version = "1";
  input.host = host;
  ClusterStatus status;
  status.profile = "cove";
  status.phase = Phase::kRunning;
  status.api_ready = status.node_ready = true;
  status.node_name = "cove";
  status.ports = {{"kubernetes-api", 6443, 6443}};
  input.cluster = status;
  input.environment = environment({});
  input.resolve = [](const std::string&) { return std::string(); };
  return input;
}

Finding found(const DiagnosisInput& input, const std::string& id) {
  const FakeClock clock;
  for (const Finding& each : diagnose(input, clock, {}))
    if (each.id == id) return each;
  return {};
}

TEST(DiagnosisTest, ToldOneByOneInOrder) {
  std::vector<std::string> told;
  const FakeClock clock;
  const auto all = diagnose(well(), clock, [&](const Finding& each) {
    EXPECT_FALSE(each.code.empty());
    EXPECT_FALSE(each.finding.empty());
    told.push_back(each.id);
  });
  EXPECT_EQ(told, diagnosis_checks());
  EXPECT_EQ(all.size(), told.size());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(diagnose(well(), clock, {}, stop.get_token()).empty());
}

TEST(DiagnosisTest, WhatIsWellAndWhatIsNot) {
  DiagnosisInput input = well();
  for (const char* id : {"libvirt", "virtualization", "image", "disk", "memory", "proxy", "ports",
                         "api", "node", "clock"}) {
    EXPECT_EQ(found(input, id).health, Health::kGood) << id;
  }
  EXPECT_EQ(found(input, "dns").health, Health::kGood);
  input.resolve = [](const std::string&) { return std::string("no answer"); };
  EXPECT_EQ(found(input, "dns").values.back(), "no answer");
  input.host->disk_free_gib = 2;
  input.host->memory_available_mib = 100;
  input.host->image_version.clear();
  input.host->backend.acceleration = vm::Acceleration::kSoftware;
  input.cluster->api_ready = input.cluster->node_ready = false;
  EXPECT_EQ(found(input, "disk").code, "little");
  EXPECT_EQ(found(input, "memory").code, "little");
  EXPECT_EQ(found(input, "image").health, Health::kBad);
  EXPECT_EQ(found(input, "virtualization").health, Health::kWarning);
  EXPECT_EQ(found(input, "api").health, Health::kBad);
  EXPECT_FALSE(found(input, "node").fix.empty());
  input.cluster->phase = Phase::kStopped;
  EXPECT_EQ(found(input, "api").code, "not-running");
  input.host.reset();
  input.host_error = Error{ErrorCode::kUnavailable, "reach", "libvirt", "no socket", "Install it."};
  EXPECT_EQ(found(input, "libvirt").fix, "Install it.");
  EXPECT_EQ(found(input, "disk").health, Health::kUnknown);
  input.cluster->engine_client = "/nowhere";
  EXPECT_EQ(found(input, "certificates").code, "unreadable");
}

TEST(DiagnosisTest, AProxyIsToldWithoutItsPassword) {
  DiagnosisInput input = well();
  input.environment = environment({{"https_proxy", "http://me:secret@proxy.example.com:3128"}});
  const Finding proxy = found(input, "proxy");
  EXPECT_EQ(proxy.code, "swallows");
  const FakeClock clock;
  const std::string report = diagnosis_report(input, {proxy}, clock.wall());
  EXPECT_NE(report.find("proxy.example.com:3128"), std::string::npos);
  EXPECT_EQ(report.find("secret"), std::string::npos);
  EXPECT_EQ(proxy.finding.find("secret"), std::string::npos);
  input.environment =
      environment({{"http_proxy", "http://p:1"}, {"no_proxy", "localhost,127.0.0.1"}});
  EXPECT_EQ(found(input, "proxy").code, "set");
}

}  // namespace
}  // namespace cove::provision
