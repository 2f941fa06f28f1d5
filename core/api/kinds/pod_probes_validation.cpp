#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"

namespace cove::api::pods {
namespace {

void check_port(ErrorList& errors, const FieldPath& path, const json::value* port) {
  if (port != nullptr && port->is_string()) {
    const std::string_view name = view(port->get_string());
    add_problems(errors, path, name, check_port_name(name));
    return;
  }
  const std::int64_t number = port != nullptr && port->is_int64()    ? port->get_int64()
                              : port != nullptr && port->is_uint64() ? INT64_MAX
                                                                     : 0;
  for (const std::string& problem : check_port_number(number)) {
    errors.invalid(path, number, problem);
  }
}

void check_http(ErrorList& errors, const FieldPath& path, const json::object& action) {
  if (text_at(action, {"path"}).empty()) errors.required(path / "path");
  check_port(errors, path / "port", member(action, "port"));
  rules::enumeration(errors, path / "scheme", text_at(action, {"scheme"}), {"HTTP", "HTTPS"});
  rules::each(array_at(action, {"httpHeaders"}), [&](const json::object& header, std::size_t) {
    const std::string_view name = text_at(header, {"name"});
    add_problems(errors, path / "httpHeaders", name, check_http_header_name(name));
  });
}

void check_probe(ErrorList& errors, const FieldPath& path, const json::object& probe,
                 std::int64_t grace) {
  validate_handler(errors, path, probe, grace);
  constexpr std::array<std::string_view, 5> kNumbers = {"initialDelaySeconds", "timeoutSeconds",
                                                        "periodSeconds", "successThreshold",
                                                        "failureThreshold"};
  for (const std::string_view field : kNumbers) {
    rules::not_negative(errors, path / field, integer_at(probe, {field}));
  }
  const auto own_grace = integer_at(probe, {"terminationGracePeriodSeconds"});
  if (own_grace && *own_grace <= 0) {
    errors.invalid(path / "terminationGracePeriodSeconds", *own_grace, "must be greater than 0");
  }
}

// Signals a container can be asked to end with; real-time ones are SIGRTMIN, SIGRTMIN+1 ….
bool is_signal(std::string_view name) {
  constexpr std::array<std::string_view, 31> kSignals = {
      "SIGABRT", "SIGALRM", "SIGBUS",  "SIGCHLD",   "SIGCLD",  "SIGCONT", "SIGFPE",  "SIGHUP",
      "SIGILL",  "SIGINT",  "SIGIO",   "SIGIOT",    "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF",
      "SIGPWR",  "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS",  "SIGTERM", "SIGTRAP",
      "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG",    "SIGUSR1", "SIGUSR2", "SIGWINCH"};
  if (std::ranges::find(kSignals, name) != kSignals.end()) return true;
  return name == "SIGVTALRM" || name == "SIGXCPU" || name == "SIGXFSZ" ||
         name.starts_with("SIGRTMIN") || name.starts_with("SIGRTMAX");
}

}  // namespace

void validate_handler(ErrorList& errors, const FieldPath& path, const json::object& handler,
                      std::int64_t grace) {
  std::size_t handlers = 0;
  const auto each = [&](std::string_view name, auto check) {
    const json::object* const given = object_at(handler, {name});
    if (given == nullptr) return;
    if (++handlers > 1) {
      errors.forbidden(path / name, "may not specify more than 1 handler type");
    } else {
      check(path / name, *given);
    }
  };
  each("exec", [&](const FieldPath& at, const json::object& action) {
    if (rules::size_at(action, {"command"}) == 0) errors.required(at / "command");
  });
  each("httpGet",
       [&](const FieldPath& at, const json::object& action) { check_http(errors, at, action); });
  each("tcpSocket", [&](const FieldPath& at, const json::object& action) {
    check_port(errors, at / "port", member(action, "port"));
  });
  each("grpc", [&](const FieldPath& at, const json::object& action) {
    check_port(errors, at / "port", member(action, "port"));
  });
  each("sleep", [&](const FieldPath& at, const json::object& action) {
    const std::int64_t seconds = integer_at(action, {"seconds"}).value_or(0);
    if (seconds < 0 || seconds > grace) {
      errors.invalid(at, seconds,
                     fmt::format("must be non-negative and less than terminationGracePeriodSeconds "
                                 "({})",
                                 grace));
    }
  });
  if (handlers == 0) errors.required(path, "must specify a handler type");
}

void validate_probes(ErrorList& errors, const FieldPath& path, const json::object& container,
                     std::int64_t grace) {
  for (const std::string_view name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    const json::object* const probe = object_at(container, {name});
    if (probe == nullptr) continue;
    const FieldPath at = path / name;
    check_probe(errors, at, *probe, grace);
    if (name == "readinessProbe") {
      if (const auto own = integer_at(*probe, {"terminationGracePeriodSeconds"})) {
        errors.invalid(at / "terminationGracePeriodSeconds", *own,
                       "must not be set for readinessProbes");
      }
      continue;
    }
    const std::int64_t successes = integer_at(*probe, {"successThreshold"}).value_or(0);
    if (successes != 1) errors.invalid(at / "successThreshold", successes, "must be 1");
  }
}

void validate_lifecycle(ErrorList& errors, const FieldPath& path, const json::object& container,
                        const Surroundings& around) {
  const json::object* const lifecycle = object_at(container, {"lifecycle"});
  if (lifecycle == nullptr) return;
  const std::int64_t grace =
      integer_at(around.spec, {"terminationGracePeriodSeconds"}).value_or(30);
  for (const std::string_view name : {"postStart", "preStop"}) {
    if (const json::object* const handler = object_at(*lifecycle, {name})) {
      validate_handler(errors, path / name, *handler, grace);
    }
  }
  const std::string_view signal = text_at(*lifecycle, {"stopSignal"});
  if (signal.empty()) return;
  const std::string_view os = text_at(around.spec, {"os", "name"});
  if (os.empty()) {
    errors.forbidden(path / "stopSignal",
                     "may not be set for containers with empty `spec.os.name`");
  } else if (os == "windows") {
    rules::enumeration(errors, path / "stopSignal", signal, {"SIGKILL", "SIGTERM"});
  } else if (!is_signal(signal)) {
    errors.invalid(path / "stopSignal", json::string(signal), "is no signal of Linux");
  }
}

}  // namespace cove::api::pods
