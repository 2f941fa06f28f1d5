// ScaleClient: the scale subresource of whatever has one, found by apiVersion and kind
// (kubernetes.io API reference "Scale"). On the executor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/client/client.h"

namespace cove::controllers {

struct ScaleTarget {
  std::string namespace_name, api_version, kind, name;
};

// Nothing is told any more once it is destroyed. What a kind's resource is called is remembered for
// 30 s, of 1,000 kinds.
class ScaleClient {
 public:
  using Done = std::function<void(client::ApiResult<api::ObjectPtr>)>;
  // Both outlive it.
  ScaleClient(client::Transport& transport, const Clock& clock)
      : transport_(transport), clock_(clock) {}

  // The autoscaling/v1 Scale. Of code 0 with kUnsupported: no such kind, or it cannot be scaled.
  void get(const ScaleTarget& target, Done done);
  // `scale` is what get() told.
  void set(const ScaleTarget& target, const api::Object& scale, std::int64_t replicas, Done done);

 private:
  struct Known {
    std::string plural;
    bool scales = false;
    SteadyTime since;
  };
  using Found = std::function<void(client::ApiResult<client::Resource>)>;
  void find(const std::string& api_version, const std::string& kind, Found found);
  void learn(const std::string& api_version, const client::ApiResponse& answer);
  client::ApiResult<client::Resource> known(const std::string& api_version,
                                            const std::string& kind) const;

  client::Transport& transport_;
  const Clock& clock_;
  std::map<std::string, Known> known_;  // by "apps/v1 Deployment"
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace cove::controllers
