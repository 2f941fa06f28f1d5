#include "core/server/streaming/spdy.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

namespace cove::server {
namespace {

constexpr std::size_t kHead = 8;
constexpr std::uint32_t kMostControl = 64 * 1024;
constexpr std::size_t kMostHeaders = 64 * 1024;
constexpr std::uint32_t kMostFields = 200;
constexpr std::uint8_t kLast = 0x01;

enum Type : std::uint16_t {
  kSynStream = 1,
  kSynReply = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kHeaders = 8,
  kWindowUpdate = 9,
};

std::uint32_t number(std::string_view bytes, std::size_t at = 0) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void append(std::string& out, std::uint32_t value, int bytes = 4) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::string control_frame(std::uint16_t type, std::string_view payload) {
  std::string out;
  append(out, 0x8003, 2);
  append(out, type, 2);
  append(out, static_cast<std::uint32_t>(payload.size()));  // and no flags
  return out.append(payload);
}

// Text with its length before it.
std::optional<std::string_view> take_text(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const std::uint32_t size = number(bytes);
  if (size > bytes.size() - 4) return std::nullopt;
  const std::string_view text = bytes.substr(4, size);
  bytes.remove_prefix(4 + size);
  return text;
}

std::optional<SpdyHeaders> read_headers(std::string_view block) {
  if (block.size() < 4) return std::nullopt;
  const std::uint32_t count = number(block);
  block.remove_prefix(4);
  if (count > kMostFields) return std::nullopt;
  SpdyHeaders headers;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto name = take_text(block);
    if (!name || name->empty()) return std::nullopt;
    const auto value = take_text(block);
    if (!value) return std::nullopt;
    headers.emplace_back(*name, *value);
  }
  return headers;
}

}  // namespace

const std::string& spdy_dictionary() {
  static const std::string whole = [] {
    constexpr auto kWords = std::to_array<std::string_view>({"options",
                                                             "head",
                                                             "post",
                                                             "put",
                                                             "delete",
                                                             "trace",
                                                             "accept",
                                                             "accept-charset",
                                                             "accept-encoding",
                                                             "accept-language",
                                                             "accept-ranges",
                                                             "age",
                                                             "allow",
                                                             "authorization",
                                                             "cache-control",
                                                             "connection",
                                                             "content-base",
                                                             "content-encoding",
                                                             "content-language",
                                                             "content-length",
                                                             "content-location",
                                                             "content-md5",
                                                             "content-range",
                                                             "content-type",
                                                             "date",
                                                             "etag",
                                                             "expect",
                                                             "expires",
                                                             "from",
                                                             "host",
                                                             "if-match",
                                                             "if-modified-since",
                                                             "if-none-match",
                                                             "if-range",
                                                             "if-unmodified-since",
                                                             "last-modified",
                                                             "location",
                                                             "max-forwards",
                                                             "pragma",
                                                             "proxy-authenticate",
                                                             "proxy-authorization",
                                                             "range",
                                                             "referer",
                                                             "retry-after",
                                                             "server",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "user-agent",
                                                             "vary",
                                                             "via",
                                                             "warning",
                                                             "www-authenticate",
                                                             "method",
                                                             "get",
                                                             "status",
                                                             "200 OK",
                                                             "version",
                                                             "HTTP/1.1",
                                                             "url",
                                                             "public",
                                                             "set-cookie",
                                                             "keep-alive",
                                                             "origin"});
    std::string text;
    for (const std::string_view word : kWords) {
      append(text, static_cast<std::uint32_t>(word.size()));
      text += word;
    }
    return text +
           "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504"
           "505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad "
           "Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not "
           "Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec "
           "00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, "
           "GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/"
           "xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset="
           "utf-8charset=iso-8859-1,utf-,*,enq=0.";
  }();
  return whole;
}

// One compressed stream over all header blocks of a connection.
class SpdyReader::Inflater {
 public:
  Inflater() { ready_ = ::inflateInit(&stream_) == Z_OK; }
  ~Inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::optional<std::string> inflate(std::string_view block) {
    if (!ready_) return std::nullopt;
    std::string input(block);
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    std::string out;
    std::array<char, 4096> piece;
    while (true) {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = piece.size();
      const int status = ::inflate(&stream_, Z_SYNC_FLUSH);
      if (status == Z_NEED_DICT) {
        const std::string& words = spdy_dictionary();
        if (::inflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(words.data()),
                                   static_cast<uInt>(words.size())) != Z_OK)
          return std::nullopt;
        continue;
      }
      if (status != Z_OK && status != Z_BUF_ERROR) return std::nullopt;
      out.append(piece.data(), piece.size() - stream_.avail_out);
      if (out.size() > kMostHeaders) return std::nullopt;
      if (stream_.avail_out > 0) break;
    }
    if (stream_.avail_in > 0) return std::nullopt;
    return out;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

SpdyReader::SpdyReader() : inflater_(std::make_unique<Inflater>()) {}
SpdyReader::~SpdyReader() = default;

bool SpdyReader::put(std::string_view bytes, SpdyEvents& events) {
  while (!broken_) {
    if (!in_frame_) {
      const std::size_t some = std::min(bytes.size(), kHead - head_.size());
      head_.append(bytes.substr(0, some));
      bytes.remove_prefix(some);
      if (head_.size() < kHead) return true;
      if (!begin()) break;
    }
    const std::size_t some = std::min<std::size_t>(left_, bytes.size());
    const std::string_view part = bytes.substr(0, some);
    bytes.remove_prefix(some);
    left_ -= static_cast<std::uint32_t>(some);
    in_frame_ = left_ > 0;
    if (is_control_) {
      control_.append(part);
      if (!in_frame_ && !finish_control(events)) break;
    } else if (const bool last = !in_frame_ && (flags_ & kLast) != 0; last || !part.empty()) {
      events.data(stream_, part, last);
    }
    if (in_frame_) return true;
  }
  broken_ = true;
  return false;
}

bool SpdyReader::begin() {
  const std::uint32_t first = number(head_);
  const std::uint32_t second = number(head_, 4);
  head_.clear();
  is_control_ = (first >> 31) != 0;
  type_ = static_cast<std::uint16_t>(first & 0xffff);
  stream_ = first & 0x7fffffff;
  flags_ = static_cast<std::uint8_t>(second >> 24);
  left_ = second & 0xffffff;
  in_frame_ = true;
  control_.clear();
  if (!is_control_) return stream_ != 0;
  return (first >> 16 & 0x7fff) == 3 && left_ <= kMostControl;
}

bool SpdyReader::finish_control(SpdyEvents& events) {
  switch (type_) {
    case kSynStream: return open_stream(events);
    case kRstStream:
      if (control_.size() != 8) return false;
      events.reset(number(control_) & 0x7fffffff);
      return true;
    case kPing:
      if (control_.size() != 4) return false;
      events.ping(number(control_));
      return true;
    case kGoAway: events.going_away(); return true;
    // Nothing of theirs matters here, but what they say to the decompressor does.
    case kSynReply:
    case kHeaders:
      return control_.size() >= 4 &&
             inflater_->inflate(std::string_view(control_).substr(4)).has_value();
    case kSettings:
    case kWindowUpdate: return true;
    default: return true;  // unknown ones are to be ignored (section 2.2.1)
  }
}

bool SpdyReader::open_stream(SpdyEvents& events) {
  constexpr std::size_t kFixed = 10;
  if (control_.size() < kFixed) return false;
  const std::uint32_t stream = number(control_) & 0x7fffffff;
  const auto block = inflater_->inflate(std::string_view(control_).substr(kFixed));
  if (!block) return false;
  const auto headers = read_headers(*block);
  if (!headers || stream % 2 == 0) return false;  // a client's are odd
  events.opened(stream, *headers, (flags_ & kLast) != 0);
  return true;
}

class SpdyReplies::Deflater {
 public:
  Deflater() {
    ready_ = ::deflateInit(&stream_, Z_BEST_SPEED) == Z_OK;
    const std::string& words = spdy_dictionary();
    if (ready_) {
      ::deflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(words.data()),
                             static_cast<uInt>(words.size()));
    }
  }
  ~Deflater() {
    if (ready_) ::deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void deflate(std::string& out, std::string block) {
    std::array<char, 256> piece;
    stream_.next_in = reinterpret_cast<Bytef*>(block.data());
    stream_.avail_in = static_cast<uInt>(block.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = piece.size();
      if (::deflate(&stream_, Z_SYNC_FLUSH) == Z_STREAM_ERROR) return;
      out.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

SpdyReplies::SpdyReplies() : deflater_(std::make_unique<Deflater>()) {}
SpdyReplies::~SpdyReplies() = default;

std::string SpdyReplies::reply(std::uint32_t stream) {
  std::string payload;
  append(payload, stream);
  deflater_->deflate(payload, std::string(4, '\0'));
  return control_frame(kSynReply, payload);
}

std::string spdy_data(std::uint32_t stream, std::string_view bytes, bool last) {
  std::string out;
  out.reserve(kHead + bytes.size());
  append(out, stream);
  append(out, last ? kLast : 0U, 1);
  append(out, static_cast<std::uint32_t>(bytes.size()), 3);
  return out.append(bytes);
}

std::string spdy_reset(std::uint32_t stream, SpdyReset why) {
  std::string payload;
  append(payload, stream);
  append(payload, static_cast<std::uint32_t>(why));
  return control_frame(kRstStream, payload);
}

std::string spdy_ping(std::uint32_t id) {
  std::string payload;
  append(payload, id);
  return control_frame(kPing, payload);
}

}  // namespace cove::server
