#include "app/cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/strings.h"

namespace cove::cli {
namespace {

using provision::StartRequest;
using provision::Wish;

constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::size_t kMaxMirrors = 16;

Error wrong(std::string sentence) {
  return Error{ErrorCode::kInvalidArgument, "", "", std::move(sentence), ""};
}

// The same, of the provisioner's own words for it.
Result<void> in_words(const Result<void>& checked) {
  if (checked) return {};
  return wrong(checked.error().cause);
}

Result<void> take_http(const std::string& text, StartRequest& request) {
  COVE_CHECK(in_words(provision::check_proxy_address(text)));
  request.http_proxy = text;
  return {};
}
Result<void> take_https(const std::string& text, StartRequest& request) {
  COVE_CHECK(in_words(provision::check_proxy_address(text)));
  request.https_proxy = text;
  return {};
}
Result<void> take_exceptions(const std::string& text, StartRequest& request) {
  COVE_CHECK(in_words(provision::check_no_proxy(text)));
  request.no_proxy = text;
  return {};
}

}  // namespace

Result<unsigned> read_cpus(const std::string& text) {
  unsigned cpus = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), cpus);
  if (status != std::errc{} || end != text.data() + text.size() || cpus == 0 || cpus > 1024) {
    return wrong(fmt::format("'{}' is not a number of CPUs; write a whole number such as 2",
                             escape_control(text)));
  }
  return cpus;
}

Result<std::uint64_t> read_bytes(const std::string& text) {
  const auto bytes = parse_size(text, kMiB);
  if (!bytes) return wrong(bytes.error().message());
  if (*bytes < kMiB) return wrong(fmt::format("'{}' is too small", escape_control(text)));
  return *bytes;
}

Result<std::string> read_mirror(const std::string& url) {
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  const bool plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!http || !plain || url.size() > 512 || url.ends_with("://")) {
    return wrong(fmt::format(
        "'{}' is not the address of a registry; write it such as https://mirror.example",
        escape_control(url)));
  }
  return url;
}

Result<std::vector<std::string>> read_mirrors(const std::vector<std::string>& urls) {
  if (urls.size() > kMaxMirrors) return wrong(fmt::format("at most {} are possible", kMaxMirrors));
  std::vector<std::string> mirrors;
  for (const std::string& url : urls) {
    COVE_TRY(std::string mirror, read_mirror(url));
    mirrors.push_back(std::move(mirror));
  }
  return mirrors;
}

Result<void> read_docker_env(const std::string& text, const provision::Environment& environment,
                             StartRequest& request) {
  const std::size_t equals = text.find('=');
  std::string name = text.substr(0, equals);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto setting = std::ranges::find_if(settings(), [&](const Setting& each) {
    return !each.variable.empty() && each.variable == name;
  });
  if (setting == settings().end()) {
    return wrong(fmt::format("'{}' cannot be set; HTTP_PROXY, HTTPS_PROXY and NO_PROXY can",
                             escape_control(text.substr(0, equals))));
  }
  if (equals != std::string::npos) return setting->read(text.substr(equals + 1), request);
  const auto value = environment(text);
  if (!value) {
    return wrong(fmt::format("'{}' is not in the environment; write {}=ADDRESS",
                             escape_control(text), escape_control(text)));
  }
  return setting->read(*value, request);
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{
      {"cpus", "", "CPUs of the virtual machine; count from the next boot",
       [](const std::string& text, StartRequest& request) -> Result<void> {
         COVE_TRY(request.cpus, read_cpus(text));
         return {};
       },
       [](const Wish& wish) { return fmt::format("{}", wish.resources.cpus); }, nullptr},
      {"memory", "", "Its memory: 2g, 2048mb; a bare number is MiB; counts from the next boot",
       [](const std::string& text, StartRequest& request) -> Result<void> {
         COVE_TRY(const std::uint64_t bytes, read_bytes(text));
         request.memory_mib = bytes / kMiB;
         return {};
       },
       [](const Wish& wish) { return fmt::format("{}mb", wish.resources.memory_mib); }, nullptr},
      {"disk-size", "", "Its data disk: 20g; grows, never shrinks; counts from the next boot",
       [](const std::string& text, StartRequest& request) -> Result<void> {
         COVE_TRY(const std::uint64_t bytes, read_bytes(text));
         request.disk_gib = (bytes + kGiB - 1) / kGiB;
         return {};
       },
       [](const Wish& wish) { return fmt::format("{}g", wish.resources.disk_gib); }, nullptr},
      {"registry-mirror", "", "Registries asked first for images of Docker Hub, by commas",
       [](const std::string& text, StartRequest& request) -> Result<void> {
         std::vector<std::string> urls;
         for (const std::string& url : split(text, ',')) {
           if (!trim(url).empty()) urls.emplace_back(trim(url));
         }
         COVE_TRY(request.registry_mirrors, read_mirrors(urls));
         return {};
       },
       [](const Wish& wish) { return fmt::format("{}", fmt::join(wish.registry_mirrors, ",")); },
       [](StartRequest& request) { request.registry_mirrors.emplace(); }},
      {"http-proxy", "HTTP_PROXY", "Proxy of pulls and builds for http addresses", &take_http,
       [](const Wish& wish) { return provision::shown_proxy(wish.proxy.http); },
       [](StartRequest& request) { request.http_proxy.emplace(); }},
      {"https-proxy", "HTTPS_PROXY", "The same for https addresses", &take_https,
       [](const Wish& wish) { return provision::shown_proxy(wish.proxy.https); },
       [](StartRequest& request) { request.https_proxy.emplace(); }},
      {"no-proxy", "NO_PROXY", "Names and networks that are reached without it, by commas",
       &take_exceptions, [](const Wish& wish) { return wish.proxy.no_proxy; },
       [](StartRequest& request) { request.no_proxy.emplace(); }},
  };
  return all;
}

}  // namespace cove::cli
