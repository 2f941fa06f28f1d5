#include "vm/libvirt/event_loop.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <mutex>

#include "vm/libvirt/errors.h"

namespace cove::vm::libvirt {
namespace {

// Also the longest time that letting go of the loop takes when its wake-up is lost.
constexpr int kHeartbeatMs = 1000;

void quiet(void*, virErrorPtr) {}

}  // namespace

Result<std::shared_ptr<EventLoop>> EventLoop::acquire() {
  static std::mutex mutex;
  static std::weak_ptr<EventLoop> shared;
  static bool registered = false;
  std::lock_guard lock(mutex);
  if (auto loop = shared.lock()) return loop;
  if (!registered) {
    virSetErrorFunc(nullptr, quiet);
    if (virInitialize() != 0 || virEventRegisterDefaultImpl() != 0) {
      return last_error("start", "libvirt");
    }
    registered = true;
  }
  std::shared_ptr<EventLoop> loop(new EventLoop);
  shared = loop;
  return loop;
}

EventLoop::EventLoop()
    : heartbeat_(virEventAddTimeout(
          kHeartbeatMs, [](int, void*) {}, nullptr, nullptr)),
      thread_([](std::stop_token stop) {
        while (!stop.stop_requested()) {
          if (virEventRunDefaultImpl() < 0) return;
        }
      }) {}

EventLoop::~EventLoop() {
  thread_.request_stop();
  virEventUpdateTimeout(heartbeat_, 0);
  thread_.join();
  // Removed callbacks give back what they hold in the rounds after their removal; the heartbeat
  // keeps these short.
  for (int round = 0; round < 3; ++round) virEventRunDefaultImpl();
  virEventRemoveTimeout(heartbeat_);
}

}  // namespace cove::vm::libvirt
