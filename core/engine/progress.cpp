#include "core/engine/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cove::engine {
namespace {

constexpr unsigned kBarWidth = 50;

// "1.234MB": powers of 1000, four digits.
std::string human_size(std::uint64_t bytes) {
  static constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 1000.0 && unit + 1 < kUnits.size()) {
    size /= 1000.0;
    ++unit;
  }
  return fmt::format("{:.4g}{}", size, kUnits[unit]);
}

}  // namespace

std::string progress_bar(std::uint64_t current, std::uint64_t total) {
  if (current == 0 && total == 0) return {};
  if (total == 0) return fmt::format("{:>8}", human_size(current));
  const double share = static_cast<double>(std::min(current, total)) / static_cast<double>(total);
  const auto done = static_cast<unsigned>(share * kBarWidth);
  const std::string bar =
      fmt::format("[{}>{}] ", std::string(done, '='), std::string(kBarWidth - done, ' '));
  if (current > total) return bar + fmt::format("{:>8}", human_size(current));
  return bar + fmt::format("{:>8}/{}", human_size(current), human_size(total));
}

boost::json::object progress_json(const image::Progress& progress) {
  boost::json::object object{{"status", progress.status}};
  boost::json::object detail;
  if (progress.current != 0) detail["current"] = progress.current;
  if (progress.total != 0) detail["total"] = progress.total;
  if (!detail.empty()) object["progress"] = progress_bar(progress.current, progress.total);
  if (!progress.id.empty()) {
    object["progressDetail"] = std::move(detail);
    object["id"] = progress.id;
  }
  return object;
}

void ProgressAnswer::line(const boost::json::object& object) {
  std::lock_guard lock(mutex_);
  if (!stream_) stream_ = exchange_.stream("application/json");
  stream_->write(json_line(object));
}

void ProgressAnswer::status(std::string_view text, std::string_view id) {
  boost::json::object object{{"status", text}};
  if (!id.empty()) object["id"] = id;
  line(object);
}

Outcome<> ProgressAnswer::end(const Outcome<>& outcome, std::optional<int> code) {
  std::lock_guard lock(mutex_);
  if (outcome.has_error()) {
    if (!stream_) return outcome;
    const std::string& message = outcome.error().message;
    boost::json::object detail;
    if (code) detail["code"] = *code;
    detail["message"] = message;
    stream_->write(json_line({{"errorDetail", std::move(detail)}, {"error", message}}));
  } else if (!stream_) {
    stream_ = exchange_.stream("application/json");
  }
  stream_.reset();
  return {};
}

}  // namespace cove::engine
