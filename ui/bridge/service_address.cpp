#include "ui/bridge/service_address.h"

#include "core/api/document.h"

namespace cove::ui {

QUrl node_address(const api::Object& service, const std::string& host) {
  const auto* ports = api::array_at(service.document(), {"spec", "ports"});
  if (ports == nullptr) return {};
  for (const api::json::value& each : *ports) {
    const auto* port = each.if_object();
    if (port == nullptr) continue;
    const auto protocol = api::text_at(*port, {"protocol"});
    const auto number = api::integer_at(*port, {"nodePort"}).value_or(0);
    if (number <= 0 || number > 65535 || !(protocol.empty() || protocol == "TCP")) continue;
    QUrl url;
    url.setScheme(QStringLiteral("http"));
    url.setHost(host.empty() ? QStringLiteral("127.0.0.1") : QString::fromStdString(host));
    url.setPort(static_cast<int>(number));
    return url;
  }
  return {};
}

}  // namespace cove::ui
