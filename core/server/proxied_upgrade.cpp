#include "core/server/proxied_upgrade.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/server/streaming/wire.h"

namespace cove::server {
namespace {

constexpr std::size_t kPiece = 32 * 1024;
constexpr std::size_t kWaiting = 256 * 1024;

// What the client has sent and the other side has not got yet.
class Inbox {
 public:
  // False: it is full.
  bool put(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes;
    came_.notify_one();
    return bytes_.size() < kWaiting;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    came_.notify_one();
  }
  // Waits; empty at the end.
  std::string take() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return ended_ || !bytes_.empty(); });
    return std::exchange(bytes_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::string bytes_;
  bool ended_ = false;
};

}  // namespace

void pass_bytes(std::unique_ptr<http::Tunnel> client, http::RawStream& other,
                std::stop_token stop) {
  const auto inbox = std::make_shared<Inbox>();
  std::stop_source over;
  const std::stop_callback on_stop(stop, [&] { over.request_stop(); });
  const auto wire = std::make_shared<Wire>(std::move(client));
  wire->start({.bytes = [inbox](std::string_view bytes) { return inbox->put(bytes); },
               .ended =
                   [inbox, over]() mutable {
                     inbox->end();
                     over.request_stop();
                   }});
  std::thread inward([&] {
    while (true) {
      const std::string bytes = inbox->take();
      if (bytes.empty() || !other.write(bytes, over.get_token())) break;
      wire->resume();
    }
    other.finish();
  });
  while (true) {
    auto piece = other.read(kPiece, over.get_token());
    if (!piece || piece->empty() || !wire->write(std::move(*piece))) break;
  }
  wire->drain_and_close();
  over.request_stop();
  inbox->end();
  inward.join();
}

}  // namespace cove::server
