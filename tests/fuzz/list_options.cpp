// The options of lists and watches: continue tokens of any make, selectors, versions, limits.
#include "core/server/listing.h"
#include "core/server/storage.h"
#include "tests/fuzz/fuzz.h"

namespace {

using cove::fuzz::require;
using namespace cove::server;

constexpr cove::store::Revision kNewest = 1000;

std::shared_ptr<const cove::api::Kind> pods() {
  auto kind = std::make_shared<cove::api::Kind>();
  kind->gvk = {"", "v1", "Pod"};
  kind->plural = "pods";
  kind->namespaced = true;
  kind->selectable_fields = {"spec.nodeName"};
  return kind;
}

void read(std::string_view target) {
  static const auto kind = pods();
  auto request = std::make_shared<Request>();
  request->method = "GET";
  if (!parse_target(target, *request)) return;
  Call call;
  call.request = request;
  call.info = describe(*request);
  call.kind = kind;
  call.stored = kind;
  const auto options = read_list_options(call, kNewest);
  if (!options) {
    require(options.error().code >= 400 && !options.error().message.empty(),
            "a refusal says what is wrong");
    return;
  }
  require(options->prefix.starts_with(storage_prefix(*kind)), "a list stays in its kind");
  require(options->continue_key.empty() || options->continue_key.starts_with(options->prefix),
          "a page goes on where its list was");
  require(options->continue_key.find('\0') == std::string::npos, "keys have no zero byte");
  require(options->at >= 0, "versions are not negative");
  require(options->continue_key.empty() || options->at > 0, "a page has its list's version");
  require(options->timeout.count() > 0 && options->timeout <= std::chrono::hours(24),
          "every watch ends");
  require(options->single_key.empty() || options->single_key.starts_with(storage_prefix(*kind)),
          "one object is of its kind");
}

// What this server makes, it takes.
void come_back(std::string_view name) {
  if (name.empty() || name.size() > 512 || name.find('\0') != std::string_view::npos) return;
  for (const char byte : name) {
    // Names are ASCII; others are not text that JSON could carry.
    if (static_cast<unsigned char>(byte) >= 0x80) return;
  }
  static const auto kind = pods();
  auto request = std::make_shared<Request>();
  request->method = "GET";
  const std::string target = "/api/v1/pods?continue=" + encode_continue(7, name, name.size());
  require(parse_target(target, *request).has_value(), "a token can stand in a URL");
  Call call;
  call.request = request;
  call.info = describe(*request);
  call.kind = kind;
  call.stored = kind;
  const auto options = read_list_options(call, kNewest);
  require(options.has_value() && options->at == 7, "a token says its version");
  require(options->continue_key == options->prefix + std::string(name), "a token says its place");
  require(options->left.value_or(0) == name.size(), "a token says what is left");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cove::fuzz::text(data, size);
  read(text);
  come_back(text);
  return 0;
}
