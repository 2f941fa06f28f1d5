// Runs of containers as the runtime keeps them: a container's annotations say whose it is, so that
// everything is found again from the runtime's list alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/image/image_store.h"
#include "core/node/pod_model.h"
#include "core/runtime/runtime.h"

namespace cove::node {

struct KnownRun {
  std::string uid, namespace_name, pod, container;
  ContainerRole role = ContainerRole::kRegular;
  std::int64_t grace_seconds = 30;  // of the pod
  Path termination_log, log;
  bool message_from_log = false;  // terminationMessagePolicy FallbackToLogsOnError
  std::vector<image::Digest> layers = {};
  ContainerRun run;
};

// Keeps what the run stands on: its layers and, when it is here, its image.
std::shared_ptr<image::ImageStore::Lease> hold(image::ImageStore& images, const KnownRun& known);
// What all containers of pods stand on, for where no agent looks after them.
std::vector<std::shared_ptr<image::ImageStore::Lease>> hold_all(image::ImageStore& images,
                                                                const runtime::Runtime& runtime);

// Adds to the annotations of `spec`, which has those that name the pod and the container.
void annotate(runtime::ContainerSpec& spec, const KnownRun& known);
// Nothing for a container of nobody's.
std::optional<KnownRun> known_run(const runtime::ContainerSpec& spec,
                                  const runtime::ContainerStatus& status);
// What a run that ended has left to say: its termination log, or the end of its log. Blocks.
std::string termination_message(const KnownRun& known);

// A run that is ended because the machine stops has not done its work, whatever it says with its
// exit code: 0 is 143 afterwards. Both block; the mark outlives this process.
Path halt_mark(const Path& termination_log);
void count_halted(KnownRun& known);

// "SIGTERM", "TERM", "15", "SIGRTMIN+3"; 15 for what is no signal.
int signal_number(std::string_view text);

}  // namespace cove::node
