// All tags of a repository (distribution-spec v1.1, "Listing Tags").
#pragma once

#include <stop_token>
#include <vector>

#include "core/image/reference.h"
#include "core/image/registry_session.h"

namespace cove::image {

// As the registry lists them, page after page; at most 10,000, more is kResourceExhausted. What is
// no tag is kCorrupt.
Result<std::vector<Reference>> fetch_tags(RegistrySession& session, const Reference& repository,
                                          const std::stop_token& stop);

}  // namespace cove::image
