// From a pod's spec to what the runtime runs: command, environment, mounts, limits, security.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/api/pod_resources.h"
#include "core/base/clock.h"
#include "core/client/transport.h"
#include "core/image/image_store.h"
#include "core/node/volumes.h"
#include "core/runtime/spec.h"

namespace cove::node {

// Where a pod's containers live together.
struct Sandbox {
  Path network_namespace;             // a pin; empty: the host's
  Path ipc_namespace, uts_namespace;  // empty: as hostIPC and hostNetwork say, else their own
  Path pid_namespace;  // of shareProcessNamespace, or of an ephemeral container's target; empty: as
                       // hostPID says, else each container has its own
  std::string host_name;
  std::string address;  // of the pod
  std::string host_address;
  Path hosts_file, resolver_file;  // on the host, mounted into every container
  std::string cgroup;              // of the pod: the parent of its containers'
  Path host_name_file = {};        // its /etc/hostname; empty: none is mounted
  Path shared_memory = {};         // its /dev/shm (a tmpfs); empty: each container has its own
};

// Why a container does not start, as status.containerStatuses[].state.waiting has it.
struct StartFailure {
  std::string reason;  // "CreateContainerConfigError", "CreateContainerError", "RunContainerError"
  std::string message;
};
template <class T>
using StartResult = boost::system::result<T, StartFailure>;
[[noreturn]] void throw_exception_from_error(const StartFailure& failure,
                                             const boost::source_location& where);

struct ContainerInputs {
  api::ObjectPtr pod;
  const boost::json::object& container;  // of the pod's spec
  std::string id;                        // of the run that is to be made
  unsigned restart = 0;
  const Sandbox& sandbox;
  const MountedVolumes& volumes;
  const image::Image& image;
  std::vector<Path> layers;  // of the image, topmost first
  Path log_file;             // CRI format; rotated by what NodeSettings says
  Path termination_log;      // on the host; mounted at terminationMessagePath
  // What subPath names is bound below it: PodVolumes' DIR/<pod uid>/volume-subpaths, so that it
  // goes with the pod's volumes.
  Path subpaths = {};
};

// What services a pod's environment names, and what keys ConfigMaps and Secrets have; blocking.
class EnvironmentSource {
 public:
  virtual ~EnvironmentSource() = default;
  // `data` of a ConfigMap (no variable can hold binaryData) / decoded Secret data; kNotFound.
  virtual Result<std::map<std::string, std::string>> config_map(const std::string& namespace_name,
                                                                const std::string& name) = 0;
  virtual Result<std::map<std::string, std::string>> secret(const std::string& namespace_name,
                                                            const std::string& name) = 0;
  // Of the pod's namespace and "kubernetes" of the default one.
  virtual std::vector<api::ObjectPtr> services(const std::string& namespace_name) = 0;
};
// By the API; its executor must not be the caller's. An answer that takes longer than 10 s is
// kTimeout; a failed list of services is none.
std::unique_ptr<EnvironmentSource> make_environment_source(client::Transport& transport);

// Binds what `source` is opened on (O_PATH) at `target`, which is made; what was bound there before
// goes.
Result<void> bind_opened(int source, const Path& target);

struct NodeSettings {
  std::uint64_t log_max_bytes = 10 << 20;
  unsigned log_max_files = 5;
  std::int64_t pods_pids = -1;     // limit of each pod
  api::Amounts allocatable = {};   // of the node, else this machine: limits that nobody has set
  std::uint64_t memory_bytes = 0;  // of the node, for oom_score_adj; 0: this machine's
  Path seccomp_profiles = {};      // folder of seccompProfile.localhostProfile
  std::function<Result<void>(int source, const Path& target)> bind = bind_opened;
};

// Blocks (reads the image's passwd). Resolves $(VARS), users, fsGroup and supplemental groups,
// capabilities, seccomp, masked paths, devices of privileged containers, mounts with subPath(Expr)
// (never followed out of the volume), /etc/hosts, /etc/resolv.conf, limits to cgroup values,
// oom_score_adj of the QoS class.
StartResult<runtime::ContainerSpec> make_container(const ContainerInputs& inputs,
                                                   EnvironmentSource& environment,
                                                   const NodeSettings& settings);

// "Guaranteed", "Burstable", "BestEffort": status.qosClass when set, else as the spec says.
std::string_view qos_class(const api::Object& pod);
// The pod's group below `root` ("kubepods"): "kubepods/burstable/pod<uid>", and its limits.
std::string pod_cgroup(const api::Object& pod, const std::string& root);
runtime::ResourceLimits pod_limits(const api::Object& pod);

// Why the node does not take a pod for its kernel parameters, as the reason SysctlForbidden has it:
// 'forbidden sysctl: "kernel.msgmax" not allowlisted'.
std::optional<std::string> forbidden_sysctl(const api::Object& pod);

}  // namespace cove::node
