// Variables of containers (kubernetes.io "Define Environment Variables for a Container", "Service"
// for those that tell of services).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/node/container_config.h"

namespace cove::node {

// In the order they were first set; each name once.
class Variables {
 public:
  void set(std::string_view name, std::string value);
  void set_default(std::string_view name, std::string value);
  const std::string* find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

// "$(NAME)" becomes what `value` says, or stays when that is null; "$$" is one "$".
using FindVariable = std::function<const std::string*(std::string_view name)>;
std::string expand(std::string_view text, const FindVariable& value);
// The same; a name without a value is an error that names it.
Result<std::string> expand_strictly(std::string_view text, const FindVariable& value);

// Those of the services that a pod sees: WEB_SERVICE_HOST, WEB_PORT_80_TCP_ADDR ….
Variables service_variables(const std::vector<api::ObjectPtr>& services,
                            std::string_view namespace_name, bool links);

// Those of envFrom, env and the services; the image's are not among them.
StartResult<Variables> container_variables(const ContainerInputs& inputs,
                                           EnvironmentSource& environment,
                                           const NodeSettings& settings);

}  // namespace cove::node
