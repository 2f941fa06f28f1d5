#include "app/cli/progress.h"

#include <fmt/format.h>

#include "app/cli/render.h"
#include "core/base/strings.h"

namespace cove::cli {

using provision::Step;
using provision::StepState;

namespace {

// Shorter expectations are over before they are read.
constexpr std::chrono::milliseconds kWorthSaying{500};

std::string outcome(const Step& step) {
  if (step.state == StepState::kDone) return "done in";
  return step.state == StepState::kCancelled ? "cancelled after" : "failed after";
}

// At most `width` code points of UTF-8.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t points = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (points++ == width) return text.substr(0, i);
  }
  return text;
}

}  // namespace

void write_event(std::ostream& out, Clock& clock, std::string_view event,
                 const JsonObject& members) {
  JsonObject head;
  head.text("time", rfc3339(clock.wall())).text("event", event);
  const std::string begin = head.str();
  const std::string rest = members.str();
  out << begin.substr(0, begin.size() - 1);
  if (rest != "{}")
    out << ',' << rest.substr(1);
  else
    out << '}';
  out << '\n' << std::flush;
}

void JsonProgress::plan(const std::string& operation, const std::vector<Step>& steps) {
  std::vector<std::string> objects;
  for (const Step& step : steps) objects.push_back(step_members({}, step).str());
  JsonObject members;
  members.text("operation", operation).raw("steps", json_array(objects));
  write_event(out_, clock_, "plan", members);
}

void JsonProgress::update(const Step& step) {
  write_event(out_, clock_, "step", step_members({}, step));
}

void JsonProgress::note(const std::string& sentence) {
  JsonObject members;
  members.text("message", sentence);
  write_event(out_, clock_, "note", members);
}

void PlainProgress::plan(const std::string&, const std::vector<Step>&) {}

void PlainProgress::update(const Step& step) {
  if (step.state == StepState::kPending) return;
  if (running_ != step.id) {
    out_ << escape_control(step.title) << " ...\n";
    running_ = step.id;
  }
  if (step.state != StepState::kRunning) {
    out_ << "  " << outcome(step) << ' ' << format_duration(step.elapsed);
    if (!step.detail.empty()) out_ << " (" << escape_control(step.detail) << ')';
    out_ << '\n';
  }
  out_ << std::flush;
}

void PlainProgress::note(const std::string& sentence) {
  out_ << "Note: " << escape_control(sentence) << '\n' << std::flush;
}

TerminalProgress::TerminalProgress(std::ostream& out, OutputStyle style, Clock& clock)
    : out_(out), style_(std::move(style)), clock_(clock) {}

TerminalProgress::~TerminalProgress() {
  std::lock_guard lock(mutex_);
  erase();
  out_ << std::flush;
}

void TerminalProgress::plan(const std::string&, const std::vector<Step>& steps) {
  std::lock_guard lock(mutex_);
  for (const Step& step : steps) title_width_ = std::max(title_width_, step.title.size());
}

void TerminalProgress::update(const Step& step) {
  std::lock_guard lock(mutex_);
  if (step.state == StepState::kPending) return;
  erase();
  if (step.state == StepState::kRunning) {
    if (!running_ || running_->id != step.id) began_ = clock_.steady();
    running_ = step;
    draw();
  } else {
    running_.reset();
    out_ << line(step, step.elapsed) << '\n';
  }
  out_ << std::flush;
}

void TerminalProgress::note(const std::string& sentence) {
  std::lock_guard lock(mutex_);
  erase();
  out_ << (style_.colour ? "\x1b[33m!\x1b[0m " : "! ") << escape_control(sentence) << '\n';
  if (running_) draw();
  out_ << std::flush;
}

void TerminalProgress::tick() {
  std::lock_guard lock(mutex_);
  if (!running_) return;
  ++frame_;
  erase();
  draw();
  out_ << std::flush;
}

std::string TerminalProgress::line(const Step& step, std::chrono::milliseconds elapsed) const {
  static constexpr std::array<const char*, 10> kDots{"⠋", "⠙", "⠹", "⠸", "⠼",
                                                     "⠴", "⠦", "⠧", "⠇", "⠏"};
  static constexpr std::array<const char*, 4> kBars{"-", "\\", "|", "/"};
  std::string glyph;
  const char* colour = "";
  switch (step.state) {
    case StepState::kDone:
      glyph = style_.unicode ? "✓" : "+";
      colour = "\x1b[32m";
      break;
    case StepState::kFailed:
      glyph = style_.unicode ? "✗" : "x";
      colour = "\x1b[31m";
      break;
    case StepState::kCancelled:
      glyph = style_.unicode ? "–" : "-";
      colour = "\x1b[33m";
      break;
    default:
      glyph = style_.unicode ? kDots[frame_ % kDots.size()] : kBars[frame_ % kBars.size()];
      colour = "\x1b[36m";
  }
  std::string text = fmt::format("{:<{}}  {:>9}", escape_control(step.title), title_width_,
                                 format_duration(elapsed));
  if (step.state == StepState::kRunning && step.expected >= kWorthSaying) {
    text += fmt::format("  of about {}", format_duration(*step.expected));
  }
  if (!step.detail.empty()) text += "  " + escape_control(step.detail);
  const unsigned columns = style_.columns();
  text = cut(text, columns > 3 ? columns - 3 : 0);
  if (style_.colour) return fmt::format("{}{}\x1b[0m {}", colour, glyph, text);
  return fmt::format("{} {}", glyph, text);
}

void TerminalProgress::erase() {
  if (!drawn_) return;
  out_ << "\r\x1b[2K";
  drawn_ = false;
}

void TerminalProgress::draw() {
  out_ << line(*running_,
               std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - began_));
  drawn_ = true;
}

}  // namespace cove::cli
