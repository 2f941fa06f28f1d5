#include "core/server/documents.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <boost/json/serialize.hpp>

#include "core/api/discovery.h"
#include "core/api/openapi_v2.h"
#include "core/api/openapi_v3.h"
#include "core/base/strings.h"
#include "core/server/api_server.h"
#include "core/server/media.h"
#include "core/server/node.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::string_view kOpenApiV2Protobuf =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
constexpr std::string_view kOpenApiV3Protobuf =
    "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";

struct Document {
  std::string content_type;
  std::shared_ptr<const std::string> bytes;
  std::string etag;
};

Document document_of(std::string bytes, std::string content_type) {
  Document document;
  document.content_type = std::move(content_type);
  document.etag = '"' + api::document_etag(bytes) + '"';
  document.bytes = std::make_shared<const std::string>(std::move(bytes));
  return document;
}

Document json_document(const json::value& value, std::string content_type = "application/json") {
  return document_of(json::serialize(value), std::move(content_type));
}

json::object version_document() {
  struct utsname host {};
  ::uname(&host);
  return json::object{{"major", "1"},
                      {"minor", "36"},
                      {"emulationMajor", "1"},
                      {"emulationMinor", "36"},
                      {"minCompatibilityMajor", "1"},
                      {"minCompatibilityMinor", "35"},
                      {"gitVersion", git_version()},
                      {"gitCommit", ""},
                      {"gitTreeState", ""},
                      {"buildDate", "1970-01-01T00:00:00Z"},
                      {"goVersion", ""},
                      {"compiler", "c++"},
                      {"platform", "linux/" + go_architecture(host.machine)}};
}

json::object paths_document(const api::Registry& registry) {
  std::set<std::string> paths{"/api",    "/api/v1",     "/apis",       "/healthz", "/livez",
                              "/readyz", "/openapi/v2", "/openapi/v3", "/version"};
  for (const auto& kind : registry.kinds()) {
    if (kind->gvk.group.empty()) continue;
    paths.insert("/apis/" + kind->gvk.group);
    paths.insert(fmt::format("/apis/{}/{}", kind->gvk.group, kind->gvk.version));
  }
  json::array all;
  for (const std::string& path : paths) all.emplace_back(path);
  return json::object{{"paths", std::move(all)}};
}

bool accepts(std::string_view accept, std::string_view type) {
  return accept.find(type) != std::string_view::npos;
}

std::optional<Document> openapi(const api::BuiltinSchemas& schemas, const api::Registry& registry,
                                std::string_view path, std::string_view accept) {
  if (path == "/openapi/v2") {
    const api::OpenApiV2 documents = api::openapi_v2(schemas, registry);
    if (accepts(accept, kOpenApiV2Protobuf))
      return document_of(documents.protobuf, std::string(kOpenApiV2Protobuf));
    return document_of(documents.json, "application/json");
  }
  const bool protobuf = accepts(accept, kOpenApiV3Protobuf);
  if (path == "/openapi/v3") return json_document(api::openapi_v3_index(schemas, registry));
  auto document =
      api::openapi_v3(schemas, registry, path.substr(std::string_view("/openapi/v3/").size()));
  if (!document) return std::nullopt;
  if (protobuf) return document_of(std::move(document->protobuf), std::string(kOpenApiV3Protobuf));
  return document_of(std::move(document->json), "application/json");
}

std::optional<Document> discovery(const api::Registry& registry, const Request& request,
                                  std::string_view path, const MediaType& media) {
  if (media.form == Form::kDiscovery) {
    return json_document(api::aggregated_discovery(registry, path == "/api", media.version),
                         media.to_string());
  }
  if (path == "/api") return json_document(api::api_versions(request.local_endpoint));
  if (path == "/apis") return json_document(api::api_group_list(registry));
  const std::vector<std::string> parts = split(path.substr(1), '/');
  std::optional<json::object> found;
  if (parts.size() == 2 && parts[0] == "api") {
    found = api::api_resource_list(registry, "", parts[1]);
  } else if (parts.size() == 2 && parts[0] == "apis") {
    found = api::api_group(registry, parts[1]);
  } else if (parts.size() == 3 && parts[0] == "apis") {
    found = api::api_resource_list(registry, parts[1], parts[2]);
  }
  if (!found) return std::nullopt;
  return json_document(*found);
}

}  // namespace

struct ApiDocuments::Cache {
  std::map<std::string, Document> documents;
};

std::string git_version() {
  return "v1.36.0+cove." COVE_VERSION;
}

ApiDocuments::ApiDocuments(const api::BuiltinSchemas& schemas)
    : schemas_(schemas), cache_(std::make_unique<Cache>()) {}

ApiDocuments::~ApiDocuments() = default;

void ApiDocuments::answer(std::shared_ptr<const Request> request,
                          std::shared_ptr<const api::Registry> registry, Handler::Respond respond) {
  std::call_once(started_, [this] { thread_.start(); });
  thread_.post([this, request = std::move(request), registry = std::move(registry),
                respond = std::move(respond)] {
    if (of_ != registry) {
      cache_->documents.clear();
      of_ = registry;
    }
    respond(make(*request, *registry));
  });
}

Answer ApiDocuments::make(const Request& request, const api::Registry& registry) {
  std::string path = request.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::string accept = request.header_list("accept");
  const bool open_api = path.starts_with("/openapi/");
  const bool groups = path == "/api" || path == "/apis";
  const auto media = negotiate(accept, {.discovery = groups});
  if (!media && !open_api) return answer_of(refuse::not_acceptable(kAcceptedMediaTypes));
  // What the document depends on beside its path.
  const std::string form = open_api ? (accepts(accept, "protobuf") ? "protobuf" : "json")
                           : groups ? media->to_string() + request.local_endpoint
                                    : "";
  const std::string key = path + "|" + form;
  auto found = cache_->documents.find(key);
  if (found == cache_->documents.end()) {
    std::optional<Document> made;
    if (path == "/version") {
      made = json_document(version_document());
    } else if (path == "/") {
      made = json_document(paths_document(registry));
    } else if (open_api) {
      made = openapi(schemas_, registry, path, accept);
    } else if (path.starts_with("/api")) {
      made = discovery(registry, request, path, *media);
    }
    if (!made) return answer_of(refuse::no_such_resource());
    found = cache_->documents.emplace(key, std::move(*made)).first;
  }
  const Document& document = found->second;
  Answer answer;
  answer.content_type = document.content_type;
  answer.headers.emplace_back("Vary", "Accept");
  if (open_api || groups) answer.headers.emplace_back("ETag", document.etag);
  if ((open_api || groups) && request.header("if-none-match") == document.etag) {
    answer.status = 304;
    answer.body = std::make_shared<const std::string>();
    return answer;
  }
  answer.body = document.bytes;
  answer.compressible = true;
  return answer;
}

}  // namespace cove::server
