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

constexpr std::string_view kServerVersion = "v1.36.0";

using Document = ApiDocuments::Document;

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

// Whoever asks for OpenAPI in protobuf names that type.
bool wants_protobuf(std::string_view accept, std::string_view path) {
  const bool v2 = path == "/openapi/v2";
  return accept.find(v2 ? api::kOpenapiV2ProtobufMediaTypeAsked
                        : api::kOpenapiV3ProtobufMediaTypeAsked) != std::string_view::npos ||
         accept.find(v2 ? api::kOpenapiV2ProtobufMediaType : api::kOpenapiV3ProtobufMediaType) !=
             std::string_view::npos;
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
  std::optional<json::object> openapi_v3_index;
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
      *cache_ = {};
      of_ = registry;
    }
    respond(make(*request, *registry));
  });
}

// The index holds the hash of every document: the first client that asks waits for all of them.
const json::object& ApiDocuments::openapi_v3_index(const api::Registry& registry) {
  if (!cache_->openapi_v3_index) {
    std::map<std::string, std::string> hashes;
    for (const std::string& name : api::openapi_v3_names(registry)) {
      auto document = api::openapi_v3_document(registry, schemas_, name, kServerVersion);
      if (document) hashes[name] = api::document_etag(json::serialize(*document));
    }
    cache_->openapi_v3_index = api::openapi_v3_index(hashes);
  }
  return *cache_->openapi_v3_index;
}

bool ApiDocuments::make_openapi(const api::Registry& registry, std::string_view path, bool protobuf,
                                Document& document) {
  if (path == "/openapi/v2") {
    const json::object swagger = api::openapi_v2_document(registry, schemas_, kServerVersion);
    document = protobuf ? document_of(api::openapi_v2_protobuf(swagger),
                                      std::string(api::kOpenapiV2ProtobufMediaType))
                        : json_document(swagger);
    return true;
  }
  if (path == "/openapi/v3") {
    document = json_document(openapi_v3_index(registry));
    return true;
  }
  constexpr std::string_view kPrefix = "/openapi/v3/";
  if (!path.starts_with(kPrefix)) return false;
  const auto made =
      api::openapi_v3_document(registry, schemas_, path.substr(kPrefix.size()), kServerVersion);
  if (!made) return false;
  document = protobuf ? document_of(api::openapi_v3_protobuf(*made),
                                    std::string(api::kOpenapiV3ProtobufMediaType))
                      : json_document(*made);
  return true;
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
  const std::string form = open_api ? (wants_protobuf(accept, path) ? "protobuf" : "json")
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
      Document document;
      if (make_openapi(registry, path, form == "protobuf", document)) made = std::move(document);
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
