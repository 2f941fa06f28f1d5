// A computer of a test's own: home, runtime folder and kubeconfig in a temporary folder, on which
// the real programs run.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/strings.h"
#include "tests/support/temporary_folder.h"

namespace cove::test {

// The program of a client that installers/clients/fetch keeps for tests.
inline std::string client(const std::string& name) {
  const char* clients = ::getenv("COVE_CLIENTS");
  const char* cache = ::getenv("XDG_CACHE_HOME");
  const char* home = ::getenv("HOME");
  const Path folder = clients != nullptr ? Path(clients)
                      : cache != nullptr
                          ? Path(cache) / "cove/clients"
                          : Path(home != nullptr ? home : "/") / ".cache/cove/clients";
  const Path program = folder / name / "usr/bin" / name;
  if (!std::filesystem::exists(program)) {
    throw std::runtime_error(program.string() + " is missing; run installers/clients/fetch");
  }
  return program.string();
}
inline std::string kubectl() {
  return client("kubectl");
}

inline Path source() {
  const char* const folder = ::getenv("COVE_SOURCE_DIR");
  if (folder == nullptr) throw std::runtime_error("COVE_SOURCE_DIR is not set");
  return folder;
}

template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

class Computer {
 public:
  Computer() {
    std::filesystem::create_directory(directory_.path() / "run");
    std::filesystem::permissions(directory_.path() / "run", std::filesystem::perms::owner_all);
  }
  // Deletes what the test left, and ends the libvirt session daemon that its calls started.
  ~Computer() {
    static_cast<void>(spawner_->run(command({"delete", "--all"}), std::chrono::seconds(120)));
    for (const char* name : {"libvirtd.pid", "virtqemud.pid"}) {
      auto text = read_file(directory_.path() / "run" / "libvirt" / name, 64);
      if (text) ::kill(static_cast<pid_t>(std::strtol(text->c_str(), nullptr, 10)), SIGTERM);
    }
  }
  Computer(const Computer&) = delete;
  Computer& operator=(const Computer&) = delete;

  Path home() const { return directory_.path(); }
  Path kubeconfig() const { return home() / "kubeconfig"; }
  Path cluster(const std::string& profile) const {
    return home() / ".local/share/cove/clusters" / profile;
  }

  // build/<preset>, found from the test's own place in its tests/ folder.
  static Path build() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
  }
  static Path program(const std::string& name) { return build() / "bin" / name; }

  std::vector<std::string> environment() const {
    return {fmt::format("PATH={}", ::getenv("PATH")), fmt::format("HOME={}", home().string()),
            fmt::format("XDG_RUNTIME_DIR={}", (home() / "run").string()),
            fmt::format("KUBECONFIG={}", kubeconfig().string()), "LANG=C.UTF-8"};
  }

  Command command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program("cove").string());
    return Command{std::move(arguments), environment(), {}, {}};
  }
  // Any program on this computer.
  Completed run(std::vector<std::string> argv) const {
    return value(spawner_->run(Command{std::move(argv), environment(), {}, {}}, kPatience));
  }
  // `cove` with these arguments, whatever it answers.
  Completed try_cove(const std::vector<std::string>& arguments) const {
    return value(spawner_->run(command(arguments), kPatience));
  }
  // The same; a failure is an exception with everything it said.
  std::string cove(const std::vector<std::string>& arguments) const {
    const Completed done = try_cove(arguments);
    if (done.exit_code != 0) {
      throw std::runtime_error(fmt::format("cove {} ended with {}:\n{}{}",
                                           fmt::join(arguments, " "), done.exit_code,
                                           done.standard_output, done.standard_error));
    }
    return done.standard_output;
  }

 private:
  static constexpr std::chrono::seconds kPatience{300};  // software emulation on a busy computer
  TemporaryFolder directory_;
  std::unique_ptr<Spawner> spawner_ = make_spawner(8 << 20);
};

}  // namespace cove::test
