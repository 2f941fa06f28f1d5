#include "core/server/api.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <boost/json/serialize.hpp>
#include <charconv>

#include "core/server/discovery.h"
#include "core/server/identity.h"
#include "core/server/media.h"
#include "core/server/node.h"
#include "core/server/selector.h"
#include "core/server/status.h"
#include "core/server/table.h"

namespace cove::server {
namespace {

constexpr std::size_t kMaxStreamBytes = 4 * 1024 * 1024;
constexpr std::chrono::seconds kDefaultWatch{3600};
constexpr std::chrono::seconds kMaxWatch{24 * 3600};

Answer version_answer() {
  struct utsname host {};
  ::uname(&host);
  return json_answer(boost::json::object{{"major", "1"},
                                         {"minor", "36"},
                                         {"gitVersion", git_version()},
                                         {"gitCommit", ""},
                                         {"gitTreeState", ""},
                                         {"buildDate", "1970-01-01T00:00:00Z"},
                                         {"goVersion", ""},
                                         {"compiler", "c++"},
                                         {"platform", "linux/" + go_architecture(host.machine)}});
}

struct Selectors {
  Selector labels;
  Selector fields;
};

Result<Selectors> read_selectors(const Request& request, const Kind& kind) {
  Selectors selectors;
  std::vector<std::string> fields = kind.selectable_fields;
  fields.insert(fields.end(), {"metadata.name", "metadata.namespace"});
  COVE_TRY(selectors.labels,
           Selector::parse_labels(request.parameter("labelSelector").value_or("")));
  COVE_TRY(selectors.fields,
           Selector::parse_fields(request.parameter("fieldSelector").value_or(""), fields));
  return selectors;
}

std::optional<IncludeObject> read_include_object(const Request& request) {
  const std::string value = request.parameter("includeObject").value_or("Metadata");
  if (value == "Metadata" || value.empty()) return IncludeObject::kMetadata;
  if (value == "None") return IncludeObject::kNone;
  if (value == "Object") return IncludeObject::kObject;
  return std::nullopt;
}

// One object in the form the client asked for.
boost::json::object transform(const Kind& kind, const boost::json::object& object,
                              const MediaType& media, IncludeObject include, WallTime now) {
  if (media.form == Form::kTable) return make_table(kind, {object}, media.version, include, now);
  if (media.form == Form::kPartialMetadata) return make_partial(object, media.version);
  return object;
}

std::string watch_line(std::string_view type, boost::json::object object) {
  return boost::json::serialize(
             boost::json::object{{"type", type}, {"object", std::move(object)}}) +
         "\n";
}

// The bookmark that ends a list sent as a watch.
std::string initial_events_end(const Kind& kind) {
  return watch_line(
      "BOOKMARK",
      {{"kind", kind.kind},
       {"apiVersion", kind.version},
       {"metadata",
        boost::json::object{
            {"resourceVersion", kResourceVersion},
            {"creationTimestamp", nullptr},
            {"annotations", boost::json::object{{"k8s.io/initial-events-end", "true"}}}}}});
}

std::optional<std::chrono::seconds> read_timeout(const Request& request) {
  const auto text = request.parameter("timeoutSeconds");
  if (!text || text->empty()) return kDefaultWatch;
  long long seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  if (seconds <= 0) return kDefaultWatch;
  return std::min(std::chrono::seconds(seconds), kMaxWatch);
}

}  // namespace

std::string git_version() {
  return "v1.36.0+cove." COVE_VERSION;
}

Api::Api(const ObjectSource& source, const Clock& clock, std::vector<HealthCheck> checks)
    : source_(source), clock_(clock), checks_(std::move(checks)), kinds_(served_kinds()) {}

void Api::handle(std::shared_ptr<const Request> request, Respond respond) {
  Answer given = answer(*request);
  given.headers.emplace_back("Cache-Control", "no-cache, private");
  respond(std::move(given));
}

Answer Api::refuse(int status, std::string_view message) const {
  switch (status) {
    case 400: return bad_request(message);
    case 413: return status_answer(status, "RequestEntityTooLarge", message);
    case 431: return status_answer(status, "RequestHeaderFieldsTooLarge", message);
    default: return status_answer(status, status < 500 ? "" : "InternalError", message);
  }
}

Answer Api::answer(const Request& request) const {
  const RequestInfo info = describe(request);
  const User user = user_of_certificate(request.certificate.get());
  switch (authorize(user, request)) {
    case Verdict::kAllow: break;
    case Verdict::kUnauthenticated: return unauthorized();
    case Verdict::kForbid: return forbidden(user, info, request.path);
  }
  // Acting as oneself where another identity was asked for would grant what that identity may not
  // do.
  const bool impersonates = std::ranges::any_of(
      request.headers, [](const auto& header) { return header.first.starts_with("impersonate-"); });
  if (impersonates) {
    return status_answer(403, "Forbidden", "impersonation is not supported by this server");
  }
  if (info.is_resource) return resource(request, info);
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (is_health_path(request.path))
    return reading ? answer_health(request, checks_) : method_not_allowed();
  if (request.path == "/version" || request.path == "/version/")
    return reading ? version_answer() : method_not_allowed();
  return discover(request);
}

Answer Api::discover(const Request& request) const {
  std::string path = request.path;
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path != "/" && path != "/api" && path != "/apis" && path != "/api/v1")
    return no_such_resource();
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed();
  const bool aggregated = path == "/api" || path == "/apis";
  const auto media = negotiate(request.header_list("accept"), {.discovery = aggregated});
  if (!media) return not_acceptable(kAcceptedMediaTypes);
  Answer answer;
  if (media->form == Form::kDiscovery) {
    answer = json_answer(aggregated_discovery(kinds_, path == "/api", media->version),
                         media->to_string());
  } else if (path == "/api") {
    answer = json_answer(api_versions(request.local_endpoint));
  } else if (path == "/apis") {
    answer = json_answer(api_group_list());
  } else if (path == "/api/v1") {
    answer = json_answer(api_resource_list(kinds_));
  } else {
    return json_answer(boost::json::object{
        {"paths", {"/api", "/api/v1", "/apis", "/healthz", "/livez", "/readyz", "/version"}}});
  }
  answer.headers.emplace_back("Vary", "Accept");
  return answer;
}

Answer Api::resource(const Request& request, const RequestInfo& info) const {
  const auto kind = std::ranges::find_if(kinds_, [&](const Kind& each) {
    return each.group == info.group && each.version == info.version && each.plural == info.resource;
  });
  if (kind == kinds_.end() || !info.subresource.empty()) return no_such_resource();
  // A kind of the whole cluster is not found below a namespace.
  if (!kind->namespaced && !info.namespace_name.empty() && info.resource != "namespaces")
    return no_such_resource();
  if (std::ranges::find(kind->verbs, info.verb) == kind->verbs.end()) return method_not_allowed();
  return info.verb == "get" ? get(request, info, *kind) : list(request, info, *kind);
}

Answer Api::get(const Request& request, const RequestInfo& info, const Kind& kind) const {
  const auto media = negotiate(request.header_list("accept"), {.table = true, .partial = true});
  if (!media) return not_acceptable(kAcceptedMediaTypes);
  const auto include = read_include_object(request);
  if (!include) return bad_request("includeObject must be one of Metadata, None, Object");
  for (const boost::json::object& object : source_.objects(kind)) {
    if (text_at(object, {"metadata", "name"}) != info.name) continue;
    return json_answer(transform(kind, object, *media, *include, clock_.wall()),
                       media->to_string());
  }
  return not_found(info);
}

Answer Api::list(const Request& request, const RequestInfo& info, const Kind& kind) const {
  auto selectors = read_selectors(request, kind);
  if (!selectors) return bad_request(selectors.error().message());
  std::vector<boost::json::object> objects = source_.objects(kind);
  std::erase_if(objects, [&](const boost::json::object& object) {
    return !selectors->labels.matches_labels(object) || !selectors->fields.matches_fields(object) ||
           (!info.name.empty() && text_at(object, {"metadata", "name"}) != info.name);
  });
  if (info.verb == "watch") return watch(request, kind, objects);

  const auto media =
      negotiate(request.header_list("accept"), {.table = true, .partial_list = true});
  if (!media) return not_acceptable(kAcceptedMediaTypes);
  const auto include = read_include_object(request);
  if (!include) return bad_request("includeObject must be one of Metadata, None, Object");
  if (media->form == Form::kTable) {
    return json_answer(make_table(kind, objects, media->version, *include, clock_.wall()),
                       media->to_string());
  }
  if (media->form == Form::kPartialMetadataList) {
    return json_answer(make_partial_list(objects, media->version), media->to_string());
  }
  return json_answer(make_list(kind, objects), media->to_string());
}

Answer Api::watch(const Request& request, const Kind& kind,
                  const std::vector<boost::json::object>& objects) const {
  const auto media = negotiate(request.header_list("accept"), {.table = true, .partial = true});
  if (!media) return not_acceptable(kAcceptedMediaTypes);
  const auto include = read_include_object(request);
  const auto lifetime = read_timeout(request);
  if (!include) return bad_request("includeObject must be one of Metadata, None, Object");
  if (!lifetime) return bad_request("timeoutSeconds must be a whole number");
  // From a known version only what changes since is sent; from none, "0", or on request, what is
  // there comes first.
  const std::string version = request.parameter("resourceVersion").value_or("");
  const bool wants_initial = request.flag("sendInitialEvents");
  auto stream = std::make_shared<Stream>(kMaxStreamBytes);
  if (version.empty() || version == "0" || wants_initial) {
    for (const boost::json::object& object : objects) {
      stream->push(watch_line("ADDED", transform(kind, object, *media, *include, clock_.wall())));
    }
  }
  if (wants_initial && request.flag("allowWatchBookmarks")) stream->push(initial_events_end(kind));
  Answer answer;
  answer.content_type = "application/json;stream=watch";
  answer.stream = std::move(stream);
  answer.stream_lifetime = *lifetime;
  return answer;
}

}  // namespace cove::server
