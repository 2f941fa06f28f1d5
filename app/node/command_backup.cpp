#include "app/node/command_backup.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "app/node/options.h"
#include "core/store/store.h"

namespace cove::node {
namespace {

struct Files {
  Path data_dir;
  Path backup;
};

std::string describe(const store::FileReport& report) {
  return fmt::format("{} objects at revision {}, {:.1f} MiB", report.objects, report.revision,
                     static_cast<double>(report.file_bytes) / (1 << 20));
}

Result<std::string> back_up(const Files& files) {
  COVE_TRY(const store::FileReport report,
           store::Store::copy(files.data_dir / store::kFileName, files.backup));
  return fmt::format("Backed up to {}: {}.", files.backup.string(), describe(report));
}

Result<std::string> restore(const Files& files) {
  COVE_CHECK(make_directories(files.data_dir, 0700));
  COVE_TRY(const FileLock lock,
           FileLock::try_acquire(files.data_dir / "coved.lock", "restoring a backup"));
  COVE_TRY(const store::Store::Restored restored,
           store::Store::restore(files.backup, files.data_dir / store::kFileName));
  std::string text =
      fmt::format("Restored {}: {}.", files.backup.string(), describe(restored.report));
  if (!restored.replaced.empty()) {
    text += fmt::format(" What it replaces is kept as {}.", restored.replaced.string());
  }
  return text;
}

struct Command {
  const char* name;
  const char* help;
  Result<std::string> (*run)(const Files&);
};
constexpr std::array kCommands{
    Command{
        "backup",
        "Copies the cluster's objects to one file, also while coved runs. The copy is consistent "
        "and checked; a file of that name is replaced.",
        back_up},
    Command{"restore",
            "Puts the objects of a backup in the place of the cluster's, which are kept beside it. "
            "coved must not run.",
            restore}};

int run(const Command& command, int argc, const char* const* argv) {
  Files files;
  CLI::App app(command.help, fmt::format("coved {}", command.name));
  app.add_option("--data-dir", files.data_dir, "The data directory of coved")
      ->required()
      ->type_name("DIR");
  const bool restores = command.run == restore;
  app.add_option(restores ? "file" : "--out", files.backup,
                 restores ? "The backup" : "Where the copy goes")
      ->required()
      ->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "coved: {}. See coved {} --help.\n", error.what(), command.name);
    return kExitUsage;
  }
  const auto text = command.run(files);
  if (text) {
    fmt::print("{}\n", *text);
    return kExitOk;
  }
  fmt::print(stderr, "coved: {}\n", text.error().message());
  return exit_code(text.error());
}

}  // namespace

std::optional<int> run_command(int argc, const char* const* argv) {
  if (argc < 2) return std::nullopt;
  for (const Command& command : kCommands) {
    if (std::string_view(argv[1]) == command.name) return run(command, argc - 1, argv + 1);
  }
  return std::nullopt;
}

}  // namespace cove::node
