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

// Clients of an older API get input, output and errors whatever they ask for.
constexpr unsigned kOldestChoosingWebSocket = 42;

// What of a process a client asked for.
struct Wanted {
  bool in = false, out = false, error = false;
};
Wanted wanted_by(const Exchange& exchange) {
  return {exchange.flag("stdin"), exchange.flag("stdout"), exchange.flag("stderr")};
}

Outcome<> may_attach(const ContainerRecord& record) {
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
  return {};
}

// Blocks until the output has ended, or the client left or detached.
void carry(Containers& containers, Exchange& exchange, const ContainerPtr& container,
           const ContainerRecord& record, const Wanted& wanted, DetachKeys keys,
           const std::shared_ptr<StreamSession>& session) {
  const bool terminal = record.terminal();
  containers.publish(container, "attach");
  runtime::Runtime& runtime = containers.parts().runtime;
  if (exchange.flag("logs")) {
    [[maybe_unused]] const auto read = runtime.read_log(
        record.id, {.out = wanted.out, .error = wanted.error},
        [&](const runtime::LogLine& line) {
          session->write(line.channel, line.partial ? line.text : line.text + "\n");
          return !exchange.gone().stop_requested();
        },
        exchange.gone());
  }
  std::unique_ptr<runtime::Streams> streams;
  if (exchange.flag("stream")) {
    auto attached = runtime.attach(record.id, session->handlers(wanted.out, wanted.error));
    if (attached) streams = std::move(*attached);
  }
  if (!streams) {
    session->end();
    session->run(nullptr, false, std::nullopt, exchange.gone());
    return;
  }
  const bool in = wanted.in && flag_of(record.config->config, "OpenStdin");
  const bool close_input = flag_of(record.config->config, "StdinOnce") && !terminal;
  const auto ended =
      session->run(in ? streams.get() : nullptr, close_input,
                   terminal ? std::optional(std::move(keys)) : std::nullopt, exchange.gone());
  if (ended == StreamSession::End::kDetached) containers.publish(container, "detach");
}

Outcome<> attach(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  COVE_CHECK(may_attach(record));
  COVE_TRY(DetachKeys keys, DetachKeys::parse(exchange.query("detachKeys")));
  const bool terminal = record.terminal();
  COVE_TRY(auto connection, outcome(exchange.hijack(stream_type(terminal, exchange.api()))));
  carry(containers, exchange, container, record, wanted_by(exchange), std::move(keys),
        std::make_shared<StreamSession>(std::move(connection), terminal));
  return {};
}

// Output and errors come as one: messages have no header that could tell them apart.
Outcome<> attach_websocket(Containers& containers, Exchange& exchange,
                           const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  COVE_CHECK(may_attach(record));
  COVE_TRY(DetachKeys keys, DetachKeys::parse(exchange.query("detachKeys")));
  const bool chooses = exchange.api() >= kOldestChoosingWebSocket;
  COVE_TRY(auto connection, outcome(exchange.hijack_websocket()));
  carry(containers, exchange, container, record,
        chooses ? wanted_by(exchange) : Wanted{true, true, true}, std::move(keys),
        std::make_shared<StreamSession>(std::move(connection), true));
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
          {"GET", "/containers/{id}/attach/ws", with_container(containers, attach_websocket)},
          {"POST", "/containers/{id}/resize", with_container(containers, resize)}};
}

}  // namespace cove::engine
