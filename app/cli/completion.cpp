#include "app/cli/completion.h"

#include <fmt/format.h>

namespace cove::cli {
namespace {

// A command with the names on the way to it: "" for the program itself, "profile list".
struct Place {
  std::string path;
  const CommandTree* command;
};

void collect(const CommandTree& command, const std::string& path, std::vector<Place>& places) {
  places.push_back({path, &command});
  for (const CommandTree& sub : command.commands) {
    collect(sub, path.empty() ? sub.name : path + " " + sub.name, places);
  }
}

std::vector<Place> places_of(const CommandTree& tree) {
  std::vector<Place> places;
  collect(tree, "", places);
  return places;
}

// A place's own options and the program's, which every command takes.
std::vector<const CommandOption*> options_at(const CommandTree& tree, const Place& place) {
  std::vector<const CommandOption*> options;
  for (const CommandOption& option : place.command->options) options.push_back(&option);
  if (place.command == &tree) return options;
  for (const CommandOption& option : tree.options) {
    const bool own = std::any_of(options.begin(), options.end(), [&](const CommandOption* other) {
      return other->names == option.names;
    });
    if (!own) options.push_back(&option);
  }
  return options;
}

// In single quotes, for all three shells.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '\n') {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out + "'";
}

// A `case` that sets `place` to the command named by the words so far: shared by bash and zsh.
std::string path_cases(const std::vector<Place>& places, const char* indent) {
  std::string text;
  for (const Place& place : places) {
    if (place.path.empty()) continue;
    const std::size_t space = place.path.rfind(' ');
    const std::string parent = space == std::string::npos ? "" : place.path.substr(0, space);
    const std::string pattern = parent + ":" + place.command->name;
    text += fmt::format("{}{}) place={} ;;\n", indent, in_quotes(pattern), in_quotes(place.path));
  }
  return text;
}

// A `case` on place and option, "image save:-o", where the option takes a value: what to offer
// behind it.
std::string value_cases(const CommandTree& tree, const std::vector<Place>& places,
                        const char* indent, const char* offer) {
  std::map<std::string, std::string> offers;
  for (const Place& place : places) {
    for (const CommandOption* option : options_at(tree, place)) {
      if (!option->takes_value) continue;
      for (const std::string& name : option->names) {
        offers[place.path + ":" + name] = fmt::format("{}", fmt::join(option->choices, " "));
      }
    }
  }
  std::string text;
  for (const auto& [pattern, words] : offers) {
    text += fmt::format("{}{}) {}; return ;;\n", indent, in_quotes(pattern),
                        words.empty() ? ":" : fmt::format(fmt::runtime(offer), words));
  }
  return text;
}

std::string words_at(const CommandTree& tree, const Place& place) {
  std::vector<std::string> words;
  for (const CommandTree& sub : place.command->commands) words.push_back(sub.name);
  for (const std::string& choice : place.command->positional_choices) words.push_back(choice);
  for (const CommandOption* option : options_at(tree, place)) {
    words.insert(words.end(), option->names.begin(), option->names.end());
  }
  return fmt::format("{}", fmt::join(words, " "));
}

// zsh's "word:description", the colons of the word escaped.
std::string described(const std::string& word, const std::string& description) {
  return in_quotes(word + ":" + description);
}

}  // namespace

std::string bash_completion(const CommandTree& tree) {
  const auto places = places_of(tree);
  std::string cases;
  for (const Place& place : places) {
    cases += fmt::format("    {}) words={} ;;\n", in_quotes(place.path),
                         in_quotes(words_at(tree, place)));
  }
  return fmt::format(
      "# bash completion for {0}; load it with: source <({0} completion bash)\n"
      "_{0}() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" previous=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n"
      "  local place='' words='' word\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case \"$place:$word\" in\n{1}    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case \"$place:$previous\" in\n{2}  esac\n"
      "  case \"$place\" in\n{3}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -o default -F _{0} {0}\n",
      tree.name, path_cases(places, "      "),
      value_cases(tree, places, "    ", "COMPREPLY=($(compgen -W '{}' -- \"$current\"))"), cases);
}

std::string zsh_completion(const CommandTree& tree) {
  const auto places = places_of(tree);
  std::string cases;
  for (const Place& place : places) {
    cases += fmt::format("    {})\n      items=(\n", in_quotes(place.path));
    for (const CommandTree& sub : place.command->commands) {
      cases += fmt::format("        {}\n", described(sub.name, sub.description));
    }
    for (const std::string& choice : place.command->positional_choices) {
      cases += fmt::format("        {}\n", in_quotes(choice));
    }
    for (const CommandOption* option : options_at(tree, place)) {
      for (const std::string& name : option->names) {
        cases += fmt::format("        {}\n", described(name, option->description));
      }
    }
    cases += "      ) ;;\n";
  }
  return fmt::format(
      "#compdef {0}\n"
      "# zsh completion for {0}; load it with: source <({0} completion zsh)\n"
      "_{0}() {{\n"
      "  local place='' word\n"
      "  local -a items\n"
      "  for word in \"${{(@)words[2,CURRENT-1]}}\"; do\n"
      "    case \"$place:$word\" in\n{1}    esac\n"
      "  done\n"
      "  case \"$place:$words[CURRENT-1]\" in\n{2}  esac\n"
      "  case \"$place\" in\n{3}  esac\n"
      "  _describe '{0}' items\n"
      "}}\n"
      "if [ \"$funcstack[1]\" = \"_{0}\" ]; then _{0} \"$@\"; else compdef _{0} {0}; fi\n",
      tree.name, path_cases(places, "      "), value_cases(tree, places, "    ", "compadd {}"),
      cases);
}

std::string fish_completion(const CommandTree& tree) {
  std::string text = fmt::format(
      "# fish completion for {0}; load it with: {0} completion fish | source\n"
      "complete -c {0} -f\n",
      tree.name);
  for (const Place& place : places_of(tree)) {
    std::string condition = "__fish_use_subcommand";
    if (!place.path.empty()) {
      condition.clear();
      std::string_view rest = place.path;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        if (!condition.empty()) condition += "; and ";
        condition += "__fish_seen_subcommand_from " + std::string(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    std::vector<std::string> names;
    for (const CommandTree& sub : place.command->commands) names.push_back(sub.name);
    const std::string before = place.path.empty() || names.empty()
                                   ? condition
                                   : fmt::format("{}; and not __fish_seen_subcommand_from {}",
                                                 condition, fmt::join(names, " "));
    for (const CommandTree& sub : place.command->commands) {
      text += fmt::format("complete -c {} -n {} -a {} -d {}\n", tree.name, in_quotes(before),
                          sub.name, in_quotes(sub.description));
    }
    if (!place.command->positional_choices.empty()) {
      text += fmt::format(
          "complete -c {} -n {} -a {}\n", tree.name, in_quotes(condition),
          in_quotes(fmt::format("{}", fmt::join(place.command->positional_choices, " "))));
    }
    for (const CommandOption& option : place.command->options) {
      std::string line = fmt::format("complete -c {}", tree.name);
      if (!place.path.empty()) line += fmt::format(" -n {}", in_quotes(condition));
      for (const std::string& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.takes_value) line += " -x";
      if (!option.choices.empty()) {
        line += fmt::format(" -a {}", in_quotes(fmt::format("{}", fmt::join(option.choices, " "))));
      }
      text += fmt::format("{} -d {}\n", line, in_quotes(option.description));
    }
  }
  return text;
}

}  // namespace cove::cli
