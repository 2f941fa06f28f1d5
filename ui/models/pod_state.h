// What a pod's status says, in kubectl's words and in plain ones.
#pragma once

#include <QString>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "ui/models/object_model.h"

namespace cove::ui {

struct PodState {
  QString ready;   // "1/2"
  QString reason;  // "CrashLoopBackOff", as kubectl's STATUS
  QString restarts;
  qint64 restart_count = 0;
  QString ip;
  QString node;
  ObjectState state = ObjectState::kNone;
  // Why, in a container's or the scheduler's own words; empty when all is well.
  QString message;
  // What it means and what to do; empty when there is nothing to say.
  QString advice;
};

PodState pod_state(const api::Object& pod, WallTime now);

}  // namespace cove::ui
