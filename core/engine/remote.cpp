#include "core/engine/remote.h"

#include <fmt/format.h>

#include <ctime>

#include "core/base/strings.h"

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

Result<image::Fetcher::Fetched> WebFetcher::get(const std::string& url, const image::ByteSink& sink,
                                                std::stop_token stop) {
  COVE_TRY(http::ClientResponse response, fetch(web_, url, stop));
  Fetched fetched;
  fetched.file_name = file_name_in(response.header("content-disposition"));
  fetched.modified = parse_http_date(response.header("last-modified"));
  while (true) {
    COVE_TRY(const std::string piece, response.read(64 * 1024));
    if (piece.empty()) return fetched;
    COVE_CHECK(sink(piece));
  }
}

std::string file_name_in(std::string_view disposition) {
  for (const std::string& part : split(disposition, ';')) {
    std::string_view field = trim(part);
    if (!field.starts_with("filename=")) continue;
    field.remove_prefix(9);
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = field.substr(1, field.size() - 2);
    return std::string(field);
  }
  return {};
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* const end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&parts);
}

}  // namespace cove::engine
