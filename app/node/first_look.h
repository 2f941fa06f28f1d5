// FirstLook: lets whoever waited for READY look first, at the API's health and at the node. What
// begins then on all processors at once would make its first answer the slowest of all.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "core/base/log.h"
#include "core/http/handler.h"

namespace cove::node {

// Thread-safe. A look is an administrator's ("system:masters", as itself) GET of a health page or
// of the node: no rules and no other objects decide about its answer. Until open() looks alone are
// passed on, and none where there is no node to look at; other requests wait, at most 256, and more
// are answered 503. After open() everything is passed on.
class FirstLook final : public http::Handler {
 public:
  // `node`: its name; empty: nobody looks. `behind` must live as long as requests come.
  FirstLook(http::Handler& behind, std::string node, Logger& logger);
  ~FirstLook() override;

  // Until looks have been answered and none has come for a moment, or a request waits; at most
  // `patience`.
  void wait(std::chrono::milliseconds patience);
  void open();

  void handle(std::shared_ptr<const http::Request> request, Respond respond) override;
  bool streams_body(const http::Request& head) const override;
  http::Answer refuse(int status, std::string_view message) const override;

 private:
  struct State;

  bool is_look(const http::Request& request) const;

  http::Handler& behind_;
  const std::string node_path_;
  Logger& logger_;
  std::atomic<bool> open_ = false;
  const std::shared_ptr<State> state_;
};

}  // namespace cove::node
