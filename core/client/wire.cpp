#include "core/client/wire.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/strings.h"

namespace cove::client {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxWarnings = 20;

std::string percent_encode(std::string_view text, std::string_view also) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos ||
                       also.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string_view header(const Pairs& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

// 299 - "text" with backslash escapes (RFC 7234 section 5.5, which Kubernetes uses still).
std::optional<std::string> warning_text(std::string_view value) {
  const std::size_t begin = value.find('"');
  if (!value.starts_with("299 ") || begin == std::string_view::npos) return std::nullopt;
  std::string text;
  for (std::size_t i = begin + 1; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    text += value[i];
  }
  return text;
}

bool is_json(std::string_view content_type) {
  content_type = trim(content_type.substr(0, content_type.find(';')));
  return content_type == "application/json" || content_type.ends_with("+json");
}

ApiError unreadable(std::string_view what, const Error& error) {
  return no_answer(ErrorCode::kUnavailable,
                   fmt::format("the server's {} cannot be read: {}", what, error.cause));
}

std::optional<std::chrono::milliseconds> retry_after(const Pairs& headers) {
  const std::string_view text = header(headers, "retry-after");
  int seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 3600)
    return std::nullopt;
  return std::chrono::seconds(seconds);
}

// An object of kind FooList with items is a list. Its items come without apiVersion and kind from
// servers that save the bytes.
std::shared_ptr<const ObjectList> take_list(json::object& document) {
  const std::string_view kind = api::text_at(document, {"kind"});
  json::value* const items = document.if_contains("items");
  if (!kind.ends_with("List") || items == nullptr || !(items->is_array() || items->is_null()))
    return nullptr;
  auto list = std::make_shared<ObjectList>();
  list->kind = kind;
  list->api_version = api::text_at(document, {"apiVersion"});
  list->resource_version = api::text_at(document, {"metadata", "resourceVersion"});
  list->continue_token = api::text_at(document, {"metadata", "continue"});
  list->remaining = api::integer_at(document, {"metadata", "remainingItemCount"});
  if (items->is_null()) return list;
  const std::string item_kind(kind.substr(0, kind.size() - 4));
  list->items.reserve(items->get_array().size());
  for (json::value& item : items->get_array()) {
    if (!item.is_object()) continue;
    json::object object = std::move(item.get_object());
    if (!object.contains("kind") && !item_kind.empty()) {
      object["kind"] = item_kind;
      object["apiVersion"] = list->api_version;
    }
    list->items.push_back(make_object(std::move(object)));
  }
  return list;
}

}  // namespace

api::ObjectPtr make_object(json::object document) {
  return std::make_shared<const api::Object>(std::move(document), nullptr);
}

ApiResult<ApiResponse> decode_response(int status, const Pairs& headers, std::string body) {
  ApiResponse response;
  response.status = status;
  response.content_type = header(headers, "content-type");
  for (const auto& [name, value] : headers) {
    if (name != "warning" || response.warnings.size() >= kMaxWarnings) continue;
    if (auto text = warning_text(value)) response.warnings.push_back(std::move(*text));
  }
  const bool fine = status >= 200 && status < 300;
  std::optional<json::object> document;
  if (is_json(response.content_type) && !body.empty()) {
    auto parsed = api::parse_json(body, {.bytes = kMaxAnswerBytes});
    if (!parsed && fine) return unreadable("answer", parsed.error());
    if (parsed && parsed->value.is_object()) document = std::move(parsed->value.get_object());
  }
  if (!fine) {
    const bool told = document && api::text_at(*document, {"kind"}) == "Status";
    ApiError error = told ? from_status(*document, status) : from_http_status(status, body);
    if (const auto wait = retry_after(headers)) error.retry_after = wait;
    return error;
  }
  if (!document) {
    response.body = std::make_shared<const std::string>(std::move(body));
  } else if (auto list = take_list(*document)) {
    response.list = std::move(list);
  } else {
    response.object = make_object(std::move(*document));
  }
  return response;
}

ApiResult<WatchEvent> decode_event(std::string_view line) {
  auto parsed = api::parse_json(line, {.bytes = kMaxEventBytes});
  if (!parsed) return unreadable("watch event", parsed.error());
  json::object* const event = parsed->value.if_object();
  json::value* const object = event == nullptr ? nullptr : event->if_contains("object");
  if (object == nullptr || !object->is_object())
    return no_answer(ErrorCode::kUnavailable, "the server's watch event has no object");
  const std::string_view type = api::text_at(*event, {"type"});
  if (type == "ERROR") return from_status(object->get_object(), 500);
  WatchEvent result;
  if (type == "ADDED") {
    result.type = WatchEventType::kAdded;
  } else if (type == "MODIFIED") {
    result.type = WatchEventType::kModified;
  } else if (type == "DELETED") {
    result.type = WatchEventType::kDeleted;
  } else if (type == "BOOKMARK") {
    result.type = WatchEventType::kBookmark;
  } else {
    return no_answer(ErrorCode::kUnavailable, "the server's watch event is of an unknown type");
  }
  result.object = make_object(std::move(object->get_object()));
  return result;
}

ApiResult<std::vector<std::string>> LineSplitter::put(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (rest_.size() + piece.size() > max_line_) {
      return no_answer(
          ErrorCode::kResourceExhausted,
          fmt::format("the server's watch event is longer than {}", format_size(max_line_)));
    }
    rest_ += piece;
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (!trim(rest_).empty()) lines.push_back(std::move(rest_));
    rest_.clear();
  }
  return lines;
}

std::string encode_segment(std::string_view text) {
  return percent_encode(text, "");
}

ApiResult<std::string> target_of(const ApiRequest& request) {
  const bool clean = request.path.starts_with('/') && std::ranges::all_of(request.path, [](char c) {
                       return c > 0x20 && c < 0x7f && c != '?' && c != '#';
                     });
  if (!clean) return no_answer(ErrorCode::kInvalidArgument, "the path is not one of a URL");
  std::string target = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    target += separator;
    target += percent_encode(name, "");
    target += '=';
    target += percent_encode(value, "");
    separator = '&';
  }
  return target;
}

}  // namespace cove::client
