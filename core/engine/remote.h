// Remote: what a URL of an import, an ADD or a build context leads to.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/http/client.h"
#include "core/image/build/build.h"

namespace cove::engine {

// GET over at most five redirects. kNotFound and the like for anything but 200; the cause names the
// URL without its user.
Result<http::ClientResponse> fetch(http::Client& web, const std::string& url,
                                   std::stop_token stop = {});

// What `ADD https://…` of a Dockerfile gets.
class WebFetcher final : public image::Fetcher {
 public:
  explicit WebFetcher(http::Client& web) : web_(web) {}
  Result<Fetched> get(const std::string& url, const image::ByteSink& sink,
                      std::stop_token stop) override;

 private:
  http::Client& web_;
};

// The file name of a Content-Disposition header (RFC 6266), or "".
std::string file_name_in(std::string_view disposition);
// An HTTP date (RFC 9110 section 5.6.7, the form that is sent today), in seconds since 1970.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace cove::engine
