// Documents about the API itself: version, discovery and OpenAPI (kubernetes.io "Kubernetes API",
// discovery and OpenAPI). They are made when first asked for, away from the state thread, and kept
// as long as the same kinds are served. Private to this room.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/api/registry.h"
#include "core/base/event_loop.h"
#include "core/server/refusal.h"
#include "core/server/request.h"

namespace cove::server {

class ApiDocuments {
 public:
  struct Document {
    std::string content_type;
    std::shared_ptr<const std::string> bytes;
    std::string etag;
  };

  // `schemas` must outlive it.
  explicit ApiDocuments(const api::BuiltinSchemas& schemas);
  ~ApiDocuments();

  // Answers a GET, on another thread if there is work to do; 404 for a path it does not know.
  void answer(std::shared_ptr<const Request> request, std::shared_ptr<const api::Registry> registry,
              Handler::Respond respond);

 private:
  struct Cache;

  Answer make(const Request& request, const api::Registry& registry);
  const json::object& openapi_v3_index(const api::Registry& registry);
  // False when there is no such document.
  bool make_openapi(const api::Registry& registry, std::string_view path, bool protobuf,
                    Document& document);

  const api::BuiltinSchemas& schemas_;
  std::shared_ptr<const api::Registry> of_;  // what the cache was made from
  std::unique_ptr<Cache> cache_;
  EventLoop thread_;
  std::once_flag started_;
};

}  // namespace cove::server
