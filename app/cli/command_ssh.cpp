// ssh: a root shell, or one command, in the virtual machine.
#include <fmt/format.h>
#include <unistd.h>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"

namespace cove::cli {
namespace {

struct SshOptions {
  std::vector<std::string> command;
  bool tty = false;
};

// One argument with a space or a shell's sign in it is a line for a shell, as with ssh itself.
std::vector<std::string> arguments_of(std::vector<std::string> command) {
  if (command.size() == 1 &&
      command[0].find_first_of(" \t\n|&;<>()$`\\\"'*?[#~=%") != std::string::npos) {
    return {"/bin/sh", "-c", command[0]};
  }
  return command;
}

channel::ShellRequest request_of(const World& world, std::vector<std::string> command, bool tty) {
  channel::ShellRequest request;
  const bool terminal = ::isatty(world.input) == 1 && ::isatty(world.output) == 1;
  request.tty = tty || (command.empty() && terminal);
  request.argv = arguments_of(std::move(command));
  if (request.tty) {
    request.terminal = world.environment("TERM").value_or("");
    if (request.terminal.empty()) request.terminal = "dumb";
    std::tie(request.rows, request.columns) = window_size(world.output);
  }
  return request;
}

Result<int> converse(Invocation& run, const channel::ShellRequest& request) {
  World& world = run.world;
  COVE_TRY(Clusters* const clusters, run.clusters());
  COVE_TRY(provision::ShellLine line, clusters->open_shell(run.globals.profile));
  channel::ShellStreams streams;
  streams.input = world.input;
  streams.output = world.output;
  streams.error = world.error;
  std::unique_ptr<RawTerminal> raw;
  if (request.tty) {
    streams.resized = world.resized;
    streams.window_size = [&world] { return window_size(world.output); };
    // Without a terminal on this side the other one still has one: nothing to switch here.
    if (::isatty(world.input) == 1) {
      COVE_TRY(raw, RawTerminal::enter(world.input));
    }
  }
  return world.run_shell(std::move(line.channel), request, streams, world.interruption.token());
}

int shell(Invocation& run, const SshOptions& options) {
  std::vector<std::string> command = options.command;
  command.insert(command.end(), run.globals.after_dashes.begin(), run.globals.after_dashes.end());
  const auto code = converse(run, request_of(run.world, std::move(command), options.tty));
  if (code) return *code;
  run.fail(code.error());
  return code.error().code == ErrorCode::kCancelled ? kCancelled : kShellFailed;
}

}  // namespace

void add_ssh_command(const Registry& registry) {
  const auto options = std::make_shared<SshOptions>();
  CLI::App* command =
      registry.add("ssh", "Open a root shell in the virtual machine, or run a command in it",
                   kToolGroup, [=](Invocation& run) { return shell(run, *options); });
  command->add_flag("-t,--tty", options->tty, "Give the command a terminal");
  command->add_option("command", options->command, "What to run; behind '--' it may have options");
  command->footer(
      "It goes over a private line, not over the network: it works when the node's network does "
      "not.\n"
      "Ends with the command's own exit code, or 255 when it could not be run.\n\n"
      "Examples:\n"
      "  cove ssh                           a shell\n"
      "  cove ssh -- ps aux                 one command\n"
      "  cove ssh 'dmesg | tail'            a line for the shell\n"
      "  cove ssh -- tee /tmp/x < file      standard input goes along\n");
}

}  // namespace cove::cli
