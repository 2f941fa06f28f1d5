// docker-env: points docker of this computer to the cluster's container engine.
#include <fmt/format.h>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Phase;

using Variables = std::vector<std::pair<std::string, std::string>>;

// How a shell sets a variable, and what it evaluates another program's output by.
struct Shell {
  std::string_view name;
  std::string (*set)(std::string_view name, std::string_view value);
  std::string (*unset)(std::string_view name);
  std::string_view evaluate;  // {} is the command
};

// `value` with `escape` before each of `special`.
std::string escaped(std::string_view value, std::string_view special, char escape) {
  std::string out;
  for (const char c : value) {
    if (special.find(c) != std::string_view::npos) out.push_back(escape);
    out.push_back(c);
  }
  return out;
}

std::string set_sh(std::string_view name, std::string_view value) {
  return fmt::format("export {}=\"{}\"\n", name, escaped(value, "\\\"$`", '\\'));
}
std::string unset_sh(std::string_view name) {
  return fmt::format("unset {};\n", name);
}
std::string set_fish(std::string_view name, std::string_view value) {
  return fmt::format("set -gx {} \"{}\";\n", name, escaped(value, "\\\"$", '\\'));
}
std::string unset_fish(std::string_view name) {
  return fmt::format("set -e {};\n", name);
}
std::string set_powershell(std::string_view name, std::string_view value) {
  return fmt::format("$Env:{} = \"{}\"\n", name, escaped(value, "`\"$", '`'));
}
std::string unset_powershell(std::string_view name) {
  return fmt::format("Remove-Item Env:\\{}\n", name);
}

constexpr std::array kShells{
    Shell{"sh", set_sh, unset_sh, "eval $({})"},
    Shell{"bash", set_sh, unset_sh, "eval $({})"},
    Shell{"zsh", set_sh, unset_sh, "eval $({})"},
    Shell{"fish", set_fish, unset_fish, "{} | source"},
    Shell{"powershell", set_powershell, unset_powershell, "& {} | Invoke-Expression"},
};

// The shell asked for; else the user's own, as far as it is known; else sh.
const Shell* choose_shell(const std::string& wanted, const provision::Environment& environment) {
  const auto find = [](std::string_view name) -> const Shell* {
    const auto found = std::ranges::find(kShells, name, &Shell::name);
    return found == kShells.end() ? nullptr : &*found;
  };
  if (!wanted.empty()) return find(wanted);
  const Shell* own = find(Path(environment("SHELL").value_or("")).filename().string());
  return own != nullptr ? own : &kShells.front();
}

struct DockerEnvRequest {
  std::string shell;
  bool unset = false;
};

int docker_env(Invocation& run, const DockerEnvRequest& request) {
  const Shell* shell = choose_shell(request.shell, run.world.environment);
  if (shell == nullptr) {
    return run.fail(Error{ErrorCode::kInvalidArgument, "write the environment for",
                          fmt::format("'{}'", escape_control(request.shell)),
                          "this shell is not known", "Use sh, bash, zsh, fish or powershell."});
  }
  Variables variables{{"DOCKER_TLS_VERIFY", "1"},
                      {"DOCKER_HOST", ""},
                      {"DOCKER_CERT_PATH", ""},
                      {"DOCKER_BUILDKIT", "0"}};
  std::string command = run.command("docker-env");
  if (!request.shell.empty() || shell->name == "fish" || shell->name == "powershell")
    command += fmt::format(" --shell {}", shell->name);
  if (request.unset) {
    for (const auto& [name, value] : variables) run.world.out << shell->unset(name);
    command += " --unset";
    run.world.out << "\n# To point your shell away from the cluster's container engine, run:\n";
  } else {
    auto clusters = run.clusters();
    if (!clusters) return run.fail(clusters.error());
    const auto status = (*clusters)->status(run.globals.profile);
    if (!status) return run.fail(status.error());
    if (status->phase != Phase::kRunning || status->engine.empty())
      return run.fail(run.not_running("point docker to", *status));
    variables[1].second = status->engine;
    variables[2].second = status->engine_client.string();
    for (const auto& [name, value] : variables) run.world.out << shell->set(name, value);
    run.world.out << "\n# To point your shell to the cluster's container engine, run:\n";
  }
  run.world.out << "# " << fmt::format(fmt::runtime(shell->evaluate), command) << std::endl;
  return kOk;
}

}  // namespace

void add_docker_env_command(const Registry& registry) {
  const auto request = std::make_shared<DockerEnvRequest>();
  CLI::App* command =
      registry.add("docker-env", "Print what points docker to the cluster's container engine",
                   kToolGroup, [=](Invocation& run) { return docker_env(run, *request); });
  command->add_option("--shell", request->shell, "The shell to print for (default: your own)")
      ->type_name("sh|bash|zsh|fish|powershell");
  command->add_flag("-u,--unset", request->unset, "Print what points docker back");
  command->footer(
      "Examples:\n"
      "  eval $(cove docker-env)                docker talks to the cluster's engine in this "
      "shell\n"
      "  eval $(cove docker-env --unset)        and to its own again\n"
      "  cove docker-env --shell fish | source\n");
}

}  // namespace cove::cli
