#include "core/http/compress.h"

#include <zlib.h>

#include <limits>

namespace cove::http {
namespace {

constexpr std::size_t kWorthwhile = 128 * 1024;
constexpr int kGzipWindow = 15 + 16;
constexpr int kQuick = 1;
constexpr int kUsualMemory = 8;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "q=0", "q=0.0" and so on: not acceptable.
bool is_zero_weight(std::string_view parameter) {
  parameter = trim(parameter);
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return false;
  return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view item = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(accept_encoding.size(), item.size() + 1));
    const std::size_t semicolon = item.find(';');
    if (trim(item.substr(0, semicolon)) != "gzip") continue;
    return semicolon == std::string_view::npos || !is_zero_weight(item.substr(semicolon + 1));
  }
  return false;
}

bool worth_compressing(const Answer& answer) {
  const std::size_t size = answer.compressible ? body_size(answer) : 0;
  return size >= kWorthwhile && size <= std::numeric_limits<uInt>::max();
}

void compress(Answer& answer) {
  z_stream stream{};
  if (deflateInit2(&stream, kQuick, Z_DEFLATED, kGzipWindow, kUsualMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return;
  }
  const auto body = whole_body(answer);
  std::string out(deflateBound(&stream, body->size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body->data()));
  stream.avail_in = static_cast<uInt>(body->size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int outcome = ::deflate(&stream, Z_FINISH);
  const std::size_t size = stream.total_out;
  deflateEnd(&stream);
  if (outcome != Z_STREAM_END) return;
  out.resize(size);
  out.shrink_to_fit();
  answer.body = std::make_shared<const std::string>(std::move(out));
  answer.joined = nullptr;
  answer.headers.emplace_back("Content-Encoding", "gzip");
  answer.headers.emplace_back("Vary", "Accept-Encoding");
}

}  // namespace cove::http
