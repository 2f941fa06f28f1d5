// How it stands between the window and a cluster's API, in words.
#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "ui/bridge/api_session.h"
#include "ui/models/object_model.h"

namespace cove::ui {

// What is wrong when a request has no result.
struct Problem {
  QString title;   // "The cluster cannot be reached"
  QString advice;  // what to do; may be empty
};
Problem problem_of(const client::ApiError& error);

struct Connection {
  ObjectState state = ObjectState::kNone;  // kNone: no cluster is chosen
  QString title;
  QString text;  // why and what to do
};
// By the session's own trouble, and by collections that are followed anyway.
Connection connection_of(const ApiSession& session,
                         const std::vector<std::shared_ptr<LiveCollection>>& collections);

}  // namespace cove::ui
