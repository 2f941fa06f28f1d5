#include <fmt/format.h>

#include "core/api/document.h"
#include "core/node/probes.h"
#include "core/node/probes_requests.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds kRequestPatience{30};

using Outcome = ProbeAttempt::Outcome;

std::vector<std::string> command_of(const json::object& action) {
  std::vector<std::string> out;
  if (const json::array* const words = api::array_at(action, {"command"})) {
    for (const json::value& word : *words) {
      if (const auto* const text = word.if_string()) out.emplace_back(api::view(*text));
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& command) {
  return fmt::format("{}", fmt::join(command, " "));
}

Error hook_error(std::string cause) {
  return Error{ErrorCode::kUnavailable, "run", "a lifecycle hook", std::move(cause), {}};
}

ProbeAttempt probe_exec(const json::object& action, const ProbeTarget& target,
                        runtime::Runtime& runtime, const std::stop_token& stop) {
  const auto command = command_of(action);
  const auto end = run_in_container(runtime, target.id, command, stop);
  if (!end) return {Outcome::kError, end.error().cause};
  if (!end->exit_code)
    return {Outcome::kFailure, fmt::format("command {} timed out", api::quote(joined(command)))};
  if (*end->exit_code == 0) return {Outcome::kSuccess, end->output};
  return {Outcome::kFailure, end->output};
}

ProbeAttempt of_failure(const Error& error) {
  const bool unusable = error.code == ErrorCode::kInvalidArgument;
  return {unusable ? Outcome::kError : Outcome::kFailure, error.cause};
}

}  // namespace

ProbeAttempt probe_http(const json::object& action, const ProbeTarget& target,
                        std::chrono::milliseconds timeout, std::stop_token stop) {
  const auto answer = http_get(action, target, "kube-probe/1.36", timeout, std::move(stop));
  if (!answer) return of_failure(answer.error());
  if (answer->status >= 200 && answer->status < 400) return {};
  return {Outcome::kFailure, fmt::format("HTTP probe failed with statuscode: {}", answer->status)};
}

ProbeAttempt probe_tcp(const json::object& action, const ProbeTarget& target,
                       std::chrono::milliseconds timeout, std::stop_token stop) {
  const auto port = port_of(action, target);
  if (!port) return of_failure(port.error());
  const auto connected = dial(host_of(action, target), *port, timeout, std::move(stop));
  if (!connected) return of_failure(connected.error());
  return {};
}

ProbeAttempt probe_once(const json::object& probe, const ProbeTarget& target,
                        runtime::Runtime& runtime, std::stop_token stop) {
  const std::chrono::seconds timeout(
      std::max<std::int64_t>(api::integer_at(probe, {"timeoutSeconds"}).value_or(1), 1));
  if (const json::object* const action = api::object_at(probe, {"exec"}))
    return probe_exec(*action, target, runtime, stop);
  if (const json::object* const action = api::object_at(probe, {"httpGet"}))
    return probe_http(*action, target, timeout, std::move(stop));
  if (const json::object* const action = api::object_at(probe, {"tcpSocket"}))
    return probe_tcp(*action, target, timeout, std::move(stop));
  if (const json::object* const action = api::object_at(probe, {"grpc"}))
    return probe_grpc(*action, target, timeout, std::move(stop));
  return {Outcome::kError, "missing probe handler for the container"};
}

Result<void> run_hook(const json::object& handler, const ProbeTarget& target,
                      runtime::Runtime& runtime, std::stop_token stop) {
  if (const json::object* const action = api::object_at(handler, {"exec"})) {
    const auto command = command_of(*action);
    COVE_TRY(const CommandEnd end, run_in_container(runtime, target.id, command, stop));
    if (!end.exit_code)
      return hook_error(fmt::format("command {} was cut off", api::quote(joined(command))));
    if (*end.exit_code == 0) return {};
    return hook_error(fmt::format("command '{}' exited with {}: {}", joined(command),
                                  *end.exit_code, end.output));
  }
  if (const json::object* const action = api::object_at(handler, {"httpGet"})) {
    // Any answer at all is one.
    COVE_CHECK(http_get(*action, target, "kube-lifecycle/1.36", kRequestPatience, std::move(stop)));
    return {};
  }
  if (const json::object* const action = api::object_at(handler, {"sleep"})) {
    const std::chrono::seconds time(
        std::clamp<std::int64_t>(api::integer_at(*action, {"seconds"}).value_or(0), 0, 86'400));
    SystemClock().sleep(time, std::move(stop));
    return {};
  }
  return hook_error("invalid handler");
}

}  // namespace cove::node
