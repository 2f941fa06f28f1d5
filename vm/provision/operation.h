// Operation: one command's steps, planned up front, timed, recorded in the cluster's state,
// cancellable.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/provision/state.h"
#include "vm/provision/status.h"

namespace cove::provision {

// How long steps took last, by "operation/step/acceleration", kept in the cache folder. A file that
// cannot be read counts as empty: it only feeds expectations.
class StepTimes {
 public:
  explicit StepTimes(Path file);
  std::optional<std::chrono::milliseconds> last(const std::string& key) const;
  void record(const std::string& key, std::chrono::milliseconds elapsed);
  void save() const;

 private:
  Path file_;
  std::map<std::string, std::int64_t> milliseconds_;
};

class Operation {
 public:
  // What a step does. `detail` may be set for people to read; it is shown when the step ends.
  using Body = std::function<Result<void>(std::string& detail)>;

  // `state` is written to `state_file` as steps begin and end, when the file's folder exists.
  Operation(std::string name, std::string times_key, State& state, Path state_file, Path times_file,
            Clock& clock, Progress& progress, std::stop_token stop);

  void add(std::string id, std::string title, Body body);
  // Runs the steps in order, up to the first that fails or is cancelled, and returns its error.
  Result<void> run();

 private:
  struct Entry {
    Step step;
    Body body;
  };
  Result<void> run_step(Entry& entry);
  Result<void> record(const std::string& outcome, const Entry* entry, const Error* error);

  std::string name_;
  std::string times_key_;
  State& state_;
  Path state_file_;
  StepTimes times_;
  Clock& clock_;
  Progress& progress_;
  std::stop_token stop_;
  std::vector<Entry> entries_;
};

}  // namespace cove::provision
