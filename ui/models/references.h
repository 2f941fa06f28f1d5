// Which pods use a ConfigMap, a Secret or a claim (kubernetes.io "Pod", volumes, env, envFrom).
#pragma once

#include <QString>

#include "ui/bridge/api_session.h"

namespace cove::ui {

enum class Referent { kConfigMap, kSecret, kClaim };

// By a volume, an environment variable or a pull secret, in any of its containers.
bool pod_uses(const api::Object& pod, Referent kind, std::string_view name);
// The names of the pods that use it, one a line, the first ten and how many more; empty: none.
QString used_by(const LiveCollection& pods, Referent kind, std::string_view namespace_name,
                std::string_view name);

}  // namespace cove::ui
