#include "core/api/openapi_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cove::api::openapi {
namespace {

constexpr Parameter kNamespace{"namespace", "path", "string", "The namespace's name."};
constexpr Parameter kName{"name", "path", "string", "The object's name."};
constexpr Parameter kPath{"path", "path", "string", "What is asked of the object behind."};

constexpr std::string_view kDryRunDoc =
    "With All, everything is checked and answered and nothing is stored.";
constexpr std::string_view kManagerDoc =
    "Who makes the change, for the record of managed fields; at most 128 characters.";
constexpr std::string_view kValidationDoc =
    "What to do about unknown and duplicate fields: Ignore drops them, Warn also answers with "
    "warnings, Strict fails the request.";
constexpr Parameter kDryRun{"dryRun", "query", "string", kDryRunDoc};
constexpr Parameter kManager{"fieldManager", "query", "string", kManagerDoc};
constexpr Parameter kValidation{"fieldValidation", "query", "string", kValidationDoc};
constexpr Parameter kForce{"force", "query", "boolean",
                           "Server-side apply takes over fields of other managers."};
constexpr Parameter kGrace{"gracePeriodSeconds", "query", "integer",
                           "Seconds until the object is gone; 0 removes it at once."};
constexpr Parameter kOrphan{"orphanDependents", "query", "boolean",
                            "Deprecated: propagationPolicy says it. Whether dependents stay."};
constexpr Parameter kPropagation{"propagationPolicy", "query", "string",
                                 "What becomes of dependents: Orphan, Background or Foreground."};

constexpr std::array kRead{
    Parameter{"pretty", "query", "string", "With true, the answer is indented."}};
constexpr std::array kWrite{kDryRun, kManager, kValidation, kRead[0]};
constexpr std::array kPatch{kDryRun, kManager, kValidation, kForce, kRead[0]};
constexpr std::array kDelete{kDryRun, kGrace, kOrphan, kPropagation, kRead[0]};
constexpr std::array kList{
    Parameter{"allowWatchBookmarks", "query", "boolean",
              "Whether a watch also sends bookmarks, which carry a resource version alone."},
    Parameter{"continue", "query", "string", "Where the next page begins, from the last answer."},
    Parameter{"fieldSelector", "query", "string", "Only objects with these values of fields."},
    Parameter{"labelSelector", "query", "string", "Only objects with these labels."},
    Parameter{"limit", "query", "integer", "The most objects in one answer."},
    Parameter{"resourceVersion", "query", "string", "The version from which to answer."},
    Parameter{"resourceVersionMatch", "query", "string",
              "How resourceVersion counts: Exact or NotOlderThan."},
    Parameter{"sendInitialEvents", "query", "boolean",
              "Whether a watch begins with events for all objects that are there."},
    Parameter{"timeoutSeconds", "query", "integer", "The longest that the call may take."},
    Parameter{"watch", "query", "boolean", "Answer with a stream of changes."},
    kRead[0]};
constexpr std::array kDeleteAll{kDryRun,  kGrace,   kOrphan,  kPropagation, kList[1], kList[2],
                                kList[3], kList[4], kList[5], kList[6],     kList[8], kRead[0]};

std::string capitalized(std::string_view word) {
  std::string text(word);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

// "CoreV1", "RbacAuthorizationV1".
std::string id_part(std::string_view group, std::string_view version) {
  constexpr std::string_view kSuffix = ".k8s.io";
  if (group.ends_with(kSuffix)) group.remove_suffix(kSuffix.size());
  std::string text = group.empty() ? "Core" : "";
  while (!group.empty()) {
    const std::size_t end = std::min(group.find_first_of(".-"), group.size());
    text += capitalized(group.substr(0, end));
    group.remove_prefix(std::min(end + 1, group.size()));
  }
  return text + capitalized(version);
}

bool has(const std::vector<std::string>& verbs, std::string_view verb) {
  return std::ranges::find(verbs, verb) != verbs.end();
}

bool is_connection(std::string_view subresource) {
  return subresource == "exec" || subresource == "attach" || subresource == "portforward" ||
         subresource == "proxy";
}

// One verb of a resource or a subresource.
struct Verb {
  std::string_view name;
  std::string_view method;
  std::string_view id;      // how the operation's id begins
  std::string_view action;  // x-kubernetes-action
  std::string_view doc;     // {} is the kind
  std::span<const Parameter> parameters;
  Body body;
  Answer answer;
};
constexpr std::array<Verb, 3> kCollectionVerbs{{
    {"list", "get", "list", "list", "list or watch objects of kind {}", kList, Body::kNone,
     Answer::kList},
    {"create", "post", "create", "post", "create a {}", kWrite, Body::kObject, Answer::kObject},
    {"deletecollection", "delete", "deleteCollection", "deletecollection", "delete all {} objects",
     kDeleteAll, Body::kDeleteOptions, Answer::kStatus},
}};
constexpr std::array<Verb, 5> kObjectVerbs{{
    {"get", "get", "read", "get", "read the {}", kRead, Body::kNone, Answer::kObject},
    {"update", "put", "replace", "put", "replace the {}", kWrite, Body::kObject, Answer::kObject},
    {"create", "post", "create", "post", "create a {}", kWrite, Body::kObject, Answer::kObject},
    {"delete", "delete", "delete", "delete", "delete the {}", kDelete, Body::kDeleteOptions,
     Answer::kStatus},
    {"patch", "patch", "patch", "patch", "change parts of the {}", kPatch, Body::kPatch,
     Answer::kObject},
}};

// Makes the paths of one kind.
class KindPaths {
 public:
  KindPaths(const Kind& kind, const BuiltinSchemas& schemas, std::vector<Path>& paths)
      : kind_(kind), schemas_(schemas), paths_(paths) {
    root_ = (kind.gvk.group.empty() ? "/api/" : "/apis/" + kind.gvk.group + "/") + kind.gvk.version;
    collection_ = root_ + (kind.namespaced ? "/namespaces/{namespace}/" : "/") + kind.plural;
  }

  void add() {
    Path collection = path(collection_, false);
    for (const Verb& verb : kCollectionVerbs) {
      if (!has(kind_.verbs, verb.name)) continue;
      if (verb.name == "create") {
        collection.operations.push_back(operation(verb, id(verb.id), kind_.gvk, kind_.schema));
      } else if (verb.name == "list") {
        collection.operations.push_back(operation(verb, id("list"), kind_.gvk, kind_.schema));
      } else {
        collection.operations.push_back(
            operation(verb, fmt::format("delete{}Collection{}{}", part(), scope(), kind_.gvk.kind),
                      kind_.gvk, kind_.schema));
      }
    }
    keep(std::move(collection));
    add_all_namespaces();
    Path object = path(collection_ + "/{name}", true);
    for (const Verb& verb : kObjectVerbs) {
      if (verb.name != "create" && has(kind_.verbs, verb.name))
        object.operations.push_back(operation(verb, id(verb.id), kind_.gvk, kind_.schema));
    }
    keep(std::move(object));
    for (const Subresource& each : kind_.subresources) add_subresource(each);
  }

 private:
  std::string part() const { return id_part(kind_.gvk.group, kind_.gvk.version); }
  std::string_view scope() const { return kind_.namespaced ? "Namespaced" : ""; }
  std::string id(std::string_view verb) const {
    return fmt::format("{}{}{}{}", verb, part(), scope(), kind_.gvk.kind);
  }

  Path path(std::string text, bool named) const {
    Path path{std::move(text), {}, {}};
    if (named) path.parameters.push_back(&kName);
    if (kind_.namespaced) path.parameters.push_back(&kNamespace);
    return path;
  }

  void keep(Path path) {
    if (!path.operations.empty()) paths_.push_back(std::move(path));
  }

  Operation operation(const Verb& verb, std::string id, const GroupVersionKind& gvk,
                      const Schema* schema) const {
    Operation operation;
    operation.method = verb.method;
    operation.description = fmt::format(fmt::runtime(verb.doc), gvk.kind);
    operation.id = std::move(id);
    operation.action = verb.action;
    operation.gvk = gvk;
    operation.schema = schema;
    operation.parameters = verb.parameters;
    operation.body = verb.body;
    operation.answer = verb.answer;
    operation.custom = kind_.custom;
    return operation;
  }

  void add_all_namespaces() {
    if (!kind_.namespaced || !has(kind_.verbs, "list")) return;
    Path all{root_ + "/" + kind_.plural, {}, {}};
    all.operations.push_back(operation(
        kCollectionVerbs[0], fmt::format("list{}{}ForAllNamespaces", part(), kind_.gvk.kind),
        kind_.gvk, kind_.schema));
    keep(std::move(all));
  }

  void add_subresource(const Subresource& subresource) {
    const GroupVersionKind gvk = subresource.kind.value_or(kind_.gvk);
    const Schema* const schema = subresource.kind ? builtin_schema(schemas_, gvk) : kind_.schema;
    const bool connection = is_connection(subresource.name);
    const bool texts = connection || subresource.name == "log";
    const std::string suffix = capitalized(subresource.name);
    Path path = this->path(collection_ + "/{name}/" + subresource.name, true);
    for (const Verb& verb : kObjectVerbs) {
      if (!has(subresource.verbs, verb.name)) continue;
      const std::string start =
          connection ? "connect" + capitalized(verb.method) : std::string(verb.id);
      Operation made = operation(verb, id(start) + suffix, gvk, schema);
      made.description += fmt::format("'s {}", subresource.name);
      if (texts) {
        made.answer = Answer::kText;
        made.body = Body::kNone;
        made.parameters = {};
      }
      if (connection) made.action = "connect";
      path.operations.push_back(std::move(made));
    }
    if (subresource.name == "proxy") {
      Path below = path;
      below.path += "/{path}";
      below.parameters.push_back(&kPath);
      for (Operation& each : below.operations) each.id += "WithPath";
      keep(std::move(below));
    }
    keep(std::move(path));
  }

  const Kind& kind_;
  const BuiltinSchemas& schemas_;
  std::vector<Path>& paths_;
  std::string root_;
  std::string collection_;
};

}  // namespace

void add_extensions(const Operation& operation, json::object& made) {
  if (!operation.action.empty()) made["x-kubernetes-action"] = key(operation.action);
  if (operation.gvk.kind.empty()) return;
  made["x-kubernetes-group-version-kind"] = json::object{{"group", operation.gvk.group},
                                                         {"version", operation.gvk.version},
                                                         {"kind", operation.gvk.kind}};
}

json::object patch_reference(Definitions& definitions) {
  return definitions.given_reference(
      "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
      {{"description", "A change of an object in the form that the content type names."},
       {"type", "object"}});
}

json::object version_info(Definitions& definitions) {
  json::object properties;
  json::array required;
  for (const std::string_view name : {"buildDate", "compiler", "gitCommit", "gitTreeState",
                                      "gitVersion", "goVersion", "major", "minor", "platform"}) {
    properties[key(name)] = json::object{{"type", "string"}};
    required.push_back(key(name));
  }
  return definitions.given_reference("io.k8s.apimachinery.pkg.version.Info",
                                     {{"description", "The version of a server."},
                                      {"type", "object"},
                                      {"required", std::move(required)},
                                      {"properties", std::move(properties)}});
}

void name_options(const Registry& registry, Definitions& definitions) {
  for (const auto& kind : registry.kinds()) {
    for (const std::string_view type : {"DeleteOptions", "WatchEvent"}) {
      definitions.name(fmt::format("io.k8s.apimachinery.pkg.apis.meta.v1.{}", type),
                       {kind->gvk.group, kind->gvk.version, std::string(type)});
    }
  }
  definitions.name("io.k8s.apimachinery.pkg.apis.meta.v1.Status", {"", "v1", "Status"});
}

std::string tag_of(std::string_view group, std::string_view version) {
  constexpr std::string_view kSuffix = ".k8s.io";
  if (group.ends_with(kSuffix)) group.remove_suffix(kSuffix.size());
  std::string tag(group.empty() ? "core" : group);
  const auto cut =
      std::ranges::remove_if(tag, [](char each) { return each == '.' || each == '-'; });
  tag.erase(cut.begin(), cut.end());
  return version.empty() ? tag : fmt::format("{}_{}", tag, version);
}

Path discovery_path(std::string path, std::string id, std::string description,
                    std::string_view type) {
  Path made{std::move(path), {}, {}};
  Operation operation;
  operation.method = "get";
  operation.description = std::move(description);
  operation.id = std::move(id);
  operation.answer = Answer::kDiscovery;
  operation.answer_type = type;
  made.operations.push_back(std::move(operation));
  return made;
}

std::vector<Path> paths_of(const Registry& registry, const BuiltinSchemas& schemas,
                           std::string_view group, std::string_view version) {
  std::vector<Path> paths;
  const std::string root = group.empty() ? fmt::format("/api/{}/", version)
                                         : fmt::format("/apis/{}/{}/", group, version);
  paths.push_back(discovery_path(root, fmt::format("get{}APIResources", id_part(group, version)),
                                 "get available resources", "APIResourceList"));
  for (const auto& kind : registry.kinds()) {
    if (kind->gvk.group == group && kind->gvk.version == version)
      KindPaths(*kind, schemas, paths).add();
  }
  std::ranges::sort(paths, {}, &Path::path);
  return paths;
}

}  // namespace cove::api::openapi
