#include "core/node/container_config.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <stdexcept>

#include "core/node/container_mounts.h"
#include "core/node/container_resources.h"
#include "core/node/environment.h"
#include "core/node/security.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> expanded(const json::object& container, std::string_view list,
                                  const Variables& variables) {
  std::vector<std::string> out;
  const json::array* const all = api::array_at(container, {list});
  if (all == nullptr) return out;
  for (const json::value& item : *all) {
    if (const auto* const text = item.if_string())
      out.push_back(
          expand(api::view(*text), [&](std::string_view name) { return variables.find(name); }));
  }
  return out;
}

// A command takes the place of the image's entry point and of its arguments; arguments alone those
// of the image's.
std::vector<std::string> command_of(const ContainerInputs& inputs, const Variables& variables) {
  const image::RunConfig& image = inputs.image.config.config;
  std::vector<std::string> out = expanded(inputs.container, "command", variables);
  std::vector<std::string> args = expanded(inputs.container, "args", variables);
  if (out.empty()) {
    if (args.empty()) args = image.cmd;
    out = image.entrypoint;
  }
  out.insert(out.end(), args.begin(), args.end());
  return out;
}

std::string working_folder(const ContainerInputs& inputs) {
  std::string folder(api::text_at(inputs.container, {"workingDir"}));
  if (folder.empty()) folder = inputs.image.config.config.working_dir;
  return clean_path(folder);
}

std::vector<std::string> environment_of(const ContainerInputs& inputs, const Variables& variables,
                                        bool terminal, const std::string& home) {
  Variables all;
  all.set("PATH", kPath);
  all.set("HOSTNAME", inputs.sandbox.host_name);
  if (terminal) all.set("TERM", "xterm");
  for (const std::string& entry : inputs.image.config.config.env) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos)
      all.set(std::string_view(entry).substr(0, equals), entry.substr(equals + 1));
  }
  for (const auto& [name, value] : variables.all()) all.set(name, value);
  all.set_default("HOME", home.empty() ? "/" : home);
  std::vector<std::string> out;
  for (const auto& [name, value] : all.all()) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

runtime::Namespace shared(const Path& path, bool host) {
  using From = runtime::Namespace::From;
  if (!path.empty()) return {From::kPath, path};
  return {host ? From::kHost : From::kNew};
}

void set_namespaces(const ContainerInputs& inputs, runtime::ContainerSpec& spec) {
  const json::object& pod = inputs.pod->document();
  const Sandbox& sandbox = inputs.sandbox;
  const bool host_network = api::flag_at(pod, {"spec", "hostNetwork"});
  spec.namespaces.network = shared(sandbox.network_namespace, true);
  spec.namespaces.ipc = shared(sandbox.ipc_namespace, api::flag_at(pod, {"spec", "hostIPC"}));
  spec.namespaces.uts = shared(sandbox.uts_namespace, host_network);
  spec.namespaces.pid = shared(sandbox.pid_namespace, api::flag_at(pod, {"spec", "hostPID"}));
  spec.namespaces.cgroup = shared({}, spec.security.privileged);
  if (spec.namespaces.uts.from == runtime::Namespace::From::kNew) spec.hostname = sandbox.host_name;
}

std::uint64_t memory_of_node(const NodeSettings& settings) {
  struct sysinfo machine {};
  if (settings.memory_bytes != 0 || ::sysinfo(&machine) != 0) return settings.memory_bytes;
  return std::uint64_t{machine.totalram} * machine.mem_unit;
}

}  // namespace

void throw_exception_from_error(const StartFailure& failure, const boost::source_location& where) {
  throw std::logic_error(fmt::format("{}: a failure was taken for a value: {}: {}",
                                     where.file_name(), failure.reason, failure.message));
}

StartResult<runtime::ContainerSpec> make_container(const ContainerInputs& inputs,
                                                   EnvironmentSource& environment,
                                                   const NodeSettings& settings) {
  const json::object& container = inputs.container;
  const api::Object& pod = *inputs.pod;
  runtime::ContainerSpec spec;
  spec.id = inputs.id;
  spec.root.lower = inputs.layers;
  std::string home;
  if (auto security = set_security(inputs, settings, spec, home); !security)
    return security.error();
  auto variables = container_variables(inputs, environment, settings);
  if (!variables) return variables.error();
  auto mounts = container_mounts(inputs, *variables, settings);
  if (!mounts) return mounts.error();
  spec.mounts = std::move(*mounts);

  runtime::Process& process = spec.process;
  process.args = command_of(inputs, *variables);
  if (process.args.empty()) return StartFailure{"CreateContainerError", "no command specified"};
  process.terminal = api::flag_at(container, {"tty"});
  process.env = environment_of(inputs, *variables, process.terminal, home);
  process.working_dir = working_folder(inputs);
  process.oom_score_adj = oom_score_adj(pod, container, memory_of_node(settings));
  spec.open_stdin = api::flag_at(container, {"stdin"});
  spec.stdin_once = api::flag_at(container, {"stdinOnce"});
  set_namespaces(inputs, spec);
  spec.resources = container_limits(pod, container);
  spec.cgroup_parent = inputs.sandbox.cgroup;
  spec.log = {inputs.log_file, settings.log_max_bytes, settings.log_max_files};
  spec.annotations = {
      {"io.kubernetes.container.name", std::string(api::text_at(container, {"name"}))},
      {"io.kubernetes.container.restartCount", std::to_string(inputs.restart)},
      {"io.kubernetes.pod.name", std::string(pod.name())},
      {"io.kubernetes.pod.namespace", std::string(pod.namespace_name())},
      {"io.kubernetes.pod.uid", std::string(pod.uid())},
  };
  return spec;
}

}  // namespace cove::node
