#include "core/server/streaming/pod_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "core/api/document.h"
#include "core/api/time.h"

namespace cove::server {
namespace {

constexpr std::size_t kPiece = 32 * 1024;

Outcome<std::optional<std::int64_t>> number(const Request& request, std::string_view name) {
  const auto text = request.parameter(name);
  if (!text || text->empty()) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) {
    return refuse::bad_request(
        fmt::format("strconv.ParseInt: parsing {}: invalid syntax", api::quote(*text)));
  }
  return std::optional(value);
}

Refusal invalid(std::string_view pod, const api::ErrorList& errors) {
  const api::Kind kind{
      .gvk = {"", "v1", "PodLogOptions"}, .plural = "podlogoptions", .singular = "podlogoptions"};
  return refuse::invalid(kind, pod, errors);
}

// Nine digits of a second, always.
std::string stamp(WallTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z ",
                     fmt::gmtime(static_cast<std::time_t>(seconds.count())), rest.count());
}

const json::object* status_of(const json::object& pod, std::string_view container) {
  for (const std::string_view list :
       {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
    const json::array* const all = api::array_at(pod, {"status", list});
    if (all == nullptr) continue;
    for (const json::value& each : *all) {
      if (each.is_object() && api::text_at(each.get_object(), {"name"}) == container)
        return &each.get_object();
    }
  }
  return nullptr;
}

}  // namespace

Outcome<LogOptions> read_log_options(const Request& request, std::string_view pod, WallTime now) {
  LogOptions options;
  options.container = request.parameter("container").value_or("");
  options.request.follow = request.flag("follow");
  options.request.previous = request.flag("previous");
  options.timestamps = request.flag("timestamps");
  api::ErrorList errors;
  auto tail = number(request, "tailLines");
  auto limit = number(request, "limitBytes");
  auto seconds = number(request, "sinceSeconds");
  for (const auto* const each : {&tail, &limit, &seconds}) {
    if (!*each) return each->error();
  }
  if (*tail && **tail < 0)
    errors.invalid("tailLines", **tail, "must be greater than or equal to 0");
  if (*limit && **limit < 1) errors.invalid("limitBytes", **limit, "must be greater than 0");
  const std::string since = request.parameter("sinceTime").value_or("");
  if (*seconds && !since.empty()) {
    errors.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified");
  } else if (*seconds && **seconds < 1) {
    errors.invalid("sinceSeconds", **seconds, "must be greater than 0");
  } else if (*seconds) {
    constexpr std::int64_t kAges = std::int64_t{100} * 366 * 24 * 3600;
    options.request.since = now - std::chrono::seconds(std::min(**seconds, kAges));
  } else if (!since.empty()) {
    const auto time = api::parse_time(since);
    if (!time) return refuse::bad_request(time.error().cause);
    options.request.since = *time;
  }
  const std::string stream = request.parameter("stream").value_or("All");
  if (stream != "All" && stream != "Stdout" && stream != "Stderr") {
    errors.not_supported("stream", json::value(stream), {"All", "Stderr", "Stdout"});
  } else if (stream != "All" && *tail) {
    errors.forbidden("", "`tailLines` and specific `stream` are mutually exclusive for now");
  }
  if (!errors.empty()) return invalid(pod, errors);
  options.request.out = stream != "Stderr";
  options.request.error = stream != "Stdout";
  if (*tail) options.request.tail_lines = static_cast<std::uint64_t>(**tail);
  if (*limit) options.limit_bytes = static_cast<std::uint64_t>(**limit);
  return options;
}

std::string log_obstacle(const json::object& pod, std::string_view container, bool previous) {
  const std::string who = fmt::format("container {} in pod {}", api::quote(container),
                                      api::quote(api::text_at(pod, {"metadata", "name"})));
  const json::object* const status = status_of(pod, container);
  if (status == nullptr) return who + " is not available";
  const bool ran_before =
      !api::text_at(*status, {"lastState", "terminated", "containerID"}).empty();
  if (previous) return ran_before ? "" : "previous terminated " + who + " not found";
  if (api::object_at(*status, {"state", "running"}) != nullptr) return {};
  if (const json::object* const ended = api::object_at(*status, {"state", "terminated"})) {
    const bool ran = ran_before || !api::text_at(*ended, {"containerID"}).empty();
    return ran ? "" : who + " is terminated";
  }
  if (api::object_at(*status, {"lastState", "terminated"}) != nullptr)
    return ran_before ? "" : who + " is terminated";
  const std::string_view reason = api::text_at(*status, {"state", "waiting", "reason"});
  if (reason == "ErrImagePull") return who + " is waiting to start: image can't be pulled";
  if (reason == "ImagePullBackOff")
    return who + " is waiting to start: trying and failing to pull image";
  if (reason.empty()) return who + " is waiting to start - no logs yet";
  return fmt::format("{} is waiting to start: {}", who, reason);
}

void send_log(PodLog& log, const LogOptions& options, http::Stream& stream, std::stop_token stop) {
  std::string text;
  std::uint64_t left = options.limit_bytes.value_or(UINT64_MAX);
  bool goes_on = false;
  const auto flush = [&] { return stream.push_wait(std::exchange(text, {}), stop); };
  const auto append = [&](std::string_view part) {
    part = part.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, part.size())));
    left -= part.size();
    text += part;
  };
  [[maybe_unused]] const auto read = log.read(
      [&](const LogEntry& entry) {
        if (options.timestamps && !goes_on) append(stamp(entry.time));
        append(entry.text);
        if (!entry.partial) append("\n");
        goes_on = entry.partial;
        // A follower sees each entry at once.
        if ((options.request.follow || text.size() >= kPiece) && !flush()) return false;
        return left > 0;
      },
      stop);
  // What fails in the middle has no words left to say it with.
  flush();
  stream.close();
}

}  // namespace cove::server
