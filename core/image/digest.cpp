#include "core/image/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>

#include "core/base/strings.h"

namespace cove::image {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kHexDigits = 64;

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  const auto fail = [&](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "read the digest",
                 escape_control(text.substr(0, 128)), std::move(cause), ""};
  };
  if (text.substr(0, kPrefix.size()) != kPrefix) {
    if (text.find(':') == std::string_view::npos) return fail("invalid checksum digest format");
    return fail("unsupported digest algorithm");
  }
  const std::string_view digits = text.substr(kPrefix.size());
  if (digits.size() != kHexDigits) return fail("invalid checksum digest length");
  if (!std::all_of(digits.begin(), digits.end(), is_lower_hex))
    return fail("invalid checksum digest format");
  Digest digest;
  digest.text_ = text;
  return digest;
}

Digest Digest::of(std::string_view bytes) {
  Sha256 hash;
  hash.put(bytes);
  return hash.finish();
}

std::string_view Digest::hex() const {
  return empty() ? std::string_view() : std::string_view(text_).substr(kPrefix.size());
}

std::string_view Digest::short_hex() const {
  return hex().substr(0, 12);
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr ||
      EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::put(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

Digest Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context, bytes.data(), &length);
  constexpr std::string_view kDigits = "0123456789abcdef";
  Digest digest;
  digest.text_.reserve(kPrefix.size() + kHexDigits);
  digest.text_ = kPrefix;
  for (unsigned i = 0; i < length; ++i) {
    digest.text_ += kDigits[bytes[i] >> 4];
    digest.text_ += kDigits[bytes[i] & 0xF];
  }
  return digest;
}

}  // namespace cove::image
