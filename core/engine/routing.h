// Routing: which endpoint a request means, and in which version of the API.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/exchange.h"

namespace cove::engine {

// Immutable, so thread-safe.
class Router {
 public:
  struct Match {
    const Route* route = nullptr;
    unsigned api = kNewestApi;
    std::map<std::string, std::string> names;  // what the pattern's {…} stand for
  };

  explicit Router(std::vector<Route> routes);
  // The first route of the list that fits. Without one: 400 for a version that is not served, 404
  // "page not found", 405 when the path is known with another method. `path` is decoded.
  Outcome<Match> match(std::string_view method, std::string_view path) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
};

}  // namespace cove::engine
