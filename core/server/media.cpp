#include "core/server/media.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/strings.h"

namespace cove::server {
namespace {

struct Clause {
  std::string type;
  std::string as;
  std::string group;
  std::string version;
  double quality = 1;
};

constexpr std::size_t kMaxClauses = 64;

Clause parse_clause(std::string_view text) {
  Clause clause;
  const auto parts = split(text, ';');
  clause.type = trim(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = trim(parts[i]);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trim(part.substr(0, equals));
    const std::string_view value = trim(part.substr(equals + 1));
    if (key == "as") clause.as = value;
    if (key == "g") clause.group = value;
    if (key == "v") clause.version = value;
    if (key == "q") std::from_chars(value.data(), value.data() + value.size(), clause.quality);
  }
  return clause;
}

struct Accepted {
  Encoding encoding = Encoding::kJson;
  bool exact = false;  // the type was named, not a wildcard
};

std::optional<Accepted> accepted(std::string_view type, const Offer& offer) {
  if (type == "application/json") return Accepted{Encoding::kJson, true};
  if (type == "application/yaml") return Accepted{Encoding::kYaml, true};
  if (type == kProtobufType && offer.protobuf) return Accepted{Encoding::kProtobuf, true};
  if (type == "application/*" || type == "*/*") return Accepted{};
  return std::nullopt;
}

std::optional<MediaType> satisfy(const Clause& clause, const Offer& offer) {
  const auto type = accepted(clause.type, offer);
  if (!type) return std::nullopt;
  if (clause.as.empty()) return MediaType{Form::kObject, {}, type->encoding};
  const bool meta =
      clause.group == "meta.k8s.io" && (clause.version == "v1" || clause.version == "v1beta1");
  if (clause.as == "Table" && offer.table && meta && type->encoding != Encoding::kProtobuf)
    return MediaType{Form::kTable, clause.version, type->encoding};
  if (clause.as == "PartialObjectMetadata" && offer.partial && meta)
    return MediaType{Form::kPartialMetadata, clause.version, type->encoding};
  if (clause.as == "PartialObjectMetadataList" && offer.partial_list && meta)
    return MediaType{Form::kPartialMetadataList, clause.version, type->encoding};
  if (clause.as == "APIGroupDiscoveryList" && offer.discovery &&
      clause.group == "apidiscovery.k8s.io" && type->encoding == Encoding::kJson &&
      (clause.version == "v2" || clause.version == "v2beta1")) {
    return MediaType{Form::kDiscovery, clause.version, type->encoding};
  }
  return std::nullopt;
}

}  // namespace

std::string MediaType::to_string(bool stream) const {
  // Table and metadata answers are of the plain type to every client; discovery is recognised by
  // its content type.
  if (form == Form::kDiscovery) {
    return fmt::format("application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList",
                       version);
  }
  std::string text = encoding == Encoding::kJson   ? "application/json"
                     : encoding == Encoding::kYaml ? "application/yaml"
                                                   : std::string(kProtobufType);
  if (stream) text += ";stream=watch";
  return text;
}

std::optional<Encoding> encoding_of(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  if (type.empty() || type == "application/json") return Encoding::kJson;
  if (type == "application/yaml") return Encoding::kYaml;
  if (type == kProtobufType) return Encoding::kProtobuf;
  return std::nullopt;
}

std::optional<MediaType> negotiate(std::string_view accept, const Offer& offer) {
  if (trim(accept).empty()) return MediaType{};
  std::vector<Clause> clauses;
  for (const std::string& part : split(accept, ',')) {
    if (clauses.size() < kMaxClauses) clauses.push_back(parse_clause(part));
  }
  std::ranges::stable_sort(clauses, std::ranges::greater(), &Clause::quality);
  for (const Clause& clause : clauses) {
    if (clause.quality <= 0) continue;
    if (auto media = satisfy(clause, offer)) return media;
  }
  return std::nullopt;
}

}  // namespace cove::server
