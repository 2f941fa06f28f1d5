// Content negotiation (RFC 9110 section 12.5.1; kubernetes.io "Alternate representations of
// resources").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cove::server {

enum class Form { kObject, kTable, kPartialMetadata, kPartialMetadataList, kDiscovery };

struct MediaType {
  Form form = Form::kObject;
  std::string version;  // of the transformation's group: "v1", "v1beta1", "v2"

  // As the Content-Type of an answer in this form.
  std::string to_string() const;
};

// The form the client likes best among those offered: the object as JSON always, the others only
// when named here. Nothing when none of them is acceptable. An empty header accepts everything.
struct Offer {
  bool table = false;
  bool partial = false;
  bool partial_list = false;
  bool discovery = false;
};
std::optional<MediaType> negotiate(std::string_view accept, const Offer& offer);

inline constexpr std::string_view kAcceptedMediaTypes = "application/json";

}  // namespace cove::server
