#include "core/engine/stream_session.h"

#include <thread>

#include "core/engine/stdcopy.h"

namespace cove::engine {

namespace {
constexpr std::size_t kPiece = 32 << 10;
}

void StreamSession::open(std::unique_ptr<Hijacked> connection) {
  std::lock_guard lock(mutex_);
  connection_ = std::move(connection);
  opened_ = true;
  changed_.notify_all();
}

void StreamSession::abandon() {
  open(nullptr);
}

std::shared_ptr<Hijacked> StreamSession::connection() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return opened_; });
  return connection_;
}

void StreamSession::write(runtime::Streams::Channel channel, std::string_view bytes) {
  const auto connection = this->connection();
  if (!connection || bytes.empty()) return;
  if (raw_) {
    connection->write(bytes);
  } else {
    // In one write, so that two threads cannot get between a header and its bytes.
    connection->write(frame(channel, bytes));
  }
}

runtime::Streams::Handlers StreamSession::handlers(bool out, bool error) {
  runtime::Streams::Handlers handlers;
  handlers.output = [self = shared_from_this(), out, error](runtime::Streams::Channel channel,
                                                            std::string_view bytes) {
    const bool wanted = channel == runtime::Streams::Channel::kOut ? out : error;
    if (wanted) self->write(channel, bytes);
  };
  handlers.closed = [self = shared_from_this()] { self->end(); };
  return handlers;
}

void StreamSession::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void StreamSession::pump(Hijacked& connection, runtime::Streams* input, bool close_input,
                         std::optional<DetachKeys> keys) {
  while (true) {
    const std::string bytes = connection.read(kPiece);
    if (bytes.empty()) break;
    if (input == nullptr) continue;
    std::string passed = bytes;
    const bool detach = keys && keys->filter(bytes, passed);
    // A process that reads no more is no reason to leave: its output goes on.
    if (!passed.empty() && !input->write(passed)) passed.clear();
    if (detach) {
      std::lock_guard lock(mutex_);
      detached_ = true;
      changed_.notify_all();
      return;
    }
  }
  if (close_input && input != nullptr) input->close_input();
}

StreamSession::End StreamSession::run(runtime::Streams* input, bool close_input,
                                      std::optional<DetachKeys> keys, std::stop_token gone) {
  const auto connection = this->connection();
  std::thread reader;
  if (input != nullptr || connection->wants_reader()) {
    reader = std::thread([this, connection, input, close_input, keys = std::move(keys)]() mutable {
      pump(*connection, input, close_input, std::move(keys));
    });
  }
  End result = End::kEnded;
  {
    std::unique_lock lock(mutex_);
    const bool over = changed_.wait(lock, gone, [&] { return ended_ || detached_; });
    result = !over ? End::kGone : detached_ ? End::kDetached : End::kEnded;
  }
  if (result != End::kGone) {
    connection->finish();
    connection->flush();
  }
  connection->close();
  // A write() that waits for the process to read returns when the process does or has ended.
  if (reader.joinable()) reader.join();
  std::lock_guard lock(mutex_);
  connection_.reset();
  return result;
}

}  // namespace cove::engine
