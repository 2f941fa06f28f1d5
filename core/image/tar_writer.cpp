#include "core/image/tar_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace cove::image {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kBufferBytes = 256 << 10;
constexpr std::uint64_t kLargestId = 07777777;
constexpr std::uint64_t kLargestSize = 077777777777;
constexpr std::size_t kNameBytes = 100;

std::string pax_record(std::string_view key, std::string_view value) {
  // The length counts its own digits.
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (length != rest + std::to_string(length).size())
    length = rest + std::to_string(length).size();
  std::string record = fmt::format("{} {}=", length, key);
  record += value;
  record += '\n';
  return record;
}

std::string pax_time(std::int64_t seconds, std::uint32_t nanoseconds) {
  if (nanoseconds == 0) return std::to_string(seconds);
  std::string text;
  if (seconds >= 0) {
    text = fmt::format("{}.{:09}", seconds, nanoseconds);
  } else {
    // -1.25 s is second -2 and 750 ms.
    text = fmt::format("-{}.{:09}", -(seconds + 1), 1'000'000'000 - nanoseconds);
  }
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

void put_text(char* field, std::size_t size, std::string_view text) {
  std::memcpy(field, text.data(), std::min(size, text.size()));
}

void put_octal(char* field, std::size_t size, std::uint64_t value) {
  put_text(field, size, fmt::format("{:0{}o}", value, size - 1));
}

std::array<char, kBlock> ustar(const TarEntry& entry) {
  std::array<char, kBlock> block{};
  char* const at = block.data();
  put_text(at, kNameBytes, entry.name);
  put_octal(at + 100, 8, entry.mode & 07777);
  put_octal(at + 108, 8, entry.user <= kLargestId ? entry.user : 0);
  put_octal(at + 116, 8, entry.group <= kLargestId ? entry.group : 0);
  put_octal(at + 124, 12, entry.size <= kLargestSize ? entry.size : 0);
  const bool fits = entry.mtime >= 0 && static_cast<std::uint64_t>(entry.mtime) <= kLargestSize;
  put_octal(at + 136, 12, fits ? static_cast<std::uint64_t>(entry.mtime) : 0);
  std::memset(at + 148, ' ', 8);
  at[156] = entry.type;
  put_text(at + 157, kNameBytes, entry.link);
  put_text(at + 257, 8,
           std::string_view("ustar\0"
                            "00",
                            8));
  put_octal(at + 329, 8, entry.major & kLargestId);
  put_octal(at + 337, 8, entry.minor & kLargestId);
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_text(at + 148, 8, fmt::format("{:06o}", sum));
  at[154] = '\0';
  at[155] = ' ';
  return block;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string pax_records(const TarEntry& entry) {
  std::string records;
  if (entry.name.size() > kNameBytes || !is_ascii(entry.name))
    records += pax_record("path", entry.name);
  if (entry.link.size() > kNameBytes || !is_ascii(entry.link))
    records += pax_record("linkpath", entry.link);
  if (entry.user > kLargestId) records += pax_record("uid", std::to_string(entry.user));
  if (entry.group > kLargestId) records += pax_record("gid", std::to_string(entry.group));
  if (entry.size > kLargestSize) records += pax_record("size", std::to_string(entry.size));
  if (entry.mtime_ns != 0 || entry.mtime < 0 ||
      static_cast<std::uint64_t>(entry.mtime) > kLargestSize) {
    records += pax_record("mtime", pax_time(entry.mtime, entry.mtime_ns));
  }
  for (const auto& [name, value] : entry.attributes)
    records += pax_record("SCHILY.xattr." + name, value);
  return records;
}

}  // namespace

Result<void> TarWriter::header(const TarEntry& entry) {
  if (left_ != 0) {
    return Error{ErrorCode::kInternal, "write an archive", entry.name,
                 "the entry before it is not complete", ""};
  }
  COVE_CHECK(pad());
  if (const std::string records = pax_records(entry); !records.empty()) {
    TarEntry extended;
    extended.name = "PaxHeaders.0/" + entry.name.substr(0, 80);
    while (extended.name.ends_with('/')) extended.name.pop_back();
    extended.type = 'x';
    extended.size = records.size();
    const auto block = ustar(extended);
    COVE_CHECK(put({block.data(), block.size()}));
    COVE_CHECK(put(records));
    padding_ = (kBlock - records.size() % kBlock) % kBlock;
    COVE_CHECK(pad());
  }
  const auto block = ustar(entry);
  COVE_CHECK(put({block.data(), block.size()}));
  left_ = entry.size;
  padding_ = (kBlock - entry.size % kBlock) % kBlock;
  return {};
}

Result<void> TarWriter::data(std::string_view bytes) {
  if (bytes.size() > left_)
    return Error{ErrorCode::kInternal, "write an archive", "", "an entry has too much data", ""};
  left_ -= bytes.size();
  return put(bytes);
}

Result<void> TarWriter::file(const TarEntry& entry, std::string_view bytes) {
  TarEntry sized = entry;
  sized.size = bytes.size();
  COVE_CHECK(header(sized));
  return data(bytes);
}

Result<void> TarWriter::finish() {
  COVE_CHECK(pad());
  const std::string end(2 * kBlock, '\0');
  COVE_CHECK(put(end));
  return flush();
}

Result<void> TarWriter::pad() {
  const std::string zeros(padding_, '\0');
  padding_ = 0;
  return put(zeros);
}

Result<void> TarWriter::put(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) COVE_CHECK(flush());
  if (bytes.size() >= kBufferBytes) return sink_(bytes);
  buffer_ += bytes;
  return {};
}

Result<void> TarWriter::flush() {
  if (buffer_.empty()) return {};
  const std::string bytes = std::move(buffer_);
  buffer_.clear();
  return sink_(bytes);
}

}  // namespace cove::image
