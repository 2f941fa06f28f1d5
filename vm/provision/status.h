// What there is to know about a cluster: the persisted wish, the observed state, and the steps
// between them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/backend/backend.h"
#include "vm/provision/proxy.h"

namespace cove::provision {

// What the user asked for last.
enum class Target { kRunning, kStopped, kPaused, kDeleted };

struct Resources {
  unsigned cpus = 2;
  std::uint64_t memory_mib = 2048;
  std::uint64_t disk_gib = 20;
  bool operator==(const Resources&) const = default;
};

struct Wish {
  Target target = Target::kStopped;
  Resources resources;
  vm::NetworkMode network = vm::NetworkMode::kUser;
  std::vector<std::string> registry_mirrors;
  Proxy proxy;
  bool operator==(const Wish&) const = default;
};

enum class Phase {
  kNotCreated,
  kCreating,  // a program is at work on its first start
  kStarting,
  kRunning,
  kStopping,
  kStopped,
  kPausing,
  kPaused,
  kDeleting,
  kBroken,  // not as wished and nobody is at work on it; reason and remedy say why and what to do
};
// "NotCreated", "Running", … as `cove status` prints it.
std::string_view to_string(Phase phase);
std::string_view to_string(Target target);         // "running", …
std::string_view to_string(vm::NetworkMode mode);  // "user", "nat"

enum class StepState { kPending, kRunning, kDone, kFailed, kCancelled };
std::string_view to_string(StepState state);

// One step of an operation. `id` is stable and for machines; `title` is for people and in English:
// the desktop translates it by id.
struct Step {
  std::string id;     // "boot"
  std::string title;  // "Boot the virtual machine"
  StepState state = StepState::kPending;
  std::chrono::milliseconds elapsed{0};
  // How long it took last time on this host; nothing the first time.
  std::optional<std::chrono::milliseconds> expected;
  std::string detail;  // "software emulation, 2 CPUs, 2 GiB"; may change while it runs
};

// Receives an operation's steps as they change. Called from the thread that runs the operation;
// must not block.
class Progress {
 public:
  virtual ~Progress() = default;
  // All steps of the operation, pending, before the first starts.
  virtual void plan(const std::string& operation, const std::vector<Step>& steps) = 0;
  virtual void update(const Step& step) = 0;
  // One plain sentence the user should see: "port 6443 is taken by nginx (process 812); using
  // 6444".
  virtual void note(const std::string& sentence) = 0;
};

struct PortStatus {
  std::string name;  // "kubernetes-api"
  std::uint16_t host_port = 0;
  std::uint16_t guest_port = 0;
};

struct ClusterStatus {
  std::string profile;
  Phase phase = Phase::kNotCreated;
  std::string reason;  // kBroken and kStopped: why, when it did not come from a wish
  std::string remedy;
  // The program at work on it, while one is: "cove (process 123) is at 'start'".
  std::string busy;
  std::optional<Step> current_step;  // of the program at work, or where it was interrupted
  Wish wish;                         // meaningless when kNotCreated
  // With what its machine booted last; what the wish says else counts from the next boot.
  Resources booted;
  std::string image_version;  // of the system image it booted last, "0.1.0"; empty: not known
  std::string image_digest;   // "sha256:…"; empty before the first boot
  vm::Acceleration acceleration = vm::Acceleration::kSoftware;
  std::string acceleration_note;  // one sentence when software
  std::string host;    // where the API and services answer: "127.0.0.1" or the VM's address
  std::string server;  // "https://127.0.0.1:6443"; empty before the first start
  std::string engine;  // $DOCKER_HOST: "tcp://127.0.0.1:2376"; empty before the first start
  Path engine_client;  // $DOCKER_CERT_PATH: a folder with ca.pem, cert.pem and key.pem
  std::vector<PortStatus> ports;
  std::string node_name;
  bool api_ready = false;  // /readyz answered 200 just now
  // The machine runs as wished, but its API or node said just now that it is not ready: kStarting or
  // kBroken, yet what talks to it need not give up.
  bool unanswered = false;
  bool node_ready = false;
  std::string kubernetes_version;  // of the node, "v1.36.0"
  bool kubeconfig_ok = false;      // the entry is there and current
  Path kubeconfig;
  std::string context;
  Path console_log;
  Path directory;
  std::optional<WallTime> started_at;
};

}  // namespace cove::provision
