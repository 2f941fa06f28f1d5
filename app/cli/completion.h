// Completion scripts for shells, made from the command tree.
#pragma once

#include <string>
#include <vector>

namespace cove::cli {

struct CommandOption {
  std::vector<std::string> names;  // "--cpus", "-n"
  std::string description;
  bool takes_value = false;
  std::vector<std::string> choices;  // values it takes, when they can be listed
};

struct CommandTree {
  std::string name;
  std::string description;
  std::vector<CommandOption> options;
  std::vector<std::string> positional_choices;
  std::vector<CommandTree> commands;
};

std::string bash_completion(const CommandTree& tree);
std::string zsh_completion(const CommandTree& tree);
std::string fish_completion(const CommandTree& tree);

}  // namespace cove::cli
