// What a command gets: the world outside, the global options, and its place in the command tree.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/cli/clusters.h"
#include "app/cli/progress.h"
#include "app/cli/signals.h"
#include "app/cli/terminal.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/client/http.h"
#include "vm/channel/shell.h"
#include "vm/provision/paths.h"

namespace cove::cli {

// Everything outside of the program, so that tests can answer for it. Borrowed for the whole run.
struct World {
  std::ostream& out;
  std::ostream& err;
  OutputStyle style;  // of `out`
  Clock& clock;
  Interruption& interruption;
  provision::Environment environment;
  bool root = false;     // run by the superuser
  bool animate = false;  // redraw the running step from a thread of its own
  // Opened when a command first needs it; `verbose` asks for a log on standard error.
  std::function<Result<std::shared_ptr<Clusters>>(bool verbose)> open_clusters = {};
  std::function<Result<int>(Fd, const channel::ShellRequest&, const channel::ShellStreams&,
                            std::stop_token)>
      run_shell = {};
  std::function<Result<void>(const std::vector<std::string>&)> launch = {};
  std::function<std::optional<Path>(const std::string&)> find_program = {};
  int input = 0;  // the terminal of `cove ssh`
  int output = 1;
  int error = 2;
  int resized = -1;  // readable when the window's size changed
  // Waits for a log to grow; false when the user asked to stop.
  std::function<bool()> wait_for_log = {};
  // A request to a cluster's API; see cluster_api.h.
  std::function<Result<client::Response>(const provision::ClusterStatus&, const client::Request&,
                                         std::stop_token)>
      ask_api = {};
  // A request for a page of a service, by its URL.
  std::function<Result<void>(const std::string& url, std::stop_token)> ask_page = {};
};

struct Globals {
  std::string profile = provision::kDefaultProfile;
  bool verbose = false;
  std::vector<std::string> after_dashes;  // what stood behind "--"
  bool has_dashes = false;
};

// A command's run.
class Invocation {
 public:
  Invocation(World& outside, const Globals& options) : world(outside), globals(options) {}

  Result<Clusters*> clusters();
  // One sentence on standard error, or an error event; returns the exit code.
  int fail(const Error& error, OutputFormat format = OutputFormat::kText);
  // Why nothing can be done with a cluster that does not run: `action` as in Error.
  Error not_running(std::string action, const provision::ClusterStatus& status) const;
  // What a person should do next, spelled with -p where needed: "cove start -p dev".
  std::string command(std::string_view verb) const;

  World& world;
  const Globals& globals;

 private:
  std::shared_ptr<Clusters> opened_;
};

// Shows an operation's steps in `format`, on a terminal redrawn while they run.
class ShownProgress {
 public:
  ShownProgress(World& world, OutputFormat format);
  ~ShownProgress();
  provision::Progress& operator*() { return *progress_; }

 private:
  std::unique_ptr<provision::Progress> progress_;
  std::jthread ticker_;
};

using Action = std::function<int(Invocation&)>;

// Where commands add themselves. `chosen` is the action of the command the user named; the action
// of a command runs as the superuser only when `root_may` says so.
struct Registry {
  CLI::App& app;
  Globals& globals;
  Action& chosen;
  bool& root_may;

  CLI::App* add(const std::string& name, const std::string& description, const std::string& group,
                Action action, bool harmless = false) const;
};

// Whether there is a graphical session to show something in.
bool has_display(const provision::Environment& environment);

// Adds "-o, --output text|json".
void add_output_option(CLI::App& command, const std::shared_ptr<OutputFormat>& format);

inline constexpr const char* kServePorts = "serve-ports";

// The groups of --help.
inline constexpr const char* kClusterGroup = "Clusters";
inline constexpr const char* kLookGroup = "Looking";
inline constexpr const char* kToolGroup = "Tools";

// One a file, in the order of --help; see app.cpp for the list.
void add_cluster_commands(const Registry& registry);  // start stop restart pause unpause delete
void add_config_command(const Registry& registry);
void add_status_commands(const Registry& registry);  // status ip profile update-context
void add_logs_command(const Registry& registry);
void add_ssh_command(const Registry& registry);
void add_ports_command(const Registry& registry);  // serve-ports, which --help does not show
void add_tool_commands(const Registry& registry);  // dashboard version completion
void add_docker_env_command(const Registry& registry);
void add_image_commands(const Registry& registry);    // image build|ls|load|save|pull|push|rm|tag
void add_service_commands(const Registry& registry);  // service NAME, service list
void add_ingress_commands(const Registry& registry);  // ingress list
void add_demo_command(const Registry& registry);

}  // namespace cove::cli
