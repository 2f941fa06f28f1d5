#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>

#include "core/base/strings.h"
#include "core/image/build/copy.h"

namespace cove::image::dockerfile {
namespace {

constexpr mode_t kUmask = 022;  // what "+w" without a who leaves alone

mode_t bits_of(char who) {
  switch (who) {
    case 'u': return 04700;
    case 'g': return 02070;
    case 'o': return 01007;
    default: return 07777;
  }
}

// The three bits that one of u, g and o has, for all three.
mode_t spread(mode_t mode, char from) {
  const mode_t three = (from == 'u' ? mode >> 6 : from == 'g' ? mode >> 3 : mode) & 7;
  return three << 6 | three << 3 | three;
}

}  // namespace

// "ug+rw-x": whom, and one or more actions.
bool ModeChange::parse_clause(std::string_view clause, std::vector<Step>& steps) {
  mode_t who = 0;
  std::size_t at = 0;
  for (; at < clause.size() && std::string_view("ugoa").find(clause[at]) != std::string_view::npos;
       ++at) {
    who |= bits_of(clause[at]);
  }
  const bool anybody = who == 0;
  if (anybody) who = 07777 & ~kUmask;
  if (at == clause.size()) return false;
  while (at < clause.size()) {
    Step step;
    step.who = who;
    step.action = clause[at++];
    if (step.action != '+' && step.action != '-' && step.action != '=') return false;
    if (at < clause.size() && std::string_view("ugo").find(clause[at]) != std::string_view::npos) {
      step.from = clause[at++];
    } else {
      for (; at < clause.size(); ++at) {
        constexpr std::string_view kLetters = "rwxXst";
        constexpr mode_t kBits[] = {0444, 0222, 0111, 0, 06000, 01000};
        const std::size_t letter = kLetters.find(clause[at]);
        if (letter == std::string_view::npos) break;
        step.value |= kBits[letter];
        step.search = step.search || clause[at] == 'X';
      }
    }
    steps.push_back(step);
  }
  return true;
}

ModeChange ModeChange::to(mode_t mode) {
  Step step;
  step.value = mode;
  return ModeChange(std::vector<Step>{step});
}

Result<ModeChange> ModeChange::parse(const std::string& text) {
  unsigned value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && value <= 07777)
    return to(static_cast<mode_t>(value));
  std::vector<Step> steps;
  bool understood = true;
  for (const std::string& clause : split(text, ','))
    understood = understood && parse_clause(clause, steps);
  if (understood && !steps.empty()) return ModeChange(std::move(steps));
  return Error{ErrorCode::kInvalidArgument,
               "read the mode",
               text,
               fmt::format("invalid chmod parameter: '{}'. It should be an octal number between 0 "
                           "and 07777, or changes like 'u=rwX,go=rX'",
                           text),
               {}};
}

mode_t ModeChange::apply(mode_t mode, bool folder) const {
  mode &= 07777;
  for (const Step& step : steps_) {
    mode_t value = step.from != 0 ? spread(mode, step.from) : step.value;
    if (step.search && (folder || (mode & 0111) != 0)) value |= 0111;
    value &= step.who;
    if (step.action == '+') {
      mode |= value;
    } else if (step.action == '-') {
      mode &= ~value;
    } else {
      mode = (mode & ~step.who) | value;
    }
  }
  return mode;
}

}  // namespace cove::image::dockerfile
