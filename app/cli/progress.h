// How an operation's steps are shown: in place on a terminal, as lines elsewhere, as JSON lines.
//
// JSON lines, one object a line, every one with "time" (RFC 3339, UTC) and "event":
//   {"event":"plan","operation":"start","steps":[{"id","title","state","expected_ms"?},…]}
//   {"event":"step","id","title","state","elapsed_ms","expected_ms"?,"detail"?}
//   {"event":"note","message"}
//   {"event":"result","cluster":{…}}          the object of `cove status -o json`
//   {"event":"error","code","message","action","subject","cause","remedy","exit_code"}
// The last line of a run is its result or its error.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/json.h"
#include "app/cli/terminal.h"
#include "core/base/clock.h"
#include "vm/provision/status.h"

namespace cove::cli {

enum class OutputFormat { kText, kJson };

// One line of JSON output.
void write_event(std::ostream& out, Clock& clock, std::string_view event,
                 const JsonObject& members);

class JsonProgress final : public provision::Progress {
 public:
  JsonProgress(std::ostream& out, Clock& clock) : out_(out), clock_(clock) {}
  void plan(const std::string& operation, const std::vector<provision::Step>& steps) override;
  void update(const provision::Step& step) override;
  void note(const std::string& sentence) override;

 private:
  std::ostream& out_;
  Clock& clock_;
};

// "Boot the virtual machine ..." when a step begins, "  done in 2.3 s (detail)" when it ends.
class PlainProgress final : public provision::Progress {
 public:
  explicit PlainProgress(std::ostream& out) : out_(out) {}
  void plan(const std::string& operation, const std::vector<provision::Step>& steps) override;
  void update(const provision::Step& step) override;
  void note(const std::string& sentence) override;

 private:
  std::ostream& out_;
  std::string running_;  // id of the step whose beginning was printed
};

// A line a step; the running one is redrawn in place by tick(). Thread-safe.
class TerminalProgress final : public provision::Progress {
 public:
  TerminalProgress(std::ostream& out, OutputStyle style, Clock& clock);
  ~TerminalProgress() override;
  void plan(const std::string& operation, const std::vector<provision::Step>& steps) override;
  void update(const provision::Step& step) override;
  void note(const std::string& sentence) override;
  // Draws the running step again, with the time it has taken by now.
  void tick();

 private:
  std::string line(const provision::Step& step, std::chrono::milliseconds elapsed) const;
  void erase();
  void draw();

  std::ostream& out_;
  const OutputStyle style_;
  Clock& clock_;
  std::mutex mutex_;
  std::size_t title_width_ = 0;
  std::optional<provision::Step> running_;
  SteadyTime began_;
  std::size_t frame_ = 0;
  bool drawn_ = false;
};

}  // namespace cove::cli
