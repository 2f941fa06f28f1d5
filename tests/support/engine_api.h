// The Docker Engine API over coved's own socket, as a test speaks it.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>

#include "core/base/fs.h"
#include "core/http/client.h"

namespace cove::testing {

class EngineApi {
 public:
  struct Reply {
    int status = 0;  // 0: nobody answered, or not to the end
    boost::json::value body;
    std::string text;
  };

  explicit EngineApi(const Path& socket);

  Reply get(const std::string& path) const { return call("GET", path, ""); }
  Reply post(const std::string& path, const boost::json::value& body = nullptr) const;
  Reply send(const std::string& path, std::string bytes) const {
    return call("POST", path, std::move(bytes), "application/x-tar");
  }
  Reply remove(const std::string& path) const { return call("DELETE", path, ""); }
  // Waits until the engine serves; false after a minute.
  bool await() const;

 private:
  Reply call(const std::string& method, const std::string& path, std::string body,
             const std::string& type = "application/json") const;
  std::unique_ptr<http::Client> http_;
};

}  // namespace cove::testing
