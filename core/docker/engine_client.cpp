#include "core/docker/engine_client.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/http/client.h"
#include "core/image/reference.h"

namespace cove::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxAnswer = 64 << 20;
constexpr std::size_t kMaxLine = 1 << 20;
constexpr std::size_t kMaxConfig = 4 << 20;
constexpr std::size_t kPiece = 64 * 1024;
constexpr const char* kVersion = "/v1.41";  // of the API: what Debian's docker speaks, and ours
constexpr const char* kHubKey = "https://index.docker.io/v1/";

json::parse_options parse_limits() {
  json::parse_options options;
  options.max_depth = 32;
  return options;
}

Result<json::value> parse(std::string_view text, const std::string& subject) {
  boost::system::error_code error;
  json::value value =
      json::parse(json::string_view(text.data(), text.size()), error, {}, parse_limits());
  if (error)
    return Error{ErrorCode::kCorrupt, "read", subject, "it is not JSON: " + error.message(), {}};
  return value;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> out;
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_array()) return out;
  for (const json::value& item : value->get_array()) {
    // What docker writes for an image without a name.
    if (item.is_string() && item.get_string() != "<none>:<none>" &&
        item.get_string() != "<none>@<none>")
      out.emplace_back(item.get_string());
  }
  return out;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::kInvalidArgument;
    case 401:
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kConflict;
    case 501: return ErrorCode::kUnsupported;
    case 503: return ErrorCode::kUnavailable;
    default: return ErrorCode::kInternal;
  }
}

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

// Cuts a body into lines of JSON objects.
class Lines {
 public:
  using Take = std::function<Result<void>(const json::object&)>;

  Result<void> read(http::ClientResponse& response, const Take& take) {
    while (true) {
      COVE_TRY(const std::string piece, response.read(kPiece));
      if (piece.empty()) break;
      rest_ += piece;
      std::size_t begin = 0;
      for (std::size_t end = rest_.find('\n'); end != std::string::npos;
           end = rest_.find('\n', begin)) {
        COVE_CHECK(line(std::string_view(rest_).substr(begin, end - begin), take));
        begin = end + 1;
      }
      rest_.erase(0, begin);
      if (rest_.size() > kMaxLine) {
        return Error{ErrorCode::kCorrupt, "read", "the engine's answer", "a line is too long", {}};
      }
    }
    return line(rest_, take);
  }

 private:
  static Result<void> line(std::string_view text, const Take& take) {
    text = trim(text);
    if (text.empty()) return {};
    COVE_TRY(const json::value value, parse(text, "the engine's answer"));
    if (!value.is_object()) return {};
    return take(value.get_object());
  }

  std::string rest_;
};

// What a long operation says went wrong in the middle of its answer.
std::optional<std::string> failure_in(const json::object& line) {
  if (const json::value* detail = line.if_contains("errorDetail");
      detail != nullptr && detail->is_object()) {
    if (std::string message = text_of(detail->get_object(), "message"); !message.empty())
      return message;
  }
  if (std::string message = text_of(line, "error"); !message.empty()) return message;
  return std::nullopt;
}

Progress progress_of(const json::object& line) {
  Progress progress{text_of(line, "id"), text_of(line, "status"), 0, 0};
  if (const json::value* detail = line.if_contains("progressDetail");
      detail != nullptr && detail->is_object()) {
    progress.current = number_of(detail->get_object(), "current");
    progress.total = number_of(detail->get_object(), "total");
  }
  return progress;
}

std::string registry_auth(const std::optional<Credentials>& credentials) {
  json::object object;
  if (credentials) {
    object = {{"username", credentials->username},
              {"password", credentials->password.reveal()},
              {"serveraddress", credentials->server}};
  }
  return base64url_encode(json::serialize(object));
}

std::string json_map(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return json::serialize(object);
}

}  // namespace

class EngineClient::Implementation {
 public:
  Implementation(std::unique_ptr<http::Client> http, http::Url base)
      : http_(std::move(http)), base_(std::move(base)) {}

  using Query = std::vector<std::pair<std::string, std::string>>;

  http::ClientRequest request(std::string method, const std::string& path,
                              const Query& query = {}) const {
    http::ClientRequest request;
    request.method = std::move(method);
    request.url = base_;
    request.url.target = kVersion + path;
    for (const auto& [name, value] : query)
      request.url.target = http::with_parameter(std::move(request.url.target), name, value);
    return request;
  }

  // The answer, if it is a good one.
  Result<http::ClientResponse> send(http::ClientRequest request, const std::string& action,
                                    const std::string& subject, std::stop_token stop) const {
    auto response = http_->send(std::move(request), std::move(stop));
    if (!response) return unreachable(response.error());
    if (response->status() < 300) return response;
    return refusal(*response, action, subject);
  }

  Result<json::value> ask(http::ClientRequest request, const std::string& action,
                          const std::string& subject, std::stop_token stop) const {
    COVE_TRY(auto response, send(std::move(request), action, subject, std::move(stop)));
    COVE_TRY(const std::string body, response.read_all(kMaxAnswer));
    if (body.empty()) return json::value();
    return parse(body, "the engine's answer");
  }

 private:
  static Error unreachable(Error error) {
    if (error.code == ErrorCode::kUnavailable && error.remedy.empty())
      error.remedy = "See 'cove status', and start the cluster if it is not running.";
    return error;
  }

  static Error refusal(http::ClientResponse& response, const std::string& action,
                       const std::string& subject) {
    std::string message;
    if (const auto body = response.read_all(kMaxLine)) {
      const auto value = parse(*body, "the engine's answer");
      if (value && value->is_object()) message = text_of(value->get_object(), "message");
      if (message.empty()) message = escape_control(trim(*body).substr(0, 500));
    }
    if (message.empty()) message = fmt::format("the engine answered {}", response.status());
    return Error{code_of(response.status()), action, subject, std::move(message), {}};
  }

  std::unique_ptr<http::Client> http_;
  http::Url base_;
};

namespace {

constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTcp = "tcp://";

Error no_address(const std::string& host) {
  return {ErrorCode::kInvalidArgument,
          "use the container engine at",
          host,
          "that is neither tcp://HOST:PORT nor unix:///PATH",
          {}};
}

Result<http::ClientOptions> options_for(const EngineAddress& address) {
  constexpr std::size_t kMaxPem = 256 * 1024;
  http::ClientOptions options;
  // A build may be silent for as long as its steps take.
  options.timeouts.header = std::chrono::hours(24);
  options.timeouts.stall = std::chrono::hours(24);
  if (address.host.starts_with(kUnix)) {
    options.unix_socket = address.host.substr(kUnix.size());
    return options;
  }
  COVE_TRY(options.tls.ca_pem, read_file(address.certificates / "ca.pem", kMaxPem));
  COVE_TRY(options.tls.certificate_pem, read_file(address.certificates / "cert.pem", kMaxPem));
  COVE_TRY(std::string key, read_file(address.certificates / "key.pem", kMaxPem));
  options.tls.key_pem = Secret(std::move(key));
  return options;
}

}  // namespace

EngineClient::EngineClient(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

EngineClient::~EngineClient() = default;

Result<std::unique_ptr<EngineClient>> EngineClient::create(const EngineAddress& address) {
  const bool socket = address.host.starts_with(kUnix);
  if (!socket && !address.host.starts_with(kTcp)) return no_address(address.host);
  auto base =
      http::parse_url(socket ? "http://docker" : "https://" + address.host.substr(kTcp.size()));
  if (!base) return no_address(address.host);
  COVE_TRY(http::ClientOptions options, options_for(address));
  COVE_TRY(auto http, http::Client::create(std::move(options)));
  return std::unique_ptr<EngineClient>(
      new EngineClient(std::make_unique<Implementation>(std::move(http), std::move(*base))));
}

Result<std::vector<ImageSummary>> EngineClient::images(std::stop_token stop) const {
  COVE_TRY(const json::value answer,
           implementation_->ask(implementation_->request("GET", "/images/json"), "list", "images",
                                std::move(stop)));
  std::vector<ImageSummary> images;
  if (!answer.is_array()) return images;
  for (const json::value& item : answer.get_array()) {
    if (!item.is_object()) continue;
    const json::object& object = item.get_object();
    images.push_back(
        {text_of(object, "Id"), texts_of(object, "RepoTags"), texts_of(object, "RepoDigests"),
         static_cast<std::int64_t>(number_of(object, "Created")), number_of(object, "Size")});
  }
  return images;
}

Result<void> EngineClient::pull(std::string_view image,
                                const std::optional<Credentials>& credentials,
                                const OnProgress& progress, std::stop_token stop) const {
  COVE_TRY(const image::Reference reference, image::parse_tagged(image));
  const std::string tag =
      reference.digest.empty() ? reference.tag : std::string(reference.digest.text());
  auto request = implementation_->request("POST", "/images/create",
                                          {{"fromImage", reference.familiar_name()}, {"tag", tag}});
  request.headers.emplace_back("X-Registry-Auth", registry_auth(credentials));
  COVE_TRY(auto response,
           implementation_->send(std::move(request), "pull", std::string(image), std::move(stop)));
  return Lines().read(response, [&](const json::object& line) -> Result<void> {
    if (auto failure = failure_in(line))
      return Error{ErrorCode::kInternal, "pull", std::string(image), std::move(*failure), {}};
    progress(progress_of(line));
    return {};
  });
}

Result<void> EngineClient::push(std::string_view image,
                                const std::optional<Credentials>& credentials,
                                const OnProgress& progress, std::stop_token stop) const {
  COVE_TRY(const image::Reference reference, image::parse_tagged(image));
  auto request = implementation_->request("POST", "/images/" + reference.familiar_name() + "/push",
                                          {{"tag", reference.tag}});
  request.headers.emplace_back("X-Registry-Auth", registry_auth(credentials));
  COVE_TRY(auto response,
           implementation_->send(std::move(request), "push", std::string(image), std::move(stop)));
  return Lines().read(response, [&](const json::object& line) -> Result<void> {
    if (auto failure = failure_in(line))
      return Error{ErrorCode::kInternal, "push", std::string(image), std::move(*failure), {}};
    progress(progress_of(line));
    return {};
  });
}

Result<void> EngineClient::tag(std::string_view image, std::string_view name,
                               std::stop_token stop) const {
  COVE_TRY(const image::Reference reference, image::parse_tagged(name));
  auto request =
      implementation_->request("POST", fmt::format("/images/{}/tag", image),
                               {{"repo", reference.familiar_name()}, {"tag", reference.tag}});
  COVE_CHECK(implementation_->ask(std::move(request), "tag", std::string(image), std::move(stop)));
  return {};
}

Result<std::vector<std::string>> EngineClient::remove(std::string_view image, bool force,
                                                      std::stop_token stop) const {
  auto request = implementation_->request("DELETE", fmt::format("/images/{}", image),
                                          {{"force", force ? "1" : "0"}});
  COVE_TRY(const json::value answer,
           implementation_->ask(std::move(request), "remove", std::string(image), std::move(stop)));
  std::vector<std::string> lines;
  if (!answer.is_array()) return lines;
  for (const json::value& item : answer.get_array()) {
    if (!item.is_object()) continue;
    for (const char* what : {"Untagged", "Deleted"}) {
      if (const std::string name = text_of(item.get_object(), what); !name.empty())
        lines.push_back(fmt::format("{}: {}", what, name));
    }
  }
  return lines;
}

Result<void> EngineClient::load(Source archive, const OnText& text, std::stop_token stop) const {
  auto request = implementation_->request("POST", "/images/load", {{"quiet", "1"}});
  request.headers.emplace_back("Content-Type", "application/x-tar");
  request.source = std::move(archive);
  COVE_TRY(auto response,
           implementation_->send(std::move(request), "load", "the archive", std::move(stop)));
  return Lines().read(response, [&](const json::object& line) -> Result<void> {
    if (auto failure = failure_in(line))
      return Error{ErrorCode::kInternal, "load", "the archive", std::move(*failure), {}};
    if (const std::string part = text_of(line, "stream"); !part.empty()) text(part);
    return {};
  });
}

Result<void> EngineClient::save(const std::vector<std::string>& images, const Sink& sink,
                                std::stop_token stop) const {
  Implementation::Query query;
  for (const std::string& image : images) query.emplace_back("names", image);
  COVE_TRY(auto response,
           implementation_->send(implementation_->request("GET", "/images/get", query), "save",
                                 fmt::format("{}", fmt::join(images, ", ")), std::move(stop)));
  while (true) {
    COVE_TRY(const std::string piece, response.read(kPiece));
    if (piece.empty()) return {};
    COVE_CHECK(sink(piece));
  }
}

Result<std::string> EngineClient::build(const BuildOptions& options, Source context,
                                        const OnText& text, std::stop_token stop) const {
  Implementation::Query query{{"dockerfile", options.dockerfile},
                              {"buildargs", json_map(options.build_args)},
                              {"labels", json_map(options.labels)},
                              {"target", options.target},
                              {"nocache", options.no_cache ? "1" : "0"},
                              {"pull", options.pull ? "1" : "0"},
                              {"rm", "1"}};
  for (const std::string& tag : options.tags) query.emplace_back("t", tag);
  auto request = implementation_->request("POST", "/build", query);
  request.headers.emplace_back("Content-Type", "application/x-tar");
  request.source = std::move(context);
  COVE_TRY(auto response,
           implementation_->send(std::move(request), "build", "the image", std::move(stop)));
  std::string id;
  COVE_CHECK(Lines().read(response, [&](const json::object& line) -> Result<void> {
    if (auto failure = failure_in(line))
      return Error{ErrorCode::kInvalidArgument, "build", "the image", std::move(*failure), {}};
    if (const std::string part = text_of(line, "stream"); !part.empty()) text(part);
    if (const json::value* aux = line.if_contains("aux"); aux != nullptr && aux->is_object())
      id = text_of(aux->get_object(), "ID");
    return {};
  }));
  return id;
}

Result<std::optional<Credentials>> stored_credentials(const Path& directory,
                                                      std::string_view image) {
  COVE_TRY(const image::Reference reference, image::parse_tagged(image));
  const Path file = directory / "config.json";
  const auto bytes = read_file(file, kMaxConfig);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kNotFound) return std::optional<Credentials>();
    return bytes.error();
  }
  COVE_TRY(const json::value value, parse(*bytes, file.string()));
  const json::value* auths = value.is_object() ? value.get_object().if_contains("auths") : nullptr;
  if (auths == nullptr || !auths->is_object()) return std::optional<Credentials>();
  const std::string key = reference.domain == "docker.io" ? kHubKey : reference.domain;
  const json::value* entry = auths->get_object().if_contains(view(key));
  if (entry == nullptr || !entry->is_object()) return std::optional<Credentials>();
  const auto pair = base64_decode(text_of(entry->get_object(), "auth"));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::optional<Credentials>();
  return std::optional<Credentials>(
      Credentials{pair->substr(0, colon), Secret(pair->substr(colon + 1)), key});
}

}  // namespace cove::docker
