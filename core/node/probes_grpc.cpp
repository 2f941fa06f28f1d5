#include <fmt/format.h>

#include <array>

#include "core/api/document.h"
#include "core/http/http2_call.h"
#include "core/node/probes_requests.h"

namespace cove::node {

namespace json = boost::json;

namespace {

using Outcome = ProbeAttempt::Outcome;

constexpr std::size_t kPrefix = 5;  // of a message: whether it is compressed, and its length

constexpr std::array<std::string_view, 17> kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};
constexpr std::size_t kUnknown = 2, kUnimplemented = 12;
constexpr std::array<std::string_view, 4> kServing = {"UNKNOWN", "SERVING", "NOT_SERVING",
                                                      "SERVICE_UNKNOWN"};

// HealthCheckRequest{service} as one message.
std::string request_of(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    message += '\x0a';
    std::size_t length = service.size();
    for (; length > 0x7f; length >>= 7) message += static_cast<char>((length & 0x7f) | 0x80);
    message += static_cast<char>(length);
    message += service;
  }
  std::string out(1, '\0');
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((message.size() >> shift) & 0xff);
  return out + message;
}

// HealthCheckResponse.status; nothing when the bytes are no such message. The only field is a
// varint: whatever else a message has is not for us.
std::optional<std::size_t> serving_of(std::string_view body) {
  if (body.size() < kPrefix || body[0] != '\0') return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 1; i < kPrefix; ++i)
    length = length << 8 | static_cast<unsigned char>(body[i]);
  body.remove_prefix(kPrefix);
  if (length != body.size()) return std::nullopt;
  if (body.empty()) return 0;
  if (body.size() < 2 || body[0] != '\x08' || (body[1] & 0x80) != 0) return std::nullopt;
  return static_cast<std::size_t>(body[1]);
}

// "%20" as trailers write it.
std::string decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += coded ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (coded) i += 2;
  }
  return out;
}

struct RpcStatus {
  std::size_t code = kUnknown;
  std::string message;
};
RpcStatus status_of(const http::Http2Answer& answer) {
  // An answer that is nothing but trailers has them as its header.
  const auto& where = answer.trailers.contains("grpc-status") ? answer.trailers : answer.headers;
  const auto code = where.find("grpc-status");
  if (code == where.end()) {
    // As gRPC takes the answers of other servers.
    return {answer.status == 404 ? kUnimplemented : kUnknown,
            fmt::format("unexpected HTTP status code received from server: {}", answer.status)};
  }
  RpcStatus out;
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (code->second == std::to_string(i)) out.code = i;
  }
  if (const auto text = where.find("grpc-message"); text != where.end())
    out.message = decoded(text->second);
  return out;
}

std::string duration_text(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{}s", time.count() / 1000)
                                  : fmt::format("{}ms", time.count());
}

ProbeAttempt unanswered(const Error& error, const std::string& address,
                        std::chrono::milliseconds timeout) {
  const bool late = error.code == ErrorCode::kTimeout || error.code == ErrorCode::kCancelled;
  if (error.action == "connect to") {
    // Who cannot connect tries until the time is over.
    return {
        Outcome::kFailure,
        fmt::format("timeout: failed to connect service {} within {}: context deadline exceeded",
                    api::quote(address), duration_text(timeout))};
  }
  if (late) {
    return {Outcome::kFailure,
            fmt::format("timeout: health rpc did not complete within {}", duration_text(timeout))};
  }
  return {Outcome::kFailure,
          fmt::format("error: health rpc probe failed: rpc error: code = Unavailable desc = {}",
                      error.cause)};
}

}  // namespace

ProbeAttempt probe_grpc(const json::object& action, const ProbeTarget& target,
                        std::chrono::milliseconds timeout, std::stop_token stop) {
  const auto port = port_of(action, target);
  if (!port) return {Outcome::kError, port.error().cause};
  http::Http2Call call;
  call.host = host_of({}, target);
  call.port = *port;
  call.path = "/grpc.health.v1.Health/Check";
  call.headers = {{"content-type", "application/grpc"},
                  {"te", "trailers"},
                  {"user-agent", "kube-probe/1.36"},
                  {"grpc-timeout", fmt::format("{}m", timeout.count())}};
  call.body = request_of(api::text_at(action, {"service"}));
  call.connect = call.answer = timeout;
  const auto answer = http::call_http2(call, std::move(stop));
  const bool v6 = call.host.find(':') != std::string::npos;
  const std::string address =
      fmt::format("{}{}{}:{}", v6 ? "[" : "", call.host, v6 ? "]" : "", call.port);
  if (!answer) return unanswered(answer.error(), address, timeout);
  const RpcStatus status = status_of(*answer);
  if (status.code == kUnimplemented) {
    return {Outcome::kFailure,
            "error: this server does not implement the grpc health protocol "
            "(grpc.health.v1.Health): " +
                status.message};
  }
  if (status.code != 0) {
    return {Outcome::kFailure,
            fmt::format("error: health rpc probe failed: rpc error: code = {} desc = {}",
                        kCodes[status.code], status.message)};
  }
  const auto serving = serving_of(answer->body);
  if (serving == 1U) return {Outcome::kSuccess, "service healthy"};
  return {Outcome::kFailure,
          fmt::format("service unhealthy (responded with \"{}\")",
                      kServing[serving && *serving < kServing.size() ? *serving : 0])};
}

}  // namespace cove::node
