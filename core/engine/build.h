// POST /build: the classic builder's protocol.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/exchange.h"
#include "core/engine/images.h"
#include "core/http/url.h"
#include "core/image/build/build.h"

namespace cove::engine {

// Everything outlives the endpoints.
struct BuildParts {
  ImagePartsPtr images;
  image::Builder& builder;
  http::Proxies proxies = {};
};

// HTTP_PROXY and its kin for a build's commands, in both spellings, where the client says nothing
// of them; as arguments that need no ARG they stay out of the image and its history. A proxy on
// this machine's own loopback is none for a container.
void add_proxies(std::map<std::string, std::optional<std::string>>& build_args,
                 const http::Proxies& proxies);

// What the query of a build asks for; the context is not in it yet. 400 for values that are wrong,
// and for what this builder cannot do: BuildKit's protocol (version=2), squash, other platforms'
// isolation.
Outcome<image::BuildRequest> parse_build_query(const Exchange& exchange);

// /build, /build/prune
std::vector<Route> build_routes(const BuildParts& parts);

}  // namespace cove::engine
