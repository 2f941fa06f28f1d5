// StreamSession: a client's taken-over connection on one side, a process' standard streams on the
// other.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "core/engine/detach_keys.h"
#include "core/engine/exchange.h"
#include "core/runtime/runtime.h"

namespace cove::engine {

// Thread-safe. The handlers hold the session; once run() has returned they do nothing.
class StreamSession : public std::enable_shared_from_this<StreamSession> {
 public:
  // `raw`: pieces are not framed, because there is a terminal or the client asked for it.
  StreamSession(std::unique_ptr<Hijacked> connection, bool raw)
      : connection_(std::move(connection)), raw_(raw), opened_(true) {}
  // Without a connection yet: what is written waits for it.
  explicit StreamSession(bool raw) : raw_(raw) {}
  void open(std::unique_ptr<Hijacked> connection);
  // No connection comes; what is written goes nowhere.
  void abandon();

  // A slow client makes the process wait.
  runtime::Streams::Handlers handlers(bool out, bool error);
  void write(runtime::Streams::Channel channel, std::string_view bytes);
  // Nothing more is to be written.
  void end();

  enum class End { kEnded, kDetached, kGone };
  // Blocks. Hands what the client sends to `input`, which may be nothing, until the output has
  // ended, the client has left, or typed the keys. `close_input`: the end of what the client sends
  // is told to the process.
  End run(runtime::Streams* input, bool close_input, std::optional<DetachKeys> keys,
          std::stop_token gone);

 private:
  std::shared_ptr<Hijacked> connection();
  void pump(Hijacked& connection, runtime::Streams* input, bool close_input,
            std::optional<DetachKeys> keys);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::shared_ptr<Hijacked> connection_;
  const bool raw_;
  bool opened_ = false;  // or abandoned
  bool ended_ = false;
  bool detached_ = false;
};

}  // namespace cove::engine
