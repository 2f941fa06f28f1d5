#include "core/server/streaming/upgrade.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/http/upgrade.h"
#include "core/http/websocket.h"

namespace cove::server {
namespace {

std::vector<std::string> items_of(const Request& request, std::string_view header) {
  std::vector<std::string> all;
  for (const std::string& item : split(request.header_list(header), ',')) {
    if (const std::string_view text = trim(item); !text.empty()) all.emplace_back(text);
  }
  return all;
}

}  // namespace

Outcome<Upgrade> read_upgrade(const Request& request) {
  Upgrade upgrade;
  if (http::asks_upgrade_to(request, "websocket")) {
    auto accept = http::accept_websocket(request);
    if (!accept) return refuse::bad_request(accept.error().cause);
    upgrade.accept = std::move(*accept);
    upgrade.protocols = items_of(request, "sec-websocket-protocol");
    return upgrade;
  }
  if (http::asks_upgrade_to(request, "SPDY/3.1")) {
    upgrade.to = Upgrade::To::kSpdy;
    upgrade.protocols = items_of(request, "x-stream-protocol-version");
    return upgrade;
  }
  return refuse::bad_request("Upgrade request required");
}

Outcome<std::string> choose_protocol(const Upgrade& upgrade,
                                     std::span<const std::string_view> known) {
  if (upgrade.protocols.empty()) return std::string();
  for (const std::string& protocol : upgrade.protocols) {
    if (std::ranges::find(known, protocol) != known.end()) return protocol;
  }
  return Refusal{403, "Forbidden",
                 fmt::format("unable to upgrade: unable to negotiate protocol: client supports "
                             "[{}], server accepts [{}]",
                             fmt::join(upgrade.protocols, " "), fmt::join(known, " "))};
}

Answer upgrade_answer(const Upgrade& upgrade, const std::string& protocol) {
  Answer answer;
  answer.status = 101;
  answer.content_type = "";
  const bool spdy = upgrade.to == Upgrade::To::kSpdy;
  answer.headers.emplace_back("Upgrade", spdy ? "SPDY/3.1" : "websocket");
  if (!spdy) answer.headers.emplace_back("Sec-WebSocket-Accept", upgrade.accept);
  if (!protocol.empty()) {
    answer.headers.emplace_back(spdy ? "X-Stream-Protocol-Version" : "Sec-WebSocket-Protocol",
                                protocol);
  }
  return answer;
}

}  // namespace cove::server
