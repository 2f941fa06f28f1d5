// What a Deployment's rollout is at: its ReplicaSets, their pods, its limits, and what it is stuck
// on (kubernetes.io "Deployments", "Rolling Update Deployment").
#pragma once

#include <QString>
#include <optional>
#include <string>
#include <vector>

#include "ui/models/pod_state.h"

namespace cove::ui {

struct RolloutPod {
  QString name;
  PodState status;
  bool ready = false;
};

struct RolloutSet {
  QString name;
  QString revision;
  QString image;
  bool is_new = false;  // the one with the Deployment's present template
  std::int64_t wanted = 0;
  std::vector<RolloutPod> pods;  // by name
};

struct Rollout {
  std::int64_t wanted = 0;
  std::int64_t updated = 0;    // pods of the present template
  std::int64_t available = 0;  // of any
  bool recreate = false;       // all old pods go before new ones come
  std::int64_t max_surge = 0;  // pods, resolved from a percentage
  std::int64_t max_unavailable = 0;
  QString surge_given;  // "25%", as it stands there
  QString unavailable_given;
  std::int64_t min_ready_seconds = 0;
  std::int64_t deadline_seconds = 0;
  bool paused = false;
  bool complete = false;
  std::vector<RolloutSet> sets;  // with pods or wanted ones; the new one first, then the newer

  // Why it does not go on; nothing while it does.
  struct Stuck {
    QString what;    // "web-5c-x2 of the new version: ImagePullBackOff"
    QString why;     // in the container's or the controller's words
    QString advice;  // what to do
  };
  std::optional<Stuck> stuck;
};

// `replica_sets` and `pods`: all that there are; those of the Deployment are found by their owners.
Rollout rollout_of(const api::Object& deployment, const LiveCollection& replica_sets,
                   const LiveCollection& pods, WallTime now);

}  // namespace cove::ui
