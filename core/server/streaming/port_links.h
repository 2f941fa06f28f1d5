// PortLinks: the TCP connections into a pod that one client's port-forward has open. Private to
// this room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"

namespace cove::server {

// One thread, which run() lends, serves them all. At most 256 links, and about 1 MiB on its way
// into the pod over all of them.
class PortLinks {
 public:
  using Link = std::uint32_t;  // the front's own number
  using Connect = std::function<Result<Fd>(std::uint16_t port)>;

  // Who speaks to the client; called on run()'s thread.
  class Front {
   public:
    virtual ~Front() = default;
    // May wait for a slow client.
    virtual void from_pod(Link link, std::string_view bytes) = 0;
    // The pod sends no more. For the client's part the link goes on.
    virtual void ended(Link link) = 0;
    virtual void failed(Link link, std::uint16_t port, const std::string& why) = 0;
    virtual void resume() = 0;
  };

  explicit PortLinks(Connect connect);

  // Thread-safe. A number that is not open is passed over.
  void open(Link link, std::uint16_t port);
  // False: the client should send no more until Front::resume().
  bool to_pod(Link link, std::string_view bytes);
  void end_to_pod(Link link);
  void close(Link link);
  // The client has gone: run() returns.
  void shut();

  void run(Front& front, std::stop_token stop);

 private:
  struct State {
    std::uint16_t port = 0;
    Fd socket;
    bool refused = false;
    bool closed = false;
    std::string out;
    bool out_ended = false, out_shut = false, in_ended = false;
  };
  void wake() const;
  void connect_new(Front& front);
  void drop_done();
  // False once the socket has no more.
  bool read_once(Link link, int socket, Front& front);
  void write_once(State& state);
  void release(std::size_t bytes, Front& front);

  const Connect connect_;
  Fd event_;
  std::mutex mutex_;
  std::map<Link, State> links_;  // sockets are of run()'s thread
  std::size_t waiting_ = 0;      // bytes of all `out`
  bool full_ = false;
  bool shut_ = false;
};

}  // namespace cove::server
