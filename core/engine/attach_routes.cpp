// /containers/{id}/attach, /containers/{id}/resize
#include <fmt/format.h>

#include "core/engine/container.h"
#include "core/engine/container_routes.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"
#include "core/engine/stdcopy.h"
#include "core/engine/stream_session.h"

namespace cove::engine {

namespace {

Outcome<> attach(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  if (record.state.paused) {
    return ApiError{
        409, fmt::format("container {} is paused, unpause the container before attach", record.id)};
  }
  if (record.state.restarting && !record.state.running) {
    return ApiError{409, fmt::format("container {} is restarting, wait until the container is "
                                     "running",
                                     record.id)};
  }
  if (record.state.removing) {
    return ApiError{409, fmt::format("container {} is marked for removal", record.id)};
  }
  COVE_TRY(DetachKeys keys, DetachKeys::parse(exchange.query("detachKeys")));
  const bool terminal = record.terminal();
  const bool in = exchange.flag("stdin") && flag_of(record.config->config, "OpenStdin");
  const bool out = exchange.flag("stdout");
  const bool error = exchange.flag("stderr");
  const bool stream = exchange.flag("stream");
  COVE_TRY(auto connection, outcome(exchange.hijack(stream_type(terminal, exchange.api()))));
  const auto session = std::make_shared<StreamSession>(std::move(connection), terminal);
  containers.publish(container, "attach");
  runtime::Runtime& runtime = containers.parts().runtime;
  if (exchange.flag("logs")) {
    [[maybe_unused]] const auto read = runtime.read_log(
        record.id, {.out = out, .error = error},
        [&](const runtime::LogLine& line) {
          session->write(line.channel, line.partial ? line.text : line.text + "\n");
          return !exchange.gone().stop_requested();
        },
        exchange.gone());
  }
  if (!stream) {
    session->end();
    session->run(nullptr, false, std::nullopt, exchange.gone());
    return {};
  }
  auto streams = runtime.attach(record.id, session->handlers(out, error));
  if (!streams) {
    session->end();
    session->run(nullptr, false, std::nullopt, exchange.gone());
    return {};
  }
  const bool close_input = flag_of(record.config->config, "StdinOnce") && !terminal;
  const auto ended =
      session->run(in ? streams->get() : nullptr, close_input,
                   terminal ? std::optional(std::move(keys)) : std::nullopt, exchange.gone());
  if (ended == StreamSession::End::kDetached) containers.publish(container, "detach");
  return {};
}

Outcome<> resize(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const auto rows, exchange.number("h"));
  COVE_TRY(const auto columns, exchange.number("w"));
  if (!rows || !columns || *rows < 0 || *columns < 0 || *rows > 65535 || *columns > 65535) {
    return ApiError{400, "invalid resize height or width"};
  }
  if (!container->look([](const auto& record) { return record.state.running; })) {
    return ApiError{409, fmt::format("container {} is not running", container->id)};
  }
  COVE_CHECK(outcome(containers.parts().runtime.resize(container->id, static_cast<unsigned>(*rows),
                                                       static_cast<unsigned>(*columns))));
  containers.publish(container, "resize",
                     {{"height", std::to_string(*rows)}, {"width", std::to_string(*columns)}});
  exchange.empty(200);
  return {};
}

}  // namespace

std::vector<Route> attach_routes(Containers& containers) {
  return {{"POST", "/containers/{id}/attach", with_container(containers, attach)},
          {"POST", "/containers/{id}/resize", with_container(containers, resize)}};
}

}  // namespace cove::engine
