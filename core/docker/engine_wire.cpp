#include "core/docker/engine_wire.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "core/base/strings.h"

namespace cove::docker {
namespace {

constexpr std::size_t kMaxAnswer = 64 << 20;
constexpr std::size_t kMaxLine = 1 << 20;
constexpr const char* kVersion = "/v1.41";  // of the API: what Debian's docker speaks, and ours

json::parse_options parse_limits() {
  json::parse_options options;
  options.max_depth = 32;
  return options;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::kInvalidArgument;
    case 401:
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kConflict;
    case 501: return ErrorCode::kUnsupported;
    case 503: return ErrorCode::kUnavailable;
    default: return ErrorCode::kInternal;
  }
}

// Cuts a body into lines of JSON objects.
class Lines {
 public:
  Result<void> read(http::ClientResponse& response, const TakeLine& take) {
    while (true) {
      COVE_TRY(const std::string piece, response.read(kPiece));
      if (piece.empty()) break;
      rest_ += piece;
      std::size_t begin = 0;
      for (std::size_t end = rest_.find('\n'); end != std::string::npos;
           end = rest_.find('\n', begin)) {
        COVE_CHECK(line(std::string_view(rest_).substr(begin, end - begin), take));
        begin = end + 1;
      }
      rest_.erase(0, begin);
      if (rest_.size() > kMaxLine) {
        return Error{ErrorCode::kCorrupt, "read", "the engine's answer", "a line is too long", {}};
      }
    }
    return line(rest_, take);
  }

 private:
  static Result<void> line(std::string_view text, const TakeLine& take) {
    text = trim(text);
    if (text.empty()) return {};
    COVE_TRY(const json::value value, parse_answer(text, "the engine's answer"));
    if (!value.is_object()) return {};
    return take(value.get_object());
  }

  std::string rest_;
};

Error unreachable(Error error) {
  if (error.code == ErrorCode::kUnavailable && error.remedy.empty())
    error.remedy = "See 'cove status', and start the cluster if it is not running.";
  return error;
}

Error refusal(http::ClientResponse& response, const std::string& action,
              const std::string& subject) {
  std::string message;
  if (const auto body = response.read_all(kMaxLine)) {
    const auto value = parse_answer(*body, "the engine's answer");
    if (value && value->is_object()) message = text_of(value->get_object(), "message");
    if (message.empty()) message = escape_control(trim(*body).substr(0, 500));
  }
  if (message.empty()) message = fmt::format("the engine answered {}", response.status());
  return Error{code_of(response.status()), action, subject, std::move(message), {}};
}

}  // namespace

Result<json::value> parse_answer(std::string_view text, const std::string& subject) {
  boost::system::error_code error;
  json::value value =
      json::parse(json::string_view(text.data(), text.size()), error, {}, parse_limits());
  if (error)
    return Error{ErrorCode::kCorrupt, "read", subject, "it is not JSON: " + error.message(), {}};
  return value;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> out;
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_array()) return out;
  for (const json::value& item : value->get_array()) {
    // What docker writes for an image without a name.
    if (item.is_string() && item.get_string() != "<none>:<none>" &&
        item.get_string() != "<none>@<none>")
      out.emplace_back(item.get_string());
  }
  return out;
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value != nullptr ? value->if_object() : nullptr;
}

const json::array* array_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value != nullptr ? value->if_array() : nullptr;
}

std::vector<ImageSummary> images_of(const json::array& array) {
  std::vector<ImageSummary> images;
  for (const json::value& item : array) {
    const json::object* object = item.if_object();
    if (object == nullptr) continue;
    images.push_back(
        {text_of(*object, "Id"), texts_of(*object, "RepoTags"), texts_of(*object, "RepoDigests"),
         static_cast<std::int64_t>(number_of(*object, "Created")), number_of(*object, "Size")});
  }
  return images;
}

Result<void> read_lines(http::ClientResponse& response, const TakeLine& take) {
  return Lines().read(response, take);
}

std::optional<std::string> failure_in(const json::object& line) {
  if (const json::value* detail = line.if_contains("errorDetail");
      detail != nullptr && detail->is_object()) {
    if (std::string message = text_of(detail->get_object(), "message"); !message.empty())
      return message;
  }
  if (std::string message = text_of(line, "error"); !message.empty()) return message;
  return std::nullopt;
}

http::ClientRequest EngineClient::Implementation::request(std::string method,
                                                          const std::string& path,
                                                          const Query& query) const {
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = base_;
  request.url.target = kVersion + path;
  for (const auto& [name, value] : query)
    request.url.target = http::with_parameter(std::move(request.url.target), name, value);
  return request;
}

Result<http::ClientResponse> EngineClient::Implementation::send(http::ClientRequest request,
                                                                const std::string& action,
                                                                const std::string& subject,
                                                                std::stop_token stop) const {
  auto response = http_->send(std::move(request), std::move(stop));
  if (!response) return unreachable(response.error());
  // 304 is the answer of a container that is as it was wished already.
  if (response->status() < 300 || response->status() == 304) return response;
  return refusal(*response, action, subject);
}

Result<json::value> EngineClient::Implementation::ask(http::ClientRequest request,
                                                      const std::string& action,
                                                      const std::string& subject,
                                                      std::stop_token stop) const {
  COVE_TRY(auto response, send(std::move(request), action, subject, std::move(stop)));
  COVE_TRY(const std::string body, response.read_all(kMaxAnswer));
  if (body.empty()) return json::value();
  return parse_answer(body, "the engine's answer");
}

}  // namespace cove::docker
