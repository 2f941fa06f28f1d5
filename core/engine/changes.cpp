#include "core/engine/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "core/base/fs.h"
#include "core/image/build/expand.h"
#include "core/image/build/instruction.h"

namespace cove::engine {
namespace {

namespace df = image::dockerfile;

constexpr std::size_t kMaxChanges = 1000;

// Applies one instruction; variables are those of the configuration's environment.
class Applier {
 public:
  explicit Applier(image::RunConfig& config) : config_(config) {}

  Outcome<> operator()(const df::Env& env) {
    for (const auto& [name, raw] : env.pairs) {
      COVE_TRY(const std::string value, expand(raw));
      const std::string prefix = name + "=";
      std::erase_if(config_.env, [&](const std::string& each) { return each.starts_with(prefix); });
      config_.env.push_back(prefix + value);
    }
    return {};
  }
  Outcome<> operator()(const df::Label& label) {
    for (const auto& [name, raw] : label.pairs) {
      COVE_TRY(config_.labels[name], expand(raw));
    }
    return {};
  }
  Outcome<> operator()(const df::Cmd& cmd) {
    config_.cmd = arguments(cmd.command);
    return {};
  }
  Outcome<> operator()(const df::Entrypoint& entrypoint) {
    config_.entrypoint = arguments(entrypoint.command);
    return {};
  }
  Outcome<> operator()(const df::Health& health) {
    config_.health_check = health.check;
    return {};
  }
  Outcome<> operator()(const df::Expose& expose) {
    for (const std::string& raw : expose.ports) {
      COVE_TRY(const std::string text, expand(raw));
      COVE_TRY(const std::vector<std::string> ports, df::parse_ports(text));
      for (const std::string& each : ports) add_sorted(config_.exposed_ports, each);
    }
    return {};
  }
  Outcome<> operator()(const df::User& user) {
    COVE_TRY(config_.user, expand(user.name));
    return {};
  }
  Outcome<> operator()(const df::Volume& volume) {
    for (const std::string& raw : volume.paths) {
      COVE_TRY(const std::string path, expand(raw));
      add_sorted(config_.volumes, path);
    }
    return {};
  }
  Outcome<> operator()(const df::Workdir& workdir) {
    COVE_TRY(const std::string path, expand(workdir.path));
    const Path before = config_.working_dir.empty() ? "/" : config_.working_dir;
    config_.working_dir = (before / path).lexically_normal().string();
    return {};
  }
  Outcome<> operator()(const df::OnBuild& trigger) {
    config_.on_build.push_back(trigger.expression);
    return {};
  }
  Outcome<> operator()(const df::StopSignal& stop) {
    COVE_TRY(config_.stop_signal, expand(stop.signal));
    return {};
  }
  template <class Other>
  Outcome<> operator()(const Other&) {
    return ApiError{400, "not one of the instructions that may change an image"};
  }

 private:
  Result<std::string> expand(const std::string& word) const {
    return df::expand_word(word, [this](std::string_view name) -> std::optional<std::string> {
      const std::string prefix = std::string(name) + "=";
      for (const std::string& each : config_.env) {
        if (each.starts_with(prefix)) return each.substr(prefix.size());
      }
      return std::nullopt;
    });
  }
  std::vector<std::string> arguments(const df::CommandLine& command) const {
    if (!command.shell_form) return command.args;
    std::vector<std::string> all =
        config_.shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : config_.shell;
    std::ranges::copy(command.args, std::back_inserter(all));
    return all;
  }
  static void add_sorted(std::vector<std::string>& list, const std::string& item) {
    const auto at = std::ranges::lower_bound(list, item);
    if (at == list.end() || *at != item) list.insert(at, item);
  }

  image::RunConfig& config_;
};

}  // namespace

Outcome<> apply_changes(image::RunConfig& config, const std::vector<std::string>& changes) {
  if (changes.size() > kMaxChanges) return ApiError{400, "too many changes"};
  for (const std::string& change : changes) {
    const auto script = df::parse_dockerfile("FROM scratch\n" + change + "\n", "change");
    if (!script) return ApiError{400, script.error().cause};
    if (script->stages.size() != 1)
      return ApiError{400, fmt::format("FROM is not a valid change command")};
    for (const df::Instruction& each : script->stages.front().instructions) {
      const auto applied = std::visit(Applier(config), each.value);
      if (!applied) {
        return ApiError{applied.error().status,
                        fmt::format("{}: {}", each.text, applied.error().message)};
      }
    }
  }
  return {};
}

}  // namespace cove::engine
