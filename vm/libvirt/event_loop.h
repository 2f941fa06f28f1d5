// The thread that runs libvirt's event loop.
#pragma once

#include <memory>
#include <thread>

#include "core/base/result.h"

namespace cove::vm::libvirt {

// libvirt has one event loop a process, so all backends of a process share one thread: it runs
// while anybody holds the loop. Also silences libvirt's habit of printing errors. Thread-safe. The
// last holder must not let go on the loop's own thread.
class EventLoop {
 public:
  static Result<std::shared_ptr<EventLoop>> acquire();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

 private:
  EventLoop();
  int heartbeat_ = -1;
  std::jthread thread_;
};

}  // namespace cove::vm::libvirt
