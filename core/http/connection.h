// One client's connection, from the handshake to its end. Private to this room.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>

#include "core/http/server.h"

namespace cove::http {

struct ConnectionContext {
  Handler* handler;
  Logger* logger;
  Limits limits;
};

// Lives on the strand that is its socket's executor.
class Connection {
 public:
  virtual ~Connection() = default;
  // Thread-safe: closes now if idle, else after the request at hand; a stream is ended.
  virtual void finish() = 0;
};

// `ended` is called once, when nothing of the connection runs any more.
std::shared_ptr<Connection> start_connection(boost::asio::ip::tcp::socket socket,
                                             std::shared_ptr<boost::asio::ssl::context> tls,
                                             const ConnectionContext& context,
                                             std::function<void(const Connection*)> ended);

}  // namespace cove::http
