// The guest's end of vm/channel/control.h: answers one host at a time. init serves it in the VM;
// tests serve it with scripted handlers over a socketpair.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/channel/control.h"
#include "vm/channel/line.h"
#include "vm/channel/message.h"

namespace cove::channel {

// What the guest does. Called from ControlServer::process(); must not block.
class ControlHandler {
 public:
  using Done = std::function<void(Result<void>)>;
  virtual ~ControlHandler() = default;
  // `done` is called once, now or later, on the thread of process().
  virtual void configure(NodeConfiguration configuration, Done done) = 0;
  virtual NodeState state() = 0;
  virtual Result<void> set_time(std::int64_t unix_nanoseconds) = 0;
  virtual Result<void> power_off() = 0;
};

// Not thread-safe. Keeps at most kMaxPending unanswered requests and refuses more.
class ControlServer {
 public:
  static constexpr std::size_t kMaxPending = 16;

  static Result<ControlServer> open(Fd port, ControlHandler& handler);

  // Poll it for reading, then process().
  int fd() const { return shared_->line.ready_fd(); }
  void process();
  // Whether a host has said hello.
  bool greeted() const { return shared_->session != 0; }
  // Answers those who wait for the node when it is ready or in trouble. Call after every change of
  // the state.
  void state_changed();

 private:
  struct Shared {
    FrameLine line;
    ControlHandler& handler;
    std::uint64_t session = 0;
    std::vector<std::uint64_t> waiting;
    std::size_t configuring = 0;
  };
  explicit ControlServer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  static void receive(const std::shared_ptr<Shared>& shared, const Frame& frame);
  static void request(const std::shared_ptr<Shared>& shared, ControlRequest request);
  static void answer(Shared& shared, std::uint64_t session, std::uint64_t id,
                     const Result<void>& result);

  std::shared_ptr<Shared> shared_;
};

}  // namespace cove::channel
