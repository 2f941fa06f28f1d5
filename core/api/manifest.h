// Manifests: texts with one or several YAML or JSON documents, as people keep them in files, and
// where in them each field stands.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"

namespace cove::api {

// "spec.containers[0].image" and the line its name (of an item: its value) stands on, from 1.
// Labels and the like as members: "metadata.labels.app.kubernetes.io/name".
using FieldLines = std::map<std::string, int, std::less<>>;

// As parse_yaml(), with the lines of the fields; the first line of `text` counts as `first_line`.
Result<Parsed> parse_yaml_lines(std::string_view text, int first_line, const ParseLimits& limits,
                                FieldLines& lines);

struct ManifestPart {
  json::object document;
  int line = 1;  // where it begins
  FieldLines lines;
};

inline constexpr std::size_t kMaxManifestParts = 2000;

// Every document that is not empty, in order; the items of a List one by one. kInvalidArgument with
// line and column in the whole text: also where a document is no object, where a field stands
// twice, and for more than kMaxManifestParts.
Result<std::vector<ManifestPart>> parse_manifest(std::string_view text,
                                                 const ParseLimits& limits = {});

// The line of a field as errors of the API name it ("spec.ports[0].port", ".spec.replicas",
// "metadata.labels[app]"), else of the nearest field around it, else of the document.
int line_of(const ManifestPart& part, std::string_view field);
// The field that an API server's message is about (`unknown field "spec.foo"`, "… Go struct field
// DeploymentSpec.spec.replicas of type int32", "spec.replicas: Invalid value: …"); empty when it
// names none.
std::string field_of_message(std::string_view message);

}  // namespace cove::api
