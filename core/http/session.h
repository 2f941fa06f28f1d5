// Session: one version of HTTP on one connection, free of input and output: bytes come in and go
// out by calls. Private to this room; everything happens on the connection's thread unless said
// otherwise.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/server.h"

namespace cove::http {

// What all requests of a connection have in common.
struct Origin {
  std::string local_endpoint;
  std::string remote_address;
  std::shared_ptr<const PeerCertificate> certificate;
};

// What a session needs from its connection. Outlives it.
class Link {
 public:
  virtual ~Link() = default;
  virtual const Limits& limits() const = 0;
  virtual const Origin& origin() const = 0;
  virtual SteadyTime now() const = 0;
  virtual std::string_view date() = 0;
  // Hands a request to the handler. The answer comes by Session::answer() with the same ticket,
  // perhaps before this returns.
  virtual void ask(std::uint64_t ticket, std::shared_ptr<const Request> request) = 0;
  virtual bool streams_body(const Request& head) = 0;
  virtual Answer refuse(int status, std::string_view message) = 0;
  // Something that any thread may call to have Session::news() called with the ticket, while the
  // connection lives.
  virtual std::function<void()> notifier(std::uint64_t ticket) = 0;
};

// An answer after whose header the connection is a tunnel's.
struct Upgrade {
  std::function<void(std::unique_ptr<Tunnel>)> begin;
  std::string input;  // what the client sent already
};

class Session {
 public:
  virtual ~Session() = default;
  virtual void receive(std::string_view bytes) = 0;
  // The client sends no more.
  virtual void input_ended() = 0;
  virtual void answer(std::uint64_t ticket, Answer answer) = 0;
  virtual void news(std::uint64_t ticket) = 0;
  // Appends what is to be sent now, stopping soon after `limit` bytes.
  virtual void produce(std::string& out, std::size_t limit) = 0;
  // All that was produced has been taken by the operating system.
  virtual void flushed() {}
  virtual bool wants_input() const = 0;
  // When all that was produced is sent, the connection is to be closed.
  virtual bool finished() const = 0;
  // With finished(): the peer must not take what it got for the whole.
  virtual bool broken() const { return false; }
  // With finished(): the peer may still be sending, and closing at once would destroy the last
  // answer in its receive buffer.
  virtual bool lingers() const { return false; }
  // When all that was produced is sent, the peer is to be told that no more follows.
  virtual bool output_ended() const { return false; }
  // Whether a peer that reads nothing for long is not cut.
  virtual bool may_stall() const { return false; }
  // When expired() is to be called; also asked again after every other call.
  virtual std::optional<SteadyTime> deadline() const = 0;
  virtual void expired() = 0;
  // The server stops: no new requests, streams end as if whole.
  virtual void wind_down() = 0;
  // Once, after the header of such an answer was produced.
  virtual std::optional<Upgrade> take_upgrade() { return std::nullopt; }
};

std::unique_ptr<Session> make_http1_session(Link& link);
std::unique_ptr<Session> make_http2_session(Link& link);

// The header fields of an answer that may be sent: none could end its line, none is the
// transport's.
bool may_send(std::string_view name, std::string_view value);
std::string_view reason_of(int status);

}  // namespace cove::http
