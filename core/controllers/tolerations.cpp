#include "core/controllers/tolerations.h"

#include "core/api/document.h"

namespace cove::controllers {

bool tolerates(const boost::json::object& toleration, const boost::json::object& taint) {
  const std::string_view effect = api::text_at(toleration, {"effect"});
  if (!effect.empty() && effect != api::text_at(taint, {"effect"})) return false;
  const std::string_view key = api::text_at(toleration, {"key"});
  if (!key.empty() && key != api::text_at(taint, {"key"})) return false;
  const std::string_view op = api::text_at(toleration, {"operator"});
  if (op == "Exists") return true;
  return (op.empty() || op == "Equal") &&
         api::text_at(toleration, {"value"}) == api::text_at(taint, {"value"});
}

}  // namespace cove::controllers
