// Wire: a connection that was upgraded, for threads that may wait. Private to this room.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/http/tunnel.h"

namespace cove::server {

// Thread-safe, but for start(). Destruction closes.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  struct Receiver {
    // On the connection's thread, which must not be kept waiting. False: no more until resume().
    std::function<bool(std::string_view)> bytes;
    // Once: the client has left, or the wire was closed. Not called from inside of close().
    std::function<void()> ended;
  };

  explicit Wire(std::unique_ptr<http::Tunnel> tunnel) : tunnel_(std::move(tunnel)) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Keeps the receiver until the end.
  void start(Receiver receiver);
  void resume();
  // Waits while 256 KiB are unsent. False once nothing can be sent any more. Never on the
  // connection's thread.
  bool write(std::string bytes);
  // The same without waiting, for small answers of the protocol: a client that provokes 256 KiB
  // more of them and does not read is cut.
  void send(std::string bytes);
  // Waits until everything has left, at most for ten seconds, and closes.
  void drain_and_close();
  // Waits until the client has closed, at most for ten seconds, and closes.
  void await_end_and_close();
  void close();

 private:
  void read();
  void took(Result<std::string> piece);
  void sent(std::size_t size, bool done);
  void end();
  void put(std::string bytes);

  const std::unique_ptr<http::Tunnel> tunnel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Receiver> receiver_;
  std::size_t unsent_ = 0;
  bool paused_ = false;
  bool resumed_ = false;  // while the receiver was deciding
  bool closed_ = false;
};

}  // namespace cove::server
