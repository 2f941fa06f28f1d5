// StaticPods: what the files say.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "core/api/decode.h"
#include "core/api/metadata.h"
#include "core/api/registry.h"
#include "core/image/digest.h"
#include "core/node/static_pods.h"

namespace cove::node {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::size_t kMaxFiles = 250;

Result<std::vector<Path>> files_of(const Path& folder) {
  std::vector<Path> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (!entry->path().filename().string().starts_with('.') && entry->is_regular_file(gone))
      files.push_back(entry->path());
  }
  if (error == std::errc::no_such_file_or_directory) return std::vector<Path>();
  if (error)
    return Error{ErrorCode::kUnavailable,
                 "read the folder of static pods",
                 folder.string(),
                 error.message(),
                 {}};
  std::ranges::sort(files);
  if (files.size() > kMaxFiles) files.resize(kMaxFiles);
  return files;
}

Error wrong(const Path& file, std::string cause) {
  return {ErrorCode::kInvalidArgument, "read the pod of", file.string(), std::move(cause), ""};
}

Result<json::object> read_pod(const Path& file) {
  COVE_TRY(const std::string text, read_file(file, kMaxFile));
  COVE_TRY(api::Parsed parsed, api::parse_yaml(text));
  json::object* const pod = parsed.value.if_object();
  if (pod == nullptr || api::text_at(*pod, {"kind"}) != "Pod" ||
      api::text_at(*pod, {"apiVersion"}) != "v1")
    return wrong(file, "it is no Pod of v1");
  if (api::text_at(*pod, {"metadata", "name"}).empty()) return wrong(file, "it has no name");
  if (api::object_at(*pod, {"spec"}) == nullptr) return wrong(file, "it has no spec");
  return std::move(*pod);
}

// Nothing that is done to the node's other pods ends it.
void tolerate_everything(json::object& pod) {
  api::make_array_at(pod, {"spec", "tolerations"})
      .emplace_back(json::object{{"operator", "Exists"}, {"effect", "NoExecute"}});
}

json::object mirror_of(json::object pod, const std::string& node_name, const std::string& uid) {
  json::object metadata;
  if (const json::object* const given = api::object_at(pod, {"metadata"})) {
    for (const char* field : {"labels", "annotations"}) {
      if (given->contains(field)) metadata[field] = given->at(field);
    }
  }
  const std::string_view space = api::text_at(pod, {"metadata", "namespace"});
  metadata["namespace"] = api::key(space.empty() ? "default" : space);
  metadata["name"] = fmt::format("{}-{}", api::text_at(pod, {"metadata", "name"}), node_name);
  pod["metadata"] = std::move(metadata);
  pod.erase("status");
  for (const std::string_view name : {"kubernetes.io/config.mirror", "kubernetes.io/config.hash"})
    api::set_at(pod, {"metadata", "annotations", name}, json::value(uid));
  api::set_at(pod, {"metadata", "annotations", "kubernetes.io/config.source"}, json::value("file"));
  api::set_at(pod, {"spec", "nodeName"}, json::value(node_name));
  tolerate_everything(pod);
  return pod;
}

// As the API would have it: what runs does not wait for what the API says of it.
Result<json::object> completed(const api::Kind& kind, json::object mirror, const Path& file) {
  api::DecodeReport report;
  COVE_TRY(json::object pod, api::decode(*kind.schema, std::move(mirror), report));
  api::apply_defaults(*kind.schema, pod);
  kind.rules.set_defaults(pod);
  api::ErrorList errors;
  api::validate_metadata(pod, kind, errors);
  kind.rules.validate(pod, errors);
  if (!errors.empty()) return wrong(file, errors.message());
  return pod;
}

}  // namespace

Result<StaticPodsByUid> read_manifests(const Path& folder, const std::string& node_name,
                                       Logger& logger) {
  StaticPodsByUid all;
  COVE_TRY(const std::vector<Path> files, files_of(folder));
  if (files.empty()) return all;
  const api::BuiltinSchemas schemas;
  const auto kind = api::Registry::builtin(schemas)->resource("", "v1", "pods");
  std::set<std::pair<std::string, std::string>> names;
  for (const Path& file : files) {
    std::string uid;
    auto pod = read_pod(file);
    if (pod) {
      uid = image::Digest::of(
                fmt::format("{}\n{}\n{}", node_name, file.filename().string(), api::to_text(*pod)))
                .hex()
                .substr(0, kStaticUidDigits);
      pod = completed(*kind, mirror_of(std::move(*pod), node_name, uid), file);
    }
    if (!pod) {
      logger.warn(pod.error().message(), {{"file", file.string()}});
      continue;
    }
    if (!names
             .emplace(api::text_at(*pod, {"metadata", "namespace"}),
                      api::text_at(*pod, {"metadata", "name"}))
             .second) {
      logger.warn("another file has a pod of that name", {{"file", file.string()}});
      continue;
    }
    all.emplace(std::move(uid), std::move(*pod));
  }
  return all;
}

Result<ManifestsSeen> look_at_manifests(const Path& folder) {
  ManifestsSeen all;
  COVE_TRY(const std::vector<Path> files, files_of(folder));
  for (const Path& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    all.push_back(fmt::format("{} {} {} {}.{:09}", file.string(), status.st_ino, status.st_size,
                              status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
  }
  return all;
}

}  // namespace cove::node
