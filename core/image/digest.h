// Digests: what content is named by (OCI image-spec, descriptor.md#digests). SHA-256 only.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cove::image {

// A SHA-256 digest: "sha256:" and 64 hexadecimal digits in lower case. Empty when default-made.
class Digest {
 public:
  Digest() = default;
  // kInvalidArgument for another algorithm or form; the text is from outside.
  static Result<Digest> parse(std::string_view text);
  static Digest of(std::string_view bytes);

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }  // "sha256:…"
  std::string_view hex() const;                      // the 64 digits
  std::string_view short_hex() const;                // the first 12, as Docker shows ids
  auto operator<=>(const Digest&) const = default;

 private:
  friend class Sha256;
  std::string text_;
};

// Hashes what comes piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void put(std::string_view bytes);
  // Once; the hash takes nothing afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cove::image
