#include "tests/integration/docker/transcript.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "core/base/strings.h"
#include "tests/support/golden.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kUntilBound = 30s;

const std::vector<Mask>& masks() {
  static const std::vector<Mask> all{
      // Chatter of a pull that depends on who is faster.
      make_mask("<[0-9]+>: (Waiting|Verifying Checksum|Already exists)\\n", ""),
      make_mask("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}(\\.[0-9]+)?(Z|[+-][0-9:]{5})", "<time>"),
      make_mask("20[0-9]{2}-[01][0-9]-[0-3][0-9] [0-9:]{8}(\\.[0-9]+)? [+-][0-9]{4} [A-Z]{3}",
                "<time>"),
      make_mask("(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} 20[0-9]{2}",
                "<time>"),
      make_mask("(Less than a second|About an? (second|minute|hour)|[0-9]+ "
                "(second|minute|hour|day|week|month|year)s?)( ago)?",
                "<age>"),
      make_mask("\\b[0-9]+(\\.[0-9]+)?(e[+-][0-9]+)? ?[kMGT]i?B\\b", "<size>"),
      make_mask("\\b[1-9][0-9]*B\\b", "<size>"),
      make_mask("\\b[0-9]+\\.[0-9]{2}%", "<n>%"),
      make_mask("size: [0-9]+\\n", "size: <n>\n"),
      make_mask("\\([1-9]?[0-9]%\\)", "(<n>)"),
      make_mask("([0-9a-f]{2}:){5}[0-9a-f]{2}", "<mac>"),
      make_mask(
          "(0\\.0\\.0\\.0|127\\.0\\.0\\.1|\\[::\\]|:::?):?(3[2-9][0-9]{3}|[45][0-9]{4}|6[0-5][0-"
          "9]{3})\\b",
          "$1:<port>"),
      make_mask("([^ \\n])   +", "$1   "),
  };
  return all;
}

bool has_letter(std::string_view digits) {
  return digits.find_first_of("abcdef") != std::string_view::npos;
}

// Of what there is and of what is gone again.
bool engine_knows(const EngineHost& host, const std::string& version, const std::string& id) {
  const Completed ids =
      host.shell(version,
                 "docker events --since 1 --until $(date +%s.%N) --format '{{.Actor.ID}}'; "
                 "docker image ls --all --no-trunc --quiet; docker network ls --no-trunc --quiet");
  EXPECT_EQ(ids.exit_code, 0) << ids.standard_error;
  std::istringstream lines(ids.standard_output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("sha256:")) line.erase(0, 7);
    if (line.starts_with(id)) return true;
  }
  return false;
}

std::string prefixed(std::string_view prefix, const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    out += std::string(prefix) + line;
    while (!out.empty() && out.back() == ' ') out.pop_back();
    // An empty line keeps its place.
    if (out.empty() || out.back() == '\n') out += prefix[0] == '!' ? "!" : "  .";
    out += "\n";
  }
  return out;
}

std::string version_number(const std::string& version) {
  return version == "docker" ? "28" : "20.10";
}

// Runs it until it succeeds.
Completed run_until(const EngineHost& host, const std::string& version,
                    const std::string& command) {
  const auto deadline = std::chrono::steady_clock::now() + kUntilBound;
  while (true) {
    Completed completed = host.shell(version, command);
    if (completed.exit_code == 0 || std::chrono::steady_clock::now() >= deadline) return completed;
    std::this_thread::sleep_for(50ms);
  }
}

void write_row_file(const EngineHost& host, const Row& row) {
  const Path path = host.folder() / row.line;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << row.content;
}

}  // namespace

std::string Masker::operator()(std::string text) {
  for (const auto& [from, to] : known_) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }
  static const std::regex kId("\\b([0-9a-f]{64}|[0-9a-f]{12})\\b", std::regex::optimize);
  std::string out;
  auto rest = text.cbegin();
  for (std::sregex_iterator each(text.begin(), text.end(), kId), end; each != end; ++each) {
    const std::string id = each->str();
    out.append(rest, text.cbegin() + each->position());
    rest = text.cbegin() + each->position() + each->length();
    if (!has_letter(id) && !ids_.contains(id.substr(0, 12)) && !is_id_(id)) {
      out += id;
      continue;
    }
    const auto [known, fresh] = ids_.emplace(id.substr(0, 12), ids_.size() + 1);
    out += fmt::format("<{}>", known->second);
  }
  out.append(rest, text.cend());
  return apply_masks(std::move(out), masks());
}

std::vector<Row> parse_transcript(std::string_view text) {
  std::vector<Row> rows;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const bool output = line.starts_with("  ") || line.starts_with("!") || line.starts_with("[");
    if (output && !rows.empty() && rows.back().kind >= Row::Kind::kCommand) {
      rows.back().expected += line + "\n";
    } else if (line.starts_with(">>> ")) {
      Row file{.kind = Row::Kind::kFile, .line = line.substr(4)};
      for (std::string inner; std::getline(lines, inner) && inner != "<<<";)
        file.content += inner + "\n";
      rows.push_back(std::move(file));
    } else if (line.starts_with("$until ")) {
      rows.push_back({.kind = Row::Kind::kUntil, .line = line.substr(7)});
    } else if (const std::size_t space = line.find(' ');
               line.starts_with("$") && space != std::string::npos) {
      rows.push_back({.kind = Row::Kind::kCommand,
                      .only = line.substr(1, space - 1),
                      .line = line.substr(space + 1)});
    } else {
      rows.push_back({.line = line});
    }
  }
  return rows;
}

std::string to_text(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    switch (row.kind) {
      case Row::Kind::kText: text += row.line + "\n"; break;
      case Row::Kind::kFile: text += ">>> " + row.line + "\n" + row.content + "<<<\n"; break;
      case Row::Kind::kUntil: text += "$until " + row.line + "\n" + row.expected; break;
      case Row::Kind::kCommand:
        text += fmt::format("${} {}\n{}", row.only, row.line, row.expected);
        break;
    }
  }
  return text;
}

std::string render(const Completed& completed, Masker& masked) {
  std::string out = prefixed("  ", masked(completed.standard_output)) +
                    prefixed("! ", masked(completed.standard_error));
  if (completed.exit_code != 0) out += fmt::format("[{}]\n", completed.exit_code);
  return out;
}

void play(const std::string& name, const std::string& version, EngineHost& host) {
  const Path file = source_path("tests/golden/docker") / (name + ".txt");
  const auto text = read_file(file, 4 << 20);
  ASSERT_TRUE(text.has_value()) << file;
  std::vector<Row> rows = parse_transcript(*text);
  ASSERT_EQ(to_text(rows), *text) << file << " is not in the form that transcripts have";
  Masker masked({{host.registry(), "<registry>"}, {host.folder().string(), "<here>"}},
                [&](const std::string& id) { return engine_knows(host, version, id); });
  for (Row& row : rows) {
    if (row.kind == Row::Kind::kFile) write_row_file(host, row);
    if (row.kind < Row::Kind::kCommand) continue;
    if (!row.only.empty() && row.only != version_number(version)) continue;
    std::string printed;
    if (row.kind == Row::Kind::kUntil) {
      const Completed completed = run_until(host, version, row.line);
      if (completed.exit_code != 0) printed = render(completed, masked);
    } else {
      printed = render(host.shell(version, row.line), masked);
    }
    if (updating_golden()) {
      row.expected = printed;
    } else {
      EXPECT_EQ(printed, row.expected) << file << ": $ " << row.line;
    }
  }
  if (updating_golden()) std::ofstream(file) << to_text(rows);
}

}  // namespace cove::testing
