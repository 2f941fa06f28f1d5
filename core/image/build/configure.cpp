#include "core/image/build/configure.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "core/base/strings.h"
#include "core/image/build/paths.h"
#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

// More than a configuration can hold, which is a manifest's size.
constexpr std::size_t kMaxPairsBytes = kMaxManifestBytes;
constexpr std::size_t kMaxPorts = 3 * 65535;

Error wrong(std::string cause) {
  return {ErrorCode::kInvalidArgument, "build the image", {}, std::move(cause), {}};
}

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  const auto known = std::find_if(env.begin(), env.end(), [&](const std::string& entry) {
    return entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=';
  });
  if (known == env.end()) {
    env.push_back(name + "=" + value);
  } else {
    *known = name + "=" + value;
  }
}

// Sorted, each once.
void add_to(std::vector<std::string>& list, const std::vector<std::string>& items) {
  list.insert(list.end(), items.begin(), items.end());
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

Result<std::string> Configurer::expand(const std::string& text) const {
  return expand_word(text, lookup_in(config_.env, arguments_), expansion_);
}

// All of one instruction see what was set before it.
Result<Pairs> Configurer::expand(const Pairs& pairs) const {
  Pairs result;
  const Lookup lookup = lookup_in(config_.env, arguments_);
  std::size_t size = 0;
  for (const auto& entry : config_.env) size += entry.size();
  for (const auto& [name, value] : config_.labels) size += name.size() + value.size();
  for (const auto& [name, value] : pairs) {
    COVE_TRY(auto expanded_name, expand_word(name, lookup, expansion_));
    COVE_TRY(auto expanded_value, expand_word(value, lookup, expansion_));
    size += expanded_name.size() + expanded_value.size();
    if (size > kMaxPairsBytes) return wrong("variables and labels are larger than 4 MiB");
    result.emplace_back(std::move(expanded_name), std::move(expanded_value));
  }
  return result;
}

std::vector<std::string> Configurer::shell() const {
  return config_.shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : config_.shell;
}

std::vector<std::string> Configurer::with_shell(const CommandLine& command) const {
  std::vector<std::string> args;
  if (command.shell_form) args = shell();
  args.insert(args.end(), command.args.begin(), command.args.end());
  return args;
}

Result<std::string> Configurer::apply(const Env& env) {
  COVE_TRY(const auto pairs, expand(env.pairs));
  std::string comment = "ENV";
  for (const auto& [name, value] : pairs) {
    if (name.empty()) return wrong("ENV names can not be blank");
    comment += " " + name + "=" + value;
    set_env(config_.env, name, value);
  }
  return comment;
}

Result<std::string> Configurer::apply(const Label& label) {
  Pairs pairs = label.pairs;
  if (!label.literal) {
    COVE_TRY(pairs, expand(label.pairs));
  }
  std::string comment = "LABEL";
  for (const auto& [name, value] : pairs) {
    if (name.empty()) return wrong("LABEL names can not be blank");
    comment += " " + name + "=" + value;
    config_.labels[name] = value;
  }
  return comment;
}

Result<std::string> Configurer::apply(const OnBuild& onbuild) {
  config_.on_build.push_back(onbuild.expression);
  return "ONBUILD " + onbuild.expression;
}

Result<std::string> Configurer::apply(const Workdir& workdir) {
  COVE_TRY(const auto path, expand(workdir.path));
  if (path.empty()) return wrong("WORKDIR requires exactly one argument");
  const std::string before = config_.working_dir.empty() ? "/" : config_.working_dir;
  config_.working_dir = path.starts_with('/') ? clean_path(path) : join_path(before, path);
  return "WORKDIR " + config_.working_dir;
}

Result<std::string> Configurer::apply(const Cmd& cmd) {
  config_.cmd = with_shell(cmd.command);
  if (!cmd.command.args.empty()) cmd_set_ = true;
  return "CMD " + quote_list(config_.cmd);
}

Result<std::string> Configurer::apply(const Entrypoint& entrypoint) {
  config_.entrypoint.clear();
  if (!entrypoint.command.args.empty()) config_.entrypoint = with_shell(entrypoint.command);
  if (!cmd_set_) config_.cmd.clear();  // it was meant for the base's entry point
  return "ENTRYPOINT " + quote_list(config_.entrypoint);
}

Result<std::string> Configurer::apply(const Health& health) {
  config_.health_check = health.check;
  return "HEALTHCHECK " + quote_health(health.check);
}

Result<std::string> Configurer::apply(const Expose& expose) {
  const Lookup lookup = lookup_in(config_.env, arguments_);
  std::string comment = "EXPOSE";
  std::vector<std::string> ports;
  for (const auto& text : expose.ports) {
    COVE_TRY(const auto words, expand_words(text, lookup, expansion_));
    for (const auto& word : words) {
      COVE_TRY(const auto more, parse_ports(word));
      if (ports.size() + more.size() > kMaxPorts) return wrong("there are not so many ports");
      ports.insert(ports.end(), more.begin(), more.end());
      comment += " " + word;
    }
  }
  add_to(config_.exposed_ports, ports);
  return comment;
}

Result<std::string> Configurer::apply(const User& user) {
  COVE_TRY(config_.user, expand(user.name));
  return "USER " + config_.user;
}

Result<std::string> Configurer::apply(const Volume& volume) {
  std::vector<std::string> paths;
  for (const auto& path : volume.paths) {
    COVE_TRY(auto expanded, expand(path));
    if (trim(expanded).empty()) return wrong("VOLUME specified can not be an empty string");
    paths.push_back(std::move(expanded));
  }
  add_to(config_.volumes, paths);
  return "VOLUME " + plain_list(paths);
}

Result<std::string> Configurer::apply(const StopSignal& signal) {
  COVE_TRY(auto expanded, expand(signal.signal));
  if (!is_signal(expanded)) return wrong(fmt::format("invalid signal: {}", expanded));
  config_.stop_signal = std::move(expanded);
  return "STOPSIGNAL " + config_.stop_signal;
}

Result<std::string> Configurer::apply(const Shell& shell) {
  config_.shell = shell.args;
  return "SHELL " + plain_list(shell.args);
}

}  // namespace cove::image::dockerfile

namespace cove::image {
namespace {

using namespace dockerfile;

template <class T>
constexpr bool kMayChange =
    !std::is_same_v<T, Maintainer> && !std::is_same_v<T, Copy> && !std::is_same_v<T, Run> &&
    !std::is_same_v<T, Arg> && !std::is_same_v<T, Shell> && !std::is_same_v<T, From>;

}  // namespace

Result<void> apply_changes(RunConfig& config, const std::vector<std::string>& changes) {
  RunConfig changed = config;
  const Arguments none;
  Configurer configurer(changed, none, {});
  for (const std::string& change : changes) {
    COVE_TRY(const auto instructions, parse_instructions(change, "change"));
    for (const Instruction& instruction : instructions) {
      const auto applied = std::visit(
          [&]<class T>(const T& value) -> Result<std::string> {
            if constexpr (kMayChange<T>) {
              return configurer.apply(value);
            } else {
              const auto keyword =
                  instruction.text.substr(0, instruction.text.find_first_of(" \t"));
              return Error{ErrorCode::kInvalidArgument,
                           "change the image",
                           {},
                           fmt::format("{} is not a valid change command", lower(keyword)),
                           {}};
            }
          },
          instruction.value);
      if (!applied) return applied.error();
    }
  }
  config = std::move(changed);
  return {};
}

}  // namespace cove::image
