#include "core/server/node.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

namespace cove::server {
namespace {

boost::json::object condition(std::string_view type, std::string_view status,
                              std::string_view reason, std::string_view message,
                              const std::string& heartbeat, const std::string& since) {
  return {{"type", type},
          {"status", status},
          {"lastHeartbeatTime", heartbeat},
          {"lastTransitionTime", since},
          {"reason", reason},
          {"message", message}};
}

boost::json::object resources(const NodeFacts& facts) {
  return {{"cpu", std::to_string(facts.cpus)},
          {"ephemeral-storage", fmt::format("{}Ki", facts.storage_bytes / 1024)},
          {"memory", fmt::format("{}Ki", facts.memory_bytes / 1024)},
          {"pods", std::to_string(kMaxPods)}};
}

}  // namespace

boost::json::object make_node(const NodeFacts& facts, WallTime now) {
  const std::string heartbeat = rfc3339(now);
  const std::string since = rfc3339(facts.ready_since);
  boost::json::object labels{{"beta.kubernetes.io/arch", facts.architecture},
                             {"beta.kubernetes.io/os", "linux"},
                             {"kubernetes.io/arch", facts.architecture},
                             {"kubernetes.io/hostname", facts.name},
                             {"kubernetes.io/os", "linux"},
                             {"node-role.kubernetes.io/control-plane", ""}};
  boost::json::object annotations;
  for (const auto& [name, value] : facts.annotations) annotations[name] = value;
  boost::json::array conditions{
      condition("MemoryPressure", "False", "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available", heartbeat, since),
      condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure",
                heartbeat, since),
      condition("PIDPressure", "False", "KubeletHasSufficientPID",
                "kubelet has sufficient PID available", heartbeat, since),
      condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", heartbeat,
                since)};
  boost::json::array addresses;
  if (!facts.internal_ip.empty()) {
    addresses.push_back(
        boost::json::object{{"type", "InternalIP"}, {"address", facts.internal_ip}});
  }
  addresses.push_back(boost::json::object{{"type", "Hostname"}, {"address", facts.host_name}});
  boost::json::object info{{"machineID", facts.machine_id},
                           {"systemUUID", facts.system_uuid},
                           {"bootID", facts.boot_id},
                           {"kernelVersion", facts.kernel_version},
                           {"osImage", facts.os_image},
                           {"containerRuntimeVersion", facts.container_runtime_version},
                           {"kubeletVersion", facts.kubelet_version},
                           {"kubeProxyVersion", ""},
                           {"operatingSystem", "linux"},
                           {"architecture", facts.architecture}};
  return {{"kind", "Node"},
          {"apiVersion", "v1"},
          {"metadata", boost::json::object{{"name", facts.name},
                                           {"labels", std::move(labels)},
                                           {"annotations", std::move(annotations)}}},
          {"spec", boost::json::object()},
          {"status", boost::json::object{{"capacity", resources(facts)},
                                         {"allocatable", resources(facts)},
                                         {"conditions", std::move(conditions)},
                                         {"addresses", std::move(addresses)},
                                         {"nodeInfo", std::move(info)}}}};
}

std::string go_architecture(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (machine == "ppc64le" || machine == "s390x" || machine == "riscv64")
    return std::string(machine);
  if (machine.starts_with("arm")) return "arm";
  return machine.size() == 4 && machine.ends_with("86") ? "386" : std::string(machine);
}

}  // namespace cove::server
