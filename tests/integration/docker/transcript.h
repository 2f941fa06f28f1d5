// Transcripts: commands and all that they must print, in one file of tests/golden/docker:
//
//   # a remark                 any line that is none of the following
//   >>> FILE … <<<             a file for the commands that follow
//   $ COMMAND                  run by sh; $28 and $20.10: with this version of docker alone
//   $until COMMAND             again and again until it succeeds; shows nothing but a failure
//     OUTPUT                   what it prints, each line behind two spaces
//   ! OUTPUT                   what it prints on standard error
//   [N]                        its exit code when that is not 0
//
// What differs from run to run stands there by its name in <>: ids as <1>, <2> … in the order in
// which they appear first, so that the same id is the same number wherever it is shown.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/docker/host.h"

namespace cove::testing {

// One id is one number, also when it is shown by its first twelve digits.
class Masker {
 public:
  // `known` are texts of this run and their names: its folder, its registry. `is_id` is asked about
  // what may be a number as well: 12 or 64 digits, none of them a letter.
  Masker(std::vector<std::pair<std::string, std::string>> known,
         std::function<bool(const std::string&)> is_id)
      : known_(std::move(known)), is_id_(std::move(is_id)) {}
  std::string operator()(std::string text);

 private:
  std::vector<std::pair<std::string, std::string>> known_;
  std::function<bool(const std::string&)> is_id_;
  std::map<std::string, std::size_t> ids_;
};

struct Row {
  enum class Kind { kText, kFile, kCommand, kUntil };
  Kind kind = Kind::kText;
  std::string only{};      // kCommand: "28", "20.10"; "" for both
  std::string line{};      // text, a file's name, a command
  std::string content{};   // kFile
  std::string expected{};  // kCommand: its rendered output
};
std::vector<Row> parse_transcript(std::string_view text);
std::string to_text(const std::vector<Row>& rows);

// What a command printed, as it stands in a transcript.
std::string render(const Completed& completed, Masker& masked);

// Runs the transcript tests/golden/docker/<name>.txt; each command that prints something else than
// it should is one failure. COVE_UPDATE_GOLDEN=1 writes what was printed instead.
void play(const std::string& name, const std::string& version, EngineHost& host);

}  // namespace cove::testing
