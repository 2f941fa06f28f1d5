#include "core/image/build/instruction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <charconv>

#include "core/base/strings.h"
#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

constexpr const char* kBuildKitOnly =
    "the {} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how "
    "to build images with BuildKit enabled";

Error wrong(std::string cause) {
  return {ErrorCode::kInvalidArgument, "read the instruction", {}, std::move(cause), {}};
}
Error requires_at_least_one(std::string_view keyword) {
  return wrong(fmt::format("{} requires at least one argument", keyword));
}
Error requires_exactly_one(std::string_view keyword) {
  return wrong(fmt::format("{} requires exactly one argument", keyword));
}

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

std::vector<std::string> split_spaces(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (!is_space(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Splits at spaces outside quotes; quotes and escapes stay for the expansion.
std::vector<std::string> split_words(std::string_view text, char escape) {
  std::vector<std::string> words;
  std::string word;
  bool started = false;
  char quote_char = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote_char == 0 && is_space(c)) {
      if (started) words.push_back(std::move(word));
      word.clear();
      started = false;
      continue;
    }
    if (c == escape && quote_char != '\'') {
      if (i + 1 == text.size()) continue;
      started = true;
      word += c;
      word += text[++i];
      continue;
    }
    started = true;
    if (quote_char == 0 && (c == '"' || c == '\'')) {
      quote_char = c;
    } else if (c == quote_char) {
      quote_char = 0;
    }
    word += c;
  }
  if (started) words.push_back(std::move(word));
  return words;
}

// The strings of a JSON array; nothing when the text is no JSON array at all.
Result<std::optional<std::vector<std::string>>> json_list(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('[')) return std::nullopt;
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 8;
  const auto value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  if (error || !value.is_array()) return std::nullopt;
  std::vector<std::string> list;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) {
      return wrong("when using JSON array syntax, arrays must be comprised of strings only");
    }
    list.emplace_back(item.get_string().data(), item.get_string().size());
  }
  return list;
}

// Words of a list that may also be a JSON array.
Result<std::vector<std::string>> list_of(std::string_view text) {
  COVE_TRY(auto list, json_list(text));
  if (list) return std::move(*list);
  return split_spaces(text);
}

Result<CommandLine> command_line(std::string_view text) {
  CommandLine command;
  COVE_TRY(auto list, json_list(text));
  if (list) {
    command.args = std::move(*list);
    return command;
  }
  command.shell_form = true;
  if (!text.empty()) command.args.emplace_back(text);
  return command;
}

// The flags that an instruction knows, each at most once unless it is a list.
class Flags {
 public:
  void text(std::string name, std::string* value) { known_[std::move(name)].text = value; }
  void boolean(std::string name, bool* value) { known_[std::move(name)].boolean = value; }
  void list(std::string name, std::vector<std::string>* value) {
    known_[std::move(name)].list = value;
  }
  // Known to BuildKit alone.
  void refuse(std::string name) { known_[std::move(name)].refused = true; }

  Result<void> parse(const std::vector<std::string>& flags) {
    std::vector<std::string> used;
    for (const std::string& flag : flags) {
      const auto equals = flag.find('=');
      const std::string name = flag.substr(2, equals == std::string::npos ? equals : equals - 2);
      const auto known = known_.find(name);
      if (known == known_.end()) return wrong(fmt::format("unknown flag: --{}", name));
      const Target& target = known->second;
      if (target.refused) return wrong(fmt::format(fmt::runtime(kBuildKitOnly), "--" + name));
      if (target.list == nullptr && std::find(used.begin(), used.end(), name) != used.end()) {
        return wrong(fmt::format("duplicate flag specified: {}", name));
      }
      used.push_back(name);
      if (target.boolean != nullptr) {
        const std::string value =
            equals == std::string::npos ? "true" : lower(flag.substr(equals + 1));
        if (value != "true" && value != "false") {
          return wrong(fmt::format("expecting boolean value for flag {}, not: {}", name, value));
        }
        *target.boolean = value == "true";
        continue;
      }
      if (equals == std::string::npos) {
        return wrong(fmt::format("missing a value on flag: {}", name));
      }
      if (target.list != nullptr) {
        target.list->push_back(flag.substr(equals + 1));
      } else {
        *target.text = flag.substr(equals + 1);
      }
    }
    return {};
  }

 private:
  struct Target {
    std::string* text = nullptr;
    bool* boolean = nullptr;
    std::vector<std::string>* list = nullptr;
    bool refused = false;
  };
  std::map<std::string, Target> known_;
};

Result<void> no_flags(const LogicalLine& line) {
  return Flags().parse(line.flags);
}

using Value = decltype(Instruction::value);

// "NAME value" (old) or "NAME=value …".
Result<Pairs> parse_pairs(const LogicalLine& line, char escape) {
  COVE_CHECK(no_flags(line));
  const auto words = split_words(line.rest, escape);
  if (words.empty()) return requires_at_least_one(line.keyword);
  Pairs pairs;
  if (words.front().find('=') == std::string::npos) {
    const auto end = std::find_if(line.rest.begin(), line.rest.end(), is_space);
    if (end == line.rest.end()) {
      return wrong(fmt::format("{} must have two arguments", line.keyword));
    }
    pairs.emplace_back(std::string(line.rest.begin(), end),
                       std::string(trim(std::string_view(line.rest).substr(
                           static_cast<std::size_t>(end - line.rest.begin())))));
    return pairs;
  }
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      return wrong(fmt::format("Syntax error - can't find = in {}. Must be of the form: name=value",
                               quote(word)));
    }
    if (equals == 0) return wrong(fmt::format("{} names can not be blank", line.keyword));
    pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return pairs;
}

Result<Value> parse_env(const LogicalLine& line, char escape) {
  COVE_TRY(auto pairs, parse_pairs(line, escape));
  return Env{std::move(pairs)};
}

Result<Value> parse_label(const LogicalLine& line, char escape) {
  COVE_TRY(auto pairs, parse_pairs(line, escape));
  return Label{std::move(pairs), false};
}

Result<Value> parse_maintainer(const LogicalLine& line, char) {
  if (line.rest.empty()) return requires_exactly_one(line.keyword);
  COVE_CHECK(no_flags(line));
  return Maintainer{line.rest};
}

Result<Value> parse_copy(const LogicalLine& line, char escape) {
  Copy copy;
  copy.add = line.keyword == "ADD";
  COVE_TRY(auto words, list_of(line.rest));
  if (words.size() < 2) {
    return wrong(
        fmt::format("{} requires at least two arguments, but only one was provided. Destination "
                    "could not be determined",
                    line.keyword));
  }
  bool link = false;
  bool keep_git_dir = false;
  Flags flags;
  flags.text("chown", &copy.chown);
  flags.text("chmod", &copy.chmod);
  flags.boolean("link", &link);
  flags.list("exclude", &copy.exclude);
  if (copy.add) {
    flags.text("checksum", &copy.checksum);
    flags.boolean("keep-git-dir", &keep_git_dir);
    flags.refuse("unpack");
  } else {
    flags.text("from", &copy.from);
    flags.boolean("parents", &copy.parents);
  }
  COVE_CHECK(flags.parse(line.flags));
  copy.destination = std::move(words.back());
  words.pop_back();
  Heredoc heredoc;
  if (parse_heredoc_word(copy.destination, escape, heredoc)) {
    return wrong(fmt::format("{} cannot accept a heredoc as a destination", line.keyword));
  }
  for (auto& word : words) {
    if (!parse_heredoc_word(word, escape, heredoc)) {
      copy.sources.push_back(std::move(word));
      continue;
    }
    const auto found =
        std::find_if(line.heredocs.begin(), line.heredocs.end(),
                     [&](const Heredoc& other) { return other.name == heredoc.name; });
    if (found == line.heredocs.end()) return wrong("unterminated heredoc");
    copy.contents.push_back(*found);
  }
  return copy;
}

Result<Value> parse_from(const LogicalLine& line, char) {
  From from;
  const auto words = split_spaces(line.rest);
  if (words.size() == 3 && lower(words[1]) == "as") {
    from.name = lower(words[2]);
    const bool valid = std::islower(static_cast<unsigned char>(from.name.front())) != 0 &&
                       std::all_of(from.name.begin(), from.name.end(), [](char c) {
                         return std::islower(static_cast<unsigned char>(c)) != 0 ||
                                (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                       });
    if (!valid) {
      return wrong(
          fmt::format("invalid name for build stage: {}, name can't start with a number "
                      "or contain symbols",
                      quote(words[2])));
    }
  } else if (words.size() != 1) {
    return wrong("FROM requires either one or three arguments");
  }
  Flags flags;
  flags.text("platform", &from.platform);
  COVE_CHECK(flags.parse(line.flags));
  from.base = words.front();
  return from;
}

Result<Value> parse_onbuild(const LogicalLine& line, char) {
  if (line.rest.empty()) return requires_at_least_one(line.keyword);
  COVE_CHECK(no_flags(line));
  const auto end = std::find_if(line.rest.begin(), line.rest.end(), is_space);
  std::string trigger(line.rest.begin(), end);
  std::transform(trigger.begin(), trigger.end(), trigger.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  if (trigger == "ONBUILD") {
    return wrong("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  if (trigger == "MAINTAINER" || trigger == "FROM") {
    return wrong(fmt::format("{} isn't allowed as an ONBUILD trigger", trigger));
  }
  OnBuild result{line.rest};
  for (const auto& heredoc : line.heredocs) {
    result.expression += "\n" + heredoc.content + heredoc.name;
  }
  return result;
}

Result<Value> parse_workdir(const LogicalLine& line, char) {
  if (line.rest.empty()) return requires_exactly_one(line.keyword);
  COVE_CHECK(no_flags(line));
  return Workdir{line.rest};
}

Result<Value> parse_run(const LogicalLine& line, char) {
  Run run;
  Flags flags;
  flags.text("network", &run.network);
  flags.refuse("mount");
  flags.refuse("security");
  flags.refuse("device");
  COVE_CHECK(flags.parse(line.flags));
  if (!run.network.empty() && run.network != "default" && run.network != "none" &&
      run.network != "host") {
    return wrong(fmt::format("invalid network mode {}", quote(run.network)));
  }
  COVE_TRY(run.command, command_line(line.rest));
  if (run.command.args.empty()) return requires_at_least_one(line.keyword);
  run.heredocs = line.heredocs;
  return run;
}

Result<Value> parse_cmd(const LogicalLine& line, char) {
  COVE_CHECK(no_flags(line));
  COVE_TRY(auto command, command_line(line.rest));
  return Cmd{std::move(command)};
}

Result<Value> parse_entrypoint(const LogicalLine& line, char) {
  COVE_CHECK(no_flags(line));
  COVE_TRY(auto command, command_line(line.rest));
  return Entrypoint{std::move(command)};
}

Result<void> interval(const std::string& name, const std::string& text,
                      std::chrono::nanoseconds& value) {
  if (text.empty()) return {};
  COVE_TRY(value, parse_duration(text));
  if (value.count() != 0 && value < std::chrono::milliseconds(1)) {
    return wrong(fmt::format("Interval {} cannot be less than 1ms", quote(name)));
  }
  return {};
}

Result<Value> parse_healthcheck(const LogicalLine& line, char) {
  if (line.rest.empty()) return requires_at_least_one(line.keyword);
  const auto end = std::find_if(line.rest.begin(), line.rest.end(), is_space);
  std::string type(line.rest.begin(), end);
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  const std::string_view arguments = trim(std::string_view(line.rest).substr(type.size()));
  Health health;
  if (type == "NONE") {
    if (!arguments.empty()) return wrong("HEALTHCHECK NONE takes no arguments");
    health.check.test = {type};
    return health;
  }
  std::string period, timeout, start, start_interval, retries;
  Flags flags;
  flags.text("interval", &period);
  flags.text("timeout", &timeout);
  flags.text("start-period", &start);
  flags.text("start-interval", &start_interval);
  flags.text("retries", &retries);
  COVE_CHECK(flags.parse(line.flags));
  if (type != "CMD") {
    return wrong(fmt::format("Unknown type {} in HEALTHCHECK (try CMD)", quote(type)));
  }
  COVE_TRY(auto command, command_line(arguments));
  if (command.args.empty()) return wrong("Missing command after HEALTHCHECK CMD");
  health.check.test = {command.shell_form ? "CMD-SHELL" : "CMD"};
  health.check.test.insert(health.check.test.end(), command.args.begin(), command.args.end());
  COVE_CHECK(interval("interval", period, health.check.interval));
  COVE_CHECK(interval("timeout", timeout, health.check.timeout));
  COVE_CHECK(interval("start-period", start, health.check.start_period));
  COVE_CHECK(interval("start-interval", start_interval, health.check.start_interval));
  if (!retries.empty()) {
    const char* last = retries.data() + retries.size();
    const auto read = std::from_chars(retries.data(), last, health.check.retries);
    if (read.ec != std::errc() || read.ptr != last) {
      return wrong(fmt::format("strconv.ParseInt: parsing {}: invalid syntax", quote(retries)));
    }
    if (health.check.retries < 0) {
      return wrong(fmt::format("--retries cannot be negative ({})", health.check.retries));
    }
  }
  return health;
}

Result<Value> parse_expose(const LogicalLine& line, char) {
  COVE_CHECK(no_flags(line));
  auto ports = split_spaces(line.rest);
  if (ports.empty()) return requires_at_least_one(line.keyword);
  std::sort(ports.begin(), ports.end());
  return Expose{std::move(ports)};
}

Result<Value> parse_user(const LogicalLine& line, char) {
  if (line.rest.empty()) return requires_exactly_one(line.keyword);
  COVE_CHECK(no_flags(line));
  return User{line.rest};
}

Result<Value> parse_volume(const LogicalLine& line, char) {
  COVE_CHECK(no_flags(line));
  COVE_TRY(auto paths, list_of(line.rest));
  if (paths.empty()) return requires_at_least_one(line.keyword);
  for (const auto& path : paths) {
    if (trim(path).empty()) return wrong("VOLUME specified can not be an empty string");
  }
  return Volume{std::move(paths)};
}

Result<Value> parse_stopsignal(const LogicalLine& line, char) {
  if (split_spaces(line.rest).size() != 1) return requires_exactly_one(line.keyword);
  COVE_CHECK(no_flags(line));
  return StopSignal{line.rest};
}

Result<Value> parse_arg(const LogicalLine& line, char escape) {
  COVE_CHECK(no_flags(line));
  const auto words = split_words(line.rest, escape);
  if (words.empty()) return requires_at_least_one(line.keyword);
  Arg arg;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == 0) return wrong("ARG names can not be blank");
    if (equals == std::string::npos) {
      arg.args.emplace_back(word, std::nullopt);
    } else {
      arg.args.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return arg;
}

Result<Value> parse_shell(const LogicalLine& line, char) {
  COVE_CHECK(no_flags(line));
  COVE_TRY(auto list, json_list(line.rest));
  if (line.rest.empty() || (list && list->empty())) return requires_at_least_one(line.keyword);
  if (!list) return wrong("SHELL requires the arguments to be in JSON form");
  return Shell{std::move(*list)};
}

using Parser = Result<Value> (*)(const LogicalLine&, char);
struct Known {
  std::string_view keyword;
  Parser parse;
};
constexpr std::array<Known, 18> kKnown{{{"ADD", parse_copy},
                                        {"ARG", parse_arg},
                                        {"CMD", parse_cmd},
                                        {"COPY", parse_copy},
                                        {"ENTRYPOINT", parse_entrypoint},
                                        {"ENV", parse_env},
                                        {"EXPOSE", parse_expose},
                                        {"FROM", parse_from},
                                        {"HEALTHCHECK", parse_healthcheck},
                                        {"LABEL", parse_label},
                                        {"MAINTAINER", parse_maintainer},
                                        {"ONBUILD", parse_onbuild},
                                        {"RUN", parse_run},
                                        {"SHELL", parse_shell},
                                        {"STOPSIGNAL", parse_stopsignal},
                                        {"USER", parse_user},
                                        {"VOLUME", parse_volume},
                                        {"WORKDIR", parse_workdir}}};

Result<Instruction> parse_line(const LogicalLine& line, const std::string& name, char escape) {
  const auto* known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& candidate) {
    return candidate.keyword == line.keyword;
  });
  if (known == kKnown.end()) {
    const auto end = std::find_if(line.text.begin(), line.text.end(), is_space);
    return error_at(name, line.line,
                    fmt::format("unknown instruction: {}", std::string(line.text.begin(), end)));
  }
  auto value = known->parse(line, escape);
  if (!value) return error_at(name, line.line, value.error().cause);
  return Instruction{line.line, line.text, std::move(*value)};
}

}  // namespace

Result<Script> parse_dockerfile(std::string_view text, const std::string& name) {
  COVE_TRY(auto lines, cut_into_lines(text, name));
  Script script;
  script.name = name;
  script.escape = lines.escape;
  script.warnings = std::move(lines.warnings);
  for (const LogicalLine& line : lines.lines) {
    COVE_TRY(auto instruction, parse_line(line, name, lines.escape));
    if (auto* from = std::get_if<From>(&instruction.value)) {
      if (script.stages.size() == kMaxStages) {
        return error_at(name, line.line, "the file has more than 256 stages");
      }
      for (const Stage& stage : script.stages) {
        if (!from->name.empty() && stage.from.name == from->name) {
          return error_at(name, line.line, fmt::format("{} stage name already used", from->name));
        }
      }
      script.stages.push_back({line.line, std::move(instruction.text), std::move(*from), {}});
    } else if (!script.stages.empty()) {
      script.stages.back().instructions.push_back(std::move(instruction));
    } else if (std::holds_alternative<Arg>(instruction.value)) {
      script.meta_args.push_back(std::move(instruction));
    } else {
      return error_at(name, line.line, "no build stage in current context");
    }
  }
  if (script.stages.empty()) {
    return error_at(name, lines.lines.back().line, "no build stage in current context");
  }
  return script;
}

Result<std::vector<Instruction>> parse_instructions(std::string_view text,
                                                    const std::string& name) {
  COVE_TRY(const auto lines, cut_into_lines(text, name));
  std::vector<Instruction> instructions;
  for (const LogicalLine& line : lines.lines) {
    COVE_TRY(auto instruction, parse_line(line, name, lines.escape));
    instructions.push_back(std::move(instruction));
  }
  return instructions;
}

Result<Instruction> parse_trigger(std::string_view text, const std::string& name, char escape) {
  COVE_TRY(auto lines, cut_into_lines(text, name));
  if (lines.lines.size() != 1) {
    return error_at(name, 1, "onbuild trigger should be a single expression");
  }
  COVE_TRY(auto instruction, parse_line(lines.lines.front(), name, escape));
  if (std::holds_alternative<From>(instruction.value) ||
      std::holds_alternative<Maintainer>(instruction.value) ||
      std::holds_alternative<OnBuild>(instruction.value)) {
    return error_at(
        name, 1,
        fmt::format("{} isn't allowed as an ONBUILD trigger", lines.lines.front().keyword));
  }
  return instruction;
}

Result<std::vector<std::string>> parse_ports(std::string_view text) {
  const std::string_view whole = text;
  std::string protocol = "tcp";
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    if (slash + 1 < text.size()) protocol = lower(text.substr(slash + 1));
    text = text.substr(0, slash);
  }
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    return wrong(fmt::format("invalid proto: {}", protocol));
  }
  // "ip:host:container" and "host:container" expose the container's port.
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    text = text.substr(colon + 1);
  }
  const auto number = [](std::string_view digits) -> std::optional<unsigned> {
    unsigned value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size() ||
        value == 0 || value > 65535) {
      return std::nullopt;
    }
    return value;
  };
  const auto dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first) {
    return wrong(fmt::format("invalid containerPort: {}", whole));
  }
  std::vector<std::string> ports;
  for (unsigned port = *first; port <= *last; ++port) {
    ports.push_back(fmt::format("{}/{}", port, protocol));
  }
  return ports;
}

bool is_signal(std::string_view text) {
  static constexpr std::array<std::string_view, 35> kNames{
      "ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",   "ILL",
      "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",   "QUIT",
      "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU",
      "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "UNUSED"};
  unsigned value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
    return value > 0 && value < 65;
  }
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const std::string_view base : {"RTMIN", "RTMAX"}) {
    if (!name.starts_with(base)) continue;
    std::string_view offset = std::string_view(name).substr(base.size());
    if (offset.empty()) return true;
    if (offset.front() != (base == "RTMIN" ? '+' : '-')) return false;
    offset.remove_prefix(1);
    const auto end = std::from_chars(offset.data(), offset.data() + offset.size(), value);
    return end.ec == std::errc() && end.ptr == offset.data() + offset.size() && value <= 15;
  }
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace cove::image::dockerfile
