// ApiGate: requests to the cluster's API from a task's own thread, over the window's session.
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "ui/bridge/api_session.h"

namespace cove::ui {

// Thread-safe; shared by tasks, which may outlive the session's owner: close() in the GUI thread
// before the session goes, and every call from then on is kCancelled.
class ApiGate {
 public:
  // Of the cluster that the session shows now. GUI thread.
  explicit ApiGate(ApiSession& session) : session_(&session), context_(session.context()) {}
  void close();

  using Start =
      std::function<client::Operation(client::Transport&, client::ResourceClient::ObjectDone)>;
  // Blocks; never from the GUI thread. kCancelled also when another cluster is shown by now.
  Result<api::ObjectPtr> call(const Start& start, const std::string& action,
                              const std::string& subject, const std::stop_token& stop) const;

 private:
  mutable std::mutex mutex_;
  ApiSession* session_;
  const std::string context_;
};

// The gates that one owner hands to tasks: they close with it. GUI thread.
class ApiGates {
 public:
  explicit ApiGates(ApiSession& session) : session_(session) {}
  ApiGates(const ApiGates&) = delete;
  ApiGates& operator=(const ApiGates&) = delete;
  ~ApiGates();
  std::shared_ptr<ApiGate> make();

 private:
  ApiSession& session_;
  std::vector<std::weak_ptr<ApiGate>> gates_;
};

}  // namespace cove::ui
