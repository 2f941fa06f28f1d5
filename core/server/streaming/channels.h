// Channels: the streams of a remote command between a client and this server, whichever protocol
// carries them (kubernetes.io "Remote command protocols"). Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/server/streaming/websocket_messages.h"
#include "core/server/streaming/wire.h"

namespace cove::server {

enum class Channel : std::uint8_t { kInput = 0, kOutput = 1, kError = 2, kStatus = 3, kResize = 4 };

// Called on the connection's thread, which must not be kept waiting.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  // All channels that there are to be are there.
  virtual void ready() = 0;
  // False: no more until resume().
  virtual bool received(Channel channel, std::string_view bytes) = 0;
  virtual void ended(Channel channel) = 0;
  virtual void gone() = 0;
};

// Thread-safe, but for start().
class Channels {
 public:
  virtual ~Channels() = default;
  // Keeps the listener until gone().
  virtual void start(std::shared_ptr<ChannelListener> listener) = 0;
  virtual void resume() = 0;
  // Waits for a slow client; false once it has gone. A channel that is not there takes everything.
  virtual bool write(Channel channel, std::string_view bytes) = 0;
  // Says `status` unless it is empty, ends all channels and the connection; waits as Wire does.
  virtual void finish(std::string_view status) = 0;
  virtual void close() = 0;
};

struct ChannelSet {
  bool in = false, out = false, error = false, resize = false;
};

// `closes`: version 5, where a message on channel 255 ends the channel that it names.
std::shared_ptr<Channels> websocket_channels(std::shared_ptr<Wire> wire, WebSocketCoding coding,
                                             bool closes, const ChannelSet& set);
std::shared_ptr<Channels> spdy_channels(std::shared_ptr<Wire> wire, const ChannelSet& set);

}  // namespace cove::server
