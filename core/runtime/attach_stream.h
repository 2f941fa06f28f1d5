// A client of conmon's attach socket.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "core/base/fd.h"
#include "core/runtime/runtime.h"

namespace cove::runtime {

// Waits for connect() or give_up(), which the runtime calls at the container's start or end.
// Thread-safe. Destruction waits for a handler that is being called, unless it is called from it.
class AttachStream final : public Streams {
 public:
  AttachStream(Handlers handlers, bool input);
  ~AttachStream() override;

  // conmon's socket lies in `bundle`.
  Result<void> connect(const Path& bundle);
  void give_up();

  Result<void> write(std::string_view input) override;
  void close_input() override;

 private:
  // What the reading thread needs, which may outlive the stream.
  struct Shared;
  static void read(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  bool input_;
  std::thread reader_;
};

// A descriptor for poll that can be made readable, for good.
class Wake {
 public:
  Wake();
  void wake() const;
  int descriptor() const { return event_.get(); }

 private:
  Fd event_;
};

// Writes all of `input` into a descriptor that must not block, waiting for room; ends early with
// kUnavailable when the reader or `wake` has gone. `packet`: the most bytes of one write, by
// send(2); 0 for what is no socket.
Result<void> write_waiting(int fd, std::string_view input, const Wake& wake, std::size_t packet);

}  // namespace cove::runtime
