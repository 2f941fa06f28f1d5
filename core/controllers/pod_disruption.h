// How controllers that end pods say so in the pod's status (kubernetes.io "Disruptions", pod
// disruption conditions), and then delete it.
#pragma once

#include <functional>
#include <string_view>

#include "core/client/client.h"

namespace cove::controllers {

struct Disruption {
  std::string_view reason = {};  // of the condition DisruptionTarget; empty: none is set
  std::string_view message = {};
  bool fail = false;  // the phase becomes Failed: nobody else will say how the pod ended
  std::optional<std::int64_t> grace_seconds = std::nullopt;  // nothing: the pod's own
};

// A pod that has ended keeps its status. One that is gone, or another one by now, counts as done.
// `pods` is the transport of who may patch pods/status and delete pods; it outlives the answer.
void disrupt_pod(client::Transport& pods, const api::ObjectPtr& pod, const Disruption& disruption,
                 WallTime now, std::function<void(client::ApiResult<void>)> done);

// The status's conditions with this one set (status "True" or "False"); false when it was so.
bool set_pod_condition(boost::json::object& pod, std::string_view type, std::string_view status,
                       std::string_view reason, std::string_view message, WallTime now);

}  // namespace cove::controllers
