// POST /build: the classic builder's protocol.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/exchange.h"
#include "core/engine/images.h"
#include "core/image/build/build.h"

namespace cove::engine {

// Everything outlives the endpoints.
struct BuildParts {
  ImagePartsPtr images;
  image::Builder& builder;
};

// What the query of a build asks for; the context is not in it yet. 400 for values that are wrong,
// and for what this builder cannot do: BuildKit's protocol (version=2), squash, other platforms'
// isolation.
Outcome<image::BuildRequest> parse_build_query(const Exchange& exchange);

// /build, /build/prune
std::vector<Route> build_routes(const BuildParts& parts);

}  // namespace cove::engine
