// The instructions of a Dockerfile with their types, by stages.
// https://docs.docker.com/reference/dockerfile/
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/image/build/dockerfile.h"
#include "core/image/manifest.h"

namespace cove::image::dockerfile {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct CommandLine {
  std::vector<std::string> args;
  bool shell_form = false;  // one argument, for the shell
};

struct Env {
  Pairs pairs;
};
struct Label {
  Pairs pairs;
  bool literal = false;  // given by the request: no variables in it
};
struct Maintainer {
  std::string name;
};
// COPY and ADD.
struct Copy {
  bool add = false;
  std::vector<std::string> sources;
  std::vector<Heredoc> contents;  // sources that stand in the Dockerfile
  std::string destination;
  std::string from, chown, chmod, checksum;
  std::vector<std::string> exclude;
  bool parents = false;
};
struct OnBuild {
  std::string expression;
};
struct Workdir {
  std::string path;
};
struct Run {
  CommandLine command;
  std::vector<Heredoc> heredocs;
  std::string network;  // "", "default", "none", "host"
};
struct Cmd {
  CommandLine command;
};
struct Entrypoint {
  CommandLine command;
};
struct Health {
  HealthCheck check;
};
struct Expose {
  std::vector<std::string> ports;
};
struct User {
  std::string name;
};
struct Volume {
  std::vector<std::string> paths;
};
struct StopSignal {
  std::string signal;
};
struct Arg {
  std::vector<std::pair<std::string, std::optional<std::string>>> args;
};
struct Shell {
  std::vector<std::string> args;
};
struct From {
  std::string base;
  std::string name;  // lower case; may be empty
  std::string platform;
};

struct Instruction {
  int line = 0;
  std::string text;
  std::variant<Env, Label, Maintainer, Copy, OnBuild, Workdir, Run, Cmd, Entrypoint, Health, Expose,
               User, Volume, StopSignal, Arg, Shell, From>
      value = {};
};

struct Stage {
  int line = 0;
  std::string text;
  From from;
  std::vector<Instruction> instructions;
};

struct Script {
  std::string name;  // of the file, for errors
  char escape = '\\';
  std::vector<Instruction> meta_args;  // Arg before the first FROM
  std::vector<Stage> stages;           // at least one
  std::vector<std::string> warnings;
};

inline constexpr std::size_t kMaxStages = 256;

// Errors are kInvalidArgument; the cause is "Dockerfile:3: unknown instruction: FORM".
Result<Script> parse_dockerfile(std::string_view text, const std::string& name);
// Instructions without stages.
Result<std::vector<Instruction>> parse_instructions(std::string_view text, const std::string& name);
// What an image's ONBUILD holds: one instruction that may stand there.
Result<Instruction> parse_trigger(std::string_view text, const std::string& name, char escape);

// "80", "80/tcp", "8000-8010/udp" to "80/tcp" …, each port once.
Result<std::vector<std::string>> parse_ports(std::string_view text);
// A signal's name or number as `STOPSIGNAL` takes it.
bool is_signal(std::string_view text);

}  // namespace cove::image::dockerfile
