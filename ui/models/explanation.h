// Explanation: why an object is red or amber, composed from its conditions, its events, exit codes
// and last log lines: plain words, the field's terms, what to do.
#pragma once

#include <QString>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/client/reflector.h"
#include "ui/models/object_model.h"

namespace cove::ui {

// What a person may do about it from here.
struct ExplanationAction {
  QString text;
  QString place;  // where the object is shown, as PageContext::show_object takes it
  QString key;    // "namespace/name"
};

struct Explanation {
  ObjectState state = ObjectState::kBad;
  QString title;
  QString why;     // sentences; one a line
  QString log;     // the last lines the container wrote, verbatim; may be empty
  QString advice;  // may be empty
  std::vector<ExplanationAction> actions;
};

// Which log has the reason.
struct LogWish {
  std::string container;
  bool previous = false;
  bool operator==(const LogWish&) const = default;
};

// What must be known beside the object itself.
struct ExplanationNeeds {
  std::vector<client::Selection> collections;
  std::optional<LogWish> log;
};

// Objects of the collections asked for, of any kind, and the log's end. A text says the more the
// more is here; nothing is asserted of what is not.
struct Surroundings {
  std::vector<api::ObjectPtr> objects;
  QString log;
  // Every collection has told its first state: that something is not there may be said.
  bool complete = false;
};

// Nothing is needed of an object that is well or of a kind that is not explained. By kind, so that
// it serves every page: Pod, Service, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job,
// PersistentVolumeClaim, Node, Ingress, Namespace. Pure functions.
ExplanationNeeds needs_of(const api::Object& object, WallTime now);
// Nothing when all is well.
std::optional<Explanation> explain(const api::Object& object, const Surroundings& around,
                                   WallTime now);

}  // namespace cove::ui
