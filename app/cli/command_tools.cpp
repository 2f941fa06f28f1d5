// dashboard, version, completion.
#include <fmt/format.h>

#include "app/cli/app.h"
#include "app/cli/exit_codes.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

int open_dashboard(Invocation& run) {
  constexpr const char* kProgram = "cove-desktop";
  if (!has_display(run.world.environment)) {
    return run.fail(
        Error{ErrorCode::kUnavailable, "open the dashboard", "",
              "there is no graphical display (neither WAYLAND_DISPLAY nor DISPLAY is set)",
              "Run it in a desktop session; 'cove status' shows the cluster here."});
  }
  const auto program = run.world.find_program(kProgram);
  if (!program) {
    return run.fail(Error{ErrorCode::kNotFound, "open the dashboard", "",
                          fmt::format("{} is neither beside cove nor in PATH", kProgram),
                          "Install the package with the desktop application."});
  }
  if (const auto launched = run.world.launch({program->string()}); !launched) {
    return run.fail(launched.error());
  }
  run.world.out << "The dashboard is opening." << std::endl;
  return kOk;
}

int show_version(Invocation& run, OutputFormat format) {
  if (format == OutputFormat::kJson) {
    JsonObject object;
    object.text("coveVersion", COVE_VERSION);
    run.world.out << object.str() << std::endl;
  } else {
    run.world.out << "cove version " << COVE_VERSION << std::endl;
  }
  return kOk;
}

int show_completion(Invocation& run, const std::string& shell) {
  const CommandTree tree = command_tree();
  if (shell == "bash") {
    run.world.out << bash_completion(tree);
  } else if (shell == "zsh") {
    run.world.out << zsh_completion(tree);
  } else if (shell == "fish") {
    run.world.out << fish_completion(tree);
  } else {
    return run.fail(Error{ErrorCode::kInvalidArgument, "write a completion for",
                          fmt::format("'{}'", escape_control(shell)), "this shell is not known",
                          "Use bash, zsh or fish."});
  }
  run.world.out << std::flush;
  return kOk;
}

}  // namespace

bool has_display(const provision::Environment& environment) {
  for (const char* name : {"WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM"}) {
    if (!environment(name).value_or("").empty()) return true;
  }
  return false;
}

void add_tool_commands(const Registry& registry) {
  registry.add("dashboard", "Open the desktop application", kToolGroup, &open_dashboard);

  const auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  CLI::App* version = registry.add(
      "version", "Print the version", kToolGroup,
      [=](Invocation& run) { return show_version(run, *format); }, true);
  add_output_option(*version, format);

  const auto shell = std::make_shared<std::string>();
  CLI::App* completion = registry.add(
      "completion", "Print a script that completes commands in a shell", kToolGroup,
      [=](Invocation& run) { return show_completion(run, *shell); }, true);
  completion->add_option("shell", *shell, "The shell")->type_name("bash|zsh|fish")->required();
  completion->footer(
      "Examples:\n"
      "  source <(cove completion bash)\n"
      "  cove completion fish > ~/.config/fish/completions/cove.fish\n");
}

}  // namespace cove::cli
