#include "core/server/streaming/port_forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/server/streaming/spdy.h"

namespace cove::server {
namespace {

constexpr std::size_t kMaxPairs = 1024;
constexpr std::size_t kMaxEarly = 8 << 20;

std::string reason(const PortForwardParts& parts, std::uint16_t port, const std::string& why) {
  return fmt::format("error forwarding port {} to pod {}, uid {}: {}", port, parts.pod, parts.uid,
                     why);
}

std::string_view value_of(const SpdyHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

class SpdyPortForward final : public PortForward,
                              private SpdyEvents,
                              private WebSocketEvents,
                              private PortLinks::Front,
                              public std::enable_shared_from_this<SpdyPortForward> {
 public:
  SpdyPortForward(PortForwardParts parts, bool tunnelled)
      : parts_(std::move(parts)), tunnelled_(tunnelled), links_(parts_.connect) {}

  void start() override {
    parts_.wire->start(
        {.bytes = [self = shared_from_this()](std::string_view bytes) { return self->take(bytes); },
         .ended = [self = shared_from_this()] { self->links_.shut(); }});
  }

  void run(std::stop_token stop) override {
    const std::stop_callback on_stop(stop, [this] { parts_.wire->close(); });
    links_.run(*this, stop);
    parts_.wire->close();
  }

 private:
  struct Pair {
    std::uint32_t error = 0, data = 0;
  };

  // --- On the connection's thread.
  bool take(std::string_view bytes) {
    more_ = true;
    const bool fine = tunnelled_ ? websocket_.put(bytes, *this) : spdy_.put(bytes, *this);
    if (!fine) parts_.wire->close();
    return more_;
  }

  void message(std::string_view part, bool, bool) override {
    if (!spdy_.put(part, *this)) parts_.wire->close();
  }
  // Of the tunnel, and below of SPDY.
  void ping(std::string_view payload) override { parts_.wire->send(websocket_pong(payload)); }
  void closed() override {
    parts_.wire->send(websocket_close(kWebSocketNormal));
    parts_.wire->close();
  }

  void opened(std::uint32_t stream, const SpdyHeaders& headers, bool last) override {
    const std::string_view type = value_of(headers, "streamtype");
    const auto port = port_of(value_of(headers, "port"));
    const bool data = type == "data";
    if (!port || (!data && type != "error")) return refuse(stream);
    // The oldest clients number no requests: the stream of data comes after that of errors.
    std::string request(value_of(headers, "requestid"));
    if (request.empty()) request = fmt::format("#{}", data ? stream - 2 : stream);
    {
      const std::lock_guard lock(mutex_);
      if (!data && pairs_.size() < kMaxPairs && !pairs_.contains(request)) {
        pairs_[request].error = stream;
      } else if (data && pairs_.contains(request) && pairs_[request].data == 0) {
        pairs_[request].data = stream;
      } else {
        return refuse(stream);
      }
    }
    send(replies_.reply(stream));
    if (!data) return;
    opening_[stream] = {*port, {}, last};
    // The stream's number as an even one, which no other stream has.
    send(spdy_ping(stream + 1));
  }

  void ping(std::uint32_t id) override {
    if (id % 2 != 0) return send(spdy_ping(id));
    const auto found = opening_.find(id - 1);
    if (found == opening_.end()) return;
    const Opening opening = std::move(found->second);
    opening_.erase(found);
    early_ -= opening.bytes.size();
    links_.open(id - 1, opening.port);
    data(id - 1, opening.bytes, opening.last);
  }

  void data(std::uint32_t stream, std::string_view part, bool last) override {
    if (const auto found = opening_.find(stream); found != opening_.end()) {
      Opening& opening = found->second;
      opening.last = opening.last || last;
      opening.bytes += part;
      early_ += part.size();
      if (early_ > kMaxEarly) parts_.wire->close();
      return;
    }
    if (!part.empty()) more_ = links_.to_pod(stream, part) && more_;
    if (last) links_.end_to_pod(stream);
  }

  void reset(std::uint32_t stream) override {
    if (const auto found = opening_.find(stream); found != opening_.end()) {
      early_ -= found->second.bytes.size();
      opening_.erase(found);
    }
    links_.close(stream);
    // Whoever gives up the data still waits for the end of the errors.
    if (const auto error = take_pair(stream)) send(spdy_data(*error, {}, true));
  }
  void going_away() override {}

  void refuse(std::uint32_t stream) { send(spdy_reset(stream, SpdyReset::kRefused)); }
  void send(const std::string& frame) {
    parts_.wire->send(tunnelled_ ? websocket_binary(frame) : frame);
  }

  // --- On the links' thread.
  void write(const std::string& frame) {
    parts_.wire->write(tunnelled_ ? websocket_binary(frame) : frame);
  }
  void from_pod(PortLinks::Link link, std::string_view bytes) override {
    write(spdy_data(link, bytes, false));
  }
  void ended(PortLinks::Link link) override { finish(link, {}); }
  void failed(PortLinks::Link link, std::uint16_t port, const std::string& why) override {
    finish(link, reason(parts_, port, why));
  }
  void resume() override { parts_.wire->resume(); }

  void finish(PortLinks::Link link, std::string_view error) {
    const auto error_stream = take_pair(link);
    if (!error_stream) return;
    if (!error.empty()) write(spdy_data(*error_stream, error, false));
    write(spdy_data(link, {}, true));
    write(spdy_data(*error_stream, {}, true));
  }

  // The stream of errors of that stream of data; once.
  std::optional<std::uint32_t> take_pair(std::uint32_t data) {
    const std::lock_guard lock(mutex_);
    const auto pair =
        std::ranges::find_if(pairs_, [&](const auto& item) { return item.second.data == data; });
    if (pair == pairs_.end()) return std::nullopt;
    const std::uint32_t error = pair->second.error;
    pairs_.erase(pair);
    return error;
  }

  const PortForwardParts parts_;
  const bool tunnelled_;
  PortLinks links_;
  std::mutex mutex_;
  std::map<std::string, Pair> pairs_;  // by request
  // Of the connection's thread.
  struct Opening {
    std::uint16_t port = 0;
    std::string bytes;  // that came before the ping
    bool last = false;
  };
  std::map<std::uint32_t, Opening> opening_;  // by stream of data
  std::size_t early_ = 0;                     // bytes of all of them
  WebSocketReader websocket_;
  SpdyReader spdy_;
  SpdyReplies replies_;
  bool more_ = true;
};

class ChannelPortForward final : public PortForward,
                                 private PortLinks::Front,
                                 public std::enable_shared_from_this<ChannelPortForward> {
 public:
  ChannelPortForward(PortForwardParts parts, WebSocketCoding coding,
                     std::vector<std::uint16_t> ports)
      : parts_(std::move(parts)),
        messages_(parts_.wire, coding),
        ports_(std::move(ports)),
        open_(ports_.size()),
        links_(parts_.connect) {}

  void start() override {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      // Each channel begins with its port, the low byte first.
      const std::string port{static_cast<char>(ports_[i] & 0xff),
                             static_cast<char>(ports_[i] >> 8)};
      const int channel = static_cast<int>(2 * i);
      parts_.wire->send(messages_.encode(channel, port));
      parts_.wire->send(messages_.encode(channel + 1, port));
      links_.open(static_cast<PortLinks::Link>(i), ports_[i]);
    }
    parts_.wire->start(
        {.bytes = [self = shared_from_this()](std::string_view bytes) { return self->take(bytes); },
         .ended = [self = shared_from_this()] { self->links_.shut(); }});
  }

  void run(std::stop_token stop) override {
    const std::stop_callback on_stop(stop, [this] { parts_.wire->close(); });
    links_.run(*this, stop);
    parts_.wire->drain_and_close();
  }

 private:
  bool take(std::string_view bytes) {
    bool more = true;
    messages_.take(bytes, [&](int channel, std::string_view part) {
      if (channel % 2 != 0) return;
      more = links_.to_pod(static_cast<PortLinks::Link>(channel / 2), part) && more;
    });
    return more;
  }

  void from_pod(PortLinks::Link link, std::string_view bytes) override {
    parts_.wire->write(messages_.encode(static_cast<int>(2 * link), bytes));
  }
  void ended(PortLinks::Link) override {
    if (--open_ > 0) return;
    parts_.wire->write(websocket_close(kWebSocketNormal));
    links_.shut();
  }
  void failed(PortLinks::Link link, std::uint16_t port, const std::string& why) override {
    parts_.wire->write(messages_.encode(static_cast<int>(2 * link + 1), reason(parts_, port, why)));
    ended(link);
  }
  void resume() override { parts_.wire->resume(); }

  const PortForwardParts parts_;
  WebSocketMessages messages_;
  const std::vector<std::uint16_t> ports_;
  std::size_t open_;
  PortLinks links_;
};

}  // namespace

std::shared_ptr<PortForward> spdy_port_forward(PortForwardParts parts, bool tunnelled) {
  return std::make_shared<SpdyPortForward>(std::move(parts), tunnelled);
}

std::shared_ptr<PortForward> channel_port_forward(PortForwardParts parts, WebSocketCoding coding,
                                                  std::vector<std::uint16_t> ports) {
  return std::make_shared<ChannelPortForward>(std::move(parts), coding, std::move(ports));
}

}  // namespace cove::server
