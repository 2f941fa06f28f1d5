// DNS messages: whatever is understood means the same when it is written and read again, and is
// never written longer than asked.
#include "core/network/dns_message.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  namespace dns = cove::network::dns;
  const auto bytes = cove::fuzz::text(data, size);
  const auto head = dns::parse_head(bytes);
  const auto message = dns::parse(bytes);
  if (const auto name = dns::normalize_name(bytes)) {
    require(*dns::normalize_name(*name) == *name, "a normal name stays");
    require(dns::wire_name(*name).size() <= 255, "names are bounded");
    static_cast<void>(dns::address_of_reverse(*name));
  }
  if (!message) return 0;
  require(head.has_value(), "a message has a head");
  require(head->questions == message->questions, "the head has its questions");
  for (const std::size_t limit : {std::size_t{512}, dns::kMaxMessage}) {
    const std::string wire = dns::encode(*message, limit);
    require(wire.size() <= limit, "no longer than asked");
    const auto back = dns::parse(wire);
    require(back.has_value(), "what we write can be read");
    require(back->id == message->id, "the id stays");
    if (back->truncated == message->truncated) require(*back == *message, "the meaning stays");
  }
  const auto answer = dns::answer_to(*message, dns::ResponseCode::kServerFailure);
  require(dns::encode(answer, dns::udp_limit(*message)).size() <= 4096, "answers are bounded");
  return 0;
}
