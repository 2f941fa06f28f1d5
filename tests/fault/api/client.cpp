#include "tests/fault/api/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cctype>
#include <charconv>
#include <cstdlib>

namespace cove::testing {
namespace {

constexpr std::string_view kHeaderEnd = "\r\n\r\n";

struct Header {
  int status = 0;
  std::optional<std::size_t> length;
  bool chunked = false;
};

Header parse_header(std::string_view text) {
  Header header;
  if (text.size() < 12) return header;
  std::from_chars(text.data() + 9, text.data() + 12, header.status);
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  if (const std::size_t at = lower.find(kLength); at != std::string::npos)
    header.length = std::strtoull(lower.c_str() + at + kLength.size(), nullptr, 10);
  header.chunked = lower.find("\r\ntransfer-encoding: chunked") != std::string::npos;
  return header;
}

std::string request_text(std::string_view method, const std::string& target, std::string_view body,
                         std::string_view type) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: coved\r\n", method, target);
  if (!body.empty())
    text +=
        fmt::format("Content-Type: application/{}\r\nContent-Length: {}\r\n", type, body.size());
  return text.append("\r\n").append(body);
}

}  // namespace

json::value Reply::document() const {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  return error ? json::value(json::object()) : value;
}

Reply ApiClient::ask(std::string_view method, const std::string& target, std::string_view body,
                     std::string_view type) {
  Reply reply;
  if (!connection_) {
    input_.clear();
    auto connection = std::make_unique<TlsClient>(port_, &identity_);
    if (!connection->handshake()) {
      reply.outcome = Reply::Outcome::kNotSent;
      return reply;
    }
    connection_ = std::move(connection);
  }
  if (connection_->send(request_text(method, target, body, type))) reply = receive();
  if (!reply.answered()) connection_.reset();
  return reply;
}

Reply ApiClient::receive() {
  Reply reply;
  std::size_t end = std::string::npos;
  std::size_t whole = std::string::npos;
  while (whole == std::string::npos || input_.size() < whole) {
    const std::string some = connection_->receive_some();
    if (some.empty()) return reply;
    input_ += some;
    if (end != std::string::npos) continue;
    end = input_.find(kHeaderEnd);
    if (end == std::string::npos) continue;
    const Header header = parse_header(input_.substr(0, end + 2));
    reply.status = header.status;
    whole = end + kHeaderEnd.size() + header.length.value_or(0);
  }
  reply.body = input_.substr(end + kHeaderEnd.size(), whole - end - kHeaderEnd.size());
  input_.erase(0, whole);
  reply.outcome = Reply::Outcome::kAnswered;
  return reply;
}

void ApiClient::move_to(std::uint16_t port) {
  port_ = port;
  connection_.reset();
}

LineStream::LineStream(std::uint16_t port, const client::TlsIdentity& identity,
                       const std::string& target)
    : connection_(port, &identity) {
  if (!connection_.handshake() || !connection_.send(request_text("GET", target, {}, {}))) return;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    if (!fill()) return;
    end = raw_.find(kHeaderEnd);
  }
  const Header header = parse_header(raw_.substr(0, end + 2));
  raw_.erase(0, end + kHeaderEnd.size());
  if (header.chunked || header.status != 200) status_ = header.status;
}

bool LineStream::fill() {
  const std::string some = connection_.receive_some();
  raw_ += some;
  return !some.empty();
}

// Moves whole chunks from the raw bytes to the text.
bool LineStream::decode() {
  bool moved = false;
  while (!whole_) {
    const std::size_t line = raw_.find("\r\n");
    if (line == std::string::npos) break;
    std::size_t size = 0;
    std::from_chars(raw_.data(), raw_.data() + line, size, 16);
    if (raw_.size() < line + 2 + size + 2) break;
    text_.append(raw_, line + 2, size);
    raw_.erase(0, line + 2 + size + 2);
    whole_ = size == 0;
    moved = true;
  }
  return moved;
}

std::optional<std::string> LineStream::next() {
  if (status_ != 200) return std::nullopt;
  while (true) {
    const std::size_t end = text_.find('\n');
    if (end != std::string::npos) {
      std::string line = text_.substr(0, end);
      text_.erase(0, end + 1);
      return line;
    }
    if (decode()) continue;
    if (whole_ || !fill()) return std::nullopt;
  }
}

std::string config_map(std::string_view name, std::string_view key, std::string_view value,
                       std::string_view version) {
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{}"{}}},"data":{{"{}":"{}"}}}})",
      name, version.empty() ? "" : fmt::format(R"(,"resourceVersion":"{}")", version), key, value);
}

std::string name_of(const json::value& object) {
  return std::string(object.at("metadata").at("name").as_string());
}

std::int64_t version_of(const json::value& object) {
  const json::object* const root = object.if_object();
  const json::value* const metadata = root != nullptr ? root->if_contains("metadata") : nullptr;
  if (metadata == nullptr || !metadata->is_object()) return 0;
  const json::value* const version = metadata->get_object().if_contains("resourceVersion");
  return version != nullptr ? std::atoll(version->as_string().c_str()) : 0;
}

std::string entry_of(const json::value& object, std::string_view key) {
  const json::value* const data = object.as_object().if_contains("data");
  if (data == nullptr) return {};
  const json::value* const entry = data->as_object().if_contains(key);
  return entry != nullptr ? std::string(entry->as_string()) : std::string();
}

int fault_rounds(int otherwise) {
  const char* const wanted = std::getenv("COVE_FAULT_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : otherwise;
}

}  // namespace cove::testing
