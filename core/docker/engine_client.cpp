#include "core/docker/engine_client.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/base/base64.h"
#include "core/docker/engine_wire.h"
#include "core/image/reference.h"

namespace cove::docker {
namespace {

constexpr std::size_t kMaxConfig = 4 << 20;
constexpr const char* kHubKey = "https://index.docker.io/v1/";

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
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
  return answer.is_array() ? images_of(answer.get_array()) : std::vector<ImageSummary>();
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
  return read_lines(response, [&](const json::object& line) -> Result<void> {
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
  return read_lines(response, [&](const json::object& line) -> Result<void> {
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
  return read_lines(response, [&](const json::object& line) -> Result<void> {
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
  COVE_CHECK(read_lines(response, [&](const json::object& line) -> Result<void> {
    if (auto failure = failure_in(line))
      return Error{ErrorCode::kInvalidArgument, "build", "the image", std::move(*failure), {}};
    if (const std::string part = text_of(line, "stream"); !part.empty()) text(part);
    if (const json::value* aux = line.if_contains("aux"); aux != nullptr && aux->is_object())
      id = text_of(aux->get_object(), "ID");
    return {};
  }));
  return id;
}

std::string familiar_name(std::string_view image) {
  const auto reference = image::parse_tagged(image);
  return reference ? reference->familiar() : std::string(image);
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
  COVE_TRY(const json::value value, parse_answer(*bytes, file.string()));
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
