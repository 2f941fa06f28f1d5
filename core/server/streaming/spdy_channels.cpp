#include <map>
#include <optional>
#include <utility>

#include "core/server/streaming/channels.h"
#include "core/server/streaming/spdy.h"

namespace cove::server {
namespace {

constexpr std::uint32_t kOwnPing = 2;

std::optional<Channel> channel_of(const SpdyHeaders& headers) {
  for (const auto& [name, value] : headers) {
    if (name != "streamtype") continue;
    if (value == "stdin") return Channel::kInput;
    if (value == "stdout") return Channel::kOutput;
    if (value == "stderr") return Channel::kError;
    if (value == "error") return Channel::kStatus;
    if (value == "resize") return Channel::kResize;
  }
  return std::nullopt;
}

class SpdyChannels final : public Channels,
                           private SpdyEvents,
                           public std::enable_shared_from_this<SpdyChannels> {
 public:
  SpdyChannels(std::shared_ptr<Wire> wire, const ChannelSet& set) : wire_(std::move(wire)) {
    expected_[Channel::kStatus] = true;
    expected_[Channel::kInput] = set.in;
    expected_[Channel::kOutput] = set.out;
    expected_[Channel::kError] = set.error;
    expected_[Channel::kResize] = set.resize;
    for (const auto& [channel, wanted] : expected_) missing_ += wanted ? 1 : 0;
  }

  void start(std::shared_ptr<ChannelListener> listener) override {
    listener_ = std::move(listener);
    wire_->start(
        {.bytes = [self = shared_from_this()](std::string_view bytes) { return self->take(bytes); },
         .ended =
             [self = shared_from_this()] {
               if (const auto last = std::exchange(self->listener_, nullptr)) last->gone();
             }});
  }

  void resume() override { wire_->resume(); }

  bool write(Channel channel, std::string_view bytes) override {
    const auto stream = stream_of(channel);
    return !stream || bytes.empty() || wire_->write(spdy_data(*stream, bytes, false));
  }

  void finish(std::string_view status) override {
    write(Channel::kStatus, status);
    for (const auto& [channel, stream] : streams()) wire_->write(spdy_data(stream, {}, true));
    // The client closes when it has seen the end of each. It must not be told that the connection
    // goes: old ones then forget replies that they have received but not looked at, and wait for
    // them.
    wire_->resume();
    wire_->await_end_and_close();
  }

  void close() override { wire_->close(); }

 private:
  std::map<Channel, std::uint32_t> streams() {
    const std::lock_guard lock(mutex_);
    return streams_;
  }

  std::optional<std::uint32_t> stream_of(Channel channel) {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(channel);
    return found == streams_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<Channel> channel_of_stream(std::uint32_t stream) {
    const std::lock_guard lock(mutex_);
    for (const auto& [channel, id] : streams_) {
      if (id == stream) return channel;
    }
    return std::nullopt;
  }

  bool take(std::string_view bytes) {
    more_ = true;
    if (!reader_.put(bytes, *this)) wire_->close();
    return more_;
  }

  void opened(std::uint32_t stream, const SpdyHeaders& headers, bool last) override {
    const auto channel = channel_of(headers);
    if (!channel || !expected_[*channel] || stream_of(*channel))
      return wire_->send(spdy_reset(stream, SpdyReset::kRefused));
    {
      const std::lock_guard lock(mutex_);
      streams_[*channel] = stream;
    }
    wire_->send(replies_.reply(stream));
    if (last && listener_) listener_->ended(*channel);
    if (--missing_ == 0) wire_->send(spdy_ping(kOwnPing));
  }

  void data(std::uint32_t stream, std::string_view part, bool last) override {
    const auto channel = channel_of_stream(stream);
    if (!channel || !listener_) return;
    const bool wanted = *channel == Channel::kInput || *channel == Channel::kResize;
    // Who sends input has seen the replies; its answer to the ping may come after more input than
    // is taken before the process begins.
    if (wanted && missing_ == 0) listener_->ready();
    if (wanted && !part.empty()) more_ = listener_->received(*channel, part) && more_;
    if (last) listener_->ended(*channel);
  }

  void reset(std::uint32_t stream) override {
    const auto channel = channel_of_stream(stream);
    if (!channel) return;
    {
      const std::lock_guard lock(mutex_);
      streams_.erase(*channel);
    }
    if (listener_) listener_->ended(*channel);
  }

  void ping(std::uint32_t id) override {
    if (id % 2 != 0) return wire_->send(spdy_ping(id));
    if (id == kOwnPing && missing_ == 0 && listener_) listener_->ready();
  }
  void going_away() override {}

  const std::shared_ptr<Wire> wire_;
  std::mutex mutex_;
  std::map<Channel, std::uint32_t> streams_;
  // The rest is of the connection's thread.
  std::map<Channel, bool> expected_;
  int missing_ = 0;
  std::shared_ptr<ChannelListener> listener_;
  SpdyReader reader_;
  SpdyReplies replies_;
  bool more_ = true;
};

}  // namespace

std::shared_ptr<Channels> spdy_channels(std::shared_ptr<Wire> wire, const ChannelSet& set) {
  return std::make_shared<SpdyChannels>(std::move(wire), set);
}

}  // namespace cove::server
