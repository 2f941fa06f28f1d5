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

// A client's session and the streams of the process it is attached to.
class Attachment {
 public:
  // Without a log before, the streams are attached to at once and so before the client is told:
  // what it starts then may have ended a moment later.
  Attachment(runtime::Runtime& runtime, const Exchange& exchange, const ContainerRecord& record,
             const Wanted& wanted, bool raw)
      : session(std::make_shared<StreamSession>(raw)) {
    if (!exchange.flag("logs")) attach(runtime, exchange, record, wanted);
  }
  ~Attachment() { session->abandon(); }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

  void attach(runtime::Runtime& runtime, const Exchange& exchange, const ContainerRecord& record,
              const Wanted& wanted) {
    if (!exchange.flag("stream")) return;
    auto attached = runtime.attach(record.id, session->handlers(wanted.out, wanted.error));
    if (attached) streams = std::move(*attached);
  }

  const std::shared_ptr<StreamSession> session;
  std::unique_ptr<runtime::Streams> streams;  // their end waits for what they write to the session
};

// Blocks until the output has ended, or the client left or detached.
void carry(Containers& containers, Exchange& exchange, const ContainerPtr& container,
           const ContainerRecord& record, const Wanted& wanted, DetachKeys keys,
           Attachment& attachment) {
  const bool terminal = record.terminal();
  const auto& session = attachment.session;
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
    attachment.attach(runtime, exchange, record, wanted);
  }
  const auto& streams = attachment.streams;
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
  const Wanted wanted = wanted_by(exchange);
  Attachment attachment(containers.parts().runtime, exchange, record, wanted, terminal);
  COVE_TRY(auto connection, outcome(exchange.hijack(stream_type(terminal, exchange.api()))));
  attachment.session->open(std::move(connection));
  carry(containers, exchange, container, record, wanted, std::move(keys), attachment);
  return {};
}

// Output and errors come as one: messages have no header that could tell them apart.
Outcome<> attach_websocket(Containers& containers, Exchange& exchange,
                           const ContainerPtr& container) {
  const ContainerRecord record = container->snapshot();
  COVE_CHECK(may_attach(record));
  COVE_TRY(DetachKeys keys, DetachKeys::parse(exchange.query("detachKeys")));
  const bool chooses = exchange.api() >= kOldestChoosingWebSocket;
  const Wanted wanted = chooses ? wanted_by(exchange) : Wanted{true, true, true};
  Attachment attachment(containers.parts().runtime, exchange, record, wanted, true);
  COVE_TRY(auto connection, outcome(exchange.hijack_websocket()));
  attachment.session->open(std::move(connection));
  carry(containers, exchange, container, record, wanted, std::move(keys), attachment);
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
