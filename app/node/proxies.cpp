#include "app/node/proxies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/node/node_service.h"
#include "core/base/strings.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;

struct Member {
  const char* upper;
  const char* lower;
  std::string http::Proxies::*text;
};
constexpr std::array kMembers{
    Member{"HTTP_PROXY", "http_proxy", &http::Proxies::http},
    Member{"HTTPS_PROXY", "https_proxy", &http::Proxies::https},
    Member{"NO_PROXY", "no_proxy", &http::Proxies::no_proxy},
};

// An error names the line, never what stands in it.
Result<http::Proxies> read_file_of_proxies(const Path& file) {
  COVE_TRY(const std::string text, read_file(file, kMaxFileBytes));
  http::Proxies proxies;
  std::size_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const std::size_t equals = line.find('=');
    const auto member = std::ranges::find_if(
        kMembers, [&](const Member& each) { return line.substr(0, equals) == each.upper; });
    if (equals == std::string::npos || member == kMembers.end()) {
      return Error{
          ErrorCode::kCorrupt, "read the proxies in", file.string(),
          fmt::format("line {} is none of HTTP_PROXY=, HTTPS_PROXY= and NO_PROXY=", number), ""};
    }
    proxies.*(member->text) = trim(std::string_view(line).substr(equals + 1));
  }
  return proxies;
}

}  // namespace

Result<http::Proxies> read_proxies(
    const Path& file, const server::Ipv4Range& services,
    const std::function<std::optional<std::string>(const std::string& name)>& environment) {
  http::Proxies proxies;
  if (!file.empty()) {
    COVE_TRY(proxies, read_file_of_proxies(file));
  } else {
    for (const Member& member : kMembers) {
      for (const char* name : {member.lower, member.upper}) {
        const auto value = environment(name);
        if (!value || value->empty()) continue;
        proxies.*(member.text) = *value;
        break;
      }
    }
  }
  if ((proxies.http.empty() && proxies.https.empty()) || proxies.no_proxy == "*") return proxies;
  if (!proxies.no_proxy.empty()) proxies.no_proxy += ',';
  proxies.no_proxy +=
      fmt::format("localhost,127.0.0.0/8,{},{},.svc,.cluster.local", services.text(), kPodSubnet);
  return proxies;
}

}  // namespace cove::node
