// A connection to libvirt that comes back by itself.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "vm/libvirt/event_loop.h"
#include "vm/libvirt/handles.h"

namespace cove::vm::libvirt {

// Opens when first used and again whenever the daemon went away; `changed` is called with a
// domain's name for each of its lifecycle events and with an empty name after each loss and each
// reconnection, on threads of libvirt or of this class. Thread-safe.
class Connection {
 public:
  Connection(std::string uri, std::shared_ptr<EventLoop> loop, Clock& clock, Logger& logger,
             std::function<void(const std::string&)> changed);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::string& uri() const { return uri_; }

  // The open connection; opens it when there is none.
  Result<Connect> get();
  // True when the connection that `used` belongs to is gone; the next get() then opens another.
  bool lost(virConnectPtr used);
  // From now on a lost connection is opened again without anybody asking.
  void keep_open();

 private:
  struct Session;
  static void on_close(virConnectPtr, int reason, void* opaque);
  static int on_lifecycle(virConnectPtr, virDomainPtr domain, int, int, void* opaque);

  Result<std::shared_ptr<Session>> open();
  void retire(const std::shared_ptr<Session>& session);
  void keep(std::stop_token stop);

  const std::string uri_;
  const std::shared_ptr<EventLoop> loop_;
  Clock& clock_;
  Logger& logger_;
  const std::function<void(const std::string&)> changed_;

  std::mutex opening_;  // one open at a time; taken before mutex_
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::shared_ptr<Session> session_;
  bool keep_open_ = false;
  bool was_open_ = false;
  std::jthread keeper_;
};

}  // namespace cove::vm::libvirt
