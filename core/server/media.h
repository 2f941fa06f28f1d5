// Content negotiation (RFC 9110 section 12.5.1; kubernetes.io "Alternate representations of
// resources").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cove::server {

enum class Form { kObject, kTable, kPartialMetadata, kPartialMetadataList, kDiscovery };
enum class Encoding { kJson, kYaml, kProtobuf };

struct MediaType {
  Form form = Form::kObject;
  std::string version = {};  // of the transformation's group: "v1", "v1beta1", "v2"
  Encoding encoding = Encoding::kJson;

  // As the Content-Type of an answer; `stream` of a watch's.
  std::string to_string(bool stream = false) const;
  bool operator==(const MediaType&) const = default;
};

// The form the client likes best among those offered: the object as JSON or YAML always, the others
// only when named here. Nothing when none of them is acceptable. An empty header accepts
// everything.
struct Offer {
  bool table = false;
  bool partial = false;
  bool partial_list = false;
  bool discovery = false;
  bool protobuf = false;
};
std::optional<MediaType> negotiate(std::string_view accept, const Offer& offer);

// "application/json;charset=utf-8" is kJson; nothing when the type is none of ours. An empty header
// means JSON.
std::optional<Encoding> encoding_of(std::string_view content_type);

inline constexpr std::string_view kAcceptedMediaTypes =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";
inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

}  // namespace cove::server
