#include "vm/provision/operation.h"

#include <boost/json.hpp>

namespace cove::provision {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxTimesBytes = 64 * 1024;

Error cancelled(const std::string& title) {
  return Error{ErrorCode::kCancelled, "finish the step", "'" + title + "'", "it was cancelled",
               "Run the same command again to continue."};
}

}  // namespace

StepTimes::StepTimes(Path file) : file_(std::move(file)) {
  auto text = read_file(file_, kMaxTimesBytes);
  if (!text) return;
  boost::system::error_code error;
  const json::value document = json::parse(*text, error);
  if (error || !document.is_object()) return;
  for (const auto& [key, value] : document.as_object()) {
    if (value.is_int64() && value.as_int64() >= 0)
      milliseconds_[std::string(key)] = value.as_int64();
  }
}

std::optional<std::chrono::milliseconds> StepTimes::last(const std::string& key) const {
  const auto found = milliseconds_.find(key);
  if (found == milliseconds_.end()) return std::nullopt;
  return std::chrono::milliseconds(found->second);
}

void StepTimes::record(const std::string& key, std::chrono::milliseconds elapsed) {
  milliseconds_[key] = elapsed.count();
}

void StepTimes::save() const {
  json::object document;
  for (const auto& [key, value] : milliseconds_) document[key] = value;
  // Expectations are a comfort: a cache that cannot be written must not fail the operation.
  if (make_directories(file_.parent_path(), 0700)) {
    static_cast<void>(write_file_atomic(file_, json::serialize(document) + "\n", 0600));
  }
}

Operation::Operation(std::string name, std::string times_key, State& state, Path state_file,
                     Path times_file, Clock& clock, Progress& progress, std::stop_token stop)
    : name_(std::move(name)),
      times_key_(std::move(times_key)),
      state_(state),
      state_file_(std::move(state_file)),
      times_(std::move(times_file)),
      clock_(clock),
      progress_(progress),
      stop_(std::move(stop)) {}

void Operation::add(std::string id, std::string title, Body body) {
  Step step;
  step.id = std::move(id);
  step.title = std::move(title);
  step.expected = times_.last(times_key_ + "/" + step.id);
  entries_.push_back(Entry{std::move(step), std::move(body)});
}

Result<void> Operation::record(const std::string& outcome, const Entry* entry, const Error* error) {
  OperationRecord& record = state_.operation;
  record = OperationRecord{};
  record.name = name_;
  record.outcome = outcome;
  if (entry != nullptr) {
    record.step_id = entry->step.id;
    record.step_title = entry->step.title;
  }
  if (error != nullptr) {
    Error plain = *error;
    plain.remedy.clear();
    record.cause = plain.message();
    record.remedy = error->remedy;
  }
  std::error_code ignored;
  if (!std::filesystem::is_directory(state_file_.parent_path(), ignored)) return {};
  return write_state(state_file_, state_);
}

Result<void> Operation::run_step(Entry& entry) {
  if (stop_.stop_requested()) return cancelled(entry.step.title);
  COVE_CHECK(record("running", &entry, nullptr));
  const SteadyTime begin = clock_.steady();
  entry.step.state = StepState::kRunning;
  progress_.update(entry.step);
  Result<void> result = entry.body(entry.step.detail);
  entry.step.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begin);
  if (!result && stop_.stop_requested()) result = cancelled(entry.step.title);
  return result;
}

Result<void> Operation::run() {
  std::vector<Step> plan;
  for (const Entry& entry : entries_) plan.push_back(entry.step);
  progress_.plan(name_, plan);
  for (Entry& entry : entries_) {
    const Result<void> result = run_step(entry);
    if (!result) {
      const Error error = result.error();
      const bool was_cancelled = error.code == ErrorCode::kCancelled;
      entry.step.state = was_cancelled ? StepState::kCancelled : StepState::kFailed;
      progress_.update(entry.step);
      // The step's own error is what the user must see, even when it cannot be recorded (a full
      // disk).
      static_cast<void>(record(was_cancelled ? "cancelled" : "failed", &entry, &error));
      return error;
    }
    entry.step.state = StepState::kDone;
    times_.record(times_key_ + "/" + entry.step.id, entry.step.elapsed);
    progress_.update(entry.step);
  }
  times_.save();
  return record("done", nullptr, nullptr);
}

}  // namespace cove::provision
