// logs: the node's console, kept on the host.
#include <fmt/format.h>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"
#include "app/cli/log_reader.h"

namespace cove::cli {
namespace {

struct LogOptions {
  bool follow = false;
  std::uint64_t length = 60;
};

Error without_log(const Invocation& run, const provision::ClusterStatus& status) {
  return Error{ErrorCode::kNotFound, "show the log of", fmt::format("cluster '{}'", status.profile),
               "it has never been booted", fmt::format("Run '{}'.", run.command("start"))};
}

// Copies what there is; the number of bytes.
Result<std::size_t> copy(LogReader& reader, World& world) {
  std::size_t total = 0;
  while (true) {
    COVE_TRY(const std::string bytes, reader.read());
    if (bytes.empty()) break;
    total += bytes.size();
    world.out << (world.style.in_place ? printable_log(bytes) : bytes);
    if (!world.out || world.interruption.token().stop_requested()) break;
  }
  world.out << std::flush;
  return total;
}

int show_logs(Invocation& run, const LogOptions& options) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  const auto status = (*clusters)->status(run.globals.profile);
  if (!status) return run.fail(status.error());
  auto reader = LogReader::open(status->console_log, options.length);
  if (!reader) {
    const bool missing = reader.error().code == ErrorCode::kNotFound;
    return run.fail(missing ? without_log(run, *status) : reader.error());
  }
  while (true) {
    const auto copied = copy(*reader, run.world);
    if (!copied) return run.fail(copied.error());
    if (!run.world.out) return kFailed;  // nobody reads any more
    if (!options.follow) return kOk;
    if (!run.world.wait_for_log()) return kCancelled;
  }
}

}  // namespace

void add_logs_command(const Registry& registry) {
  const auto options = std::make_shared<LogOptions>();
  CLI::App* command =
      registry.add("logs", "Show the node's console: kernel, init and coved", kLookGroup,
                   [=](Invocation& run) { return show_logs(run, *options); });
  command->add_flag("-f,--follow", options->follow, "Go on as it grows, until Ctrl-C");
  command
      ->add_option("-n,--length", options->length,
                   "How many of the last lines; 0 is all (default 60)")
      ->type_name("N");
  command->footer(
      "Works while the cluster is stopped as well. Of clusters that run: kubectl logs.\n\n"
      "Examples:\n"
      "  cove logs -n 200\n"
      "  cove logs -f\n");
}

}  // namespace cove::cli
