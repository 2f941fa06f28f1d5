// Tokens: encodings that are not canonical, claims of any shape, and nothing accepted that was not
// signed.
#include <boost/json/serialize.hpp>

#include "core/api/document.h"
#include "core/base/base64.h"
#include "core/server/access/tokens.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  namespace server = cove::server;
  static const auto keys = *server::TokenKeys::generate();
  const std::string text(cove::fuzz::text(data, size));
  require(!keys->verify(text), "what nobody signed is refused");
  if (const auto bytes = server::decode_base64url(text))
    require(cove::base64url_encode(*bytes) == text, "one text for the same bytes");
  require(*server::decode_base64url(cove::base64url_encode(text)) == text, "bytes come back");
  // With the right header in front.
  const std::string real = keys->sign({})->reveal();
  require(!keys->verify(real.substr(0, real.find('.') + 1) + text), "a header signs nothing");

  const auto claims = cove::api::parse_json(text, {.bytes = 4096, .depth = 12});
  if (!claims || !claims->value.is_object()) return 0;
  const std::string token = keys->sign(claims->value.get_object())->reveal();
  const auto verified = keys->verify(token);
  if (token.size() <= server::kMaxTokenBytes)
    require(verified && cove::api::same(*verified, claims->value), "claims come back");
  std::string changed = token;
  char& at = changed[size % changed.size()];
  at = at == 'A' ? 'B' : 'A';
  require(!keys->verify(changed), "a changed byte is seen");
  return 0;
}
