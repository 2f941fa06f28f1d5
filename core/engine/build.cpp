#include "core/engine/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/strings.h"
#include "core/engine/image_select.h"
#include "core/engine/progress.h"
#include "core/engine/registry_auth.h"
#include "core/engine/remote.h"

namespace cove::engine {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDockerfileBytes = 1 << 20;

// A folder below the scratch folder, gone with this.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make(const Path& scratch, std::string_view prefix) {
    Path path = scratch / fmt::format("{}-{}", prefix, random_hex(8));
    COVE_CHECK(make_directories(path, 0700));
    return ScratchFolder(std::move(path));
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    if (!path_.empty()) static_cast<void>(remove_tree(path_));
  }
  const Path& path() const { return path_; }

 private:
  explicit ScratchFolder(Path path) : path_(std::move(path)) {}
  Path path_;
};

ApiError wrong(std::string_view name, std::string_view why) {
  return {400, fmt::format("invalid value for {}: {}", name, why)};
}

// {"name": "value" or null}.
Outcome<std::map<std::string, std::optional<std::string>>> text_map(const Exchange& exchange,
                                                                    std::string_view name) {
  std::map<std::string, std::optional<std::string>> map;
  const auto object = parse_object(exchange.query(name));
  if (!object) return wrong(name, "an object of texts is expected");
  for (const auto& [key, value] : *object) {
    if (value.is_string()) {
      map[key] = std::string(value.get_string());
    } else if (value.is_null()) {
      map[key] = std::nullopt;
    } else {
      return wrong(name, "an object of texts is expected");
    }
  }
  return map;
}

Outcome<std::vector<std::string>> text_list(const Exchange& exchange, std::string_view name) {
  const std::string text = exchange.query(name);
  std::vector<std::string> list;
  if (text.empty()) return list;
  const auto object = parse_object(fmt::format("{{\"list\":{}}}", text));
  if (!object) return wrong(name, "an array of texts is expected");
  const json::value& value = object->at("list");
  if (value.is_null()) return list;
  if (!value.is_array()) return wrong(name, "an array of texts is expected");
  for (const json::value& each : value.get_array()) {
    if (!each.is_string()) return wrong(name, "an array of texts is expected");
    list.emplace_back(each.get_string());
  }
  return list;
}

Outcome<std::uint64_t> amount(const Exchange& exchange, std::string_view name) {
  COVE_TRY(const std::optional<std::int64_t> number, exchange.number(name));
  if (number.value_or(0) < 0) return wrong(name, "it is negative");
  return static_cast<std::uint64_t>(number.value_or(0));
}

Outcome<> refuse_what_we_lack(const Exchange& exchange) {
  if (exchange.query("version") == "2") {
    return ApiError{400,
                    "this engine does not speak BuildKit's protocol: set DOCKER_BUILDKIT=0 to "
                    "build with the classic builder"};
  }
  if (exchange.flag("squash")) return ApiError{400, "squash is not supported by this engine"};
  if (const std::string kind = exchange.query("isolation"); !kind.empty() && kind != "default")
    return ApiError{400, fmt::format("invalid isolation: {}", kind)};
  return {};
}

Outcome<> read_limits(const Exchange& exchange, image::BuildRequest& request) {
  COVE_TRY(request.memory_bytes, amount(exchange, "memory"));
  COVE_TRY(request.shm_bytes, amount(exchange, "shmsize"));
  COVE_TRY(request.cpu_shares, amount(exchange, "cpushares"));
  COVE_TRY(request.cpu_period, amount(exchange, "cpuperiod"));
  COVE_TRY(request.cpu_quota, amount(exchange, "cpuquota"));
  request.cpuset = exchange.query("cpusetcpus");
  return {};
}

// Reads the whole of `source`, at most `max` bytes.
Outcome<std::string> read_text(const image::ByteSource& source, std::size_t max) {
  std::string text;
  while (true) {
    COVE_TRY(const std::string piece, source(64 * 1024));
    if (piece.empty()) return text;
    text += piece;
    if (text.size() > max) return ApiError{400, "the Dockerfile is larger than 1 MiB"};
  }
}

// Plain tar or something compressed, by its first bytes.
bool is_archive(std::string_view head) {
  using namespace std::string_view_literals;
  for (const std::string_view magic : {"\x1f\x8b"sv, "BZh"sv,
                                       "\xfd"
                                       "7zXZ\0"sv,
                                       "\x28\xb5\x2f\xfd"sv}) {
    if (head.starts_with(magic)) return true;
  }
  return head.size() >= 262 && head.substr(257, 5) == "ustar";
}

Outcome<> extract(const ImageParts& parts, const Path& folder, const image::ByteSource& source,
                  std::stop_token stop) {
  image::ExtractOptions options;
  options.keep_owner = false;
  COVE_CHECK(image::extract_archive(parts.worker, folder, "/", source, options, stop));
  return {};
}

// A context by URL: an archive, or a text that is the Dockerfile.
Outcome<> fetch_context(const ImageParts& parts, const std::string& url, const Path& folder,
                        image::BuildRequest& request, std::stop_token stop) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return ApiError{400, fmt::format("cannot build from {}: contexts come as an archive, or from "
                                     "an http or https URL of an archive or a Dockerfile",
                                     url)};
  }
  if (url.ends_with(".git") || url.find(".git#") != std::string::npos) {
    return ApiError{400, fmt::format("cannot build from {}: the engine does not clone "
                                     "repositories. Clone it and build from the folder",
                                     url)};
  }
  COVE_TRY(http::ClientResponse response, fetch(parts.web, url, stop));
  std::string head;
  while (head.size() < 512) {
    COVE_TRY(const std::string piece, response.read(4096));
    if (piece.empty()) break;
    head += piece;
  }
  const bool archive = is_archive(head);
  const image::ByteSource source = [&](std::size_t max) -> Result<std::string> {
    if (head.empty()) return response.read(max);
    std::string piece = head.substr(0, max);
    head.erase(0, piece.size());
    return piece;
  };
  if (archive) return extract(parts, folder, source, stop);
  COVE_TRY(const std::string text, read_text(source, kMaxDockerfileBytes));
  COVE_CHECK(write_file_atomic(folder / "Dockerfile", text, 0600));
  request.dockerfile = "Dockerfile";
  return {};
}

// "The command '…' returned a non-zero code: 7": docker exits with it.
std::optional<int> exit_code_in(std::string_view cause) {
  constexpr std::string_view kMark = "returned a non-zero code: ";
  const std::size_t at = cause.rfind(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = cause.substr(at + kMark.size());
  int code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code);
  return error == std::errc() ? std::optional(code) : std::nullopt;
}

Outcome<> build(const BuildParts& parts, Exchange& exchange) {
  COVE_TRY(image::BuildRequest request, parse_build_query(exchange));
  COVE_TRY(const ScratchFolder folder, ScratchFolder::make(parts.images->scratch, "build"));
  request.context = folder.path();
  add_proxies(request.build_args, parts.proxies);
  const std::string remote = exchange.query("remote");
  if (remote.empty() || remote == "client-session") {
    COVE_CHECK(extract(
        *parts.images, folder.path(), [&](std::size_t max) { return exchange.read_body(max); },
        exchange.gone()));
  } else {
    COVE_CHECK(fetch_context(*parts.images, remote, folder.path(), request, exchange.gone()));
  }
  const bool quiet = exchange.flag("q");
  ProgressAnswer answer(exchange);
  image::BuildEvents events;
  events.text = [&](std::string_view text) {
    if (!quiet) answer.line(json::object{{"stream", text}});
  };
  events.pull_progress = [&](const image::Progress& progress) {
    if (!quiet) answer.line(progress);
  };
  events.built = [&](const image::Digest& id) {
    if (!quiet) answer.line(json::object{{"aux", json::object{{"ID", id.text()}}}});
  };
  const auto built = parts.builder.build(request, events, exchange.gone());
  if (!built) {
    ApiError error(built.error());
    error.message = built.error().cause;  // it names the place; no sentence around it
    return answer.end(error, exit_code_in(built.error().cause));
  }
  if (quiet) answer.line(json::object{{"stream", (*built)->id.text() + "\n"}});
  return answer.end({});
}

Outcome<> prune(const BuildParts& parts, Exchange& exchange) {
  for (const char* const name :
       {"keep-storage", "reserved-space", "max-used-space", "min-free-space"}) {
    COVE_TRY(const std::uint64_t bytes, amount(exchange, name));
    if (bytes != 0) return ApiError{400, fmt::format("{} is not supported by this engine", name)};
  }
  COVE_TRY(auto filters, exchange.filters());
  // What it was once called.
  if (const auto old = filters.extract("unused-for"); !old.empty())
    filters["until"].insert(filters["until"].end(), old.mapped().begin(), old.mapped().end());
  COVE_CHECK(check_filters(filters, {"until", "label", "label!"}));
  COVE_TRY(const std::optional<WallTime> until, until_filter(filters, parts.images->clock));
  const auto only = [&](const image::Image& image) {
    const auto& labels = image.config.config.labels;
    return (!until || created_at(image) <= *until) && matches_labels(labels, filters["label"]) &&
           std::ranges::none_of(filters["label!"], [&](const std::string& each) {
             return matches_labels(labels, {each});
           });
  };
  COVE_TRY(const image::Builder::Pruned pruned, parts.builder.prune(only));
  json::array ids;
  for (const std::string& each : pruned.ids) ids.emplace_back(each);
  exchange.json(200, {{"CachesDeleted", std::move(ids)}, {"SpaceReclaimed", pruned.bytes}});
  return {};
}

}  // namespace

void add_proxies(std::map<std::string, std::optional<std::string>>& build_args,
                 const http::Proxies& proxies) {
  const auto add = [&](const char* upper, const char* lower, const std::string& value) {
    if (value.empty() || build_args.contains(upper) || build_args.contains(lower)) return false;
    build_args[upper] = build_args[lower] = value;
    return true;
  };
  const auto for_containers = [](const std::string& proxy) {
    const bool bare = proxy.find("://") == std::string::npos;
    const auto url = http::parse_url(bare ? "http://" + proxy : proxy);
    return url && !http::is_loopback(url->host) ? proxy : std::string();
  };
  const bool http = add("HTTP_PROXY", "http_proxy", for_containers(proxies.http));
  const bool https = add("HTTPS_PROXY", "https_proxy", for_containers(proxies.https));
  if (http || https) add("NO_PROXY", "no_proxy", proxies.no_proxy);
}

Outcome<image::BuildRequest> parse_build_query(const Exchange& exchange) {
  COVE_CHECK(refuse_what_we_lack(exchange));
  image::BuildRequest request;
  request.dockerfile = exchange.query("dockerfile");
  if (request.dockerfile.empty()) request.dockerfile = "Dockerfile";
  for (const auto& [name, value] : exchange.request().query) {
    if (name != "t" || value.empty()) continue;
    COVE_TRY(image::Reference reference, image::parse_tagged(value));
    if (!reference.digest.empty()) return ApiError{400, "build tag cannot contain a digest"};
    request.tags.push_back(std::move(reference));
  }
  COVE_TRY(request.build_args, text_map(exchange, "buildargs"));
  COVE_TRY(const auto labels, text_map(exchange, "labels"));
  for (const auto& [name, value] : labels) request.labels[name] = value.value_or("");
  COVE_TRY(request.cache_from, text_list(exchange, "cachefrom"));
  request.target = exchange.query("target");
  request.no_cache = exchange.flag("nocache");
  request.pull = exchange.flag("pull");
  request.platform = image::host_platform();
  if (const std::string platform = exchange.query("platform"); !platform.empty()) {
    COVE_TRY(request.platform, image::parse_platform(platform));
  }
  request.network_mode = exchange.query("networkmode");
  if (request.network_mode.empty()) request.network_mode = "default";
  for (const std::string& each : split(exchange.query("extrahosts"), ',')) {
    if (!each.empty()) request.extra_hosts.push_back(each);
  }
  COVE_CHECK(read_limits(exchange, request));
  request.auth = parse_registry_config(exchange.request().header("x-registry-config"));
  return request;
}

std::vector<Route> build_routes(const BuildParts& parts) {
  return {
      {"POST", "/build", [parts](Exchange& exchange) { return build(parts, exchange); }, true},
      {"POST", "/build/prune", [parts](Exchange& exchange) { return prune(parts, exchange); }},
  };
}

}  // namespace cove::engine
