#include "core/http/response_parser.h"

#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace cove::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

// Beast cuts the message apart and checks its grammar; what is kept is decided here.
class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(const ResponseBounds& bounds, bool no_body) : bounds_(bounds) {
    eager(true);
    header_limit(bounds.header_bytes);
    body_limit(boost::none);
    skip(no_body);
  }

  ResponseHead head;
  std::string* body = nullptr;
  std::string refusal;
  bool header_finished = false;

 private:
  void refuse(std::string why, error_code& error) {
    refusal = std::move(why);
    error = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}

  void on_response_impl(int status, string_view reason, int version, error_code& error) override {
    head.status = status;
    head.reason = std::string(reason);
    if (version != 11 && version != 10) refuse("it is another version of HTTP", error);
  }

  void on_field_impl(beast::http::field which, string_view name, string_view value,
                     error_code& error) override {
    if (header_finished) return;  // trailers
    using beast::http::field;
    if (head.headers.size() >= bounds_.header_fields) {
      refuse(fmt::format("its header has more than {} fields", bounds_.header_fields), error);
      return;
    }
    if (which == field::content_length && std::exchange(has_length_, true))
      refuse("it says its length twice", error);
    if (which == field::transfer_encoding &&
        (std::exchange(has_coding_, true) || !beast::iequals(value, "chunked")))
      refuse("it comes in a coding that is not understood", error);
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    head.headers.emplace_back(std::move(lower), std::string(value));
  }

  void on_header_impl(error_code& error) override {
    header_finished = true;
    if (has_length_ && has_coding_) refuse("its length is ambiguous", error);
    head.keeps_alive = keep_alive() && !need_eof();
    head.ends_with_connection = need_eof();
    if (const auto length = content_length()) head.content_length = *length;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(string_view bytes, error_code&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }

  void on_finish_impl(error_code&) override {}

  ResponseBounds bounds_;
  bool has_length_ = false;
  bool has_coding_ = false;
};

}  // namespace

class ResponseParser::Implementation {
 public:
  Implementation(const ResponseBounds& given, bool no_body)
      : bounds(given), parser(given, no_body) {}

  Error too_long() const {
    return Error{ErrorCode::kResourceExhausted,
                 {},
                 {},
                 fmt::format("its header is longer than {} bytes", bounds.header_bytes),
                 {}};
  }

  Error error_of(const error_code& failure) const {
    using beast::http::error;
    if (failure == error::header_limit || failure == error::buffer_overflow) return too_long();
    return Error{ErrorCode::kCorrupt,
                 {},
                 {},
                 fmt::format("its answer is not HTTP: {}",
                             parser.refusal.empty() ? failure.message() : parser.refusal),
                 {}};
  }

  ResponseBounds bounds;
  Parser parser;
  std::size_t header_bytes = 0;
};

ResponseParser::ResponseParser(const ResponseBounds& bounds, bool no_body)
    : implementation_(std::make_unique<Implementation>(bounds, no_body)) {}

ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::put(std::string_view bytes, std::string& body) {
  Implementation& self = *implementation_;
  Parser& parser = self.parser;
  parser.body = &body;
  std::size_t consumed = 0;
  while (!bytes.empty() && !parser.is_done()) {
    error_code error;
    const std::size_t size = parser.put({bytes.data(), bytes.size()}, error);
    if (!parser.header_finished) self.header_bytes += size;
    bytes.remove_prefix(size);
    consumed += size;
    if (error == beast::http::error::need_more) break;
    if (error) return self.error_of(error);
  }
  // What waits for more is a part of the header, of a chunk's line or of the trailers.
  const std::size_t before = parser.header_finished ? 0 : self.header_bytes;
  if (!parser.is_done() && before + bytes.size() > self.bounds.header_bytes) return self.too_long();
  return consumed;
}

Result<void> ResponseParser::put_end() {
  Parser& parser = implementation_->parser;
  if (parser.is_done()) return {};
  error_code error;
  if (parser.got_some()) parser.put_eof(error);
  if (!parser.got_some() || error) {
    return Error{ErrorCode::kUnavailable,
                 {},
                 {},
                 parser.header_finished ? "the connection ended in the middle of the answer"
                                        : "the connection ended without an answer",
                 {}};
  }
  return {};
}

bool ResponseParser::header_done() const {
  return implementation_->parser.header_finished;
}

bool ResponseParser::done() const {
  return implementation_->parser.is_done();
}

const ResponseHead& ResponseParser::head() const {
  return implementation_->parser.head;
}

}  // namespace cove::http
