// Sandboxes: where the containers of a pod live together: namespaces that are pinned without a
// process in them, an address, /etc/hosts and /etc/resolv.conf, a control group. Only a shared
// process namespace (spec.shareProcessNamespace) has a process of its own, cove-pause, because it
// ends with its process 1.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/network/container_networks.h"
#include "core/node/container_config.h"
#include "core/os/cgroup.h"

namespace cove::node {

struct PodSandbox {
  Sandbox places;
  unsigned attempt = 0;  // 1: the pod's first
};

// Thread-safe; calls block, and one pod's are one after the other. What stands is recorded in
// DIR/<uid>/sandbox.json, so that the next instance finds it; after a restart of the machine there
// is none.
class Sandboxes {
 public:
  struct Parts {
    Path directory;  // DIR/<uid>/{sandbox.json,hosts,resolv.conf,ipc,uts,pid,pause}
    Path pause;      // the program cove-pause
    Spawner& spawner;
    network::ContainerNetworks& networks;
    std::string pod_subnet;
    std::string node_address;
    std::string cluster_dns, cluster_domain;
    std::string cgroup_root;  // of the runtime
    std::int64_t pods_pids = -1;
    Path host = "/";  // whose etc/hosts and etc/resolv.conf are read
    Logger& logger;
  };
  static Result<std::unique_ptr<Sandboxes>> open(Parts parts);

  // On an error nothing is left. `attempt` is larger than that of every earlier one.
  Result<PodSandbox> make(const api::Object& pod, unsigned attempt);
  // The limits that the pod's spec has by now.
  Result<void> resize(const api::Object& pod);
  // The one that stands.
  std::optional<PodSandbox> find(const std::string& uid) const;
  // False once process 1 of its process namespace has gone, and with it all others. Does not block.
  static bool stands(const PodSandbox& sandbox);
  // With the control group and what is in it. Absent is success.
  Result<void> remove(const std::string& uid);
  // Addresses, pins and control groups of pods that are not among these.
  void keep_only(const std::vector<std::string>& uids);

  // Below the host's mount.
  std::string cgroup_path(const Sandbox& sandbox) const {
    return "/" + parts_.cgroup_root + "/" + sandbox.cgroup;
  }

 private:
  explicit Sandboxes(Parts parts) : parts_(std::move(parts)) {}
  Result<void> plug(const api::Object& pod, PodSandbox& sandbox);
  Result<void> make_shared(const api::Object& pod, PodSandbox& sandbox);
  Result<void> start_pause(const api::Object& pod, PodSandbox& sandbox);
  Result<void> write_files(const api::Object& pod, PodSandbox& sandbox) const;
  Result<void> limit(const api::Object& pod, const std::string& group);
  Path folder(const std::string& uid) const { return parts_.directory / uid; }

  const Parts parts_;
  std::unique_ptr<os::Cgroups> cgroups_;
};

// --- Pure parts.

// What a pod calls itself: spec.hostname or its name, with setHostnameAsFQDN the whole name; that
// of the node with the host's network. kInvalidArgument when it is longer than 64 bytes.
Result<std::string> host_name_of(const api::Object& pod, const std::string& cluster_domain,
                                 const std::string& node_name);
// The contents of /etc/hosts; `node_hosts` is the node's own, for pods of its network.
std::string hosts_of(const api::Object& pod, const std::string& address,
                     const std::string& host_name, const std::string& cluster_domain,
                     const std::string& node_hosts);
// The contents of /etc/resolv.conf by dnsPolicy and dnsConfig; `node` is the node's own.
std::string resolver_of(const api::Object& pod, const std::string& cluster_dns,
                        const std::string& cluster_domain, const std::string& node);
// Ports of the host that its containers publish; kUnsupported for SCTP.
Result<std::vector<network::PortMapping>> host_ports_of(const api::Object& pod);

}  // namespace cove::node
