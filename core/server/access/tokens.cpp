#include "core/server/access/tokens.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "core/api/document.h"
#include "core/base/base64.h"
#include "core/pki/openssl.h"

namespace cove::server {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxKeyBytes = 16 * 1024;
constexpr std::size_t kMaxHeaderBytes = 1024;
constexpr std::size_t kNumber = 32;  // bytes of r and of s
constexpr api::ParseLimits kLimits{.bytes = kMaxTokenBytes, .depth = 16};

using pki::BignumPtr;
using pki::BioPtr;
using pki::Deleter;
using pki::PkeyPtr;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

Error failed(std::string action) {
  return Error{ErrorCode::kInternal, std::move(action), "a token", "OpenSSL refused", ""};
}

Error invalid(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "check", "a token", std::move(cause), ""};
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == "prime256v1";
}

// A coordinate of the public key, 32 bytes.
std::string coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const BignumPtr owner(number);
  std::string out(kNumber, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()), kNumber);
  return out;
}

Result<Secret> to_pem(EVP_PKEY* key) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (!memory ||
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failed("write the key of");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return Secret(std::string(data, static_cast<std::size_t>(size)));
}

// Never asks on the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

// DER to r and s one after the other (RFC 7518 section 3.4).
Result<std::string> to_raw(const std::string& der) {
  const unsigned char* at = bytes(der);
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return failed("sign");
  std::string raw(2 * kNumber, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kNumber) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kNumber, kNumber) < 0)
    return failed("sign");
  return raw;
}

Result<std::string> to_der(std::string_view raw) {
  const SignaturePtr signature(ECDSA_SIG_new());
  BignumPtr r(BN_bin2bn(bytes(raw), kNumber, nullptr));
  BignumPtr s(BN_bin2bn(bytes(raw) + kNumber, kNumber, nullptr));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
    return failed("check");
  (void)r.release();
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return failed("check");
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

struct TokenKeys::Key {
  PkeyPtr pkey;
  std::string id;
  std::string header;  // encoded, the same for every token

  static Result<KeyPtr> of(PkeyPtr pkey);
  static Result<KeyPtr> generate();
};

Result<std::string> decode_base64url(std::string_view text) {
  if (!text.ends_with('=')) {
    if (auto bytes = base64url_decode(text)) return std::move(*bytes);
  }
  return invalid("it is no base64url");
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<TokenKeys::KeyPtr> TokenKeys::Key::of(PkeyPtr pkey) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(pkey.get(), &der);
  if (size <= 0) return failed("read the public key of");
  const std::string_view view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  auto key = std::make_shared<Key>();
  key->pkey = std::move(pkey);
  key->id = base64url_encode(sha256(view));
  OPENSSL_free(der);
  key->header = base64url_encode(json::serialize(json::object{{"alg", "ES256"}, {"kid", key->id}}));
  return KeyPtr(std::move(key));
}

Result<TokenKeys::KeyPtr> TokenKeys::Key::generate() {
  PkeyPtr pkey(EVP_EC_gen("P-256"));
  if (!pkey) return failed("make a key for");
  return of(std::move(pkey));
}

TokenKeys::TokenKeys(std::shared_future<Result<KeyPtr>> key) : key_(std::move(key)) {}
TokenKeys::~TokenKeys() = default;

Result<TokenKeys::KeyPtr> TokenKeys::read(const Path& directory) {
  const Path path = directory / "sa.key";
  const auto pem = read_file(path, kMaxKeyBytes);
  if (!pem && pem.error().code != ErrorCode::kNotFound) return pem.error();
  if (!pem) {
    COVE_TRY(KeyPtr key, Key::generate());
    COVE_TRY(const Secret text, to_pem(key->pkey.get()));
    COVE_CHECK(make_directories(directory, 0700));
    COVE_CHECK(write_file_atomic(path, text.reveal(), 0600));
    return key;
  }
  const BioPtr memory(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  PkeyPtr pkey(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, nullptr));
  if (!pkey || !is_p256(pkey.get())) {
    return Error{ErrorCode::kCorrupt, "read", path.string(), "it is no P-256 key",
                 "Put the right file back, or remove it: all tokens of service accounts are void "
                 "then."};
  }
  return Key::of(std::move(pkey));
}

Result<std::unique_ptr<TokenKeys>> TokenKeys::made(std::unique_ptr<TokenKeys> keys) {
  COVE_CHECK(keys->ready());
  return keys;
}

Result<std::unique_ptr<TokenKeys>> TokenKeys::generate() {
  return made(std::unique_ptr<TokenKeys>(
      new TokenKeys(std::async(std::launch::deferred, &Key::generate).share())));
}

Result<std::unique_ptr<TokenKeys>> TokenKeys::open(const Path& directory) {
  return made(later(directory));
}

std::unique_ptr<TokenKeys> TokenKeys::later(Path directory) {
  return std::unique_ptr<TokenKeys>(new TokenKeys(
      std::async(std::launch::deferred, &TokenKeys::read, std::move(directory)).share()));
}

Result<void> TokenKeys::ready() const {
  const Result<KeyPtr>& key = key_.get();
  return key ? Result<void>() : Result<void>(key.error());
}

std::string TokenKeys::id() const {
  const Result<KeyPtr>& key = key_.get();
  return key ? (*key)->id : std::string();
}

Result<Secret> TokenKeys::sign(const json::object& claims) const {
  COVE_TRY(const KeyPtr key, key_.get());
  std::string text = key->header + "." + base64url_encode(json::serialize(claims));
  const ContextPtr context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key->pkey.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes(text), text.size()) != 1)
    return failed("sign");
  std::string der(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                     bytes(text), text.size()) != 1)
    return failed("sign");
  der.resize(size);
  COVE_TRY(const std::string raw, to_raw(der));
  text += "." + base64url_encode(raw);
  return Secret(std::move(text));
}

Result<json::object> TokenKeys::verify(std::string_view token) const {
  if (token.size() > kMaxTokenBytes) return invalid("it is too long");
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos)
    return invalid("it has not three parts");
  if (first > kMaxHeaderBytes) return invalid("its header is too long");
  COVE_TRY(const std::string header_text, decode_base64url(token.substr(0, first)));
  COVE_TRY(const api::Parsed header, api::parse_json(header_text, kLimits));
  const json::object* const fields = header.value.if_object();
  if (fields == nullptr || api::text_at(*fields, {"alg"}) != "ES256" || fields->contains("crit"))
    return invalid("its algorithm is not ES256");
  COVE_TRY(const KeyPtr key, key_.get());
  if (api::text_at(*fields, {"kid"}) != key->id) return invalid("another key signed it");

  COVE_TRY(const std::string raw, decode_base64url(token.substr(second + 1)));
  if (raw.size() != 2 * kNumber) return invalid("its signature has the wrong length");
  COVE_TRY(const std::string der, to_der(raw));
  const std::string_view signed_part = token.substr(0, second);
  const ContextPtr context(EVP_MD_CTX_new());
  if (!context ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->pkey.get()) != 1)
    return failed("check");
  if (EVP_DigestVerify(context.get(), bytes(der), der.size(), bytes(signed_part),
                       signed_part.size()) != 1)
    return invalid("its signature is wrong");

  COVE_TRY(const std::string text, decode_base64url(token.substr(first + 1, second - first - 1)));
  COVE_TRY(api::Parsed claims, api::parse_json(text, kLimits));
  if (!claims.value.is_object()) return invalid("its claims are no object");
  return std::move(claims.value.get_object());
}

json::object TokenKeys::key_set() const {
  const Result<KeyPtr>& made = key_.get();
  if (!made) return {{"keys", json::array()}};
  EVP_PKEY* const key = (*made)->pkey.get();
  return {{"keys", json::array{json::object{
                       {"use", "sig"},
                       {"kty", "EC"},
                       {"kid", (*made)->id},
                       {"crv", "P-256"},
                       {"alg", "ES256"},
                       {"x", base64url_encode(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X))},
                       {"y", base64url_encode(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y))}}}}};
}

}  // namespace cove::server
