#include "core/server/streaming/channels.h"

#include <utility>

namespace cove::server {
namespace {

constexpr int kClosing = 255;

class WebSocketChannels final : public Channels,
                                public std::enable_shared_from_this<WebSocketChannels> {
 public:
  WebSocketChannels(std::shared_ptr<Wire> wire, WebSocketCoding coding, bool closes,
                    const ChannelSet& set)
      : wire_(std::move(wire)), messages_(wire_, coding), closes_(closes), set_(set) {}

  void start(std::shared_ptr<ChannelListener> listener) override {
    listener_ = std::move(listener);
    // An empty message says that the connection stands.
    wire_->send(encode(set_.out     ? Channel::kOutput
                       : set_.error ? Channel::kError
                                    : Channel::kStatus,
                       {}));
    listener_->ready();
    wire_->start(
        {.bytes = [self = shared_from_this()](std::string_view bytes) { return self->take(bytes); },
         .ended = [self =
                       shared_from_this()] { std::exchange(self->listener_, nullptr)->gone(); }});
  }

  void resume() override { wire_->resume(); }

  bool write(Channel channel, std::string_view bytes) override {
    return bytes.empty() || wire_->write(encode(channel, bytes));
  }

  void finish(std::string_view status) override {
    write(Channel::kStatus, status);
    wire_->write(websocket_close(kWebSocketNormal));
    wire_->drain_and_close();
  }

  void close() override { wire_->close(); }

 private:
  std::string encode(Channel channel, std::string_view bytes) const {
    return messages_.encode(static_cast<int>(channel), bytes);
  }

  bool take(std::string_view bytes) {
    bool more = true;
    messages_.take(bytes, [&](int channel, std::string_view part) {
      if (channel == static_cast<int>(Channel::kInput) && set_.in) {
        more = listener_->received(Channel::kInput, part) && more;
      } else if (channel == static_cast<int>(Channel::kResize) && set_.resize) {
        more = listener_->received(Channel::kResize, part) && more;
      } else if (channel == kClosing && closes_ &&
                 part.front() == static_cast<char>(Channel::kInput)) {
        listener_->ended(Channel::kInput);
      }
    });
    return more;
  }

  const std::shared_ptr<Wire> wire_;
  WebSocketMessages messages_;
  const bool closes_;
  const ChannelSet set_;
  std::shared_ptr<ChannelListener> listener_;  // of the connection's thread
};

}  // namespace

std::shared_ptr<Channels> websocket_channels(std::shared_ptr<Wire> wire, WebSocketCoding coding,
                                             bool closes, const ChannelSet& set) {
  return std::make_shared<WebSocketChannels>(std::move(wire), coding, closes, set);
}

}  // namespace cove::server
