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

std::optional<MediaType> satisfy(const Clause& clause, const Offer& offer) {
  if (clause.type != "application/json" && clause.type != "application/*" && clause.type != "*/*")
    return std::nullopt;
  if (clause.as.empty()) return MediaType{};
  const bool meta =
      clause.group == "meta.k8s.io" && (clause.version == "v1" || clause.version == "v1beta1");
  if (clause.as == "Table" && offer.table && meta) return MediaType{Form::kTable, clause.version};
  if (clause.as == "PartialObjectMetadata" && offer.partial && meta) {
    return MediaType{Form::kPartialMetadata, clause.version};
  }
  if (clause.as == "PartialObjectMetadataList" && offer.partial_list && meta) {
    return MediaType{Form::kPartialMetadataList, clause.version};
  }
  if (clause.as == "APIGroupDiscoveryList" && offer.discovery &&
      clause.group == "apidiscovery.k8s.io" &&
      (clause.version == "v2" || clause.version == "v2beta1")) {
    return MediaType{Form::kDiscovery, clause.version};
  }
  return std::nullopt;
}

}  // namespace

std::string MediaType::to_string() const {
  // Table and metadata answers are plain JSON to every client; discovery is recognised by its
  // content type.
  if (form != Form::kDiscovery) return "application/json";
  return fmt::format("application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList",
                     version);
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
