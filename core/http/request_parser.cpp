#include "core/http/request_parser.h"

#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace cove::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

std::string_view text(string_view view) {
  return {view.data(), view.size()};
}

// Beast cuts the message apart and checks its grammar; what is kept is decided here.
class Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(const Limits& limits, const RequestParser::Streams& streams)
      : limits_(limits), streams_(streams) {
    eager(true);
    header_limit(limits.header_bytes);
    body_limit(boost::none);  // kept here: what goes into a stream has none
    request->headers.reserve(kUsualFields);
  }

  std::shared_ptr<Request> request = std::make_shared<Request>();
  std::shared_ptr<BodyStream> body_stream;
  std::string target;
  std::optional<RequestParser::Refusal> refusal;
  bool header_finished = false;
  bool continue_expected = false;

 private:
  void refuse(int status, std::string message, error_code& error) {
    refusal = {status, std::move(message)};
    error = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb, string_view method, string_view where, int version,
                       error_code& error) override {
    request->method = text(method);
    target = text(where);
    request->protocol = version == 11 ? "HTTP/1.1" : "HTTP/1.0";
    if (version != 11 && version != 10) refuse(505, "only HTTP/1.1 is spoken here", error);
  }

  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(beast::http::field which, string_view name, string_view value,
                     error_code& error) override {
    if (header_finished) return;  // trailers
    using beast::http::field;
    if (request->headers.size() >= limits_.header_fields) {
      refuse(431,
             fmt::format("the request's header has more than {} fields", limits_.header_fields),
             error);
      return;
    }
    switch (which) {
      case field::host:
        if (std::exchange(has_host_, true)) refuse(400, "there are several Host fields", error);
        break;
      case field::content_length: has_length_ = true; break;
      case field::transfer_encoding:
        if (std::exchange(has_coding_, true) || !beast::iequals(value, "chunked"))
          refuse(501, "the only transfer coding understood is chunked", error);
        break;
      case field::expect:
        if (beast::iequals(value, "100-continue")) {
          continue_expected = true;
        } else {
          refuse(417, "the only expectation understood is 100-continue", error);
        }
        break;
      default: break;
    }
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    request->headers.emplace_back(std::move(lower), text(value));
  }

  void on_header_impl(error_code& error) override {
    header_finished = true;
    if (has_coding_ && (has_length_ || request->protocol == "HTTP/1.0")) {
      refuse(400, "the length of the request's body is ambiguous", error);
    } else if (!has_host_ && request->protocol == "HTTP/1.1") {
      refuse(400, "there is no Host field", error);
    } else if (const auto understood = http::parse_target(target, *request); !understood) {
      refuse(400, understood.error().message(), error);
    } else if ((has_length_ || has_coding_) && streams_(*request)) {
      body_stream = std::make_shared<BodyStream>(kStreamBytes);
      request->body_stream = body_stream;
    } else if (const auto size = content_length(); size && *size > limits_.body_bytes) {
      too_large(error);
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code&) override {
    if (body_stream || !size) return;
    // Not all of a large size that was only claimed.
    request->body.reserve(std::min<std::uint64_t>(*size, kTrusted));
  }

  std::size_t on_body_impl(string_view bytes, error_code&) override {
    if (body_stream) {
      body_stream->put(text(bytes));
    } else {
      request->body.append(bytes.data(), bytes.size());
    }
    return bytes.size();
  }

  void too_large(error_code& error) {
    refuse(413, fmt::format("limit is {}", limits_.body_bytes), error);
  }

  void on_chunk_header_impl(std::uint64_t size, string_view, error_code& error) override {
    if (!body_stream && size > limits_.body_bytes - request->body.size()) too_large(error);
  }

  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }

  void on_finish_impl(error_code&) override {
    if (body_stream) body_stream->end();
  }

  static constexpr std::size_t kUsualFields = 12;
  static constexpr std::uint64_t kTrusted = 64 * 1024;
  static constexpr std::size_t kStreamBytes = 256 * 1024;

  const Limits& limits_;
  const RequestParser::Streams& streams_;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
};

}  // namespace

class RequestParser::Implementation {
 public:
  Implementation(const Limits& given, Streams asked) : limits(given), streams(std::move(asked)) {
    parser.emplace(limits, streams);
  }

  Refusal refusal_of(const error_code& failure) {
    using beast::http::error;
    if (parser->refusal) return std::move(*parser->refusal);
    if (failure == error::header_limit || failure == error::buffer_overflow) return too_long();
    return {400, fmt::format("the request is not HTTP/1.1: {}", failure.message())};
  }

  Refusal too_long() const {
    return {431, fmt::format("the request's header is longer than {} bytes", limits.header_bytes)};
  }

  Limits limits;
  Streams streams;
  std::optional<Parser> parser;
  std::size_t header_bytes = 0;
};

RequestParser::RequestParser(const Limits& limits, Streams streams)
    : implementation_(std::make_unique<Implementation>(limits, std::move(streams))) {}

RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  implementation_->parser.emplace(implementation_->limits, implementation_->streams);
  implementation_->header_bytes = 0;
}

RequestParser::Outcome RequestParser::put(std::string_view bytes) {
  Implementation& self = *implementation_;
  Parser& parser = *self.parser;
  Outcome outcome;
  // One call may stop at a boundary inside the message.
  while (!bytes.empty() && !parser.is_done()) {
    error_code error;
    const std::size_t size = parser.put({bytes.data(), bytes.size()}, error);
    if (!parser.header_finished) self.header_bytes += size;
    bytes.remove_prefix(size);
    outcome.consumed += size;
    if (error == beast::http::error::need_more) break;
    if (error) {
      outcome.refusal = self.refusal_of(error);
      return outcome;
    }
  }
  // What waits for more is a part of the header, of a chunk's line or of the trailers.
  const std::size_t before = parser.header_finished ? 0 : self.header_bytes;
  if (!parser.is_done() && before + bytes.size() > self.limits.header_bytes)
    outcome.refusal = self.too_long();
  return outcome;
}

bool RequestParser::header_done() const {
  return implementation_->parser->header_finished;
}

bool RequestParser::done() const {
  return implementation_->parser->is_done();
}

bool RequestParser::keeps_alive() const {
  return implementation_->parser->keep_alive();
}

bool RequestParser::is_http10() const {
  return implementation_->parser->request->protocol == "HTTP/1.0";
}

bool RequestParser::expects_continue() const {
  return implementation_->parser->continue_expected;
}

std::shared_ptr<Request> RequestParser::take() {
  return std::move(implementation_->parser->request);
}

const std::shared_ptr<BodyStream>& RequestParser::body_stream() const {
  return implementation_->parser->body_stream;
}

}  // namespace cove::http
