// What the engine reads of a docker client's request: version and path, the queries of images and
// builds, filters, and the credentials in headers. The input's lines are the target, a header and
// filters.
#include <string>

#include "core/base/strings.h"
#include "core/engine/build.h"
#include "core/engine/image_select.h"
#include "core/engine/registry_auth.h"
#include "core/engine/routing.h"
#include "core/image/build/configure.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace cove;

class FakeExchange final : public engine::Exchange {
 public:
  explicit FakeExchange(http::Request request) : request_(std::move(request)) {}
  const http::Request& request() const override { return request_; }
  unsigned api() const override { return engine::kNewestApi; }
  const std::string& path(std::string_view) const override { return request_.path; }
  Result<std::string> read_body(std::size_t) override { return std::string(); }
  std::stop_token gone() const override { return {}; }
  void text(int, std::string, std::string,
            std::vector<std::pair<std::string, std::string>>) override {}
  std::unique_ptr<Stream> stream(std::string,
                                 std::vector<std::pair<std::string, std::string>>) override {
    return nullptr;
  }
  Result<std::unique_ptr<engine::Hijacked>> hijack(std::string) override { return Error{}; }
  Result<std::unique_ptr<engine::Hijacked>> hijack_websocket() override { return Error{}; }

 private:
  const http::Request request_;
};

engine::Outcome<> nothing(engine::Exchange&) {
  return {};
}

void parse(const std::string& target, const std::string& header, const std::string& text) {
  static const engine::Router router({{"POST", "/build", nothing},
                                      {"GET", "/images/{name…}/json", nothing},
                                      {"DELETE", "/images/{name…}", nothing},
                                      {"GET", "/containers/{id}/json", nothing}});
  http::Request request;
  if (!http::parse_target(target, request)) return;
  request.headers.emplace_back("x-registry-config", header);
  static_cast<void>(router.match("GET", request.path));
  const FakeExchange exchange(std::move(request));
  static_cast<void>(engine::parse_build_query(exchange));
  static_cast<void>(exchange.filters());
  static_cast<void>(exchange.number("limit"));
  static_cast<void>(engine::parse_registry_auth(header));
  if (const auto filters = engine::parse_filters(text)) {
    const FakeClock clock;
    static_cast<void>(engine::until_filter(*filters, clock));
  }
  image::RunConfig config;
  static_cast<void>(image::apply_changes(config, {text}));
  if (const auto reference = image::parse_reference(text))
    engine::matches_reference(*reference, target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> lines = split(cove::fuzz::text(data, size), '\n');
  parse(lines[0], lines.size() > 1 ? lines[1] : "", lines.size() > 2 ? lines[2] : "");
  return 0;
}
