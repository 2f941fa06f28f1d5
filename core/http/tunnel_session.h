// What a connection speaks after an upgrade: nothing but bytes. Private to this room.
#pragma once

#include <deque>

#include "core/http/loop.h"
#include "core/http/session.h"

namespace cove::http {

class Connection;

// The connection's side of a tunnel. At the bounds: a write is refused, and reading from the socket
// pauses.
class TunnelSession final : public Session {
 public:
  TunnelSession(std::string input, bool winding_down);
  ~TunnelSession() override;

  void read(std::size_t max, Tunnel::Read done);
  void write(std::string bytes, Tunnel::Written done);
  void finish();
  void close();

  void receive(std::string_view bytes) override;
  void input_ended() override;
  void answer(std::uint64_t, Answer) override {}
  void news(std::uint64_t) override {}
  void produce(std::string& out, std::size_t limit) override;
  void flushed() override;
  bool wants_input() const override;
  bool finished() const override;
  bool lingers() const override { return true; }
  bool may_stall() const override { return true; }  // a paused terminal
  bool output_ended() const override { return output_ended_ && waiting_.empty(); }
  std::optional<SteadyTime> deadline() const override { return std::nullopt; }
  void expired() override {}
  void wind_down() override;

 private:
  struct Waiting {
    std::string bytes;
    Tunnel::Written done;
  };
  void satisfy();
  void fail_all(const Error& error);

  std::string input_;
  bool input_ended_ = false;
  std::size_t wanted_ = 0;
  Tunnel::Read reader_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<Tunnel::Written> producing_;
  bool output_ended_ = false;
  bool closed_ = false;
};

// The application's side.
std::unique_ptr<Tunnel> make_tunnel(std::weak_ptr<Connection> connection,
                                    std::shared_ptr<Loop> loop);

}  // namespace cove::http
