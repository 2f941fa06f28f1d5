// A client's side of SPDY/3.1, its compressed headers among it.
#include "core/server/streaming/spdy.h"

#include "tests/fuzz/fuzz.h"

namespace {

class Sink final : public cove::server::SpdyEvents {
 public:
  void opened(std::uint32_t stream, const cove::server::SpdyHeaders& headers, bool) override {
    cove::fuzz::require(stream % 2 == 1, "a client's streams are odd");
    cove::fuzz::require(headers.size() <= 200, "headers are bounded");
    ++events;
  }
  void data(std::uint32_t, std::string_view part, bool) override { bytes += part.size(); }
  void reset(std::uint32_t) override { ++events; }
  void ping(std::uint32_t) override { ++events; }
  void going_away() override { ++events; }

  std::size_t events = 0;
  std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cove::fuzz::read_whole_and_cut<cove::server::SpdyReader, Sink>(cove::fuzz::text(data, size));
  return 0;
}
