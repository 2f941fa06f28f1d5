// ApiHandler: the engine's endpoints as a handler of the HTTP server, each request on a worker
// thread of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/engine/routing.h"
#include "core/base/worker_pool.h"
#include "core/http/handler.h"

namespace cove::engine {

// Thread-safe. When all threads are busy further requests are answered 503 at once.
class ApiHandler final : public http::Handler {
 public:
  struct Parts {
    std::vector<Route> routes;
    std::string version;  // of Cove
    Logger& logger;
    WorkerPool::Limits workers = {};
  };
  explicit ApiHandler(Parts parts);
  // stop().
  ~ApiHandler() override;

  void handle(std::shared_ptr<const http::Request> request, Respond respond) override;
  bool streams_body(const http::Request& head) const override;
  http::Answer refuse(int status, std::string_view message) const override;
  // Requests the end of what runs, waits for it, and answers 503 from then on. Not from a handler.
  void stop();

 private:
  class Running;
  http::Answer error_answer(const ApiError& error) const;

  const Router router_;
  const std::vector<std::pair<std::string, std::string>> headers_;
  Logger& logger_;
  std::stop_source stopping_;
  WorkerPool pool_;
};

}  // namespace cove::engine
