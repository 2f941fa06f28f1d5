// /containers/{id}/exec, /exec/{id}/…
#include <fmt/format.h>

#include "core/engine/container.h"
#include "core/engine/container_routes.h"
#include "core/engine/execs.h"
#include "core/engine/fields.h"
#include "core/engine/outcome.h"
#include "core/engine/stdcopy.h"
#include "core/engine/stream_session.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

Outcome<> create(Containers& containers, Exchange& exchange, const ContainerPtr& container) {
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(ExecConfig config, read_exec_body(body));
  COVE_CHECK(DetachKeys::parse(config.detach_keys));
  COVE_TRY(const ExecPtr exec, containers.execs().create(container, std::move(config)));
  exchange.json(201, json::object{{"Id", exec->id}});
  return {};
}

std::string command_of(const Exec& exec) {
  std::string command;
  for (const auto& argument : exec.config.command) {
    command += (command.empty() ? "" : " ") + argument;
  }
  return command;
}

// Hands on what comes before the process is known to run.
class LateStreams final : public runtime::Streams {
 public:
  explicit LateStreams(ExecPtr exec) : exec_(std::move(exec)) {}
  Result<void> write(std::string_view input) override { return process().streams().write(input); }
  void close_input() override { process().streams().close_input(); }

 private:
  runtime::Runtime::Exec& process() {
    std::lock_guard lock(exec_->mutex);
    return *exec_->process;
  }
  const ExecPtr exec_;
};

Outcome<> start_attached(Containers& containers, Exchange& exchange, const ExecPtr& exec,
                         const ContainerPtr& container) {
  const bool terminal = exec->config.terminal;
  COVE_TRY(DetachKeys keys, DetachKeys::parse(exec->config.detach_keys));
  COVE_TRY(auto connection, outcome(exchange.hijack(stream_type(terminal, exchange.api()))));
  const auto session = std::make_shared<StreamSession>(std::move(connection), terminal);
  auto handlers = session->handlers(exec->config.output, exec->config.error);
  // The end of the output is the end of the process: its exit code must be there by then.
  handlers.closed = [] {};
  const auto started =
      containers.execs().start(exec, std::move(handlers), [session](int) { session->end(); });
  if (!started) {
    // The connection is the client's: it reads the reason there, and the code by inspecting.
    session->write(runtime::Streams::Channel::kError, started.error().message + "\r\n");
    session->end();
    session->run(nullptr, false, std::nullopt, exchange.gone());
    return {};
  }
  LateStreams streams(exec);
  const auto ended =
      session->run(exec->config.input ? &streams : nullptr, true,
                   terminal ? std::optional(std::move(keys)) : std::nullopt, exchange.gone());
  if (ended == StreamSession::End::kDetached) {
    containers.publish(container, "exec_detach: " + command_of(*exec), {{"execID", exec->id}});
  }
  return {};
}

Outcome<> start(Containers& containers, Exchange& exchange) {
  COVE_TRY(const ExecPtr exec, containers.execs().find(exchange.path("id")));
  COVE_TRY(const json::object body, exchange.json_body());
  COVE_TRY(const ContainerPtr container, containers.find(exec->container));
  const ContainerState state =
      container->look([](const ContainerRecord& record) { return record.state; });
  if (!state.running) {
    return ApiError{409, fmt::format("container {} is not running", container->id)};
  }
  if (state.paused) {
    return ApiError{409, fmt::format("Container {} is paused, unpause the container before exec",
                                     container->id)};
  }
  {
    std::lock_guard lock(exec->mutex);
    if (exec->started) {
      return ApiError{409, fmt::format("Error: Exec command {} has already run", exec->id)};
    }
    const auto& size = array_of(body, "ConsoleSize");
    if (size.size() == 2 && size[0].is_number() && size[1].is_number()) {
      boost::system::error_code ignored;
      exec->config.rows = size[0].to_number<std::uint16_t>(ignored);
      exec->config.columns = size[1].to_number<std::uint16_t>(ignored);
    }
  }
  containers.publish(container, "exec_start: " + command_of(*exec), {{"execID", exec->id}});
  if (!flag_of(body, "Detach")) return start_attached(containers, exchange, exec, container);
  runtime::Streams::Handlers handlers;
  handlers.output = [](runtime::Streams::Channel, std::string_view) {};
  handlers.closed = [] {};
  COVE_CHECK(containers.execs().start(exec, std::move(handlers), [](int) {}));
  exchange.empty(200);
  return {};
}

Outcome<> resize(Containers& containers, Exchange& exchange) {
  COVE_TRY(const ExecPtr exec, containers.execs().find(exchange.path("id")));
  COVE_TRY(const auto rows, exchange.number("h"));
  COVE_TRY(const auto columns, exchange.number("w"));
  if (!rows || !columns || *rows < 0 || *columns < 0 || *rows > 65535 || *columns > 65535) {
    return ApiError{400, "invalid resize height or width"};
  }
  std::lock_guard lock(exec->mutex);
  if (!exec->running || !exec->process) {
    return ApiError{409, fmt::format("Exec command {} is not running", exec->id)};
  }
  COVE_CHECK(outcome(
      exec->process->resize(static_cast<unsigned>(*rows), static_cast<unsigned>(*columns))));
  exchange.empty(200);
  return {};
}

}  // namespace

std::vector<Route> exec_routes(Containers& containers) {
  const auto with = [&containers](Outcome<> (*handle)(Containers&, Exchange&)) {
    return [&containers, handle](Exchange& exchange) { return handle(containers, exchange); };
  };
  return {
      {"POST", "/containers/{id}/exec", with_container(containers, create)},
      {"POST", "/exec/{id}/start", with(start)},
      {"POST", "/exec/{id}/resize", with(resize)},
      {"GET", "/exec/{id}/json",
       [&containers](Exchange& exchange) -> Outcome<> {
         COVE_TRY(const ExecPtr exec, containers.execs().find(exchange.path("id")));
         exchange.json(200, containers.execs().inspect(*exec));
         return {};
       }},
  };
}

}  // namespace cove::engine
