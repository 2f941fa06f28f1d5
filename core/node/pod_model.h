// What is known about one pod on this node: the input of every decision about it (pod_plan.h) and
// of its status (pod_status.h), neither of which looks anywhere else.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/node/pods.h"

namespace cove::node {

namespace json = boost::json;

// One run of a container: it is made, runs and ends; a restart is another run.
struct ContainerRun {
  enum class State { kCreated, kRunning, kExited };
  struct User {
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups = {};
  };
  std::string id = {};
  unsigned restart = 0;
  unsigned sandbox = 0;  // the attempt it was made in
  State state = State::kCreated;
  WallTime started_at{}, finished_at{};
  int exit_code = 0;
  std::string reason = {};        // of the end, when it is another than the exit code's
  std::string message = {};       // its termination message
  std::string wanted_image = {};  // as the spec had it
  std::string image = {}, image_id = {};
  json::object resources = {};   // that it runs with: requests and limits
  std::string stop_signal = {};  // the image's
  User user = {};
  bool killing = false;       // it has been told to end
  bool hook_pending = false;  // postStart has not ended
};

struct ContainerFacts {
  std::string name = {};
  ContainerRole role = ContainerRole::kRegular;
  const json::object* spec = nullptr;  // in PodFacts::pod
  std::optional<ContainerRun> run = std::nullopt, previous = std::nullopt;
  // Why the next run has not begun: "ImagePullBackOff", "CrashLoopBackOff".
  std::string waiting_reason = {}, waiting_message = {};
  // What its probes say of the newest run.
  bool started = true, ready = true;
  std::string failed_probe = {};  // "liveness", "startup": it is to be ended

  bool exists() const { return run && run->state != ContainerRun::State::kExited; }
  bool running() const { return run && run->state == ContainerRun::State::kRunning; }
  bool exited() const { return run && run->state == ContainerRun::State::kExited; }
  // Init containers run with what they began with.
  bool can_be_resized() const {
    return role == ContainerRole::kRegular || role == ContainerRole::kSidecar;
  }
};

struct PodFacts {
  api::ObjectPtr pod = nullptr;
  bool sandbox_ready = false;
  unsigned sandbox_attempt = 0;  // of the newest; 0: there has been none
  std::string address = {};      // of the pod; the node's when it has the host's network
  std::string host_address = {};
  WallTime accepted_at{};
  std::vector<ContainerFacts> containers = {};  // init, regular, ephemeral as the spec has them

  std::string resize_error = {};  // why new resources are not in force
  // Why they are not even tried: "Deferred", "Infeasible".
  std::string resize_pending = {}, resize_pending_message = {};
  bool resizing = false;
  bool terminating = false;  // nothing is started any more
  bool ended = false;        // and nothing runs any more
  // Why it was ended by the node, as the status says it ("DeadlineExceeded").
  bool failed = false;
  std::string reason = {}, message = {};
  // Of the condition DisruptionTarget, when the node is to blame; else empty.
  std::string disruption_reason = {};
};

// "web_default(5f3a…)", as messages name a pod.
std::string pod_title(const api::Object& pod);
// "Always", "OnFailure", "Never".
std::string_view restart_policy(const api::Object& pod);
bool is_host_network(const api::Object& pod);
std::int64_t termination_grace(const api::Object& pod);

// The containers of the spec with what `known` has of them by name; those that the spec has no more
// are left out.
std::vector<ContainerFacts> containers_of(const api::Object& pod,
                                          const std::vector<ContainerFacts>& known);
// What its spec asks for: requests and limits.
json::object resources_of(const ContainerFacts& container);
// The pod with what the node has set aside for it: while new resources are refused, its containers
// have those of their newest runs.
api::ObjectPtr allocated_pod(const PodFacts& facts);
// "spec.containers{web}", "spec.initContainers{wait}": where events have it.
std::string field_path(const ContainerFacts& container);

}  // namespace cove::node
