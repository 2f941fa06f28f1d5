// The Kubernetes API over a set of objects: discovery, health, version, and get/list/watch with
// Table output.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/server/health.h"
#include "core/server/kinds.h"
#include "core/server/request.h"

namespace cove::server {

// "v1.36.0+cove.0.1.0": the API's version with Cove's own as build metadata.
std::string git_version();

// Where objects come from. Thread-safe.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  // All objects of a kind as they are now, in the order of their names.
  virtual std::vector<boost::json::object> objects(const Kind& kind) const = 0;
};

class Api final : public Handler {
 public:
  Api(const ObjectSource& source, const Clock& clock, std::vector<HealthCheck> checks);

  void handle(std::shared_ptr<const Request> request, Respond respond) override;
  Answer refuse(int status, std::string_view message) const override;

 private:
  Answer answer(const Request& request) const;
  Answer discover(const Request& request) const;
  Answer resource(const Request& request, const RequestInfo& info) const;
  Answer list(const Request& request, const RequestInfo& info, const Kind& kind) const;
  Answer get(const Request& request, const RequestInfo& info, const Kind& kind) const;
  Answer watch(const Request& request, const Kind& kind,
               const std::vector<boost::json::object>& objects) const;

  const ObjectSource& source_;
  const Clock& clock_;
  std::vector<HealthCheck> checks_;
  std::vector<Kind> kinds_;
};

}  // namespace cove::server
