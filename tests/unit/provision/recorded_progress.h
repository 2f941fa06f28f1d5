// Progress as lines that tests compare.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "vm/provision/status.h"

namespace cove::provision {

class RecordedProgress final : public Progress {
 public:
  void plan(const std::string& operation, const std::vector<Step>& steps) override {
    std::string line = "plan " + operation;
    for (const Step& step : steps) line += " " + step.id;
    lines.push_back(line);
    plans.push_back(steps);
  }
  void update(const Step& step) override {
    if (step.state == StepState::kRunning) {
      lines.push_back(step.id + " running");
      if (on_running) on_running(step.id);
    } else {
      lines.push_back(fmt::format("{} {} {}ms {}", step.id, to_string(step.state),
                                  step.elapsed.count(), step.detail));
    }
  }
  void note(const std::string& sentence) override { notes.push_back(sentence); }

  std::vector<std::string> lines;
  std::vector<std::vector<Step>> plans;
  std::vector<std::string> notes;
  std::function<void(const std::string& step)> on_running;
};

}  // namespace cove::provision
