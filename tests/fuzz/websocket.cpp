// A client's side of a WebSocket, and the channels in its messages' first bytes.
#include "core/http/websocket.h"

#include "tests/fuzz/fuzz.h"

namespace {

class Sink final : public cove::http::WebSocketEvents {
 public:
  void message(std::string_view part, bool first, bool last) override {
    cove::fuzz::require(first || open, "a part follows a beginning");
    open = !last;
    bytes += part.size();
  }
  void ping(std::string_view payload) override {
    cove::fuzz::require(payload.size() <= 125, "a ping is small");
    bytes += payload.size();
    ++events;
  }
  void closed() override { ++events; }

  bool open = false;
  std::size_t events = 0;
  std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cove::fuzz::read_whole_and_cut<cove::http::WebSocketReader, Sink>(cove::fuzz::text(data, size));
  return 0;
}
