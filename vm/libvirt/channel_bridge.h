// A libvirt stream as a file descriptor.
#pragma once

#include <memory>

#include "core/base/fd.h"
#include "core/base/result.h"
#include "vm/libvirt/handles.h"

namespace cove::vm::libvirt {

// Carries bytes between a stream (opened with VIR_STREAM_NONBLOCK) and a socket pair on libvirt's
// event loop, with at most 64 KiB waiting in each direction; a side that does not take its bytes
// holds up the other. Either side's end ends both.
class ChannelBridge {
 public:
  struct Opened {
    Fd end;  // the caller's
    std::shared_ptr<ChannelBridge> bridge;
  };
  // `connection` is kept open as long as the bridge lives.
  static Result<Opened> open(Connect connection, Stream stream);

  ~ChannelBridge();
  // Ends both sides. Safe from any thread but the event loop's.
  void close();
  bool closed() const;

  ChannelBridge(const ChannelBridge&) = delete;
  ChannelBridge& operator=(const ChannelBridge&) = delete;

 private:
  class Pump;
  explicit ChannelBridge(std::shared_ptr<Pump> pump);
  std::shared_ptr<Pump> pump_;
};

}  // namespace cove::vm::libvirt
