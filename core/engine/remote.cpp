#include "core/engine/remote.h"

#include <fmt/format.h>

namespace cove::engine {
namespace {

constexpr unsigned kMaxRedirects = 5;

bool redirects(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Result<http::ClientResponse> fetch(http::Client& web, const std::string& url,
                                   std::stop_token stop) {
  COVE_TRY(http::Url at, http::parse_url(url));
  for (unsigned hop = 0; hop <= kMaxRedirects; ++hop) {
    http::ClientRequest request;
    request.url = at;
    COVE_TRY(http::ClientResponse response, web.send(std::move(request), stop));
    if (response.status() == 200) return response;
    if (!redirects(response.status())) {
      return Error{response.status() == 404 ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                   "fetch",
                   at.text(),
                   fmt::format("failed to GET {} with status {} {}", at.text(), response.status(),
                               response.reason()),
                   {}};
    }
    COVE_TRY(at, http::resolve_location(at, response.header("location")));
  }
  return Error{ErrorCode::kUnavailable,
               "fetch",
               at.text(),
               fmt::format("{} leads on more than {} times", at.text(), kMaxRedirects),
               {}};
}

}  // namespace cove::engine
