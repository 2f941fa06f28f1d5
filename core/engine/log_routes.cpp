// /containers/{id}/logs
#include <charconv>

#include "core/engine/container.h"
#include "core/engine/container_routes.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"
#include "core/engine/stdcopy.h"

namespace cove::engine {

namespace {

constexpr std::size_t kFlush = 32 << 10;

Outcome<std::optional<std::uint64_t>> parse_tail(const std::string& text) {
  if (text.empty() || text == "all") return std::optional<std::uint64_t>();
  std::int64_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  // Docker takes whatever is no number for "all".
  if (error != std::errc() || end != text.data() + text.size() || lines < 0) {
    return std::optional<std::uint64_t>();
  }
  return std::optional(static_cast<std::uint64_t>(lines));
}

Outcome<> logs(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  runtime::LogQuery query;
  query.out = exchange.flag("stdout");
  query.error = exchange.flag("stderr");
  if (!query.out && !query.error) {
    return ApiError{400, "Bad parameters: you must choose at least one stream"};
  }
  query.follow = exchange.flag("follow");
  COVE_TRY(query.since, parse_time(exchange.query("since"), "since"));
  COVE_TRY(query.until, parse_time(exchange.query("until"), "until"));
  COVE_TRY(query.tail, parse_tail(exchange.query("tail")));
  const bool timestamps = exchange.flag("timestamps");
  const ContainerRecord record = container->snapshot();
  if (text_of(object_of(record.config->host, "LogConfig"), "Type") == "none") {
    return ApiError{501, "configured logging driver does not support reading"};
  }
  const bool terminal = record.terminal();
  const auto stream = exchange.stream(stream_type(terminal, exchange.api()));
  std::string waiting;
  bool line_start[2] = {true, true};
  const auto send = [&](const runtime::LogLine& line) {
    bool& at_start = line_start[line.channel == runtime::Streams::Channel::kOut ? 0 : 1];
    std::string text;
    if (timestamps && at_start) text = rfc3339_nano_fixed(line.time) + " ";
    text += line.text;
    if (!line.partial) text += '\n';
    at_start = !line.partial;
    waiting += terminal ? text : frame(line.channel, text);
    // Followed lines go out at once: the next one may be an hour away.
    if (!query.follow && waiting.size() < kFlush) return true;
    const bool sent = stream->write(waiting);
    waiting.clear();
    return sent;
  };
  const auto read = containers.parts().runtime.read_log(record.id, query, send, exchange.gone());
  if (!waiting.empty()) stream->write(waiting);
  if (!read && read.error().code != ErrorCode::kNotFound) return to_api_error(read.error());
  return {};
}

}  // namespace

std::vector<Route> log_routes(Containers& containers) {
  return {{"GET", "/containers/{id}/logs", with_container(containers, logs)}};
}

}  // namespace cove::engine
