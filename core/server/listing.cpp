#include "core/server/listing.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "core/base/base64.h"
#include "core/server/storage.h"

namespace cove::server {
namespace {

constexpr std::size_t kMaxContinue = 8192;
constexpr std::chrono::seconds kDefaultTimeout{3600};
constexpr std::chrono::seconds kMaxTimeout{24 * 3600};

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Refusal invalid_options(std::string_view detail) {
  return {422, "Invalid", fmt::format("ListOptions.meta.k8s.io \"\" is invalid: {}", detail)};
}

struct Continue {
  store::Revision revision = 0;
  std::string key;
  std::optional<std::size_t> left;
};

Outcome<Continue> decode_continue(std::string_view token, const std::string& prefix) {
  const Refusal bad =
      refuse::bad_request("continue key is not valid: it was not made by this server");
  if (token.size() > kMaxContinue) return bad;
  const auto text = base64url_decode(token);
  if (!text) return bad;
  boost::system::error_code error;
  const json::value value = json::parse(*text, error);
  if (error || !value.is_object()) return bad;
  const json::object& object = value.get_object();
  const auto revision = api::integer_at(object, {"rv"});
  const std::string_view start = api::text_at(object, {"start"});
  if (api::text_at(object, {"v"}) != "meta.k8s.io/v1" || !revision || *revision <= 0 ||
      start.empty() || start.find('\0') != std::string_view::npos)
    return bad;
  Continue position{*revision, prefix + std::string(start), std::nullopt};
  if (const auto left = api::integer_at(object, {"left"}); left && *left > 0)
    position.left = static_cast<std::size_t>(*left);
  return position;
}

Outcome<void> read_selectors(const Call& call, ListOptions& options) {
  auto labels = api::LabelSelector::parse(call.request->parameter("labelSelector").value_or(""));
  if (!labels) {
    return refuse::bad_request("unable to parse requirement: " + labels.error().cause);
  }
  auto fields =
      api::FieldSelector::parse(call.request->parameter("fieldSelector").value_or(""), *call.kind);
  if (!fields) return refuse::bad_request(fields.error().cause);
  options.labels = std::move(*labels);
  options.fields = std::move(*fields);
  return {};
}

Outcome<void> read_version(const Call& call, store::Revision current, ListOptions& options) {
  const Request& request = *call.request;
  const std::string version = request.parameter("resourceVersion").value_or("");
  const std::string match = request.parameter("resourceVersionMatch").value_or("");
  const bool watching = call.info.verb == "watch";
  if (!version.empty()) {
    options.version = to_number(version);
    if (!options.version)
      return invalid_options(
          fmt::format("resourceVersion: Invalid value: \"{}\": must be a number", version));
  }
  if (options.send_initial_events && match != "NotOlderThan") {
    return invalid_options(
        "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch "
        "to NotOlderThan");
  }
  if (!match.empty()) {
    if (watching && !request.parameter("sendInitialEvents")) {
      return invalid_options(
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless "
          "sendInitialEvents is provided");
    }
    if (!watching && version.empty()) {
      return invalid_options(
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
          "resourceVersion is provided");
    }
    if (!options.continue_key.empty()) {
      return invalid_options(
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is "
          "provided");
    }
    if (match == "Exact") {
      if (options.version.value_or(0) == 0) {
        return invalid_options(
            "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for "
            "resourceVersion \"0\"");
      }
      options.exact = true;
    } else if (match != "NotOlderThan") {
      return invalid_options(
          fmt::format("resourceVersionMatch: Unsupported value: \"{}\": "
                      "supported values: \"Exact\", \"NotOlderThan\"",
                      match));
    }
  }
  if (options.version.value_or(0) > current) {
    Refusal refusal = refuse::timeout(
        fmt::format("Too large resource version: {}, current: {}", *options.version, current), 1);
    refusal.details["causes"] = json::array{json::object{
        {"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}}};
    return refusal;
  }
  // A page of a list at a given version, without a continue token, is of that very version.
  if (options.limit > 0 && match.empty() && options.version.value_or(0) > 0) options.exact = true;
  if (options.exact) options.at = *options.version;
  return {};
}

}  // namespace

std::shared_ptr<const http::JoinedBody> join_list(const api::Kind& kind,
                                                  const json::object& metadata,
                                                  std::vector<store::Bytes> items) {
  return std::make_shared<const http::JoinedBody>(http::JoinedBody{
      R"({"kind":")" + kind.list_kind() + R"(","apiVersion":")" + kind.gvk.api_version() +
          R"(","metadata":)" + json::serialize(metadata) + R"(,"items":[)",
      std::move(items), "]}"});
}

std::string encode_continue(store::Revision revision, std::string_view last_key, std::size_t left) {
  json::object token{{"v", "meta.k8s.io/v1"}, {"rv", revision}, {"start", api::key(last_key)}};
  if (left > 0) token.emplace("left", left);
  return base64url_encode(json::serialize(token));
}

Outcome<ListOptions> read_list_options(const Call& call, store::Revision current) {
  const Request& request = *call.request;
  ListOptions options;
  options.prefix = storage_prefix(*call.kind);
  if (call.kind->namespaced && !call.info.namespace_name.empty())
    options.prefix += call.info.namespace_name + "/";
  if (auto read = read_selectors(call, options); !read) return read.error();
  options.send_initial_events = request.flag("sendInitialEvents");
  options.bookmarks = request.flag("allowWatchBookmarks");
  if (const auto limit = request.parameter("limit"); limit && !limit->empty()) {
    const auto number = to_number(*limit);
    if (!number) return refuse::bad_request("limit must be a whole number");
    options.limit = static_cast<std::size_t>(*number);
  }
  if (const auto token = request.parameter("continue"); token && !token->empty()) {
    if (call.info.verb == "watch") {
      return invalid_options("continue: Forbidden: continue is forbidden for watch");
    }
    if (const auto version = request.parameter("resourceVersion").value_or("");
        !version.empty() && version != "0") {
      return refuse::bad_request("specifying resource version is not allowed when using continue");
    }
    auto position = decode_continue(*token, options.prefix);
    if (!position) return position.error();
    options.continue_key = std::move(position->key);
    options.at = position->revision;
    options.left = position->left;
  }
  if (auto read = read_version(call, current, options); !read) return read.error();
  options.timeout = kDefaultTimeout;
  if (const auto text = request.parameter("timeoutSeconds"); text && !text->empty()) {
    const auto seconds = to_number(*text);
    if (!seconds) return refuse::bad_request("timeoutSeconds must be a whole number");
    if (*seconds > 0) options.timeout = std::min(std::chrono::seconds(*seconds), kMaxTimeout);
  }
  const std::optional<std::string> name =
      call.info.name.empty() ? options.fields.exact("metadata.name") : call.info.name;
  const std::optional<std::string> space = call.info.namespace_name.empty()
                                               ? options.fields.exact("metadata.namespace")
                                               : call.info.namespace_name;
  if (name && (!call.kind->namespaced || space))
    options.single_key = storage_key(*call.kind, space.value_or(""), *name);
  return options;
}

}  // namespace cove::server
