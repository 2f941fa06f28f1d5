// A client's side of a WebSocket, and the channels in its messages' first bytes.
#include "core/server/streaming/websocket.h"

#include "tests/fuzz/fuzz.h"

namespace {

class Sink final : public cove::server::WebSocketEvents {
 public:
  void message(std::string_view part, bool first, bool last) override {
    cove::fuzz::require(first || open, "a part follows a beginning");
    open = !last;
    bytes += part.size();
  }
  void ping(std::string_view payload) override {
    cove::fuzz::require(payload.size() <= 125, "a ping is small");
    bytes += payload.size();
  }
  void closed() override {}

  bool open = false;
  std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cove::fuzz::text(data, size);
  Sink whole;
  cove::server::WebSocketReader reader;
  const bool fine = reader.put(text, whole);
  cove::fuzz::require(whole.bytes <= size, "nothing comes from nowhere");
  Sink slow;
  cove::server::WebSocketReader one;
  bool slow_fine = true;
  for (const char& c : text) slow_fine = slow_fine && one.put({&c, 1}, slow);
  cove::fuzz::require(fine == slow_fine && whole.bytes == slow.bytes,
                      "how it is cut changes nothing");
  return 0;
}
