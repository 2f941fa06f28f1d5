#include "core/server/streaming/upgrade.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/server/streaming/websocket.h"

namespace cove::server {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::vector<std::string> items_of(const Request& request, std::string_view header) {
  std::vector<std::string> all;
  for (const std::string& item : split(request.header_list(header), ',')) {
    if (const std::string_view text = trim(item); !text.empty()) all.emplace_back(text);
  }
  return all;
}

}  // namespace

Outcome<Upgrade> read_upgrade(const Request& request) {
  const bool asked = std::ranges::any_of(
      items_of(request, "connection"), [](const auto& item) { return same_word(item, "upgrade"); });
  const std::string_view to = request.header("upgrade");
  Upgrade upgrade;
  if (asked && same_word(to, "websocket")) {
    if (request.header("sec-websocket-version") != "13")
      return refuse::bad_request("the only version of WebSocket understood is 13");
    const auto accept = websocket_accept(request.header("sec-websocket-key"));
    if (!accept) return refuse::bad_request("Sec-WebSocket-Key is not valid");
    upgrade.accept = *accept;
    upgrade.protocols = items_of(request, "sec-websocket-protocol");
    return upgrade;
  }
  if (asked && same_word(to, "SPDY/3.1")) {
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
