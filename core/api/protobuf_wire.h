// The wire format of Protocol Buffers (protobuf.dev "Encoding"): varints, tags, lengths. Private to
// this room.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace cove::api::wire {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5
};

// Writes from the end to the front: a message's length is known when its tag is to be written, so
// nothing is measured beforehand and nothing is moved. Fields are therefore written in descending
// order of their numbers.
class ReverseWriter {
 public:
  explicit ReverseWriter(std::size_t capacity = 1024) : buffer_(capacity, '\0'), begin_(capacity) {}

  std::size_t size() const { return buffer_.size() - begin_; }
  std::string finish() const { return buffer_.substr(begin_); }

  void bytes(std::string_view value) {
    if (value.empty()) return;
    reserve(value.size());
    begin_ -= value.size();
    std::memcpy(buffer_.data() + begin_, value.data(), value.size());
  }

  void varint(std::uint64_t value) {
    char text[10];
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) text[count++] = static_cast<char>(value | 0x80);
    text[count++] = static_cast<char>(value);
    bytes({text, count});
  }

  void tag(int number, WireType type) {
    varint(static_cast<std::uint64_t>(number) << 3 | static_cast<std::uint64_t>(type));
  }

  void integer_field(int number, std::int64_t value) {
    varint(static_cast<std::uint64_t>(value));
    tag(number, WireType::kVarint);
  }

  void double_field(int number, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    char text[8];
    for (int i = 0; i < 8; ++i) text[i] = static_cast<char>(bits >> (8 * i) & 0xff);
    bytes({text, sizeof text});
    tag(number, WireType::kFixed64);
  }

  void bytes_field(int number, std::string_view value) {
    bytes(value);
    varint(value.size());
    tag(number, WireType::kBytes);
  }

  // Heads what was written since size() was `before` as a message.
  void message_field(int number, std::size_t before) {
    varint(size() - before);
    tag(number, WireType::kBytes);
  }

 private:
  void reserve(std::size_t count) {
    if (begin_ >= count) return;
    const std::size_t used = size();
    std::string larger(std::max(buffer_.size() * 2, used + count), '\0');
    begin_ = larger.size() - used;
    std::memcpy(larger.data() + begin_, buffer_.data() + buffer_.size() - used, used);
    buffer_ = std::move(larger);
  }

  std::string buffer_;
  std::size_t begin_;
};

// Reads untrusted bytes; every function answers false or none instead of going past the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return std::nullopt;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  // Field numbers are 1 to 2^29 - 1.
  bool tag(int& number, WireType& type) {
    const auto value = varint();
    if (!value || *value > 0xffffffffU || *value >> 3 == 0 || (*value & 7U) > 5) return false;
    number = static_cast<int>(*value >> 3);
    type = static_cast<WireType>(*value & 7U);
    return true;
  }

  std::optional<std::string_view> bytes() {
    const auto length = varint();
    if (!length || *length > rest_.size()) return std::nullopt;
    return take(static_cast<std::size_t>(*length));
  }

  std::optional<std::uint64_t> fixed64() {
    if (rest_.size() < 8) return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(8);
    return value;
  }

  // Over the value of an unknown field. Groups are refused: nothing here ever had them.
  bool skip(WireType type) {
    switch (type) {
      case WireType::kVarint: return varint().has_value();
      case WireType::kFixed64: return fixed64().has_value();
      case WireType::kBytes: return bytes().has_value();
      case WireType::kFixed32:
        if (rest_.size() < 4) return false;
        rest_.remove_prefix(4);
        return true;
      default: return false;
    }
  }

 private:
  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace cove::api::wire
