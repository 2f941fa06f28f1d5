#include "app/cli/app.h"

#include <fmt/format.h>

#include "app/cli/exit_codes.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

constexpr const char* kDescription =
    "Cove runs a Kubernetes cluster in one small virtual machine on this computer.";

std::string footer() {
  return "Examples:\n"
         "  cove start                         create a cluster, or start the one there is\n"
         "  cove start --cpus 4 --memory 4g    with other resources\n"
         "  kubectl get nodes                  use it\n"
         "  cove pause                         put it to sleep; 'cove start' wakes it in a second\n"
         "  cove delete                        remove it with everything in it\n"
         "  cove start -p test                 a second cluster beside it\n\n"
         "'cove COMMAND --help' tells more about a command.\n\n" +
         describe_exit_codes();
}

// Which commands there are: a new one is one line here.
constexpr std::array kCommands{&add_cluster_commands, &add_config_command,     &add_status_commands,
                               &add_logs_command,     &add_ssh_command,        &add_ports_command,
                               &add_tool_commands,    &add_docker_env_command, &add_image_commands,
                               &add_service_commands, &add_ingress_commands,   &add_demo_command};

void build(CLI::App& app, Globals& globals, Action& chosen, bool& root_may) {
  app.name("cove");
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(36);
  app.set_help_flag("-h,--help", "Show this help and exit");
  app.footer(footer());
  app.add_option("-p,--profile", globals.profile, "The cluster to act on (default: cove)")
      ->type_name("NAME");
  app.add_flag("-v,--verbose", globals.verbose, "Log what happens to standard error");
  const Registry registry{app, globals, chosen, root_may};
  for (const auto& add : kCommands) add(registry);
}

int show_parse_error(const CLI::App& app, const CLI::ParseError& error, World& world) {
  std::string command = "cove";
  for (const CLI::App* sub : app.get_subcommands()) command += " " + sub->get_name();
  std::string what = error.what();
  const bool unexpected = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (const auto extras = app.remaining(true); unexpected && !extras.empty()) {
    const std::string& first = extras.front();
    const char* kind = first.starts_with("-")          ? "option"
                       : app.get_subcommands().empty() ? "command"
                                                       : "argument";
    what = fmt::format("there is no {} '{}'", kind, first);
  }
  while (!what.empty() && (what.back() == '.' || what.back() == '\n')) what.pop_back();
  world.err << fmt::format("cove: {}. See '{} --help'.\n", escape_control(what), command);
  return kUsage;
}

// Takes what stands behind the first "--" out of the arguments, newest CLI11's way: reversed.
std::vector<std::string> split_dashes(const std::vector<std::string>& arguments, Globals& globals) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  globals.has_dashes = dashes != arguments.end();
  if (globals.has_dashes) globals.after_dashes.assign(dashes + 1, arguments.end());
  std::vector<std::string> front(arguments.begin(), dashes);
  std::reverse(front.begin(), front.end());
  return front;
}

CommandTree tree_of(const CLI::App& app) {
  CommandTree tree;
  tree.name = app.get_name();
  tree.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    CommandOption out;
    for (const std::string& name : option->get_lnames()) out.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) out.names.push_back("-" + name);
    out.description = option->get_description();
    out.takes_value = option->get_items_expected_max() > 0 && option->get_type_size() != 0;
    const std::string type = option->get_type_name();
    if (type.find('|') != std::string::npos) out.choices = split(type, '|');
    if (out.names.empty()) {
      tree.positional_choices = out.choices;
    } else {
      tree.options.push_back(std::move(out));
    }
  }
  for (const CLI::App* sub :
       app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); })) {
    tree.commands.push_back(tree_of(*sub));
  }
  return tree;
}

}  // namespace

Result<Clusters*> Invocation::clusters() {
  if (!opened_) {
    COVE_TRY(opened_, world.open_clusters(globals.verbose));
  }
  return opened_.get();
}

int Invocation::fail(const Error& error, OutputFormat format) {
  if (format == OutputFormat::kJson) {
    write_event(world.out, world.clock, "error", error_members({}, error));
  } else {
    world.err << "cove: " << escape_control(error.message()) << std::endl;
  }
  return exit_code(error.code);
}

Error Invocation::not_running(std::string action, const provision::ClusterStatus& status) const {
  const bool absent = status.phase == provision::Phase::kNotCreated;
  std::string cause =
      absent ? "it was never created" : fmt::format("it is {}", provision::to_string(status.phase));
  if (!absent && !status.reason.empty()) cause += fmt::format(" ({})", status.reason);
  return Error{absent ? ErrorCode::kNotFound : ErrorCode::kUnavailable, std::move(action),
               fmt::format("cluster '{}'", globals.profile), std::move(cause),
               fmt::format("Run '{}'.", command("start"))};
}

std::string Invocation::command(std::string_view verb) const {
  if (globals.profile == provision::kDefaultProfile) return fmt::format("cove {}", verb);
  return fmt::format("cove {} -p {}", verb, globals.profile);
}

ShownProgress::ShownProgress(World& world, OutputFormat format) {
  if (format == OutputFormat::kJson) {
    progress_ = std::make_unique<JsonProgress>(world.out, world.clock);
  } else if (!world.style.in_place) {
    progress_ = std::make_unique<PlainProgress>(world.out);
  } else {
    auto terminal = std::make_unique<TerminalProgress>(world.out, world.style, world.clock);
    if (world.animate) {
      ticker_ = std::jthread([&clock = world.clock, shown = terminal.get()](std::stop_token stop) {
        while (clock.sleep(std::chrono::milliseconds(100), stop)) shown->tick();
      });
    }
    progress_ = std::move(terminal);
  }
}

ShownProgress::~ShownProgress() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
}

CLI::App* Registry::add(const std::string& name, const std::string& description,
                        const std::string& group, Action action, bool harmless) const {
  CLI::App* command = app.add_subcommand(name, description);
  command->group(group)->fallthrough();
  command->parse_complete_callback(
      [run = std::move(action), harmless, &out = chosen, &may = root_may] {
        out = run;
        may = harmless;
      });
  return command;
}

void add_output_option(CLI::App& command, const std::shared_ptr<OutputFormat>& format) {
  command
      .add_option_function<std::string>(
          "-o,--output",
          [format](const std::string& text) {
            if (text != "text" && text != "json") {
              throw CLI::ValidationError(
                  "--output",
                  fmt::format("'{}' is not known; use text or json", escape_control(text)));
            }
            *format = text == "json" ? OutputFormat::kJson : OutputFormat::kText;
          },
          "How to print: for people, or JSON for programs")
      ->type_name("text|json");
}

CommandTree command_tree() {
  CLI::App app(kDescription);
  Globals globals;
  Action chosen;
  bool root_may = false;
  build(app, globals, chosen, root_may);
  return tree_of(app);
}

int run(const std::vector<std::string>& arguments, World& world) {
  CLI::App app(kDescription);
  Globals globals;
  Action chosen;
  bool root_may = false;
  build(app, globals, chosen, root_may);
  try {
    app.parse(split_dashes(arguments, globals));
  } catch (const CLI::CallForHelp&) {
    world.out << app.help() << std::flush;
    return kOk;
  } catch (const CLI::ParseError& error) {
    return show_parse_error(app, error, world);
  }
  Invocation invocation(world, globals);
  if (!chosen) {
    world.out << app.help() << std::flush;
    return kOk;
  }
  if (globals.has_dashes && !app.got_subcommand("ssh")) {
    world.err << "cove: only 'cove ssh' takes a command behind '--'. See 'cove ssh --help'.\n";
    return kUsage;
  }
  if (world.root && !root_may) {
    return invocation.fail(Error{ErrorCode::kPermissionDenied, "run as root", "",
                                 "a cluster's virtual machine belongs to an ordinary user",
                                 "Run cove without sudo, from your own account."});
  }
  if (const auto name = provision::check_profile_name(globals.profile); !name) {
    return invocation.fail(name.error());
  }
  return chosen(invocation);
}

}  // namespace cove::cli
